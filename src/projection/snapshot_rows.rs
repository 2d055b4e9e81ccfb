//! From a snapshot's city to the rows that tables begin with behind it.
//!
//! A snapshot knows where everything stands and not how it came there. So bookings have their state and times as far as they are kept,
//! every account has one line with what it came to, and steps of bookings and records of the journal begin behind it. What isn't kept
//! is NULL, or 0 in the place of a record's number: nothing is made up (`docs/postgres.md` says it column by column).

use super::booking_row::{BookingRow, Paid, RowState};
use super::books::Unfit;
use super::catalogue_rows;
use super::copy::Rows;
use super::fold::{BroughtForward, accounts_of_city, accounts_of_venue};
use super::snapshot_city::SnapshotCity;
use super::tables::{AUDIT, CHECK_IN, RELEASE_OPENING};
use super::write::Later;
use crate::domain::event::{CancelReason, Role, StaffActed};
use crate::domain::ids::{ResidentNo, VenueNo};
use crate::domain::time::UtcMillis;
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::engine::bookings::{Booking, BookingState, Payment};

/// An account as its row has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountRow {
    pub(super) role: Role,
    pub(super) opened_at: UtcMillis,
    pub(super) later: Later,
}

impl SnapshotCity {
    /// How many acts of the staff its log has: rows of them are numbered to end before 0.
    fn acts_before(&self) -> i64 {
        i64::try_from(self.engine.audit_log().head().0).unwrap_or(i64::MAX)
    }

    /// A booking's row.
    pub(super) fn booking(&mut self, booking: &Booking) -> Result<BookingRow, Unfit> {
        let Booking { no, terms, created_at, changed_at, .. } = *booking;
        let clock = self.books.clock(terms.day)?;
        let state = row_state(booking.state).ok_or_else(|| Unfit::Missing(no.to_string()))?;
        let ends_at = clock.end(terms.span);
        let was_let_in = changed_at.get() != 0 && matches!(state, RowState::CheckedIn | RowState::Completed);
        let is_staffs = self.acts.cancelled.contains(&no);
        Ok(BookingRow {
            no,
            created_at,
            resident: terms.resident,
            venue: self.books.pitch(terms.pitch)?.venue,
            pitch: terms.pitch,
            day: terms.day,
            span: terms.span,
            starts_at: clock.start(terms.span),
            ends_at,
            party_size: terms.party_size,
            price: terms.price.get(),
            refund: booking.refund.get(),
            paid: match terms.payment {
                Payment::Wallet => Paid::Wallet,
                Payment::Counter => Paid::Counter,
            },
            release: terms.release,
            state,
            expires_at: (state == RowState::Held).then_some(changed_at),
            // Of what was held at first it is not kept when it was paid: not before it was held.
            confirmed_at: booking.state.is_paid().then_some(created_at),
            checked_in_at: was_let_in.then_some(changed_at),
            moved_at: self.acts.moved.get(&no).copied(),
            ended_at: match state {
                RowState::Held | RowState::Confirmed | RowState::CheckedIn => None,
                RowState::Completed | RowState::Missed => Some(ends_at),
                RowState::Cancelled | RowState::GivenUp | RowState::Expired => Some(changed_at),
            },
            cancel_reason: (state == RowState::Cancelled && is_staffs).then_some(CancelReason::ByStaff),
            last_sequence: 0,
        })
    }

    /// Who was let in, of those whose booking still says when.
    pub(super) fn check_in(&self, rows: &mut Rows, row: &BookingRow) {
        let Some(at) = row.checked_in_at else { return };
        rows.row(CHECK_IN.width())
            .int8(row.no.get().into())
            .int8(0)
            .time(at.get())
            .int4(row.venue.get().cast_signed())
            .maybe(self.acts.checked_in.get(&row.no), |rows, by| rows.int8(by.get().into()));
    }

    /// All accounts, by number.
    pub(super) fn accounts(&self) -> impl Iterator<Item = (ResidentNo, AccountRow)> {
        self.engine.residents().iter().map(|(no, account)| {
            let mut later = Later::default();
            let disabled = self.acts.disabled.get(&no);
            let role = match account.role() {
                Some(role) => role,
                // Only residents delete their accounts. When one did is not kept: not after the snapshot.
                None if account.is_erased() => {
                    later.erased_at = Some(self.position.at());
                    Role::Resident
                }
                // The staff's log has what it was; where it doesn't, it was an operator's doing at the machine itself.
                None => {
                    later.disabled_at = Some(disabled.map_or(self.position.at(), |(at, _)| *at));
                    disabled.and_then(|(_, role)| *role).unwrap_or(Role::Operator)
                }
            };
            let opened_at = account.opened_at().unwrap_or_else(|| self.founded_at());
            (no, AccountRow { role, opened_at, later })
        })
    }

    /// Those who have a key of their own.
    pub(super) fn have_keys(&self) -> impl Iterator<Item = ResidentNo> {
        let all = self.engine.residents().iter().map(|(no, _)| no);
        all.filter(|no| self.engine.sealed_of(*no).is_some())
    }

    /// The accounts of the ledger that are no wallets, and a line of what each came to.
    pub(super) fn ledger_of_city(&self) -> Result<(Rows, Rows), Unfit> {
        let (mut accounts, mut lines) = (Rows::default(), Rows::default());
        let forward = self.forward();
        // What wallets were opened with; the rest of what came from outside came from a provider.
        let opening: i64 = self.engine.residents().iter().map(|(_, account)| account.opening().get()).sum();
        let provided = self.engine.outside_balance().get() + opening;
        accounts_of_city(&mut accounts);
        forward.provider(&mut lines, provided);
        forward.opening(&mut lines, -opening);
        for venue in self.books.catalogue()?.venues() {
            let balances = self.engine.venue_balances(venue.no);
            accounts_of_venue(&mut accounts, venue.no);
            forward.revenue(&mut lines, venue.no, balances.revenue.get());
            forward.till(&mut lines, venue.no, balances.till.get());
        }
        Ok((accounts, lines))
    }

    /// A line of what a wallet came to.
    pub(super) fn wallet_line(&self, lines: &mut Rows, no: ResidentNo) {
        let settled = self.engine.residents().get(no).map_or(0, |account| account.settled().get());
        self.forward().wallet(lines, no, settled);
    }

    fn forward(&self) -> BroughtForward {
        BroughtForward { sequence: self.position.last().get().cast_signed(), at: self.position.at() }
    }

    pub(super) fn districts(&self) -> Result<Rows, Unfit> {
        let mut rows = Rows::default();
        catalogue_rows::districts(&mut rows, self.books.catalogue()?);
        Ok(rows)
    }

    pub(super) fn sports(&self) -> Result<Rows, Unfit> {
        let mut rows = Rows::default();
        catalogue_rows::sports(&mut rows, self.books.catalogue()?);
        Ok(rows)
    }

    /// When releases opened for days that are open.
    pub(super) fn release_openings(&self) -> Result<Rows, Unfit> {
        let world = self.engine.world();
        let mut rows = Rows::default();
        for release in self.books.catalogue()?.releases() {
            for clock in world.days.iter() {
                if let Some(at) = self.engine.releases().opened_at(release.no, clock.day) {
                    rows.row(RELEASE_OPENING.width())
                        .int4(release.no.get().into())
                        .date(clock.day.get())
                        .time(at.get())
                        .int8(0);
                }
            }
        }
        Ok(rows)
    }

    /// What the staff did, as their log tells it.
    pub(super) fn audit(&self) -> Result<Rows, Unfit> {
        let mut rows = Rows::default();
        let before = self.acts_before();
        for entry in self.engine.audit_log().page(None, None, usize::MAX).iter().rev() {
            self.act(&mut rows, i64::from(entry.no) - before, entry)?;
        }
        Ok(rows)
    }

    fn act(&self, rows: &mut Rows, sequence: i64, entry: &AuditEntry) -> Result<(), Unfit> {
        let catalogue = self.books.catalogue()?;
        let (mut pitch, mut booking, mut resident) = (None, None, None);
        match &entry.subject {
            Subject::Booking(no) => booking = Some(*no),
            Subject::Account(no) => resident = Some(*no),
            Subject::Named(code) if entry.what.starts_with("pitch_") => {
                pitch = catalogue.pitch_by_code(code.as_str()).map(|pitch| pitch.no);
            }
            Subject::Named(_) | Subject::City => {}
        }
        let by = (entry.by != StaffActed::THE_IMPORT).then_some(entry.by);
        let details = (!entry.after.is_null()).then(|| entry.after.to_string());
        rows.row(AUDIT.width())
            .int8(sequence)
            .time(entry.at.get())
            .maybe(by, |rows, by| rows.int8(by.get().into()))
            .text(&entry.what)
            .maybe(entry.venue, |rows, no: VenueNo| rows.int4(no.get().cast_signed()))
            .maybe(pitch, |rows, no| rows.int8(no.get().into()))
            .maybe(booking, |rows, no| rows.int8(no.get().into()))
            .maybe(resident, |rows, no| rows.int8(no.get().into()))
            .maybe(details.as_deref(), Rows::text);
        Ok(())
    }
}

/// What a row says of a state; nothing of what has no row.
fn row_state(state: BookingState) -> Option<RowState> {
    match state.settled() {
        BookingState::Held => Some(RowState::Held),
        BookingState::Confirmed => Some(RowState::Confirmed),
        BookingState::CheckedIn => Some(RowState::CheckedIn),
        BookingState::Completed => Some(RowState::Completed),
        BookingState::Missed => Some(RowState::Missed),
        BookingState::Cancelled => Some(RowState::Cancelled),
        BookingState::GivenUp => Some(RowState::GivenUp),
        BookingState::Expired => Some(RowState::Expired),
        BookingState::Void
        | BookingState::Alias
        | BookingState::Pending
        | BookingState::PendingHold
        | BookingState::Confirming
        | BookingState::GivingUp
        | BookingState::Expiring
        | BookingState::Moving
        | BookingState::Relocating
        | BookingState::CheckingIn
        | BookingState::Cancelling
        | BookingState::Completing
        | BookingState::Leaving
        | BookingState::Missing => None,
    }
}
