//! I1, I3, I4, I6 and I8: the engine does what the dull model says, whatever is asked in whatever order by residents and staff,
//! days passing, pitches closing, the log refusing, and the process dying at any point.

mod forgetting;
mod prefixes;
mod run;
mod steps;

use proptest::prelude::*;

use crate::memory_log::City;
use crate::model::{Place, Purpose, Wish};
use crate::small_city;
use run::Run;
pub(crate) use run::written;
use steps::Step;

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(512), max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_dull_model_says(steps in prop::collection::vec(steps::step(), 1..120)) {
        check(steps);
    }
}

fn check(steps: Vec<Step>) {
    let mut run = Run::new();
    for step in steps {
        run.step(step);
    }
    // Live state equals replay, to the last count.
    let replayed = City::from_log(run.city.kept.clone());
    assert_eq!(run.city.engine.digest(), replayed.engine.digest());
    forgetting::check_against_one_that_forgets_nothing(&replayed);
    check_snapshots(replayed);
    run.check_some_prefixes();
}

/// A snapshot and what follows come to the same, and so does all that time brings after.
fn check_snapshots(replayed: City) {
    let mut replayed = run::forgetting(replayed);
    let founded = small_city::founding().len();
    let kept = replayed.kept.clone();
    let (third, half) = (founded.max(kept.len() / 3), founded.max(kept.len() / 2));
    let cuts = [[third, half], [half, kept.len()], [kept.len(), kept.len()]];
    let mut others = cuts.map(|cuts| run::forgetting(City::by_snapshots(kept.clone(), cuts)));
    for other in &others {
        assert_eq!(other.engine.digest(), replayed.engine.digest(), "by way of a snapshot");
        assert_eq!(
            other.engine.audit_log().page(None, None, 9),
            replayed.engine.audit_log().page(None, None, 9)
        );
    }
    let later =
        kept.last().map_or(small_city::moment(0), |(at, _)| at.plus_ms(3 * 24 * 3_600_000 + 5 * 3_600_000));
    replayed.let_time_pass(later);
    for other in &mut others {
        other.let_time_pass(later);
        assert_eq!(other.engine.digest(), replayed.engine.digest(), "by way of a snapshot, some days later");
    }
}

/// The replay reads ahead of what it applies: the newer request must not be overwritten by the older one.
#[test]
fn a_key_that_is_used_again_when_it_is_forgotten_is_known_after_a_replay() {
    let claim = |purpose, day| Step::Claim {
        purpose,
        wish: Wish { resident: 2, place: Place { pitch: 0, day, first: 36, units: 2 }, party: 1 },
        key: 5,
        is_written: true,
    };
    let wait = |minutes| Step::Advance { minutes, is_written: false };
    let mut steps = vec![claim(Purpose::Hold, 0)];
    steps.extend([240, 240, 965, 585, 850].map(wait));
    steps.push(claim(Purpose::Book, 2));
    check(steps);
}

/// A number may have been given away whose record was never written: a replay knows nothing of it.
#[test]
fn a_number_that_nothing_came_of_is_forgotten_with_the_others() {
    let claim = |resident, is_written| Step::Claim {
        purpose: Purpose::Book,
        wish: Wish {
            resident,
            place: Place { pitch: 0, day: 1, first: 36 + 2 * u8::try_from(resident).expect("few"), units: 2 },
            party: 1,
        },
        key: 1,
        is_written,
    };
    let wait = || Step::Advance { minutes: 4_000, is_written: true };
    check(vec![claim(0, true), claim(1, true), claim(2, false), wait(), wait(), Step::Crash, wait()]);
}
