//! From the journal's events to a live city.
//!
//! Each event takes what its command took and gives what its settlement gave, through the same code. Always: an event that
//! would break a rule stops the replay and names the rule; nothing wrong is ever started with.
//!
//! Two threads share the work. Whoever reads the journal keeps the Idempotency-Keys, which he finds by a look at the bytes; another
//! thread makes events of the bytes and applies them, batch by batch, and looks first at the places that a batch will touch, which
//! lie all over memory: so they are fetched together.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::bookings::{BookingState, Payment, Terms};
use super::change_world::Alone;
use super::known_requests::{CameTo, KnownRequests, Notes};
use super::log::Sequence;
use super::move_booking::{along, dearer, moved_terms, quota_change, seller_of};
use super::quota::Windows;
use super::settle::{takes_quota, wish_of};
use super::snapshot::{Loaded, Section, put_event};
use super::state::{Engine, counted};
use super::sync::Ordering;
use super::world::{OpenDays, World};
use crate::domain::catalogue::{Catalogue, InvalidDefinition};
use crate::domain::definition::CityDef;
use crate::domain::event::{BookingMoved, Event, NewBooking, Peeked, Places, UnknownEvent, WalletToppedUp};
use crate::domain::ids::BookingNo;
use crate::domain::invariant::Invariant;
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

/// How many events are handed over together: so many that a thread that sleeps for want of them is seldom woken.
const BATCH_EVENTS: usize = 4096;
/// For how many events memory is looked at together: for as many as stay in the nearest cache.
const LOOKED_AT_TOGETHER: usize = 256;
/// How many batches may wait: a few, so that neither thread waits for the other's hiccups.
const BATCHES_WAITING_MAX: usize = 4;

/// A replay under way.
pub struct Replay {
    known: Arc<KnownRequests>,
    /// Not known yet.
    notes: Notes,
    /// Read and not handed over yet.
    batch: Batch,
    applying: Option<Applying>,
    /// What a snapshot gave, before the first event behind it.
    begun: Option<City>,
    /// When the last event happened.
    last_at: Option<UtcMillis>,
}

/// Events as they were read: their bytes behind each other, and where each ends.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    ends: Vec<(UtcMillis, usize)>,
    /// Some event among them wants all requests before it known.
    asks_for_requests: bool,
}

/// The thread that applies.
struct Applying {
    batches: SyncSender<Batch>,
    thread: JoinHandle<Result<Option<City>, ReplayError>>,
}

/// What is made of the events so far.
struct City {
    engine: Engine,
    world: World,
    /// The rows of the events that made the catalogue, for a snapshot.
    catalogue: Vec<u8>,
}

/// A city that was replayed, to be kept as a snapshot.
pub struct Replayed {
    pub engine: Engine,
    catalogue: Vec<u8>,
}

impl Replayed {
    /// Gives the pieces of its snapshot, in order.
    ///
    /// # Errors
    /// What the taker says.
    pub fn dump<E>(&self, give: impl FnMut(Section, &[u8]) -> Result<(), E>) -> Result<(), E> {
        self.engine.dump(&self.catalogue, give)
    }
}

/// Why a journal can't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Unknown(#[from] UnknownEvent),
    #[error("the catalogue: {0}")]
    Definition(#[from] InvalidDefinition),
    #[error("the first event founds no city")]
    NoCity,
    #[error("{what} breaks {invariant}")]
    Broken { invariant: Invariant, what: String },
    #[error("{what}, which is not there")]
    Missing { what: String },
    #[error("no thread can be had to apply events")]
    NoThread(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Replay {
    #[must_use]
    pub fn new() -> Self {
        Self {
            known: Arc::new(KnownRequests::new()),
            notes: Notes::default(),
            batch: Batch::default(),
            applying: None,
            begun: None,
            last_at: None,
        }
    }

    /// Goes on from a snapshot, whose last record was of this moment.
    #[must_use]
    pub fn behind(loaded: Loaded, last_at: UtcMillis) -> Self {
        let Loaded { engine, world, catalogue } = loaded;
        Self {
            known: Arc::clone(&engine.known),
            begun: Some(City { engine, world, catalogue }),
            last_at: Some(last_at),
            ..Self::new()
        }
    }

    /// Applies the next event's bytes, perhaps together with some that follow: what is wrong may be said with one of those.
    ///
    /// # Errors
    /// Why the journal can't be replayed.
    pub fn apply(&mut self, _sequence: Sequence, at: UtcMillis, bytes: &[u8]) -> Result<(), ReplayError> {
        self.last_at = self.last_at.max(Some(at));
        // Before the event is applied: a day that ends meanwhile forgets only what it knows to be old.
        match Peeked::at(bytes) {
            Peeked::MadeBooking(request, no) => self.notes.add(&self.known, request, CameTo::Booking(no)),
            Peeked::MadeTopUp(request, no) => self.notes.add(&self.known, request, CameTo::TopUp(no)),
            Peeked::MadeEntry(request, no) => self.notes.add(&self.known, request, CameTo::Entry(no)),
            Peeked::AsksForRequests => self.batch.asks_for_requests = true,
            Peeked::Nothing => {}
        }
        self.batch.push(at, bytes);
        if self.batch.ends.len() < BATCH_EVENTS { Ok(()) } else { self.hand_over() }
    }

    /// Applies the next event, as `apply`.
    ///
    /// # Errors
    /// Why the journal can't be replayed.
    pub fn apply_event(&mut self, at: UtcMillis, event: &Event) -> Result<(), ReplayError> {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        self.apply(Sequence::ZERO, at, &bytes)
    }

    fn hand_over(&mut self) -> Result<(), ReplayError> {
        let next = Batch {
            bytes: Vec::with_capacity(self.batch.bytes.len()),
            ends: Vec::with_capacity(BATCH_EVENTS),
            asks_for_requests: false,
        };
        let batch = std::mem::replace(&mut self.batch, next);
        if batch.asks_for_requests {
            self.notes.enter(&self.known);
        }
        let applying = match self.applying.take() {
            Some(applying) => applying,
            None => Applying::start(&self.known, self.begun.take())?,
        };
        // The other end is gone only when an event was refused.
        if applying.batches.send(batch).is_err() {
            return applying.finish().map(|_| ());
        }
        self.applying = Some(applying);
        Ok(())
    }

    /// When the last event happened, or nothing when there was none.
    #[must_use]
    pub const fn last_at(&self) -> Option<UtcMillis> {
        self.last_at
    }

    /// The city, live.
    ///
    /// # Errors
    /// `NoCity` when there was no event, or why the last ones can't be replayed.
    pub fn finish(self) -> Result<Engine, ReplayError> {
        self.finish_to_keep().map(|replayed| replayed.engine)
    }

    /// The city, with what a snapshot of it needs.
    ///
    /// # Errors
    /// As `finish`.
    pub fn finish_to_keep(mut self) -> Result<Replayed, ReplayError> {
        self.hand_over()?;
        self.notes.enter(&self.known);
        let applied = self.applying.map_or(Ok(None), Applying::finish)?;
        let City { engine, world, catalogue } = applied.ok_or(ReplayError::NoCity)?;
        engine.world.store(Arc::new(world));
        Ok(Replayed { engine, catalogue })
    }
}

impl Default for Replay {
    fn default() -> Self {
        Self::new()
    }
}

impl Applying {
    fn start(known: &Arc<KnownRequests>, begun: Option<City>) -> Result<Self, ReplayError> {
        let (batches, waiting) = sync_channel(BATCHES_WAITING_MAX);
        let known = Arc::clone(known);
        let thread = std::thread::Builder::new()
            .name("replay".to_owned())
            .spawn(move || apply_all(&waiting, &known, begun))
            .map_err(|error| ReplayError::NoThread(error.into()))?;
        Ok(Self { batches, thread })
    }

    /// Waits until all is applied.
    fn finish(self) -> Result<Option<City>, ReplayError> {
        drop(self.batches);
        match self.thread.join() {
            Ok(applied) => applied,
            // A rule that an assertion holds is broken: that ends this thread as it ended the other.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn apply_all(
    batches: &Receiver<Batch>,
    known: &Arc<KnownRequests>,
    mut city: Option<City>,
) -> Result<Option<City>, ReplayError> {
    for batch in batches {
        for (index, (at, bytes)) in batch.events(0).enumerate() {
            if let Some(city) = &city
                && index % LOOKED_AT_TOGETHER == 0
            {
                city.look_at(&batch, index);
            }
            match &mut city {
                Some(city) => match NewBooking::confirmed_by(bytes)? {
                    Some(booking) => city.apply_confirmed(at, &booking)?,
                    None => city.apply(at, &Event::decode(bytes)?, bytes)?,
                },
                None => {
                    let Event::CityFounded(def) = Event::decode(bytes)? else {
                        return Err(ReplayError::NoCity);
                    };
                    city = Some(City::found(at, *def, bytes, known)?);
                }
            }
        }
    }
    Ok(city)
}

impl Batch {
    fn push(&mut self, at: UtcMillis, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push((at, self.bytes.len()));
    }

    /// The bytes of each event from this one, and its moment.
    fn events(&self, first: usize) -> impl Iterator<Item = (UtcMillis, &[u8])> {
        let before = first.checked_sub(1).and_then(|before| self.ends.get(before));
        let mut from = before.map_or(0, |(_, end)| *end);
        self.ends[first..].iter().map(move |(at, end)| {
            let bytes = &self.bytes[from..*end];
            from = *end;
            (*at, bytes)
        })
    }
}

impl City {
    fn found(
        at: UtcMillis,
        def: CityDef,
        bytes: &[u8],
        known: &Arc<KnownRequests>,
    ) -> Result<Self, ReplayError> {
        let mut rows = Vec::new();
        put_event(&mut rows, at, bytes);
        let catalogue = Catalogue::found(def)?;
        let engine = Engine::new(&catalogue, Arc::clone(known));
        let world = World { catalogue: Arc::new(catalogue), days: Arc::new(OpenDays::none()) };
        Ok(Self { engine, world, catalogue: rows })
    }

    /// As `apply` does with a `BookingConfirmed`, without the way there.
    fn apply_confirmed(&self, at: UtcMillis, booking: &NewBooking) -> Result<(), ReplayError> {
        let Self { engine, world, .. } = self;
        engine.claim_again(world, booking, Payment::Wallet, BookingState::Pending, booking.price)?;
        engine.settle_confirmed(world, at, booking, Payment::Wallet);
        Ok(())
    }

    /// Applies an event, whose bytes a snapshot keeps when it changes the catalogue.
    fn apply(&mut self, at: UtcMillis, event: &Event, bytes: &[u8]) -> Result<(), ReplayError> {
        let Self { engine, world, catalogue } = self;
        if let Event::StaffActed(acted) = event {
            engine.note_act(world, at, acted);
        }
        if let Event::BookingsForgotten(forgotten) = event {
            engine.forget_again(world, forgotten)?;
            engine.forget(forgotten, &Alone);
        } else if event.changes_world() {
            engine.change_world(world, at, event, &Alone)?;
            // Days are kept apart; who acted stands in the staff's log.
            if let Event::StaffActed(acted) = event {
                let mut of_act = Vec::new();
                acted.action.encode(&mut of_act);
                put_event(catalogue, at, &of_act);
            } else if !matches!(event, Event::DaysOpened(_)) {
                put_event(catalogue, at, bytes);
            }
        } else {
            engine.take_again(world, event)?;
            engine.settle(world, at, event);
        }
        Ok(())
    }

    /// Loads what the next bookings of a batch will change, for nothing but the loading: the bytes themselves, which lie in the other processor's
    /// cache, then the residents, then the rest. The fewer instructions between two loads, the more of them are under way together.
    fn look_at(&self, batch: &Batch, first: usize) {
        let events = || batch.events(first).take(LOOKED_AT_TOGETHER);
        black_box(events().fold(0, |sum, (_, bytes)| sum ^ bytes.first().map_or(0, |byte| *byte)));
        let bookings = || events().filter_map(|(_, bytes)| Places::at(bytes));
        black_box(bookings().fold(0, |sum, places| sum ^ self.look_at_resident(places)));
        black_box(bookings().fold(0, |sum, places| sum ^ self.look_at_slot(places)));
    }

    fn look_at_resident(&self, places: Places) -> u32 {
        // ORDERING: Relaxed, nothing is concluded from what is loaded.
        self.engine.residents.look_at(places.resident).map_or(0, |newest| newest.load(Ordering::Relaxed))
    }

    fn look_at_slot(&self, places: Places) -> u64 {
        let pitch = self.world.catalogue.pitch(places.pitch);
        let on_day = pitch.and_then(|pitch| self.engine.pitch_days.on(pitch, places.day));
        let claimed = on_day.and_then(|on_day| on_day.leaves().first().map(|leaf| leaf.claimed().bits()));
        let state = self.engine.bookings.entry(places.no).map_or(0, |entry| entry.state().code());
        claimed.unwrap_or(0) ^ u64::from(state)
    }
}

impl Engine {
    /// Takes what the event's command took, but for the request, which was noted when the event was read.
    fn take_again(&self, world: &World, event: &Event) -> Result<(), ReplayError> {
        use BookingState::{
            Cancelling, CheckingIn, Completing, Confirmed, Confirming, Held, Leaving, Missing,
        };
        match event {
            Event::BookingConfirmed(event) => {
                self.claim_again(world, event, Payment::Wallet, BookingState::Pending, event.price)
            }
            Event::CounterBooked(event) => {
                self.claim_again(world, event, Payment::Counter, BookingState::Pending, Minor::ZERO)
            }
            Event::HoldPlaced(event) => {
                let state = BookingState::PendingHold;
                self.claim_again(world, &event.booking, Payment::Wallet, state, Minor::ZERO)
            }
            Event::HoldConfirmed(event) => {
                self.intend_again(event.no, &[(Held, Confirming)])?;
                let (terms, resident, _) = self.live_booking(event.no);
                resident.debit(terms.price).map_err(|_| unpaid(event.no))
            }
            Event::HoldGivenUp(event) => self.intend_again(event.no, &[(Held, BookingState::GivingUp)]),
            Event::HoldExpired(event) => self.intend_again(event.no, &[(Held, BookingState::Expiring)]),
            Event::BookingCancelled(event) => {
                self.intend_again(event.no, &[(Confirmed, Cancelling)])?;
                let price = self.bookings.get(event.no).map(|booking| booking.terms.price);
                if event.refund.get() < 0 || price.is_none_or(|price| event.refund > price) {
                    let what = "a refund of more than was paid";
                    return Err(broken(Invariant::I3MoneyConserved, what, event.no));
                }
                Ok(())
            }
            Event::BookingCompleted(event) => {
                let steps = [(Confirmed, Completing), (BookingState::CheckedIn, Leaving)];
                self.intend_again(event.no, &steps)
            }
            Event::BookingMissed(event) => self.intend_again(event.no, &[(Confirmed, Missing)]),
            Event::BookingCheckedIn(event) => self.intend_again(event.no, &[(Confirmed, CheckingIn)]),
            Event::BookingMoved(event) => self.move_again(world, event),
            Event::WalletToppedUp(event) => self.top_up_again(event),
            Event::AccountOpened(event) => {
                if self.residents.get(event.resident).is_some() || self.phones.contains_key(&event.phone) {
                    return Err(ReplayError::Broken {
                        invariant: Invariant::I7OnlyOnesOwn,
                        what: format!("a second account of {}", event.resident),
                    });
                }
                Ok(())
            }
            Event::AccountCompleted(event) if !self.sealed.contains_key(&event.resident) => {
                Err(ReplayError::Missing { what: format!("the completion of {}", event.resident) })
            }
            Event::AccountErased(event) => self.erase_again(event),
            Event::LoggedIn(event) | Event::LoggedOut(event) => match self.residents.get(event.resident) {
                Some(_) => Ok(()),
                None => Err(ReplayError::Missing { what: format!("a session of {}", event.resident) }),
            },
            Event::ResidentsEnrolled(event) if event.balance.get() < 0 => Err(ReplayError::Broken {
                invariant: Invariant::I3MoneyConserved,
                what: "residents enrolled with a debt".to_owned(),
            }),
            Event::ReleaseOpened(event) => match world.catalogue.release(event.no) {
                Some(_) => Ok(()),
                None => Err(ReplayError::Missing { what: format!("the opening of {}", event.no) }),
            },
            Event::EntryMade(_)
            | Event::EntryChanged(_)
            | Event::EntryWithdrawn(_)
            | Event::DrawSealed(_)
            | Event::DrawDone(_)
            | Event::PrizeLapsed(_) => self.draw_again(world, event),
            Event::OfQueue(event) => self.queue_again(world, event),
            Event::OfReturn(event) => self.return_again(world, event),
            Event::OfPeople(event) => self.people_again(event),
            Event::OfCompanions(event) => self.companions_again(event),
            Event::StaffActed(event) => self.take_again(world, &event.action),
            Event::ResidentsEnrolled(_)
            | Event::AccountCompleted(_)
            | Event::AccountDisabled(_)
            | Event::CityFounded(_)
            | Event::DistrictAdded(_)
            | Event::SportAdded(_)
            | Event::VenueAdded(_)
            | Event::PitchAdded(_)
            | Event::SpecialDaysSet(_)
            | Event::ClosureDeclared(_)
            | Event::ClosureFinished(_)
            | Event::ReleaseDeclared(_)
            | Event::PitchChanged(_)
            | Event::VenueChanged(_)
            | Event::NameChanged(_)
            | Event::DaysOpened(_)
            | Event::BookingsForgotten(_) => Ok(()),
        }
    }

    fn claim_again(
        &self,
        world: &World,
        event: &NewBooking,
        payment: Payment,
        state: BookingState,
        paid: Minor,
    ) -> Result<(), ReplayError> {
        let missing = |what: &str| ReplayError::Missing { what: format!("{what} of {}", event.no) };
        let pitch = world.catalogue.pitch(event.pitch).ok_or_else(|| missing("the pitch"))?;
        let resident = self.residents.get(event.resident).ok_or_else(|| missing("the resident"))?;
        let entry = self.bookings.place(event.no).ok_or_else(|| missing("the place"))?;
        if entry.state() != BookingState::Void || pitch.grid.slots_in(event.span).is_none() {
            let what = "a number used twice or a span off the grid";
            return Err(broken(Invariant::I1NoDoubleSale, what, event.no));
        }
        if event.price.get() < 0 || resident.debit(paid).is_err() {
            return Err(unpaid(event.no));
        }
        let terms = Terms::of(event, payment);
        let is_open = world.days.is_open(event.day);
        let is_early = |no| is_open && self.releases.opened_at(no, event.day).is_none();
        let is_prize = |no| self.draws.is_prize(no, event.request, wish_of(event));
        let is_too_early = |no| is_early(no) && !is_prize(no);
        if payment == Payment::Wallet && event.release.is_some_and(is_too_early) {
            return Err(broken(Invariant::I8ReleaseKept, "a booking before its release", event.no));
        }
        let has_no_turn = |no| is_open && !self.has_had_turn(no, event.resident);
        if payment == Payment::Wallet && event.release.is_some_and(has_no_turn) {
            return Err(broken(Invariant::I8ReleaseKept, "a booking before his turn", event.no));
        }
        if takes_quota(&terms) {
            let windows = Windows::All { is_day_over: !is_open };
            self.quotas
                .replay(&resident.quota, &counted(world, pitch, &terms), windows)
                .map_err(|_| broken(Invariant::I4QuotaKept, "a booking over every limit", event.no))?;
        }
        if is_open && let Some(on_day) = self.pitch_days.on(pitch, event.day) {
            on_day
                .replay(event.span, event.party_size, seller_of(&terms))
                .map_err(|_| broken(Invariant::I1NoDoubleSale, "a booking of what another has", event.no))?;
        }
        entry.fill(&terms, state);
        Ok(())
    }

    fn move_again(&self, world: &World, event: &BookingMoved) -> Result<(), ReplayError> {
        self.intend_again(event.no, &[(BookingState::Confirmed, BookingState::Moving)])?;
        let (old, resident, _) = self.live_booking(event.no);
        let new = moved_terms(&old, event);
        let missing = || ReplayError::Missing { what: format!("the new place of {}", event.no) };
        let pitch = world.catalogue.pitch(new.pitch).ok_or_else(missing)?;
        self.bookings.place(event.place).ok_or_else(missing)?;
        if event.price.get() < 0 || pitch.grid.slots_in(event.span).is_none() {
            let what = "a move off the grid or to a price under nothing";
            return Err(broken(Invariant::I1NoDoubleSale, what, event.no));
        }
        resident.debit(dearer(&old, &new)).map_err(|_| unpaid(event.no))?;
        let is_open = world.days.is_open(new.day);
        if let Some((_, to)) = quota_change(world, &old, &new) {
            let windows = Windows::All { is_day_over: !is_open };
            self.quotas
                .replay(&resident.quota, &to, windows)
                .map_err(|_| broken(Invariant::I4QuotaKept, "a move over every limit", event.no))?;
        }
        if is_open && let Some(on_day) = self.pitch_days.on(pitch, new.day) {
            let taken = match along(&old, &new, pitch) {
                Some((taken, _)) => on_day.replay_units(taken),
                None => on_day.replay(new.span, new.party_size, seller_of(&new)),
            };
            taken.map_err(|_| broken(Invariant::I1NoDoubleSale, "a move to what another has", event.no))?;
        }
        Ok(())
    }

    /// Sets the intent again that the event ends: the one of these that starts where the booking stands.
    fn intend_again(&self, no: BookingNo, steps: &[(BookingState, BookingState)]) -> Result<(), ReplayError> {
        let entry = self
            .bookings
            .entry(no)
            .ok_or_else(|| ReplayError::Missing { what: format!("a change of {no}") })?;
        if steps.iter().any(|(from, intent)| entry.advance(*from, *intent).is_ok()) {
            return Ok(());
        }
        Err(broken(Invariant::I1NoDoubleSale, "a step that doesn't follow where it stands", no))
    }

    fn top_up_again(&self, event: &WalletToppedUp) -> Result<(), ReplayError> {
        let missing = || ReplayError::Missing { what: format!("the place of {}", event.no) };
        self.residents.get(event.resident).ok_or_else(missing)?;
        let entry = self.top_ups.place(event.no).ok_or_else(missing)?;
        if event.amount.get() <= 0 || self.top_ups.get(event.no).is_some() {
            return Err(ReplayError::Broken {
                invariant: Invariant::I3MoneyConserved,
                what: format!("the top-up {}", event.no),
            });
        }
        entry.fill(event.resident, event.amount);
        Ok(())
    }
}

fn unpaid(no: BookingNo) -> ReplayError {
    broken(Invariant::I3MoneyConserved, "a booking that the wallet couldn't pay", no)
}

fn broken(invariant: Invariant, what: &str, no: BookingNo) -> ReplayError {
    ReplayError::Broken { invariant, what: format!("{no}: {what}") }
}
