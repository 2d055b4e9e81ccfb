//! What accounts had where tables begin behind a snapshot: one line of each, in the place of the movements that are not kept.

use super::ledger::Account;
use crate::domain::ids::{ResidentNo, VenueNo};
use crate::domain::time::UtcMillis;
use crate::projection::copy::Rows;
use crate::projection::tables::LEDGER_LINE;

/// Behind which record.
#[derive(Debug, Clone, Copy)]
pub(in crate::projection) struct BroughtForward {
    pub(in crate::projection) sequence: i64,
    pub(in crate::projection) at: UtcMillis,
}

impl BroughtForward {
    pub(in crate::projection) fn wallet(self, lines: &mut Rows, no: ResidentNo, balance: i64) {
        self.line(lines, Account::Wallet(no), balance);
    }

    pub(in crate::projection) fn revenue(self, lines: &mut Rows, no: VenueNo, balance: i64) {
        self.line(lines, Account::Revenue(no), balance);
    }

    pub(in crate::projection) fn till(self, lines: &mut Rows, no: VenueNo, balance: i64) {
        self.line(lines, Account::Till(no), balance);
    }

    /// What a provider brought in, as a negative balance.
    pub(in crate::projection) fn provider(self, lines: &mut Rows, balance: i64) {
        self.line(lines, Account::Sandbox, balance);
    }

    /// What wallets were opened with, as a negative balance.
    pub(in crate::projection) fn opening(self, lines: &mut Rows, balance: i64) {
        self.line(lines, Account::Opening, balance);
    }

    fn line(self, lines: &mut Rows, account: Account, balance: i64) {
        if balance == 0 {
            return;
        }
        lines
            .row(LEDGER_LINE.width())
            .int8(self.sequence)
            .int8(account.number())
            .time(self.at.get())
            .text("brought_forward")
            .int8(balance)
            .null();
    }
}
