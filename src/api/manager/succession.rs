//! A pitch that takes the place of another: how a court is divided, what is played on it, how long its slots are, all that stays of a
//! pitch once it is there is changed so.
//!
//! Bookings, tickets and reports speak of the old pitch, which therefore stays as it was and is sold no more; the new one is another pitch,
//! with another id, and begins empty. Always: the old one is out of sale, and nobody who may have claimed before is on the way, when it
//! is looked whether a live booking stands on it; so nothing is ever sold of both.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::change::{Changed, change, make};
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::resident::Desk;
use crate::api::settled::{until, with_lane};
use crate::domain::catalogue::Pitch;
use crate::domain::change::{Offered, PitchChange};
use crate::domain::event::Event;
use crate::domain::ids::{PitchNo, ResidentNo, VenueNo};
use crate::domain::release::ReleaseDef;
use crate::domain::time::LocalDay;
use crate::engine::CommandLane;
use crate::engine::world::World;

/// The field that names it.
const FIELD: &str = "instead_of";

/// The pitch whose place is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Predecessor {
    no: PitchNo,
    was: Offered,
}

/// Finds the pitch whose place is to be taken.
///
/// # Errors
/// `invalid-request` when it is none of the venue's, or a part of one.
pub(super) fn predecessor(world: &World, venue: VenueNo, code: &str) -> Result<Predecessor, Problem> {
    let pitch = world.catalogue.pitch_by_code(code).filter(|pitch| pitch.venue == venue);
    match pitch.filter(|pitch| pitch.whole == pitch.no) {
        Some(Pitch { no, offered, .. }) => Ok(Predecessor { no: *no, was: *offered }),
        None => {
            let text = Text::fixed("is no whole pitch of this venue", "不是本场馆的整块场地");
            Err(FieldFault::new(FIELD, text).into())
        }
    }
}

/// One succession at a time: of two that want the same place one finds it taken.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

impl Predecessor {
    /// Takes it out of sale and adds the one that takes its place; then it is out of sale for good. Whatever keeps the new one from being added
    /// leaves the old one as it was.
    ///
    /// # Errors
    /// `invalid-request` while live bookings stand on it, of which it is told how many and until when, while a release governs it for which one
    /// queues, draws or must be entitled, and when another has its place already.
    pub(super) async fn replace(self, desk: &Desk, by: ResidentNo, new: Event) -> Result<Changed, Problem> {
        let _alone = ONE_AT_A_TIME.lock().await;
        self.expect_free(desk)?;
        if self.was == Offered::Yes {
            self.offer(desk, by, Offered::No).await?;
        }
        let added = self.add(desk, by, new).await;
        match added {
            Ok(Changed::Yes) => self.offer(desk, by, Offered::Succeeded).await?,
            Ok(Changed::CodeTaken) | Err(_) if self.was == Offered::Yes => {
                self.offer(desk, by, Offered::Yes).await?;
            }
            Ok(Changed::CodeTaken) | Err(_) => {}
        }
        added
    }

    /// Whether it has no successor yet, and nobody waits for it under the terms of a release, which a new pitch would not have.
    fn expect_free(self, desk: &Desk) -> Result<(), Problem> {
        let world = desk.engine.world();
        let pitch = world.catalogue.pitch(self.no).ok_or(Problem::NotFound)?;
        if pitch.offered == Offered::Succeeded {
            let text = Text::fixed("another pitch has taken its place", "已由另一块场地取代");
            return Err(FieldFault::new(FIELD, text).into());
        }
        let today = world.days.first();
        let releases = pitch.releases.iter().filter_map(|no| world.catalogue.release(*no));
        let mut ahead = releases.filter(|release| release.def.last_day.is_none_or(|last| last >= today));
        let is_bound = |def: &ReleaseDef| def.queue.is_some() || def.lottery.is_some() || def.who.is_some();
        match ahead.find(|release| is_bound(&release.def)) {
            Some(release) => {
                let code = &release.def.code;
                let text = Text::new(
                    format!(
                        "the release {code} governs it, and would not govern the new one: wait until its last day is over"
                    ),
                    format!("受放票 {code} 约束,新场地不在其中:请等其最后一天结束"),
                );
                Err(FieldFault::new(FIELD, text).into())
            }
            None => Ok(()),
        }
    }

    /// Adds the new one when nothing live stands on the old one, which is out of sale.
    async fn add(self, desk: &Desk, by: ResidentNo, new: Event) -> Result<Changed, Problem> {
        // Whoever claimed while it was on sale has queued; when that is settled, the lists have it.
        let (intake, queued) = with_lane(|lane: &CommandLane| {
            let intake = Arc::clone(lane.owner().intake());
            let queued = intake.queued_before();
            (intake, queued)
        });
        until(|| intake.is_settled(&queued).then_some(())).await?;
        let Some((count, last)) = live_on(desk, self.no) else { return change(desk, by, new).await };
        let text = Text::new(
            format!(
                "{count} live bookings stand on it, the last on {last}: move them or call them off, or wait until they are over"
            ),
            format!("尚有 {count} 笔有效预订,最后一笔在 {last}:请先改期或取消,或等其结束"),
        );
        Err(FieldFault::new(FIELD, text).into())
    }

    async fn offer(self, desk: &Desk, by: ResidentNo, offered: Offered) -> Result<(), Problem> {
        let change = PitchChange { offered: Some(offered), ..PitchChange::of(self.no) };
        make(desk, by, Event::PitchChanged(Box::new(change))).await
    }
}

/// How many live bookings stand on a whole and its parts, and on which day the last.
fn live_on(desk: &Desk, no: PitchNo) -> Option<(usize, LocalDay)> {
    let world = World::clone(&desk.engine.world());
    let whole = world.catalogue.pitch(no)?;
    let days = world.days.iter().map(|clock| clock.day);
    let bookings = days.filter_map(|day| desk.engine.bookings_of_day(&world, whole, day)).flatten();
    let live: Vec<LocalDay> =
        bookings.filter(|booking| booking.state.is_live()).map(|booking| booking.terms.day).collect();
    live.iter().max().map(|last| (live.len(), *last))
}
