//! What can be told of an event by a look at its bytes, without making an `Event` of them.

use super::{Fields, kind};
use crate::domain::event::{NewBooking, RequestKey, UnknownEvent};
use crate::domain::ids::{BookingNo, PitchNo, ReleaseNo, ResidentNo, TopUpNo};
use crate::domain::time::LocalDay;

/// What an event's bytes tell of the requests that are known by their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peeked {
    /// The request made this booking.
    MadeBooking(RequestKey, BookingNo),
    /// The request made this top-up.
    MadeTopUp(RequestKey, TopUpNo),
    /// The request entered for this release.
    MadeEntry(RequestKey, ReleaseNo),
    /// Whoever applies the event asks which requests are known, or notes one himself.
    AsksForRequests,
    /// It has nothing to do with requests.
    Nothing,
}

/// Of a new booking, what stands between its number and its request.
const BEFORE_REQUEST_BYTES: usize = 26;

impl Peeked {
    /// Looks at an event's bytes. Those that are no event tell nothing: who decodes them says what is wrong.
    #[must_use]
    pub fn at(bytes: &[u8]) -> Self {
        Self::look(bytes).unwrap_or(Self::Nothing)
    }

    fn look(bytes: &[u8]) -> Result<Self, UnknownEvent> {
        let mut fields = Fields { bytes, kind: 0 };
        match u16::from_le_bytes(*fields.take()?) {
            kind::BOOKING_CONFIRMED | kind::COUNTER_BOOKED | kind::HOLD_PLACED => {
                let no = BookingNo::new(fields.u32()?);
                fields.take::<BEFORE_REQUEST_BYTES>()?;
                Ok(Self::MadeBooking(fields.request()?, no))
            }
            kind::HOLD_CONFIRMED => {
                let no = BookingNo::new(fields.u32()?);
                let request = fields.optional_request()?;
                Ok(request.map_or(Self::Nothing, |request| Self::MadeBooking(request, no)))
            }
            kind::WALLET_TOPPED_UP => {
                let top_up = fields.top_up()?;
                Ok(top_up.request.map_or(Self::Nothing, |request| Self::MadeTopUp(request, top_up.no)))
            }
            kind::ENTRY_MADE => {
                let release = fields.release_no()?;
                fields.u32()?;
                let request = fields.optional_request()?;
                Ok(request.map_or(Self::Nothing, |request| Self::MadeEntry(request, release)))
            }
            kind::DAYS_OPENED | kind::BOOKING_CHECKED_IN => Ok(Self::AsksForRequests),
            kind::STAFF_ACTED => {
                fields.u32()?;
                Self::look(fields.rest())
            }
            _ => Ok(Self::Nothing),
        }
    }
}

/// Where a confirmed booking will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub no: BookingNo,
    pub resident: ResidentNo,
    pub pitch: PitchNo,
    pub day: LocalDay,
}

impl Places {
    /// The places of the confirmed booking that the bytes are; nothing of other events, and of bytes that are too few.
    #[must_use]
    #[inline]
    pub fn at(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields { bytes, kind: 0 };
        let kind = u16::from_le_bytes(*fields.take().ok()?);
        if kind != kind::BOOKING_CONFIRMED {
            return None;
        }
        Some(Self {
            no: BookingNo::new(fields.u32().ok()?),
            resident: ResidentNo::new(fields.u32().ok()?),
            pitch: PitchNo::new(fields.u32().ok()?),
            day: fields.day().ok()?,
        })
    }
}

impl NewBooking {
    /// The booking of a confirmation's bytes; nothing when they are another event. For who applies very many: an `Event` of all kinds
    /// is copied from hand to hand.
    ///
    /// # Errors
    /// `UnknownEvent`, as `Event::decode`.
    #[inline(always)]
    pub fn confirmed_by(bytes: &[u8]) -> Result<Option<Self>, UnknownEvent> {
        let mut fields = Fields { bytes, kind: kind::BOOKING_CONFIRMED };
        if u16::from_le_bytes(*fields.take()?) != kind::BOOKING_CONFIRMED {
            return Ok(None);
        }
        let booking = fields.new_booking()?;
        if fields.bytes.is_empty() { Ok(Some(booking)) } else { Err(fields.senseless()) }
    }
}
