//! Properties: what holds for all inputs, found out on many.

mod ballots;
mod city_files;
mod draws;
mod engine_model;
mod i2_hand_over;
mod i2_journal_crash;
mod i2_journal_damage;
mod i2_journal_faults;
mod i2_journal_segments;
mod journal_script;
mod memory_log;
mod model;
mod people;
mod programme_file;
mod programmes;
mod queues;
mod sim_disk;
mod small_city;
mod units;

/// How many cases a property is tried on: `KAICHANG_TORTURE` times as many when it is set.
fn cases(usual: u32) -> u32 {
    let times = std::env::var("KAICHANG_TORTURE").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    usual.saturating_mul(times)
}
