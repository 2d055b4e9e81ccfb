//! Properties that hold for every input, against models that are too dull to be wrong.

mod i2_hand_over;
mod i2_journal_crash;
mod i2_journal_damage;
mod i2_journal_faults;
mod journal_script;
mod sim_disk;
mod units;
