//! I2 while segments are sealed early and snapshots stand behind them: whatever fails at any call, a start from the last two
//! snapshots finds what one that reads all finds, which is what was acknowledged.

use std::io::ErrorKind;

use kaichang::journal::JournalError;

use crate::i2_journal_crash::crash_everywhere;
use crate::journal_script::{History, Setting, Upkeep, torture};
use crate::sim_disk::{Fault, Plan, SECTOR, SimDisk};

const SETTING: Setting = Setting { upkeep: Upkeep::Snapshots, ..Setting::of_seed(21) };

fn calls() -> u64 {
    let whole = SimDisk::default();
    let (history, result) = SETTING.run(&whole);
    result.expect("no fault");
    assert!(history.snapshots() > 4, "only {} snapshots were kept", history.snapshots());
    whole.calls()
}

#[test]
fn a_start_from_a_snapshot_finds_the_rest_after_a_loss_of_power_at_any_call() {
    for seed in 0..if torture() { 10 } else { 1 } {
        let images = crash_everywhere(Setting { seed, ..SETTING }).expect("I2");
        assert!(images > 1_000, "only {images} crashes were tried");
    }
}

/// After a fault all names and blocks may be there or none; the crash test tries what lies between.
fn judge_after(disk: &SimDisk, history: &History, context: &str) {
    disk.set_plans(&[]);
    for kept in [true, false] {
        let image = disk.crashed(SECTOR, |_| kept);
        SETTING.judge(&image, history).unwrap_or_else(|why| panic!("{context}, kept {kept}: {why}"));
    }
}

#[test]
fn an_io_error_at_any_call_stops_the_journal_and_loses_nothing_behind_a_snapshot() {
    for call in 0..calls() {
        let disk = SimDisk::default();
        disk.set_plans(&[Plan { fault: Fault::Error(ErrorKind::Other), from: call, to: call + 1 }]);
        let (history, result) = SETTING.run(&disk);
        assert!(matches!(result, Err(JournalError::Io { .. })), "call {call}: {result:?}");
        judge_after(&disk, &history, &format!("an I/O error at call {call}"));
    }
}

#[test]
fn a_full_disk_puts_a_seal_off_and_refuses_no_record_for_it() {
    let (mut put_off, mut refused) = (0, 0);
    for call in 0..calls() {
        let disk = SimDisk::default();
        disk.set_plans(&[Plan { fault: Fault::Error(ErrorKind::StorageFull), from: call, to: call + 1 }]);
        let (history, result) = SETTING.run(&disk);
        match result {
            Ok(()) if history.refused() == 0 => put_off += 1,
            Ok(()) => refused += 1,
            Err(JournalError::Io { .. }) => {}
            Err(error) => panic!("call {call}: {error}"),
        }
        judge_after(&disk, &history, &format!("a full disk at call {call}"));
    }
    assert!(put_off > 10 && refused > 10, "{put_off} put off, {refused} refused");
}
