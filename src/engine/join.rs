//! Coming into a queue and leaving it. Coming changes something, so it is a record, and durable before it is told.

use super::lane::Ticket;
use super::queues::Stand;
use super::refusal::{InLine, Refusal};
use super::state::{CommandLane, Engine};
use crate::domain::catalogue::Release;
use crate::domain::event::{Event, OfQueue, QueueJoined, QueueLeft, Role};
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::time::UtcMillis;

/// What became of it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    Queued(Ticket),
    /// He is in the line already: coming again changes nothing.
    There,
    /// Something of his is under way: in a moment he may ask again.
    UnderWay,
}

impl Engine {
    /// Comes into a release's queue. On success the record belongs to the committer, whatever becomes of the caller.
    ///
    /// # Errors
    /// `NotReleased` before one may come, `TooLate` behind the last day.
    pub fn join(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        release: &str,
        now: UtcMillis,
    ) -> Result<Joining, Refusal> {
        let joined = self.try_join(lane, resident, release, now);
        self.count(joined)
    }

    fn try_join(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        release: &str,
        now: UtcMillis,
    ) -> Result<Joining, Refusal> {
        let _command = lane.owner.begin_command();
        let account = self.residents.get(resident).ok_or(Refusal::NotFound)?;
        if account.role() != Some(Role::Resident) {
            return Err(Refusal::Forbidden);
        }
        let world = self.world.load();
        let found = world.catalogue.release_by_code(release).ok_or(Refusal::NotFound)?;
        let release = found.no;
        let judged = self.queues.with(release, |line| {
            if line.has_ended() {
                return Err(Refusal::TooLate);
            }
            if now < line.terms.join_from {
                return Err(Refusal::NotReleased { releases_at: line.terms.join_from });
            }
            match line.stand(resident, now) {
                _ if line.is_under_way(resident) => Ok(Some(Joining::UnderWay)),
                Some(Stand::Waiting | Stand::Admitted { .. }) => Ok(Some(Joining::There)),
                Some(Stand::Over | Stand::Left) | None if line.has_room() => Ok(None),
                Some(Stand::Over | Stand::Left) | None => Err(Refusal::Overloaded),
            }
        });
        if let Some(there) = judged.unwrap_or(Err(Refusal::NotFound))? {
            return Ok(there);
        }
        // Whom it isn't for waits for nothing.
        self.expect_entitled(Some(found), resident, found.def.first_day)?;
        let permit = self.permit_for_new(lane)?;
        // Nothing was kept since it was judged: of two that ask at once one comes, and the other looks again.
        let begun = self.queues.with(release, |line| {
            let stand = line.stand(resident, now);
            if matches!(stand, Some(Stand::Waiting | Stand::Admitted { .. })) {
                return Some(Joining::There);
            }
            (!line.begin(resident)).then_some(Joining::UnderWay)
        });
        match begun.flatten() {
            Some(there) => Ok(there),
            None => {
                let joined = OfQueue::Joined(QueueJoined { release, resident });
                Ok(Joining::Queued(permit.push(Event::OfQueue(joined))))
            }
        }
    }

    /// Leaves a release's queue: who waited waits no more, and whose turn it was makes room for another.
    ///
    /// # Errors
    /// `NotFound` for who isn't in it, `AlreadyCancelled` for who has left, `TooLate` when his turn is over.
    pub fn leave_queue(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        release: &str,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let world = self.world.load();
        let release = world.catalogue.release_by_code(release).map(|release| release.no);
        let left = release.ok_or(Refusal::NotFound).and_then(|release| {
            let judge = |stand| match stand {
                None => Err(Refusal::NotFound),
                Some(Stand::Left) => Err(Refusal::AlreadyCancelled),
                Some(Stand::Over) => Err(Refusal::TooLate),
                Some(Stand::Waiting | Stand::Admitted { .. }) => Ok(()),
            };
            let judged = self.queues.with(release, |line| judge(line.stand(resident, now)));
            judged.unwrap_or(Err(Refusal::NotFound))?;
            let permit = lane.owner.permit()?;
            let begun = self.queues.with(release, |line| {
                judge(line.stand(resident, now))?;
                // Another change of his is being written: in a moment this one may follow.
                if line.begin(resident) { Ok(()) } else { Err(Refusal::Overloaded) }
            });
            begun.unwrap_or(Err(Refusal::NotFound))?;
            Ok(permit.push(Event::OfQueue(OfQueue::Left(QueueLeft { release, resident }))))
        });
        self.count(left)
    }

    /// Whether something of a resident's is being written for this queue.
    #[must_use]
    pub fn is_joining(&self, resident: ResidentNo, release: ReleaseNo) -> bool {
        self.queues.with(release, |line| line.is_under_way(resident)) == Some(true)
    }

    /// Lets nobody pass who isn't admitted, where one queues: nothing can be booked past the line.
    pub(super) fn expect_turn(
        &self,
        release: Option<&Release>,
        resident: ResidentNo,
        now: UtcMillis,
    ) -> Result<(), Refusal> {
        let Some(release) = release.filter(|release| release.def.queue.is_some()) else { return Ok(()) };
        #[cfg(feature = "planted-bugs")]
        if super::planted::is_on(super::planted::Bug::PassTheLine) {
            return Ok(());
        }
        let stand = self.queues.with(release.no, |line| {
            line.stand(resident, now).map(|stand| {
                let wait = if stand == Stand::Waiting { line.wait_at_most(resident, now) } else { None };
                (stand, wait)
            })
        });
        let (in_line, releases_at) = match stand.flatten() {
            Some((Stand::Admitted { .. }, _)) => return Ok(()),
            None => (InLine::No, now),
            Some((Stand::Left | Stand::Over, _)) => (InLine::Over, now),
            Some((Stand::Waiting, wait)) => {
                (InLine::Waits, now.plus_ms(wait.map_or(UNTOLD_MS, |wait| wait.from_ms)))
            }
        };
        Err(Refusal::NotYourTurn { release: release.no, releases_at, in_line })
    }
}

/// After how long somebody looks again of whose turn nothing can be told yet.
const UNTOLD_MS: i64 = 5000;
