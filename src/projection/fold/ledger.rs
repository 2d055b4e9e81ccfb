//! Money, in double entry: what one account gets another gives, and the lines of a record sum to 0.

use super::booking::Movement;
use super::{Changes, Record};
use crate::domain::event::{AccountErased, Provider, ResidentsEnrolled, WalletToppedUp};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::projection::booking_row::{BookingRow, Paid};
use crate::projection::copy::Rows;
use crate::projection::tables::{ACCOUNT, LEDGER_LINE};

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    Wallet(ResidentNo),
    Revenue(VenueNo),
    Till(VenueNo),
    Sandbox,
    /// What wallets had when their residents were enrolled.
    Opening,
}

impl Account {
    const fn of(provider: Provider) -> Self {
        match provider {
            Provider::Sandbox => Self::Sandbox,
        }
    }

    /// Its number: a kind in the high half, whose it is in the low one.
    pub(super) fn number(self) -> i64 {
        let (kind, no) = match self {
            Self::Wallet(resident) => (0, resident.get()),
            Self::Revenue(venue) => (1, venue.get()),
            Self::Till(venue) => (2, venue.get()),
            Self::Sandbox => (3, 0),
            Self::Opening => (3, 1),
        };
        (kind << 32) | i64::from(no)
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Wallet(_) => "wallet",
            Self::Revenue(_) => "revenue",
            Self::Till(_) => "till",
            Self::Sandbox => "provider",
            Self::Opening => "opening",
        }
    }

    fn put(self, rows: &mut Rows) {
        let (resident, venue) = match self {
            Self::Wallet(resident) => (Some(resident), None),
            Self::Revenue(venue) | Self::Till(venue) => (None, Some(venue)),
            Self::Sandbox | Self::Opening => (None, None),
        };
        rows.row(ACCOUNT.width())
            .int8(self.number())
            .text(self.kind())
            .maybe(resident, |rows, resident| rows.int8(resident.get().into()))
            .maybe(venue, |rows, venue| rows.int4(venue.get().cast_signed()));
    }
}

/// The account of a resident.
pub(in crate::projection) fn wallet_of(rows: &mut Rows, resident: ResidentNo) {
    Account::Wallet(resident).put(rows);
}

/// The accounts that every city has.
pub(in crate::projection) fn accounts_of_city(rows: &mut Rows) {
    Account::Sandbox.put(rows);
    Account::Opening.put(rows);
}

/// The accounts that every venue has.
pub(in crate::projection) fn accounts_of_venue(rows: &mut Rows, venue: VenueNo) {
    Account::Revenue(venue).put(rows);
    Account::Till(venue).put(rows);
}

impl Changes {
    pub(super) fn city_accounts(&mut self) {
        accounts_of_city(&mut self.account);
    }

    pub(super) fn venue_accounts(&mut self, venue: VenueNo) {
        accounts_of_venue(&mut self.account, venue);
    }

    pub(super) fn wallet(&mut self, resident: ResidentNo) {
        wallet_of(&mut self.account, resident);
    }

    /// The other side of what residents were enrolled with; their own side is made with them.
    pub(super) fn enrol(&mut self, record: &Record, event: &ResidentsEnrolled) {
        let sum = event.balance.get().saturating_mul(event.count.into());
        self.line(record, Account::Opening, "opening", -sum, None);
    }

    pub(super) fn top_up(&mut self, record: &Record, event: &WalletToppedUp) {
        self.line(record, Account::Wallet(event.resident), "top_up", event.amount.get(), None);
        self.line(record, Account::of(event.provider), "top_up", -event.amount.get(), None);
    }

    /// What was in the wallet of an account that is gone goes back to who brought it in.
    pub(super) fn pay_back(&mut self, record: &Record, event: &AccountErased) {
        self.line(record, Account::Wallet(event.resident), "pay_back", -event.paid_back.get(), None);
        self.line(record, Account::of(event.provider), "pay_back", event.paid_back.get(), None);
    }

    /// A booking's payer pays so much to its venue, or gets it back when it is negative.
    pub(super) fn charge(&mut self, record: &Record, row: &BookingRow, movement: Movement, amount: i64) {
        let payer = match row.paid {
            Paid::Wallet => Account::Wallet(row.resident),
            Paid::Counter => Account::Till(row.venue),
        };
        let name = match movement {
            Movement::Sale => "sale",
            Movement::Refund => "refund",
            Movement::Move => "move",
        };
        self.line(record, payer, name, -amount, Some(row.no));
        self.line(record, Account::Revenue(row.venue), name, amount, Some(row.no));
    }

    fn line(
        &mut self,
        record: &Record,
        account: Account,
        movement: &str,
        amount: i64,
        booking: Option<BookingNo>,
    ) {
        if amount == 0 {
            return;
        }
        self.ledger_line
            .row(LEDGER_LINE.width())
            .int8(record.number())
            .int8(account.number())
            .time(record.at.get())
            .text(movement)
            .int8(amount)
            .maybe(booking, |rows, no| rows.int8(no.get().into()));
    }
}
