//! From records of the journal to rows: what a batch of them changes in every table.
//!
//! Whatever a table is filled with comes from here, whether it is written or compared (`verify`), so that both mean the same. Bookings
//! that were made before the batch are looked up once, by who folds it, and only what the batch comes to is written of each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::booking_row::BookingRow;
use super::books::{Books, Unfit};
use super::catalogue_rows;
use super::copy::Rows;
use super::occupancy::Occupancy;
use super::tables::{
    ACCOUNT, AUDIT, BOOKING_EVENT, CHECK_IN, JOURNAL_RECORD, LEDGER_LINE, RELEASE_OPENING, Table,
};
use crate::domain::change::Named as NamedThing;
use crate::domain::event::{Event, Role};
use crate::domain::ids::{BookingNo, DistrictNo, PitchNo, ReleaseNo, ResidentNo, SportNo, VenueNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::log::Sequence;
use crate::journal::chain::Kind;
use crate::journal::tail::TailRecord;

mod audit;
mod booking;
mod brought_forward;
mod ledger;
mod lines;

pub(super) use brought_forward::BroughtForward;
pub(super) use ledger::{accounts_of_city, accounts_of_venue, wallet_of};

/// A record that was read, with the event that it is.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) sequence: Sequence,
    pub(super) epoch: u64,
    pub(super) at: UtcMillis,
    pub(super) digest: [u8; 32],
    pub(super) bytes: Box<[u8]>,
    /// Nothing in a record of the journal's own.
    pub(super) event: Option<Event>,
}

impl Record {
    pub(super) fn read(record: &TailRecord<'_>) -> Result<Self, Unfit> {
        let event = match record.kind {
            Kind::Data => Some(Event::decode(record.bytes)?),
            Kind::Epoch => None,
        };
        Ok(Self {
            sequence: record.sequence,
            epoch: record.epoch,
            at: record.at,
            digest: record.digest(),
            bytes: record.bytes.into(),
            event,
        })
    }

    fn kind(&self) -> &'static str {
        match &self.event {
            None => "epoch",
            Some(event) if event.changes_world() => "catalogue",
            Some(_) => "event",
        }
    }

    /// Whether it is a step of a booking.
    pub(super) fn is_of_booking(&self) -> bool {
        self.event.as_ref().is_some_and(|event| names_booking(event).is_some())
    }

    pub(super) fn number(&self) -> i64 {
        self.sequence.get().cast_signed()
    }
}

/// A booking that a batch has changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touched {
    /// As it stood before the batch; nothing when the batch made it.
    pub(super) before: Option<BookingRow>,
    pub(super) now: BookingRow,
}

/// An account that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenedAccount {
    pub(super) resident: ResidentNo,
    pub(super) role: Role,
    pub(super) at: UtcMillis,
}

/// Residents that were enrolled at once: they are made in Postgres, so that a million of them is one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Enrolled {
    pub(super) first: ResidentNo,
    pub(super) count: u32,
    pub(super) balance: i64,
    pub(super) at: UtcMillis,
    pub(super) sequence: i64,
}

impl Enrolled {
    pub(super) fn residents(&self) -> impl Iterator<Item = ResidentNo> + use<> {
        (self.first.get()..self.first.get().saturating_add(self.count)).map(ResidentNo::new)
    }
}

/// What a batch changes.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) journal_record: Rows,
    pub(super) booking_event: Rows,
    pub(super) ledger_line: Rows,
    pub(super) check_in: Rows,
    pub(super) audit: Rows,
    pub(super) account: Rows,
    pub(super) pitch_day: Rows,
    pub(super) release_opening: Rows,
    pub(super) queue_step: Rows,
    pub(super) draw_step: Rows,
    pub(super) releases: BTreeSet<ReleaseNo>,
    pub(super) districts: BTreeSet<DistrictNo>,
    pub(super) sports: BTreeSet<SportNo>,
    pub(super) venues: BTreeSet<VenueNo>,
    pub(super) pitches: BTreeSet<PitchNo>,
    pub(super) opened: Vec<OpenedAccount>,
    pub(super) enrolled: Vec<Enrolled>,
    pub(super) completed: BTreeMap<ResidentNo, UtcMillis>,
    pub(super) disabled: BTreeMap<ResidentNo, UtcMillis>,
    pub(super) erased: BTreeMap<ResidentNo, UtcMillis>,
    pub(super) bookings: HashMap<BookingNo, Touched>,
    /// The first open day before the batch.
    pub(super) first_open_before: Option<LocalDay>,
}

/// The bookings that these records change and that they don't make.
pub(super) fn needed(records: &[Record]) -> Vec<BookingNo> {
    let mut made = BTreeSet::new();
    let mut needed = BTreeSet::new();
    for event in records.iter().filter_map(|record| record.event.as_ref()) {
        match names_booking(event) {
            Some(Named::Made(no)) => {
                made.insert(no);
            }
            Some(Named::Changed(no)) if !made.contains(&no) => {
                needed.insert(no);
            }
            Some(Named::Changed(_)) | None => {}
        }
    }
    needed.into_iter().collect()
}

enum Named {
    Made(BookingNo),
    Changed(BookingNo),
}

fn names_booking(event: &Event) -> Option<Named> {
    match event {
        Event::BookingConfirmed(event) | Event::CounterBooked(event) => Some(Named::Made(event.no)),
        Event::HoldPlaced(event) => Some(Named::Made(event.booking.no)),
        Event::BookingCancelled(event) => Some(Named::Changed(event.no)),
        Event::BookingCompleted(event)
        | Event::BookingMissed(event)
        | Event::HoldGivenUp(event)
        | Event::HoldExpired(event) => Some(Named::Changed(event.no)),
        Event::BookingCheckedIn(event) => Some(Named::Changed(event.no)),
        Event::BookingMoved(event) => Some(Named::Changed(event.no)),
        Event::HoldConfirmed(event) => Some(Named::Changed(event.no)),
        Event::StaffActed(acted) => names_booking(&acted.action),
        Event::CityFounded(_)
        | Event::DistrictAdded(_)
        | Event::SportAdded(_)
        | Event::VenueAdded(_)
        | Event::PitchAdded(_)
        | Event::SpecialDaysSet(_)
        | Event::ClosureDeclared(_)
        | Event::ClosureFinished(_)
        | Event::ReleaseDeclared(_)
        | Event::ReleaseOpened(_)
        | Event::PitchChanged(_)
        | Event::VenueChanged(_)
        | Event::NameChanged(_)
        | Event::DaysOpened(_)
        | Event::AccountOpened(_)
        | Event::AccountDisabled(_)
        | Event::AccountCompleted(_)
        | Event::AccountErased(_)
        | Event::ResidentsEnrolled(_)
        | Event::LoggedIn(_)
        | Event::LoggedOut(_)
        | Event::EntryMade(_)
        | Event::EntryChanged(_)
        | Event::EntryWithdrawn(_)
        | Event::DrawSealed(_)
        | Event::DrawDone(_)
        | Event::PrizeLapsed(_)
        | Event::OfQueue(_)
        | Event::BookingsForgotten(_)
        | Event::OfReturn(_)
        | Event::OfPeople(_)
        | Event::OfCompanions(_)
        | Event::WalletToppedUp(_) => None,
    }
}

impl Changes {
    /// Changes of a batch that begins where the books stand; the bookings are those that `needed` names.
    pub(super) fn begin(books: &Books, looked_up: impl IntoIterator<Item = BookingRow>) -> Self {
        let touched = |row: BookingRow| (row.no, Touched { before: Some(row), now: row });
        Self {
            bookings: looked_up.into_iter().map(touched).collect(),
            first_open_before: books.first_open(),
            ..Self::default()
        }
    }

    /// Adds what a record changes. Records come in the journal's order.
    pub(super) fn add(&mut self, books: &mut Books, record: &Record) -> Result<(), Unfit> {
        self.journal_record
            .row(JOURNAL_RECORD.width())
            .int8(record.number())
            .time(record.at.get())
            .text(record.kind())
            .blob(&record.bytes);
        match &record.event {
            Some(event) => self.add_event(books, record, None, event),
            None => Ok(()),
        }
    }

    fn add_event(
        &mut self,
        books: &mut Books,
        record: &Record,
        by: Option<ResidentNo>,
        event: &Event,
    ) -> Result<(), Unfit> {
        match event {
            Event::StaffActed(acted) => {
                self.add_act(books, record, acted)?;
                self.add_event(books, record, Some(acted.by), &acted.action)
            }
            Event::BookingConfirmed(_)
            | Event::CounterBooked(_)
            | Event::HoldPlaced(_)
            | Event::HoldConfirmed(_)
            | Event::HoldGivenUp(_)
            | Event::HoldExpired(_)
            | Event::BookingCancelled(_)
            | Event::BookingCompleted(_)
            | Event::BookingMissed(_)
            | Event::BookingCheckedIn(_)
            | Event::BookingMoved(_) => self.add_booking_step(books, record, by, event),
            Event::WalletToppedUp(event) => {
                self.top_up(record, event);
                Ok(())
            }
            Event::AccountOpened(event) => {
                self.opened.push(OpenedAccount { resident: event.resident, role: event.role, at: record.at });
                self.wallet(event.resident);
                Ok(())
            }
            Event::AccountCompleted(event) => {
                self.completed.insert(event.resident, record.at);
                Ok(())
            }
            Event::AccountErased(event) => {
                self.erased.insert(event.resident, record.at);
                self.pay_back(record, event);
                Ok(())
            }
            Event::AccountDisabled(event) => {
                self.disabled.entry(event.account).or_insert(record.at);
                Ok(())
            }
            Event::ResidentsEnrolled(event) => {
                self.enrolled.push(Enrolled {
                    first: event.first,
                    count: event.count,
                    balance: event.balance.get(),
                    at: record.at,
                    sequence: record.number(),
                });
                self.enrol(record, event);
                Ok(())
            }
            Event::ReleaseOpened(event) => {
                self.release_opening
                    .row(RELEASE_OPENING.width())
                    .int4(event.no.get().into())
                    .date(event.day.get())
                    .time(record.at.get())
                    .int8(record.number());
                Ok(())
            }
            Event::EntryMade(_)
            | Event::EntryChanged(_)
            | Event::EntryWithdrawn(_)
            | Event::DrawSealed(_)
            | Event::DrawDone(_)
            | Event::PrizeLapsed(_) => {
                self.add_draw_step(record, event);
                Ok(())
            }
            Event::OfQueue(event) => {
                self.add_queue_step(record, event);
                Ok(())
            }
            // Who may come in, what was verified of whom, and what nobody has are nothing for tables.
            // What memory forgets stays in the tables.
            Event::LoggedIn(_)
            | Event::LoggedOut(_)
            | Event::OfReturn(_)
            | Event::OfPeople(_)
            | Event::OfCompanions(_)
            | Event::BookingsForgotten(_) => Ok(()),
            Event::CityFounded(_)
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
            | Event::DaysOpened(_) => self.add_to_catalogue(books, record, event),
        }
    }

    fn add_to_catalogue(&mut self, books: &mut Books, record: &Record, event: &Event) -> Result<(), Unfit> {
        if let Event::DaysOpened(opened) = event {
            for day in books.days_ended_by(opened.first) {
                let clock = books.clock(day)?;
                let catalogue = books.catalogue()?;
                for whole in catalogue.wholes() {
                    catalogue_rows::pitch_day(&mut self.pitch_day, catalogue, whole, &clock);
                }
            }
        }
        let pitches_before = books.catalogue().map_or(0, |catalogue| catalogue.pitches().len());
        books.apply(record.at, event)?;
        let catalogue = books.catalogue()?;
        match event {
            Event::CityFounded(_) => self.city_accounts(),
            Event::DistrictAdded(def) => {
                let no = catalogue.district_by_code(def.code.as_str());
                let no = no.ok_or_else(|| Unfit::Missing(def.code.to_string()))?;
                self.districts.insert(no);
            }
            Event::SportAdded(def) => {
                let no = catalogue.sport_by_code(def.code.as_str());
                let no = no.ok_or_else(|| Unfit::Missing(def.code.to_string()))?;
                self.sports.insert(no);
            }
            Event::VenueAdded(def) => {
                let venue = catalogue.venue_by_code(def.code.as_str());
                let no = venue.map(|venue| venue.no).ok_or_else(|| Unfit::Missing(def.code.to_string()))?;
                self.venues.insert(no);
                self.venue_accounts(no);
            }
            Event::NameChanged(change) => {
                match change.of {
                    NamedThing::District(no) => self.districts.insert(no),
                    NamedThing::Sport(no) => self.sports.insert(no),
                };
            }
            Event::VenueChanged(change) => {
                self.venues.insert(change.venue);
            }
            Event::PitchAdded(_) => {
                self.pitches.extend(catalogue.pitches()[pitches_before..].iter().map(|pitch| pitch.no));
            }
            Event::PitchChanged(change) => {
                let pitch = catalogue.pitch(change.pitch);
                let pitch = pitch.ok_or_else(|| Unfit::Missing(change.pitch.to_string()))?;
                self.pitches.insert(pitch.no);
                self.pitches.extend(pitch.parts.clone().map(PitchNo::new));
            }
            Event::ReleaseDeclared(def) => {
                let release = catalogue.release_by_code(def.code.as_str());
                let release = release.ok_or_else(|| Unfit::Missing(def.code.to_string()))?;
                self.releases.insert(release.no);
            }
            Event::SpecialDaysSet(_)
            | Event::ClosureDeclared(_)
            | Event::ClosureFinished(_)
            | Event::DaysOpened(_)
            | Event::StaffActed(_)
            | Event::ReleaseOpened(_)
            | Event::AccountOpened(_)
            | Event::AccountDisabled(_)
            | Event::AccountCompleted(_)
            | Event::AccountErased(_)
            | Event::ResidentsEnrolled(_)
            | Event::LoggedIn(_)
            | Event::LoggedOut(_)
            | Event::EntryMade(_)
            | Event::EntryChanged(_)
            | Event::EntryWithdrawn(_)
            | Event::DrawSealed(_)
            | Event::DrawDone(_)
            | Event::PrizeLapsed(_)
            | Event::OfQueue(_)
            | Event::BookingsForgotten(_)
            | Event::OfReturn(_)
            | Event::OfPeople(_)
            | Event::OfCompanions(_)
            | Event::WalletToppedUp(_)
            | Event::BookingConfirmed(_)
            | Event::BookingCancelled(_)
            | Event::BookingCompleted(_)
            | Event::BookingMissed(_)
            | Event::BookingCheckedIn(_)
            | Event::BookingMoved(_)
            | Event::CounterBooked(_)
            | Event::HoldPlaced(_)
            | Event::HoldConfirmed(_)
            | Event::HoldGivenUp(_)
            | Event::HoldExpired(_) => {}
        }
        Ok(())
    }

    /// What the batch comes to in what is taken of open days.
    pub(super) fn occupancy(&self, books: &Books) -> Result<Occupancy, Unfit> {
        let mut occupancy = Occupancy::default();
        for touched in self.bookings.values() {
            occupancy.count(books, self.first_open_before, touched.before.as_ref(), &touched.now)?;
        }
        // In the order of their key, so that neighbours in the index are written together.
        occupancy.freed.sort_unstable();
        occupancy.taken.sort_unstable();
        Ok(occupancy)
    }

    /// The tables that only grow, with what is added to each.
    pub(super) fn added(&self) -> [(Table, &Rows); 10] {
        [
            (JOURNAL_RECORD, &self.journal_record),
            (BOOKING_EVENT, &self.booking_event),
            (ACCOUNT, &self.account),
            (LEDGER_LINE, &self.ledger_line),
            (CHECK_IN, &self.check_in),
            (AUDIT, &self.audit),
            (super::tables::PITCH_DAY, &self.pitch_day),
            (RELEASE_OPENING, &self.release_opening),
            (super::tables::QUEUE_STEP, &self.queue_step),
            (super::tables::DRAW_STEP, &self.draw_step),
        ]
    }
}
