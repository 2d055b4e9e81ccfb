//! A booking as its row has it, and what each of its steps changes.

use super::copy::{Fields, NotRows, Rows};
use super::tables::BOOKING;
use crate::domain::event::CancelReason;
use crate::domain::ids::{BookingNo, PitchNo, ReleaseNo, ResidentNo, VenueNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

/// Where a booking stands, as durable records have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowState {
    Held,
    Confirmed,
    CheckedIn,
    Completed,
    Missed,
    Cancelled,
    GivenUp,
    Expired,
}

impl RowState {
    pub(super) const ALL: [Self; 8] = [
        Self::Held,
        Self::Confirmed,
        Self::CheckedIn,
        Self::Completed,
        Self::Missed,
        Self::Cancelled,
        Self::GivenUp,
        Self::Expired,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::CheckedIn => "checked_in",
            Self::Completed => "completed",
            Self::Missed => "missed",
            Self::Cancelled => "cancelled",
            Self::GivenUp => "given_up",
            Self::Expired => "expired",
        }
    }

    /// Whether it has its half hours, for others not to have.
    pub(super) const fn holds_units(self) -> bool {
        match self {
            Self::Held | Self::Confirmed | Self::CheckedIn | Self::Completed | Self::Missed => true,
            Self::Cancelled | Self::GivenUp | Self::Expired => false,
        }
    }
}

/// How it was paid, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paid {
    Wallet,
    Counter,
}

impl Paid {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Counter => "counter",
        }
    }
}

pub(super) const fn reason_name(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::ByResident => "by_resident",
        CancelReason::ByStaff => "by_staff",
        CancelReason::Closure => "closure",
    }
}

/// A row of `booking`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BookingRow {
    pub(super) no: BookingNo,
    pub(super) created_at: UtcMillis,
    pub(super) resident: ResidentNo,
    pub(super) venue: VenueNo,
    pub(super) pitch: PitchNo,
    pub(super) day: LocalDay,
    pub(super) span: UnitSpan,
    pub(super) starts_at: UtcMillis,
    pub(super) ends_at: UtcMillis,
    pub(super) party_size: u16,
    pub(super) price: i64,
    pub(super) refund: i64,
    pub(super) paid: Paid,
    pub(super) release: Option<ReleaseNo>,
    pub(super) state: RowState,
    pub(super) expires_at: Option<UtcMillis>,
    pub(super) confirmed_at: Option<UtcMillis>,
    pub(super) checked_in_at: Option<UtcMillis>,
    pub(super) moved_at: Option<UtcMillis>,
    pub(super) ended_at: Option<UtcMillis>,
    pub(super) cancel_reason: Option<CancelReason>,
    pub(super) last_sequence: i64,
}

impl BookingRow {
    pub(super) fn put(&self, rows: &mut Rows) {
        let time = |rows: &mut Rows, at: Option<UtcMillis>| {
            rows.maybe(at, |rows, at| rows.time(at.get()));
        };
        rows.row(BOOKING.width())
            .int8(self.no.get().into())
            .time(self.created_at.get())
            .int8(self.resident.get().into())
            .int4(self.venue.get().cast_signed())
            .int8(self.pitch.get().into())
            .date(self.day.get())
            .int2(self.span.first())
            .int2(self.span.count())
            .time(self.starts_at.get())
            .time(self.ends_at.get())
            .int4(self.party_size.into())
            .int8(self.price)
            .int8(self.refund)
            .text(self.paid.name())
            .maybe(self.release, |rows, release| rows.int4(release.get().into()))
            .text(self.state.name());
        for at in [self.expires_at, self.confirmed_at, self.checked_in_at, self.moved_at, self.ended_at] {
            time(rows, at);
        }
        rows.maybe(self.cancel_reason, |rows, reason| rows.text(reason_name(reason)))
            .int8(self.last_sequence);
    }

    /// The booking that a row of COPY is.
    pub(super) fn read(row: &[u8]) -> Result<Self, NotRows> {
        let mut fields = Fields::of(row);
        let fields = &mut fields;
        let time = |fields: &mut Fields<'_>| Ok(fields.maybe_time()?.map(UtcMillis::new));
        Ok(Self {
            no: BookingNo::new(number(fields.int8()?)?),
            created_at: UtcMillis::new(fields.time()?),
            resident: ResidentNo::new(number(fields.int8()?)?),
            venue: VenueNo::new(fields.int4()?.cast_unsigned()),
            pitch: PitchNo::new(number(fields.int8()?)?),
            day: LocalDay::new(fields.date()?),
            span: UnitSpan::new(fields.int2()?, fields.int2()?).map_err(|_| NotRows)?,
            starts_at: UtcMillis::new(fields.time()?),
            ends_at: UtcMillis::new(fields.time()?),
            party_size: u16::try_from(fields.int4()?).map_err(|_| NotRows)?,
            price: fields.int8()?,
            refund: fields.int8()?,
            paid: match fields.text()? {
                "wallet" => Paid::Wallet,
                "counter" => Paid::Counter,
                _ => return Err(NotRows),
            },
            release: match fields.maybe_int4()? {
                Some(no) => Some(ReleaseNo::new(u16::try_from(no).map_err(|_| NotRows)?)),
                None => None,
            },
            state: {
                let name = fields.text()?;
                RowState::ALL.into_iter().find(|state| state.name() == name).ok_or(NotRows)?
            },
            expires_at: time(fields)?,
            confirmed_at: time(fields)?,
            checked_in_at: time(fields)?,
            moved_at: time(fields)?,
            ended_at: time(fields)?,
            cancel_reason: match fields.maybe_text()? {
                None => None,
                Some(name) => {
                    let all = [CancelReason::ByResident, CancelReason::ByStaff, CancelReason::Closure];
                    Some(all.into_iter().find(|reason| reason_name(*reason) == name).ok_or(NotRows)?)
                }
            },
            last_sequence: fields.int8()?,
        })
    }
}

fn number(value: i64) -> Result<u32, NotRows> {
    u32::try_from(value).map_err(|_| NotRows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::copy::Unpack;

    #[test]
    fn a_booking_is_read_back_as_it_was_written() {
        for state in RowState::ALL {
            let row = BookingRow {
                no: BookingNo::new(u32::MAX),
                created_at: UtcMillis::new(1_795_449_600_123),
                resident: ResidentNo::new(7),
                venue: VenueNo::new(3),
                pitch: PitchNo::new(9),
                day: LocalDay::new(20_783),
                span: UnitSpan::new(38, 4).expect("a span"),
                starts_at: UtcMillis::new(1_795_449_600_000),
                ends_at: UtcMillis::new(1_795_456_800_000),
                party_size: 12,
                price: 3000,
                refund: 1500,
                paid: Paid::Counter,
                release: Some(ReleaseNo::new(65_534)),
                state,
                expires_at: None,
                confirmed_at: Some(UtcMillis::new(-1)),
                checked_in_at: None,
                moved_at: Some(UtcMillis::new(0)),
                ended_at: None,
                cancel_reason: Some(CancelReason::Closure),
                last_sequence: 1 << 40,
            };
            let mut rows = Rows::default();
            row.put(&mut rows);
            let mut read = None;
            let give = |bytes: &[u8]| {
                read = Some(BookingRow::read(bytes)?);
                Ok(())
            };
            Unpack::default().push(rows.bytes(), give).expect("rows");
            assert_eq!(read, Some(row));
        }
    }
}
