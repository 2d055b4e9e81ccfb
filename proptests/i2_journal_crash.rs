//! I2 under loss of power: at every call that changes the disk, with subsets of what was not synced.

#[cfg(feature = "planted-bugs")]
use kaichang::journal::Planted;

use crate::journal_script::{Rng, Setting, torture};
use crate::sim_disk::{Fault, Plan, SECTOR, SimDisk};

const BLOCK: usize = 4096;

/// Every subset when there are few choices, else none, all, all but one, and a sample by seed.
fn subsets(choices: usize, rng: &mut Rng) -> Vec<Vec<bool>> {
    let (exhaustive_max, samples) = if torture() { (12, 2_000) } else { (6, 40) };
    if choices <= exhaustive_max {
        return (0..1u64 << choices)
            .map(|subset| (0..choices).map(|choice| subset >> choice & 1 == 1).collect())
            .collect();
    }
    let mut all = vec![vec![false; choices], vec![true; choices]];
    for _ in 0..samples {
        // Mostly lost, mostly kept, and between.
        let kept_of_8 = 1 + rng.below(7);
        all.push((0..choices).map(|_| rng.below(8) < kept_of_8).collect());
    }
    for choice in 0..choices.min(samples / 4) {
        let mut but_one = vec![true; choices];
        but_one[choice] = false;
        all.push(but_one);
    }
    all
}

/// Runs the script with the power failing at each call in turn; the first thing that is wrong afterwards.
pub(crate) fn crash_everywhere(setting: Setting) -> Result<u64, String> {
    let whole = SimDisk::default();
    let (_, result) = setting.run(&whole);
    result.map_err(|error| format!("without a fault: {error}"))?;
    let mut images = 0;
    for call in 0..=whole.calls() {
        let disk = SimDisk::default();
        disk.set_plans(&[Plan { fault: Fault::PowerLoss, from: call, to: u64::MAX }]);
        let (history, _) = setting.run(&disk);
        let mut rng = Rng::new(setting.seed * 100_000 + call);
        for sector in [BLOCK, SECTOR] {
            for kept in subsets(disk.choices(sector), &mut rng) {
                images += 1;
                let image = disk.crashed(sector, |choice| kept[choice]);
                setting.judge(&image, &history).map_err(|why| {
                    format!(
                        "seed {}, power lost at call {call}, sectors of {sector}, kept {kept:?}: {why}",
                        setting.seed
                    )
                })?;
            }
        }
    }
    Ok(images)
}

#[test]
fn what_was_acknowledged_survives_a_loss_of_power_at_any_call() {
    for seed in 0..if torture() { 20 } else { 2 } {
        let images = crash_everywhere(Setting::of_seed(seed)).expect("I2");
        assert!(images > 1_000, "only {images} crashes were tried");
    }
}

#[test]
fn a_loss_of_power_during_recovery_loses_nothing_either() {
    let setting = Setting::of_seed(5);
    let whole = SimDisk::default();
    let (_, result) = setting.run(&whole);
    result.expect("no fault");
    let (step, samples) = if torture() { (1, 30) } else { (7, 3) };
    for first in (0..whole.calls()).step_by(step) {
        let disk = SimDisk::default();
        disk.set_plans(&[Plan { fault: Fault::PowerLoss, from: first, to: u64::MAX }]);
        let (history, _) = setting.run(&disk);
        let mut rng = Rng::new(first);
        for _ in 0..samples {
            let before = disk.crashed(BLOCK, |_| rng.below(2) == 0);
            // What the first recovery would have found must be found by all later ones: it may have been shown.
            let (_, expected) = setting.open(&before.copied(), 7).expect("starts");
            for second in 0.. {
                let during = before.copied();
                during.set_plans(&[Plan { fault: Fault::PowerLoss, from: second, to: u64::MAX }]);
                if setting.open(&during, 8).is_ok() {
                    break;
                }
                for _ in 0..2 {
                    let after = during.crashed(BLOCK, |_| rng.below(2) == 0);
                    setting.judge(&after, &history).unwrap_or_else(|why| {
                        panic!("power lost at call {first}, then at call {second} of recovery: {why}")
                    });
                    let (_, found) = setting.open(&after, 9).expect("starts");
                    assert_eq!(found, expected, "power lost at call {first}, then at {second} of recovery");
                }
            }
        }
    }
}

#[cfg(feature = "planted-bugs")]
#[test]
fn the_simulation_sees_records_that_are_acknowledged_before_they_are_synced() {
    let planted = Planted::only(kaichang::journal::Bug::AckBeforeSync);
    let why = crash_everywhere(Setting { planted, ..Setting::of_seed(0) })
        .expect_err("the planted bug must be seen");
    assert!(why.contains("was acknowledged and is gone"), "{why}");
}

#[cfg(feature = "planted-bugs")]
#[test]
fn the_simulation_sees_a_recovery_that_ignores_checksums() {
    let planted = Planted::only(kaichang::journal::Bug::NoCrc);
    let why = crash_everywhere(Setting { planted, ..Setting::of_seed(0) })
        .expect_err("the planted bug must be seen");
    assert!(why.contains("was never pushed"), "{why}");
}
