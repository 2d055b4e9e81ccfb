//! The terms of a queue as a body writes them.

use serde::Deserialize;
use utoipa::ToSchema;

use super::releases::{ModeView, ReleaseBody};
use super::written_rules::read_number;
use crate::api::problem::{FieldFault, FieldFaults, Text};
use crate::api::written_time::read_moment;
use crate::domain::catalogue::PitchKind;
use crate::domain::draw::Hash;
use crate::domain::lottery::Salt;
use crate::domain::queue::{
    AT_ONCE_MAX, JOIN_BEFORE_MS_MAX, MINUTES_TO_ACT_MAX, PROOF_OF_WORK, QUEUE_DAYS_MAX, QueueDef,
};
use crate::domain::release::{ReleaseDef, ReleaseWhen};
use crate::domain::time::UtcMillis;
use crate::engine::world::World;

/// Where nothing is said one may come an hour before the instant.
const JOIN_BEFORE_MS: i64 = 3_600_000;
/// Where nothing is said a turn is so long.
const MINUTES_TO_ACT: i64 = 5;
/// Where nothing is said a quarter of what is given out may have its turn at once, within these bounds.
const AT_ONCE: (u64, u64) = (10, 50_000);

/// From when on one may come, and how one's turn goes. The instant is that of `once`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueTermsBody {
    /// At most a week before the instant; an hour before it where nothing is said.
    #[schema(format = DateTime)]
    pub join_from: Option<String>,
    /// How long somebody has whose turn it is; 5 where nothing is said.
    #[schema(minimum = 1, maximum = 60)]
    pub minutes_to_act: Option<i64>,
    /// How many may have their turn at the same time; by what there is to give out where nothing is said.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub at_once: Option<i64>,
    /// Where more wait than may have their turn at once: whoever comes then solves a challenge whose number lies up to this one. None is
    /// asked for where nothing is said.
    #[schema(minimum = 1000, maximum = 5_000_000)]
    pub proof_of_work: Option<i64>,
}

/// The terms of a release that one queues for, as yet without its seed. What is wrong is gathered.
pub(super) fn read_queue(
    body: &ReleaseBody,
    when: Option<ReleaseWhen>,
    faults: &mut FieldFaults,
) -> Option<QueueDef> {
    match (body.mode, &body.queue) {
        (ModeView::Queue, _) => {}
        (ModeView::FirstCome | ModeView::Lottery, None) => return None,
        (ModeView::FirstCome | ModeView::Lottery, Some(_)) => {
            let text = Text::fixed("goes with the mode queue only", "仅可与 queue 模式同用");
            faults.add(FieldFault::new("queue", text));
            return None;
        }
    }
    if body.last_day.is_none() {
        faults.add(FieldFault::missing("last_day"));
    }
    if body.last_day.is_some_and(|last| last.0.days_since(body.first_day.0) >= QUEUE_DAYS_MAX) {
        let text = Text::fixed("must be within 31 days of first_day", "必须在 first_day 起 31 天之内");
        faults.add(FieldFault::new("last_day", text));
    }
    let opens_at = match when {
        Some(ReleaseWhen::Once { at }) => Some(at),
        // What is wrong with it is said already.
        None => None,
        Some(ReleaseWhen::Daily { .. }) => {
            let text = Text::fixed("a queue opens once", "排队放号须使用 once");
            faults.add(FieldFault::new("daily", text));
            None
        }
    };
    let terms = body.queue.as_ref();
    let join_from = terms.and_then(|terms| terms.join_from.as_deref()).and_then(|text| {
        read_moment("queue.join_from", text).map_err(|fault| faults.add(fault)).ok().map(|read| read.moment)
    });
    let opens_at = opens_at.unwrap_or(UtcMillis::new(0));
    let join_from = join_from.unwrap_or_else(|| opens_at.plus_ms(-JOIN_BEFORE_MS));
    if faults.is_empty() && !(0..=JOIN_BEFORE_MS_MAX).contains(&opens_at.since_ms(join_from)) {
        let text =
            Text::fixed("must be before the instant, by a week at most", "必须早于开放时间,且不超过一周");
        faults.add(FieldFault::new("queue.join_from", text));
    }
    let minutes = terms.and_then(|terms| terms.minutes_to_act).unwrap_or(MINUTES_TO_ACT);
    let at_once = terms.and_then(|terms| terms.at_once);
    let proof = terms.and_then(|terms| terms.proof_of_work);
    let proof_bounds = (i64::from(PROOF_OF_WORK.0), i64::from(PROOF_OF_WORK.1));
    Some(QueueDef {
        join_from,
        minutes_to_act: read_number(
            "queue.minutes_to_act",
            minutes,
            (1, i64::from(MINUTES_TO_ACT_MAX)),
            faults,
        ),
        // By what there is, where nothing is said: that is known with the pitches.
        at_once: at_once
            .map_or(0, |at_once| read_number("queue.at_once", at_once, (1, i64::from(AT_ONCE_MAX)), faults)),
        proof_of_work: proof.map(|most| read_number("queue.proof_of_work", most, proof_bounds, faults)),
        // Put in when the release's name is known.
        salt: Salt([0; 16]),
        commitment: Hash([0; 32]),
    })
}

/// Says how many may have their turn at once, where the body didn't.
pub(super) fn put_at_once(world: &World, def: &mut ReleaseDef) {
    let days = def.last_day.map_or(1, |last| last.days_since(def.first_day) + 1);
    let of_pitch = |pitch: &crate::domain::catalogue::Pitch| {
        let places = match pitch.kind {
            PitchKind::Session { capacity, .. } => u64::from(capacity),
            PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => {
                u64::try_from(pitch.leaves.len()).unwrap_or(1)
            }
        };
        let open = world.catalogue.closed(pitch, pitch.leaves.start, def.first_day).complement();
        places * u64::from(open.count()) / u64::from(pitch.grid.slot_units())
    };
    let pitches = def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no));
    let a_day: u64 = pitches.map(of_pitch).sum();
    let Some(queue) = def.queue.as_deref_mut().filter(|queue| queue.at_once == 0) else { return };
    let all = a_day.saturating_mul(u64::try_from(days).unwrap_or(1));
    let (least, most) = AT_ONCE;
    queue.at_once = u32::try_from((all / 4).clamp(least, most)).unwrap_or(1);
}
