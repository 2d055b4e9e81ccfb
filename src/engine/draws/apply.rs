//! What durable records of draws do, live and at replay; and the check that every outcome is the draw repeated (I8).

use std::sync::Arc;

use super::{Drawn, Draws, Prize, Row, Stage};
use crate::domain::draw::{EntryId, Hash, draw};
use crate::domain::event::{DrawSealed, Event};
use crate::domain::ids::{BookingNo, ReleaseNo};
use crate::domain::invariant::Invariant;
use crate::domain::time::UtcMillis;
use crate::engine::audit::Violation;
use crate::engine::replay::ReplayError;
use crate::engine::state::Engine;
use crate::engine::world::World;

/// A round in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundDigest {
    pub release: ReleaseNo,
    pub rows: Vec<Row>,
    pub root: Option<Hash>,
    pub outcome: Option<(UtcMillis, Hash)>,
    pub prizes: Vec<Prize>,
}

impl Engine {
    /// Shows what a durable record of a draw says. By the committer, and by the replay.
    pub(in crate::engine) fn settle_of_draw(&self, world: &World, at: UtcMillis, event: &Event) {
        if let Event::EntryMade(event) = event {
            self.draws.with(event.release, |round| {
                round.enter(at, event);
                round.end(event.resident);
            });
        } else if let Event::EntryChanged(event) = event {
            self.draws.with(event.release, |round| {
                round.change(event);
                round.end(event.resident);
            });
        } else if let Event::EntryWithdrawn(event) = event {
            self.draws.with(event.release, |round| {
                round.withdraw(*event);
                round.end(event.resident);
            });
        } else if let Event::DrawSealed(event) = event {
            self.settle_sealed(world, event);
        } else if let Event::DrawDone(event) = event {
            self.settle_draw(at, event);
        } else if let Event::PrizeLapsed(event) = event {
            self.draws.with(event.release, |round| {
                if let Some(entry) = round.entry_by_id(event.id) {
                    round.drawn_mut().into_iter().for_each(|drawn| drawn.lapse(entry));
                }
            });
        }
    }

    fn settle_sealed(&self, world: &World, event: &DrawSealed) {
        let sealing = self.draws.with(event.release, |round| round.sealing.take()).flatten();
        let list = sealing.filter(|list| list.root == event.root).or_else(|| {
            // The stock's cells are in the record; the rest was settled with the entries.
            self.list_of(world, event.release, Some(&event.stock)).map(Arc::new)
        });
        let root = list.as_ref().map(|list| list.root);
        assert!(root == Some(event.root), "I8: the list that was sealed is not the list that there is");
        self.draws.with(event.release, |round| list.into_iter().for_each(|list| round.seal(list)));
    }

    /// Judges a record of a draw at replay.
    pub(in crate::engine) fn draw_again(&self, world: &World, event: &Event) -> Result<(), ReplayError> {
        let (release, is_possible) = if let Event::EntryMade(event) = event {
            let has = self.residents.get(event.resident).is_some();
            (event.release, has && self.is_open_for(event.release))
        } else if let Event::EntryChanged(event) = event {
            (event.release, self.is_open_for(event.release))
        } else if let Event::EntryWithdrawn(event) = event {
            (event.release, self.is_open_for(event.release))
        } else if let Event::DrawSealed(event) = event {
            let list = self.list_of(world, event.release, Some(&event.stock));
            let list = list.filter(|list| list.root == event.root).map(Arc::new);
            let is_it = list.is_some();
            self.draws.with(event.release, |round| round.sealing = list);
            (event.release, is_it && self.is_open_for(event.release))
        } else if let Event::DrawDone(event) = event {
            let terms =
                world.catalogue.release(event.release).and_then(|release| release.def.lottery.as_deref());
            let committed = terms.map(|terms| terms.commitment);
            let sealed = match self.draw_stage(event.release) {
                Some(Stage::Sealed(sealed)) => Some(sealed),
                Some(Stage::Open { .. } | Stage::Drawn(..)) | None => None,
            };
            let outcome = sealed
                .map(|sealed| Arc::new(draw(&sealed.list, &event.seed.mixed(&sealed.root, &event.value))));
            let is_it = committed == Some(event.seed.commitment())
                && outcome.as_ref().is_some_and(|outcome| outcome.hash() == event.outcome);
            self.draws.with(event.release, |round| round.drawing = outcome);
            (event.release, is_it)
        } else if let Event::PrizeLapsed(event) = event {
            let prize = self.draws.with(event.release, |round| {
                let entry = round.entry_by_id(event.id)?;
                round.drawn()?.prize(entry)
            });
            (event.release, matches!(prize.flatten(), Some(Prize::Due(_) | Prize::Reserve)))
        } else {
            let other = event;
            return Err(ReplayError::Missing { what: format!("a draw in {other:?}") });
        };
        if is_possible {
            return Ok(());
        }
        let what = format!("{release}: what its draw's record says");
        Err(ReplayError::Broken { invariant: Invariant::I8ReleaseKept, what })
    }

    fn is_open_for(&self, release: ReleaseNo) -> bool {
        matches!(self.draw_stage(release), Some(Stage::Open { .. }))
    }

    /// Every outcome is the draw repeated, and nobody has what he didn't get.
    pub(in crate::engine) fn audit_draws(&self, violations: &mut Vec<Violation>) {
        let world = self.world();
        let mut fail = |what| violations.push(Violation { invariant: Invariant::I8ReleaseKept, what });
        for no in self.draws.releases() {
            let Some(Stage::Drawn(sealed, public)) = self.draw_stage(no) else { continue };
            let terms = world.catalogue.release(no).and_then(|release| release.def.lottery.as_deref());
            if terms.map(|terms| terms.commitment) != Some(public.seed.commitment()) {
                fail(format!("{no} was drawn by a seed that nobody committed to"));
            }
            if sealed.list.root() != sealed.root || !sealed.list.is_sound() {
                fail(format!("the entries of {no} are not those that were sealed"));
            }
            let again = draw(&sealed.list, &public.seed.mixed(&sealed.root, &public.value));
            if again != *public.outcome {
                fail(format!("the outcome of {no} is not the draw repeated"));
            }
            let prizes = self.draws.with(no, |round| round.drawn().map(|drawn| drawn.prizes().to_vec()));
            let prizes = prizes.flatten().unwrap_or_default();
            for ((entry, won), place) in again.order.iter().zip(&again.won).zip(1..) {
                let prize = usize::try_from(*entry).ok().and_then(|entry| prizes.get(entry)).copied();
                let is_right = match (prize, won) {
                    (Some(Prize::Due(option)), won) => *won == Some(option),
                    (Some(Prize::Held { option, .. }), Some(won)) => option == *won,
                    (Some(Prize::Reserve), won) => won.is_none(),
                    (Some(Prize::Held { .. }), None) | (Some(Prize::Lapsed), _) => true,
                    (None, _) => false,
                };
                if !is_right {
                    fail(format!("place {place} of {no} was given {won:?} and has {prize:?}"));
                }
            }
            self.audit_prizes(no, &sealed, &prizes, &mut fail);
        }
    }

    /// What is held is of the entry's own choices, its resident's, and no more than there was.
    fn audit_prizes(
        &self,
        no: ReleaseNo,
        sealed: &super::SealedList,
        prizes: &[Prize],
        fail: &mut impl FnMut(String),
    ) {
        let mut live = Vec::new();
        for (prize, entry) in prizes.iter().zip(0u32..) {
            let Prize::Held { option, booking } = *prize else { continue };
            let Some(booking) = self.bookings.get(booking) else { continue };
            let listed = usize::try_from(entry).ok().and_then(|entry| sealed.list.entries.get(entry));
            let is_choice = listed.is_some_and(|entry| entry.choices.iter().any(|choice| choice == option));
            let owner = self.draws.with(no, |round| round.owner_of(entry).map(|row| row.resident));
            if !is_choice || owner.flatten() != Some(booking.terms.resident) {
                fail(format!("{} is not what entry {entry} of {no} asked for", booking.no));
            }
            if booking.state.holds_units() && !booking.is_moved() {
                live.push((entry, option));
            }
        }
        if !sealed.list.has_room_for(&live) {
            fail(format!("more of {no} is held than there was"));
        }
    }
}

impl super::Round {
    pub(in crate::engine) fn entry_by_id(&self, id: EntryId) -> Option<u32> {
        let entries = &self.sealed()?.list.entries;
        let at = entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        u32::try_from(at).ok()
    }
}

impl Draws {
    /// Whether a booking is what somebody got by lot.
    pub(in crate::engine) fn is_given(&self, release: ReleaseNo, no: BookingNo) -> bool {
        self.with(release, |round| round.drawn().is_some_and(|drawn| drawn.has_given(no))) == Some(true)
    }

    pub(in crate::engine) fn digest(&self) -> Vec<RoundDigest> {
        let digest = |release| {
            self.with(release, |round| RoundDigest {
                release,
                rows: round.rows().to_vec(),
                root: round.root(),
                outcome: round.drawn().map(|drawn| (drawn.public.at, drawn.public.outcome.hash())),
                prizes: round.drawn().map(Drawn::prizes).unwrap_or_default().to_vec(),
            })
        };
        self.releases().into_iter().filter_map(digest).collect()
    }
}
