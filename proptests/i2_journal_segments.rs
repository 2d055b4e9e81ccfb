//! I2 while segments are sealed early, snapshots stand behind them, and those that are snapshotted are packed and given up:
//! whatever fails at any call, a start from each of the last two snapshots finds what was acknowledged, as one that reads all does.

use std::convert::Infallible;
use std::io::ErrorKind;

use kaichang::journal::disk::Disk;
use kaichang::journal::{Journal, JournalError, Options, read_sealed};

use crate::i2_journal_crash::crash_everywhere;
use crate::journal_script::{Found, History, Setting, Upkeep, torture};
use crate::sim_disk::{Fault, Plan, SECTOR, SimDisk};

const SNAPSHOTS: Setting = Setting { upkeep: Upkeep::Snapshots, ..Setting::of_seed(21) };
const ALL: Setting = Setting { upkeep: Upkeep::All, ..Setting::of_seed(22) };

fn calls(setting: Setting) -> u64 {
    let whole = SimDisk::default();
    let (history, result) = setting.run(&whole);
    result.expect("no fault");
    assert!(history.snapshots() > 4, "only {} snapshots were kept", history.snapshots());
    assert_eq!(history.upkeep_failed(), 0);
    whole.calls()
}

#[test]
fn a_start_from_a_snapshot_finds_the_rest_after_a_loss_of_power_at_any_call() {
    for seed in 0..if torture() { 10 } else { 1 } {
        let images = crash_everywhere(Setting { seed, ..SNAPSHOTS }).expect("I2");
        assert!(images > 1_000, "only {images} crashes were tried");
    }
}

#[test]
fn a_loss_of_power_while_segments_are_packed_and_given_up_loses_nothing() {
    for seed in 0..if torture() { 10 } else { 1 } {
        let images = crash_everywhere(Setting { seed, ..ALL }).expect("I2");
        assert!(images > 1_000, "only {images} crashes were tried");
    }
}

#[test]
fn what_is_read_as_sealed_is_sealed_after_a_loss_of_power_too() {
    let disk = SimDisk::default();
    let setting = Setting::of_seed(23);
    let (history, result) = setting.run(&disk);
    result.expect("no fault");
    // The server has given the last segment its name, and the directory is not synced yet.
    let last = disk.names().into_iter().rfind(|name| name.starts_with("segment-")).expect("segments");
    disk.rename(&last, "spare-1.tmp").expect("renamed");
    disk.sync_dir().expect("synced");
    disk.rename("spare-1.tmp", &last).expect("renamed");
    let mut found = Found::new();
    let position = read_sealed(&disk, None, |sequence, at, bytes| {
        found.insert(sequence.get(), (at, bytes.to_vec()));
        Ok::<_, Infallible>(())
    });
    let position = position.expect("whole").expect("sealed segments");
    let crashed = disk.crashed(SECTOR, |_| false);
    let opened = Journal::open_behind(crashed, Options::default(), Some(&position), |sequence, at, bytes| {
        found.insert(sequence.get(), (at, bytes.to_vec()));
        Ok::<_, Infallible>(())
    });
    opened.expect("it goes on behind the position");
    assert_eq!(&found, history.acknowledged());
}

#[test]
fn packed_and_given_up_segments_leave_little_behind() {
    let disk = SimDisk::default();
    let (history, result) = ALL.run(&disk);
    result.expect("no fault");
    let names = disk.names();
    let segments = names.iter().filter(|name| name.starts_with("segment-")).count();
    assert!(segments < history.snapshots(), "{names:?}");
    let packed = names.iter().filter(|name| disk.content(name).get(8) == Some(&2)).count();
    assert!(packed > 0, "{names:?}");
}

/// After a fault all names and blocks may be there or none; the crash tests try what lies between.
fn judge_after(setting: Setting, disk: &SimDisk, history: &History, context: &str) {
    disk.set_plans(&[]);
    for kept in [true, false] {
        let image = disk.crashed(SECTOR, |_| kept);
        setting.judge(&image, history).unwrap_or_else(|why| panic!("{context}, kept {kept}: {why}"));
    }
}

#[test]
fn an_io_error_at_any_call_stops_the_journal_or_its_upkeep_and_loses_nothing() {
    for setting in [SNAPSHOTS, ALL] {
        for call in 0..calls(setting) {
            let disk = SimDisk::default();
            disk.set_plans(&[Plan { fault: Fault::Error(ErrorKind::Other), from: call, to: call + 1 }]);
            let (history, result) = setting.run(&disk);
            assert!(
                matches!(result, Err(JournalError::Io { .. })) || history.upkeep_failed() == 1,
                "call {call}: an error of the disk was passed over: {result:?}"
            );
            judge_after(setting, &disk, &history, &format!("an I/O error at call {call}"));
        }
    }
}

#[test]
fn a_full_disk_puts_a_seal_or_the_upkeep_off_and_refuses_no_record_for_it() {
    for setting in [SNAPSHOTS, ALL] {
        let (mut put_off, mut refused) = (0, 0);
        for call in 0..calls(setting) {
            let disk = SimDisk::default();
            disk.set_plans(&[Plan { fault: Fault::Error(ErrorKind::StorageFull), from: call, to: call + 1 }]);
            let (history, result) = setting.run(&disk);
            match result {
                Ok(()) if history.refused() == 0 => put_off += 1,
                Ok(()) => refused += 1,
                Err(JournalError::Io { .. }) => {}
                Err(error) => panic!("call {call}: {error}"),
            }
            judge_after(setting, &disk, &history, &format!("a full disk at call {call}"));
        }
        assert!(put_off > 10 && refused > 10, "{put_off} put off, {refused} refused");
    }
}
