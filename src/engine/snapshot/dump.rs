//! From a replayed engine to the pieces of a snapshot.

use super::Section;
use super::bytes::{put, put_measured};
use crate::domain::ids::VenueNo;
use crate::domain::time::LocalDay;
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::engine::known_requests::CameTo;
use crate::engine::pitch_days::OnDay;
use crate::engine::state::Engine;
use crate::engine::sync::{Ordering, lock};
use crate::engine::word::NO_BOOKING;
use crate::engine::world::World;

/// From how many bytes on a piece is given away.
const PIECE_BYTES: usize = 256 * 1024;
/// What stands for no day, no venue.
pub(super) const NONE: u32 = u32::MAX;
/// The kinds of rows of what is forgotten.
pub(super) const BOUNDS: u32 = 0;
/// What forgotten bookings moved in a wallet.
pub(super) const CARRIED: u32 = 1;

/// Gathers the rows of a section into pieces.
struct Pieces<'a, G> {
    section: Section,
    piece: Vec<u8>,
    give: &'a mut G,
}

impl<E, G: FnMut(Section, &[u8]) -> Result<(), E>> Pieces<'_, G> {
    /// Adds a row.
    fn row(&mut self, put_row: impl FnOnce(&mut Vec<u8>)) -> Result<(), E> {
        put_row(&mut self.piece);
        if self.piece.len() >= PIECE_BYTES { self.end() } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), E> {
        if !self.piece.is_empty() {
            (self.give)(self.section, &self.piece)?;
            self.piece.clear();
        }
        Ok(())
    }
}

impl Engine {
    /// Gives the state's pieces in order, where nothing is under way. `catalogue` are the rows of the events that made the catalogue.
    ///
    /// # Errors
    /// What the taker says.
    pub fn dump<E>(
        &self,
        catalogue: &[u8],
        mut give: impl FnMut(Section, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let world = self.world();
        give(Section::Catalogue, catalogue)?;
        give(Section::Days, &days(&world))?;
        give(Section::Numbers, &self.numbers())?;
        self.residents.slab().put_rows(|piece| give(Section::Residents, piece))?;
        self.bookings.slab().put_rows(|piece| give(Section::Bookings, piece))?;
        self.top_ups.slab().put_rows(|piece| give(Section::TopUps, piece))?;
        self.dump_pitch_days(&world, &mut give)?;
        self.dump_counts(&world, &mut give)?;
        self.dump_people(&mut give)?;
        self.dump_past(&mut give)?;
        self.dump_requests(&mut give)?;
        self.dump_opened(&mut give)?;
        let mut rows = Pieces { section: Section::Draws, piece: Vec::new(), give: &mut give };
        self.draws.put_rows(|row| rows.row(|out| out.extend_from_slice(row)))?;
        rows.end()?;
        let mut rows = Pieces { section: Section::Queues, piece: Vec::new(), give: &mut give };
        self.queues.put_rows(|row| rows.row(|out| out.extend_from_slice(row)))?;
        rows.end()?;
        self.dump_forgotten(&mut give)?;
        self.dump_companions(&mut give)?;
        self.dump_returns(&mut give)?;
        self.dump_verified(&mut give)
    }

    fn dump_companions<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut rows = Pieces { section: Section::Companions, piece: Vec::new(), give };
        self.companions.put_rows(|row| rows.row(|out| out.extend_from_slice(row)))?;
        rows.end()
    }

    fn dump_returns<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut rows = Pieces { section: Section::Returns, piece: Vec::new(), give };
        self.returns.put_rows(|row| rows.row(|out| out.extend_from_slice(row)))?;
        rows.end()
    }

    fn dump_forgotten<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let forgotten = self.forgotten();
        let Some(before) = forgotten.before else { return Ok(()) };
        let mut rows = Pieces { section: Section::Forgotten, piece: Vec::new(), give };
        let below = self.bookings.forgotten_below().get();
        rows.row(|out| {
            let lost_before = forgotten.lost_before.map_or(0, LocalDay::get);
            put!(
                out,
                BOUNDS,
                before.get(),
                below,
                forgotten.told_by,
                u32::from(forgotten.is_kept),
                lost_before
            );
        })?;
        for (no, _) in self.residents.iter() {
            let carried = self.residents.carried(no).get();
            if carried != 0 {
                rows.row(|out| put!(out, CARRIED, no.get(), carried))?;
            }
        }
        rows.end()
    }

    fn numbers(&self) -> Vec<u8> {
        let mut numbers = Vec::new();
        put!(numbers, self.residents.count(), self.bookings.count(), self.top_ups.count());
        numbers
    }

    fn dump_pitch_days<E>(
        &self,
        world: &World,
        give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rows = Pieces { section: Section::PitchDays, piece: Vec::new(), give };
        for whole in world.catalogue.wholes() {
            for clock in world.days.iter() {
                let Some(on_day) = self.pitch_days.on(whole, clock.day) else { continue };
                if is_sold(&on_day) {
                    rows.row(|out| put_day(out, whole.no.get(), clock.day, &on_day))?;
                }
            }
        }
        rows.end()
    }

    fn dump_counts<E>(
        &self,
        world: &World,
        give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut ledger = Vec::new();
        put!(ledger, self.ledger.providers().get());
        for venue in world.catalogue.venues() {
            put!(ledger, self.ledger.revenue(venue.no).get(), self.ledger.till(venue.no).get());
        }
        give(Section::Ledger, &ledger)?;

        let mut rows = Pieces { section: Section::Releases, piece: Vec::new(), give };
        for release in world.catalogue.releases() {
            for clock in world.days.iter() {
                if let Some(at) = self.releases.opened_at(release.no, clock.day) {
                    rows.row(|out| put!(out, release.no.get(), clock.day.get(), at.get()))?;
                }
            }
        }
        rows.end()?;

        let mut rows = Pieces { section: Section::Quotas, piece: Vec::new(), give };
        for count in self.quotas.mapped_counts() {
            rows.row(|out| {
                let (has_day, day) = count.day.map_or((0u32, 0), |day| (1, day));
                put!(out, count.rule, count.resident, count.number, has_day, day, count.used);
            })?;
        }
        rows.end()
    }

    fn dump_people<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut phones: Vec<_> = self.phones.iter().map(|entry| (entry.key().0, *entry.value())).collect();
        phones.sort_unstable();
        let mut rows = Pieces { section: Section::Phones, piece: Vec::new(), give };
        for (phone, resident) in phones {
            rows.row(|out| {
                out.extend_from_slice(&phone);
                put!(out, resident.get());
            })?;
        }
        rows.end()?;

        let mut sealed: Vec<_> =
            self.sealed.iter().map(|entry| (*entry.key(), entry.value().clone())).collect();
        sealed.sort_unstable();
        let mut rows = Pieces { section: Section::Sealed, piece: Vec::new(), give };
        for (resident, sealed) in sealed {
            rows.row(|out| {
                put!(out, resident.get());
                put_measured(out, &sealed);
            })?;
        }
        rows.end()?;

        let mut rows = Pieces { section: Section::Staff, piece: Vec::new(), give };
        for account in &*lock(&self.staff) {
            rows.row(|out| put!(out, account.get()))?;
        }
        rows.end()
    }

    fn dump_past<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut past: Vec<_> = self.past_days.iter().map(|entry| (*entry.key(), *entry.value())).collect();
        past.sort_unstable();
        let mut rows = Pieces { section: Section::PastDays, piece: Vec::new(), give };
        for ((pitch, day), newest) in past {
            rows.row(|out| put!(out, pitch.get(), day.get(), newest.get()))?;
        }
        rows.end()?;

        let mut open: Vec<_> =
            self.past_open.iter().map(|entry| (*entry.key(), entry.value().clone())).collect();
        open.sort_unstable();
        let mut rows = Pieces { section: Section::PastOpen, piece: Vec::new(), give };
        for (day, units) in open {
            rows.row(|out| {
                put!(out, day.get(), u32::try_from(units.len()).unwrap_or(u32::MAX));
                for units in &units {
                    put!(out, *units);
                }
            })?;
        }
        rows.end()?;

        let mut rows = Pieces { section: Section::Audit, piece: Vec::new(), give };
        for entry in self.audit_log.all() {
            rows.row(|out| put_audit(out, &entry))?;
        }
        rows.end()
    }

    fn dump_requests<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut rows = Pieces { section: Section::Requests, piece: Vec::new(), give };
        for (key, body, came_to) in self.known.sorted() {
            let (kind, no) = match came_to {
                CameTo::Booking(no) => (0u32, no.get()),
                CameTo::TopUp(no) => (1, no.get()),
                CameTo::CheckIn(no) => (2, no.get()),
                CameTo::Entry(no) => (3, no.get().into()),
                // A check-in that is under way is none yet: a replayed state has none.
                CameTo::AtGate(_) => continue,
            };
            rows.row(|out| put!(out, key, body, kind, no))?;
        }
        rows.end()
    }

    fn dump_verified<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut rows = Pieces { section: Section::Verified, piece: Vec::new(), give };
        for (no, account) in self.residents.iter() {
            let (verified, household) = (account.verified().bits(), account.household());
            if verified != 0 || household != 0 {
                rows.row(|out| put!(out, no.get(), verified, household))?;
            }
        }
        rows.end()
    }

    fn dump_opened<E>(&self, give: &mut impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut rows = Pieces { section: Section::Opened, piece: Vec::new(), give };
        for (no, account) in self.residents.iter() {
            if let Some(at) = account.opened_at() {
                rows.row(|out| put!(out, no.get(), at.get()))?;
            }
        }
        rows.end()
    }
}

fn days(world: &World) -> Vec<u8> {
    let mut days = Vec::new();
    if let Some(last) = world.days.last() {
        put!(days, world.days.first().get(), last.get());
    }
    days
}

/// Whether anything of a whole's day is sold, or was.
fn is_sold(on_day: &OnDay<'_>) -> bool {
    // ORDERING: Relaxed, nobody else is at work.
    on_day.newest_booking().load(Ordering::Relaxed) != NO_BOOKING
        || on_day.leaves().iter().any(|leaf| !leaf.claimed().is_empty())
        || on_day.slots().iter().any(|slot| slot.sales() != 0)
}

fn put_day(out: &mut Vec<u8>, whole: u32, day: LocalDay, on_day: &OnDay<'_>) {
    // ORDERING: Relaxed, nobody else is at work.
    put!(out, whole, day.get(), on_day.newest_booking().load(Ordering::Relaxed));
    for leaf in on_day.leaves() {
        put!(out, leaf.claimed().bits());
    }
    for slot in on_day.slots() {
        put!(out, slot.sales());
    }
}

fn put_audit(out: &mut Vec<u8>, entry: &AuditEntry) {
    put!(out, entry.at.get(), entry.by.get(), entry.venue.map_or(NONE, VenueNo::get));
    out.extend_from_slice(&entry.hash);
    put_measured(out, entry.what.as_bytes());
    match &entry.subject {
        Subject::City => put!(out, 0u32, 0u32),
        Subject::Booking(no) => put!(out, 1u32, no.get()),
        Subject::Account(no) => put!(out, 2u32, no.get()),
        Subject::Named(code) => {
            put!(out, 3u32);
            put_measured(out, code.as_str().as_bytes());
        }
    }
    put_measured(out, entry.before.to_string().as_bytes());
    put_measured(out, entry.after.to_string().as_bytes());
}
