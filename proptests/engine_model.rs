//! I1, I3, I4, I6 and I8: the engine does what the dull model says, whatever is asked in whatever order by residents and staff,
//! days passing, pitches closing, the log refusing, and the process dying at any point.

mod prefixes;
mod run;
mod steps;

use proptest::prelude::*;

use crate::memory_log::City;
use run::Run;

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(512), max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_dull_model_says(steps in prop::collection::vec(steps::step(), 1..120)) {
        let mut run = Run::new();
        for step in steps {
            run.step(step);
        }
        // Live state equals replay, to the last count.
        let replayed = City::from_log(run.city.kept.clone());
        prop_assert_eq!(run.city.engine.digest(), replayed.engine.digest());
        run.check_some_prefixes();
    }
}
