//! Properties that hold for every input, against models that are too dull to be wrong.

mod i2_hand_over;
mod units;
