//! I2 when the disk refuses: every call that changes it fails once, in each way, and then for a while.

use std::io::ErrorKind;

use kaichang::journal::JournalError;

use crate::journal_script::{Rng, Setting};
use crate::sim_disk::{Fault, Plan, SECTOR, SimDisk};

const SETTING: Setting = Setting::of_seed(11);

fn calls() -> u64 {
    let whole = SimDisk::default();
    let (_, result) = SETTING.run(&whole);
    result.expect("no fault");
    whole.calls()
}

/// After the fault, whether or not the power is lost too, nothing acknowledged is gone and nothing refused is there.
fn judge_after(disk: &SimDisk, history: &crate::journal_script::History, context: &str) {
    disk.set_plans(&[]);
    let mut rng = Rng::new(3);
    for way in 0..6 {
        let image = disk.crashed(SECTOR, |_| match way {
            0 => true,
            1 => false,
            _ => rng.below(2) == 0,
        });
        SETTING.judge(&image, history).unwrap_or_else(|why| panic!("{context}, way {way}: {why}"));
    }
}

#[test]
fn an_io_error_at_any_call_stops_the_journal_and_loses_nothing() {
    for call in 0..calls() {
        let disk = SimDisk::default();
        disk.set_plans(&[Plan { fault: Fault::Error(ErrorKind::Other), from: call, to: call + 1 }]);
        let (history, result) = SETTING.run(&disk);
        assert!(
            matches!(result, Err(JournalError::Io { .. })),
            "call {call}: an error of the disk was passed over: {result:?}"
        );
        judge_after(&disk, &history, &format!("an I/O error at call {call}"));
    }
}

#[test]
fn a_full_disk_at_any_call_refuses_records_and_the_next_ones_are_taken() {
    let mut refused = 0;
    for call in 0..calls() {
        let disk = SimDisk::default();
        disk.set_plans(&[Plan { fault: Fault::Error(ErrorKind::StorageFull), from: call, to: call + 1 }]);
        let (history, result) = SETTING.run(&disk);
        // A sync that fails is final whatever it says, and a start without room ends; all else goes on by itself.
        if let Err(error) = &result {
            assert!(matches!(error, JournalError::Io { .. }), "call {call}: {error}");
        } else {
            assert!(history.refused() > 0, "call {call}: the failure was passed over");
            refused += 1;
        }
        judge_after(&disk, &history, &format!("a full disk at call {call}"));
    }
    assert!(refused > 10, "only {refused} calls were refused and survived");
}

#[test]
fn what_was_refused_for_lack_of_room_does_not_come_back_when_the_power_fails_next() {
    let full = Fault::Error(ErrorKind::StorageFull);
    for call in 0..calls() {
        for later in call + 1..call + 6 {
            let disk = SimDisk::default();
            disk.set_plans(&[
                Plan { fault: full, from: call, to: call + 1 },
                Plan { fault: Fault::PowerLoss, from: later, to: u64::MAX },
            ]);
            let (history, _) = SETTING.run(&disk);
            judge_after(&disk, &history, &format!("a full disk at call {call}, power lost at {later}"));
        }
    }
}

#[test]
fn a_disk_that_stays_full_for_a_while_is_survived() {
    // Writes of frames fail and can't be taken back while it lasts, which stops the journal; a lack of a next segment
    // does not. Either way nothing is lost.
    for call in 0..calls() {
        let disk = SimDisk::default();
        disk.set_plans(&[Plan { fault: Fault::Error(ErrorKind::StorageFull), from: call, to: call + 4 }]);
        let (history, _) = SETTING.run(&disk);
        judge_after(&disk, &history, &format!("a full disk from call {call}"));
    }
}

#[test]
fn short_and_interrupted_writes_are_continued() {
    for fault in [Fault::ShortWrite, Fault::Error(ErrorKind::Interrupted)] {
        let whole = calls();
        let mut survived = 0;
        for call in 0..whole {
            let disk = SimDisk::default();
            disk.set_plans(&[Plan { fault, from: call, to: call + 1 }]);
            let (history, result) = SETTING.run(&disk);
            survived += u64::from(result.is_ok());
            assert!(fault != Fault::ShortWrite || result.is_ok(), "call {call}: {result:?}");
            assert_eq!(history.refused(), 0);
            judge_after(&disk, &history, &format!("{fault:?} at call {call}"));
        }
        assert!(survived * 3 > whole, "writes are a good part of the calls");
    }
}
