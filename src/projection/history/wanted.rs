//! What is asked of the past, as statements. All that goes into one are numbers.

use std::fmt::Display;

use crate::domain::ids::{BookingNo, PitchNo, ReleaseNo, ResidentNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::booking_state::BookingState;
use crate::projection::booking_row::RowState;
use crate::projection::tables::BOOKING;

/// Which bookings are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The booking of this number.
    One(BookingNo),
    /// Some of a resident's, by their start, the newest first.
    Own(Own),
    /// Those of a resident whose days are before this one and that moved money last, or paid last, up to a moment.
    Moved { resident: ResidentNo, before: LocalDay, up_to: Option<UtcMillis>, limit: usize },
    /// Those that were sold or held of some pitches on some days, both included.
    OfDays { pitches: Vec<PitchNo>, first: LocalDay, last: LocalDay },
    /// For each of some residents one that stands and that another release sold, or another day of this one, in a time that ends before
    /// `until`; nothing for whoever has none.
    OfOthers {
        residents: Vec<ResidentNo>,
        since: UtcMillis,
        until: UtcMillis,
        but: (ReleaseNo, LocalDay, LocalDay),
    },
}

/// Some of a resident's bookings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub resident: ResidentNo,
    /// Days of play, both included; without the first, from the beginning.
    pub first: Option<LocalDay>,
    pub last: LocalDay,
    /// Where they stand: one of these, which are where a booking can stand for good; without, anywhere.
    pub states: Option<Vec<BookingState>>,
    /// Behind this one, by start and number.
    pub after: Option<(UtcMillis, BookingNo)>,
    /// Not these.
    pub but: Vec<BookingNo>,
    pub limit: Option<usize>,
}

impl Wanted {
    pub(super) fn statement(&self) -> String {
        match self {
            Self::One(no) => BOOKING.copy_out(&format!("WHERE booking_no = {}", no.get())),
            Self::Own(own) => own.statement(),
            Self::Moved { resident, before, up_to, limit } => moved(*resident, *before, *up_to, *limit),
            Self::OfDays { pitches, first, last } => BOOKING.copy_out(&format!(
                "WHERE pitch_no IN ({}) AND day BETWEEN {} AND {}",
                numbers(pitches.iter().map(|no| no.get())),
                date(*first),
                date(*last)
            )),
            Self::OfOthers { residents, since, until, but: (release, first, last) } => {
                let columns = BOOKING.columns.join(", ");
                let residents = numbers(residents.iter().map(|no| no.get()));
                let (since, until) = (moment(*since), moment(*until));
                let (no, first, last) = (release.get(), date(*first), date(*last));
                format!(
                    "COPY (SELECT DISTINCT ON (resident_no) {columns} FROM booking WHERE resident_no IN ({residents}) \
                     AND created_at >= {since} AND created_at < {until} \
                     AND state IN ('confirmed', 'checked_in', 'completed', 'missed') AND release_no IS NOT NULL \
                     AND NOT (release_no = {no} AND day BETWEEN {first} AND {last})) TO STDOUT (FORMAT binary)"
                )
            }
        }
    }
}

impl Own {
    fn statement(&self) -> String {
        let mut rest = format!("WHERE resident_no = {} AND day <= {}", self.resident.get(), date(self.last));
        if let Some(first) = self.first {
            rest.push_str(&format!(" AND day >= {}", date(first)));
        }
        if let Some(states) = &self.states {
            let names: Vec<_> = states
                .iter()
                .filter_map(|state| row_state(*state))
                .map(|state| format!("'{}'", state.name()))
                .collect();
            rest.push_str(&format!(" AND state IN ({})", names.join(", ")));
        }
        if let Some((start, no)) = self.after {
            rest.push_str(&format!(" AND (starts_at, booking_no) < ({}, {})", moment(start), no.get()));
        }
        if !self.but.is_empty() {
            rest.push_str(&format!(
                " AND booking_no NOT IN ({})",
                numbers(self.but.iter().map(|no| no.get()))
            ));
        }
        rest.push_str(" ORDER BY starts_at DESC, booking_no DESC");
        if let Some(limit) = self.limit {
            rest.push_str(&format!(" LIMIT {limit}"));
        }
        BOOKING.copy_out(&rest)
    }
}

/// Of payments and refunds the last, each up to a moment; and all of that moment, which a page may have to be cut between.
fn moved(resident: ResidentNo, before: LocalDay, up_to: Option<UtcMillis>, limit: usize) -> String {
    let columns = BOOKING.columns.join(", ");
    let of = format!("FROM booking WHERE resident_no = {} AND day < {}", resident.get(), date(before));
    let part = |column: &str, which: &str| match up_to {
        None => format!("(SELECT {columns} {of}{which} ORDER BY {column} DESC LIMIT {limit})"),
        Some(at) => {
            let at = moment(at);
            format!(
                "(SELECT {columns} {of}{which} AND {column} < {at} ORDER BY {column} DESC LIMIT {limit}) \
                 UNION (SELECT {columns} {of}{which} AND {column} = {at})"
            )
        }
    };
    let paid = part("created_at", " AND payment = 'wallet'");
    let given_back = part("ended_at", " AND state = 'cancelled'");
    format!("COPY ({paid} UNION {given_back}) TO STDOUT (FORMAT binary)")
}

/// The state of a row; nothing of what has none.
pub(super) fn row_state(state: BookingState) -> Option<RowState> {
    RowState::ALL.into_iter().find(|row| state_of(*row) == state)
}

pub(super) const fn state_of(row: RowState) -> BookingState {
    match row {
        RowState::Held => BookingState::Held,
        RowState::Confirmed => BookingState::Confirmed,
        RowState::CheckedIn => BookingState::CheckedIn,
        RowState::Completed => BookingState::Completed,
        RowState::Missed => BookingState::Missed,
        RowState::Cancelled => BookingState::Cancelled,
        RowState::GivenUp => BookingState::GivenUp,
        RowState::Expired => BookingState::Expired,
    }
}

/// A list that an `IN` takes: of nothing, one that nothing is in.
fn numbers<T: Display>(numbers: impl Iterator<Item = T>) -> String {
    let numbers: Vec<_> = numbers.map(|no| no.to_string()).collect();
    if numbers.is_empty() { "-1".to_owned() } else { numbers.join(", ") }
}

fn date(day: LocalDay) -> String {
    format!("date '1970-01-01' + {}", day.get())
}

/// To the millisecond: so many fit into the fraction of what an interval is multiplied by.
fn moment(at: UtcMillis) -> String {
    format!("timestamptz 'epoch' + {} * interval '1 millisecond'", at.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_nothing_is_still_a_statement() {
        let none = Wanted::OfDays { pitches: Vec::new(), first: LocalDay::new(-3), last: LocalDay::new(5) };
        let statement = none.statement();
        assert!(statement.contains("pitch_no IN (-1)"), "{statement}");
        assert!(
            statement.contains("BETWEEN date '1970-01-01' + -3 AND date '1970-01-01' + 5"),
            "{statement}"
        );
    }

    #[test]
    fn every_state_of_a_row_is_one_of_a_booking_and_back() {
        for row in RowState::ALL {
            assert_eq!(row_state(state_of(row)), Some(row));
        }
        assert_eq!(row_state(BookingState::Pending), None);
    }
}
