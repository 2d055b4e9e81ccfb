//! From the pieces of a snapshot to a live engine.
//!
//! What a piece says is checked as far as nothing may panic or lie outside of its place later; that it is what was written is the
//! business of the file's digest.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use super::Section;
use super::bytes::{Fields, Malformed, put, put_measured};
use super::dump::{BOUNDS, CARRIED, NONE};
use crate::domain::catalogue::{Catalogue, InvalidDefinition};
use crate::domain::entitlement::Verified;
use crate::domain::event::{DaysOpened, Event, PhoneHash, RequestKey, UnknownEvent};
use crate::domain::ids::{BookingNo, Code, PitchNo, ReleaseNo, ResidentNo, TopUpNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::{UnitMask, UnitSpan};
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::engine::bookings::BookingState;
use crate::engine::change_world::Alone;
use crate::engine::forgetting::Forgotten;
use crate::engine::known_requests::{CameTo, KnownRequests, Notes};
use crate::engine::quota::MappedCount;
use crate::engine::state::Engine;
use crate::engine::sync::{Ordering, lock};
use crate::engine::world::{OpenDays, World};

/// Why a snapshot can't be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableSnapshot {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Unknown(#[from] UnknownEvent),
    #[error("the catalogue: {0}")]
    Definition(#[from] InvalidDefinition),
    #[error("a section {0}, which this version doesn't know")]
    Section(u32),
    #[error("it holds no city")]
    NoCity,
}

/// The state of a snapshot, to be replayed on.
pub struct Loaded {
    pub(in crate::engine) engine: Engine,
    pub(in crate::engine) world: World,
    /// The rows of the events that made the catalogue.
    pub(in crate::engine) catalogue: Vec<u8>,
}

/// Takes pieces in their order.
#[derive(Default)]
pub struct Loader {
    loaded: Option<Loaded>,
    requests: Option<Requests>,
}

/// The thread that keeps the requests, which are many and lie all over memory, while the timers are wound.
struct Requests {
    pieces: Sender<Box<[u8]>>,
    thread: JoinHandle<Result<(), Malformed>>,
}

impl Requests {
    fn start(known: &Arc<KnownRequests>) -> Self {
        let (pieces, waiting) = channel::<Box<[u8]>>();
        let known = Arc::clone(known);
        let thread = std::thread::spawn(move || {
            let mut notes = Notes::default();
            for piece in waiting {
                each(&mut Fields::of(&piece), |row| take_request(row, &known, &mut notes))?;
            }
            notes.enter(&known);
            Ok(())
        });
        Self { pieces, thread }
    }

    fn finish(self) -> Result<(), Malformed> {
        drop(self.pieces);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Loader {
    /// Takes the next piece.
    ///
    /// # Errors
    /// Why the snapshot can't be used.
    pub fn take(&mut self, tag: u32, piece: &[u8]) -> Result<(), UnusableSnapshot> {
        let section = Section::of_tag(tag).ok_or(UnusableSnapshot::Section(tag))?;
        if section == Section::Catalogue {
            self.loaded = Some(catalogue(piece)?);
            return Ok(());
        }
        let loaded = self.loaded.as_mut().ok_or(UnusableSnapshot::NoCity)?;
        if section == Section::Requests {
            let requests = self.requests.get_or_insert_with(|| Requests::start(&loaded.engine.known));
            // Nobody takes it when one before made no sense: that is said at the end.
            let _ = requests.pieces.send(piece.into());
            return Ok(());
        }
        let mut rows = Fields::of(piece);
        match section {
            // Taken above.
            Section::Catalogue | Section::Requests => {}
            Section::Days => loaded.take_days(&mut rows)?,
            Section::Numbers => loaded.take_numbers(&mut rows)?,
            Section::Residents => loaded.engine.residents.slab().take_rows(&mut rows)?,
            Section::Bookings => loaded.engine.bookings.slab().take_rows(&mut rows)?,
            Section::TopUps => loaded.engine.top_ups.slab().take_rows(&mut rows)?,
            Section::PitchDays => each(&mut rows, |row| loaded.take_pitch_day(row))?,
            Section::Ledger => loaded.take_ledger(&mut rows)?,
            Section::Releases => each(&mut rows, |row| loaded.take_release(row))?,
            Section::Quotas => each(&mut rows, |row| loaded.take_count(row))?,
            Section::Phones => each(&mut rows, |row| loaded.take_phone(row))?,
            Section::Sealed => each(&mut rows, |row| loaded.take_sealed(row))?,
            Section::Staff => each(&mut rows, |row| loaded.take_staff(row))?,
            Section::PastDays => each(&mut rows, |row| loaded.take_past_day(row))?,
            Section::PastOpen => each(&mut rows, |row| loaded.take_past_open(row))?,
            Section::Audit => each(&mut rows, |row| loaded.take_audit(row))?,
            Section::Draws => each(&mut rows, |row| loaded.engine.take_draw_row(&loaded.world, row))?,
            Section::Queues => each(&mut rows, |row| loaded.engine.queues.take_row(row))?,
            Section::Companions => each(&mut rows, |row| loaded.engine.companions.take_row(row))?,
            Section::Returns => each(&mut rows, |row| loaded.engine.returns.take_row(row))?,
            Section::Verified => each(&mut rows, |row| loaded.take_verified(row))?,
            Section::Opened => each(&mut rows, |row| loaded.take_opened(row))?,
            Section::Forgotten => each(&mut rows, |row| loaded.take_forgotten(row))?,
        }
        if rows.is_empty() { Ok(()) } else { Err(Malformed.into()) }
    }

    /// The state, with its timers.
    ///
    /// # Errors
    /// `NoCity` when no piece came.
    pub fn finish(self) -> Result<Loaded, UnusableSnapshot> {
        let loaded = self.loaded.ok_or(UnusableSnapshot::NoCity)?;
        loaded.engine.wind_all(&loaded.world);
        self.requests.map_or(Ok(()), Requests::finish)?;
        Ok(loaded)
    }
}

fn each(
    rows: &mut Fields<'_>,
    mut take: impl FnMut(&mut Fields<'_>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    while !rows.is_empty() {
        take(rows)?;
    }
    Ok(())
}

/// Makes the catalogue of its events.
fn catalogue(piece: &[u8]) -> Result<Loaded, UnusableSnapshot> {
    let mut rows = Fields::of(piece);
    rows.i64()?;
    let Event::CityFounded(def) = Event::decode(rows.measured()?)? else {
        return Err(UnusableSnapshot::NoCity);
    };
    let mut made = Catalogue::found(*def)?;
    while !rows.is_empty() {
        let (at, event) = (UtcMillis::new(rows.i64()?), Event::decode(rows.measured()?)?);
        if !event.changes_world() || matches!(event, Event::DaysOpened(_) | Event::StaffActed(_)) {
            return Err(Malformed.into());
        }
        made.apply(at, &event)?;
    }
    let engine = Engine::new(&made, Arc::new(KnownRequests::new()));
    engine.draws.begin_all(&made);
    engine.queues.begin_all(&made);
    let world = World { catalogue: Arc::new(made), days: Arc::new(OpenDays::none()) };
    Ok(Loaded { engine, world, catalogue: piece.to_vec() })
}

/// Appends the row of an event that changed the catalogue.
pub(in crate::engine) fn put_event(out: &mut Vec<u8>, at: UtcMillis, bytes: &[u8]) {
    put!(out, at.get());
    put_measured(out, bytes);
}

impl Loaded {
    fn take_days(&mut self, rows: &mut Fields<'_>) -> Result<(), Malformed> {
        if rows.is_empty() {
            return Ok(());
        }
        let (first, last) = (LocalDay::new(rows.i32()?), LocalDay::new(rows.i32()?));
        // More days than the ring has would share places.
        let ahead = last.days_since(first);
        if !(0..=i32::from(self.world.catalogue.city().days_ahead) + 1).contains(&ahead) {
            return Err(Malformed);
        }
        self.engine.open_days(&mut self.world, UtcMillis::new(0), DaysOpened { first, last }, &Alone);
        Ok(())
    }

    fn take_numbers(&self, rows: &mut Fields<'_>) -> Result<(), Malformed> {
        if let Some(last) = rows.u32()?.checked_sub(1) {
            self.engine.residents.note_used(ResidentNo::new(last));
        }
        self.engine.bookings.note_used(rows.u32()?);
        self.engine.top_ups.note_used(rows.u32()?);
        Ok(())
    }

    fn take_pitch_day(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (pitch, day) = (PitchNo::new(row.u32()?), LocalDay::new(row.i32()?));
        let newest = row.u32()?;
        let pitch =
            self.world.catalogue.pitch(pitch).filter(|_| self.world.days.is_open(day)).ok_or(Malformed)?;
        let on_day = self.engine.pitch_days.on(pitch, day).ok_or(Malformed)?;
        // ORDERING: Relaxed, nobody else is at work.
        on_day.newest_booking().store(newest, Ordering::Relaxed);
        for leaf in on_day.leaves() {
            leaf.replay(UnitMask::from_bits(row.u64()?)).map_err(|_| Malformed)?;
        }
        for slot in on_day.slots() {
            slot.set_sales(row.u32()?);
        }
        Ok(())
    }

    fn take_ledger(&self, rows: &mut Fields<'_>) -> Result<(), Malformed> {
        self.engine.ledger.set_providers(Minor::new(rows.i64()?));
        for venue in self.world.catalogue.venues() {
            self.engine.ledger.set(venue.no, Minor::new(rows.i64()?), Minor::new(rows.i64()?));
        }
        Ok(())
    }

    fn take_release(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let no = ReleaseNo::new(row.u16()?);
        self.engine.releases.open(no, LocalDay::new(row.i32()?), UtcMillis::new(row.i64()?));
        Ok(())
    }

    fn take_count(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (rule, resident, number) = (row.u32()?, row.u32()?, row.u32()?);
        let (has_day, day, used) = (row.u32()?, row.i32()?, row.u32()?);
        let day = (has_day == 1).then_some(day);
        self.engine.quotas.set_mapped(&MappedCount { rule, resident, number, day, used });
        Ok(())
    }

    fn take_phone(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let phone = PhoneHash(*row.array()?);
        self.engine.phones.insert(phone, ResidentNo::new(row.u32()?));
        Ok(())
    }

    fn take_sealed(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let resident = ResidentNo::new(row.u32()?);
        self.engine.sealed.insert(resident, Arc::from(row.measured()?));
        Ok(())
    }

    fn take_staff(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        lock(&self.engine.staff).insert(ResidentNo::new(row.u32()?));
        Ok(())
    }

    fn take_opened(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (resident, at) = (ResidentNo::new(row.u32()?), UtcMillis::new(row.i64()?));
        self.engine.residents.get(resident).ok_or(Malformed)?.note_opened(at);
        Ok(())
    }

    fn take_verified(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let resident = ResidentNo::new(row.u32()?);
        let verified = Verified::of_bits(row.u64()?).ok_or(Malformed)?;
        if self.engine.take_verified(resident, verified, row.u32()?) { Ok(()) } else { Err(Malformed) }
    }

    fn take_past_day(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let key = (PitchNo::new(row.u32()?), LocalDay::new(row.i32()?));
        self.engine.past_days.insert(key, BookingNo::new(row.u32()?));
        Ok(())
    }

    fn take_past_open(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (day, count) = (LocalDay::new(row.i32()?), row.u32()?);
        let units = (0..count).map(|_| row.u32()).collect::<Result<Box<[_]>, _>>()?;
        self.engine.past_open.insert(day, units);
        Ok(())
    }

    fn take_forgotten(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        match row.u32()? {
            BOUNDS => {
                let (before, below) = (LocalDay::new(row.i32()?), BookingNo::new(row.u32()?));
                let (told_by, is_kept, lost_before) = (row.u64()?, row.u32()?, row.i32()?);
                self.engine.note_forgotten(Forgotten {
                    before: Some(before),
                    told_by,
                    is_kept: is_kept == 1,
                    lost_before: Some(LocalDay::new(lost_before)).filter(|_| lost_before != 0),
                });
                if is_kept <= 1 && self.engine.bookings.go_on_below(below) { Ok(()) } else { Err(Malformed) }
            }
            CARRIED => {
                let (resident, amount) = (ResidentNo::new(row.u32()?), Minor::new(row.i64()?));
                self.engine.residents.get(resident).ok_or(Malformed)?;
                self.engine.residents.carry(resident, amount);
                Ok(())
            }
            _ => Err(Malformed),
        }
    }

    fn take_audit(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (at, by) = (UtcMillis::new(row.i64()?), ResidentNo::new(row.u32()?));
        let venue = Some(row.u32()?).filter(|venue| *venue != NONE).map(VenueNo::new);
        let hash = *row.array()?;
        let what = Cow::Owned(text(row)?.to_owned());
        let subject = match row.u32()? {
            0 if row.u32()? == 0 => Subject::City,
            1 => Subject::Booking(BookingNo::new(row.u32()?)),
            2 => Subject::Account(ResidentNo::new(row.u32()?)),
            3 => Subject::Named(Code::new(text(row)?).map_err(|_| Malformed)?),
            _ => return Err(Malformed),
        };
        let before = serde_json::from_str(text(row)?).map_err(|_| Malformed)?;
        let after = serde_json::from_str(text(row)?).map_err(|_| Malformed)?;
        let entry =
            AuditEntry { no: 0, at, by, venue, what, subject, before, after, previous: [0; 32], hash };
        self.engine.audit_log.take(entry);
        Ok(())
    }
}

fn take_request(row: &mut Fields<'_>, known: &KnownRequests, notes: &mut Notes) -> Result<(), Malformed> {
    let request = RequestKey { key: row.u128()?, body: row.u64()? };
    let (kind, no) = (row.u32()?, row.u32()?);
    let came_to = match kind {
        0 => CameTo::Booking(BookingNo::new(no)),
        1 => CameTo::TopUp(TopUpNo::new(no)),
        2 => CameTo::CheckIn(BookingNo::new(no)),
        3 => CameTo::Entry(ReleaseNo::new(u16::try_from(no).map_err(|_| Malformed)?)),
        _ => return Err(Malformed),
    };
    notes.add(known, request, came_to);
    Ok(())
}

fn text<'a>(row: &mut Fields<'a>) -> Result<&'a str, Malformed> {
    std::str::from_utf8(row.measured()?).map_err(|_| Malformed)
}

impl Engine {
    /// Winds the timer of each booking that is not over.
    fn wind_all(&self, world: &World) {
        let mut wheel = lock(&self.wheel);
        for booking in self.bookings.iter() {
            if booking.state == BookingState::Held {
                wheel.insert(booking.changed_at, booking.no);
            } else if booking.state.is_live() {
                wheel.insert(end_of(world, booking.terms.day, booking.terms.span), booking.no);
            }
        }
    }
}

/// When a booking's time is over; on a day that is over, at once.
fn end_of(world: &World, day: LocalDay, span: UnitSpan) -> UtcMillis {
    world.days.clock(day).map_or(UtcMillis::new(0), |clock| clock.end(span))
}
