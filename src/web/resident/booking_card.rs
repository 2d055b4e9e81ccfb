//! A booking as its resident sees it, in a list and by itself.

use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingStatus;
use crate::domain::calendar::DayClock;
use crate::domain::time::UtcMillis;
use crate::engine::bookings::Booking;
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::Words;

/// A booking in words.
pub struct BookingCard {
    pub address: String,
    pub ticket: Option<String>,
    pub pitch: String,
    pub venue: String,
    pub venue_address: String,
    pub day: String,
    pub time: String,
    pub status: String,
    /// As styles know it: `good`, `wait`, `over`.
    pub kind: &'static str,
    pub price: String,
    pub start: UtcMillis,
    pub end: UtcMillis,
    pub is_coming: bool,
    pub is_held: bool,
}

impl BookingCard {
    /// The card, unless there is nothing to show yet.
    #[must_use]
    pub fn of(desk: &Desk, world: &World, words: Words, booking: &Booking, now: UtcMillis) -> Option<Self> {
        let status = BookingStatus::of(booking.state)?;
        let catalogue = &world.catalogue;
        let pitch = catalogue.pitch(booking.terms.pitch)?;
        let venue = catalogue.venue(pitch.venue)?;
        let clock: &DayClock = &world.clock_of(booking.terms.day);
        let (start, end) = (clock.start(booking.terms.span), clock.end(booking.terms.span));
        let address = format!("/bookings/{}", desk.ids.booking(booking.no).as_str());
        let is_live =
            matches!(status, BookingStatus::Held | BookingStatus::Confirmed | BookingStatus::CheckedIn);
        let has_ticket = matches!(status, BookingStatus::Confirmed | BookingStatus::CheckedIn) && end > now;
        Some(Self {
            ticket: has_ticket.then(|| format!("{address}/ticket")),
            address,
            pitch: format::name(words, &pitch.name).to_owned(),
            venue: format::name(words, &venue.def.name).to_owned(),
            venue_address: format!("/venues/{}", venue.def.code.as_str()),
            day: format::day(words, booking.terms.day),
            time: format::span(booking.terms.span),
            status: status_told(words, status).into_owned(),
            kind: match status {
                BookingStatus::Confirmed | BookingStatus::CheckedIn => "good",
                BookingStatus::Held => "wait",
                BookingStatus::Completed
                | BookingStatus::Cancelled
                | BookingStatus::Expired
                | BookingStatus::NoShow => "over",
            },
            price: format::money(booking.terms.price, catalogue.city().currency),
            start,
            end,
            is_coming: is_live && end > now,
            is_held: status == BookingStatus::Held,
        })
    }
}

/// Where a booking stands, in words.
#[must_use]
pub fn status_told(words: Words, status: BookingStatus) -> std::borrow::Cow<'static, str> {
    match status {
        BookingStatus::Held => words.say("status-held"),
        BookingStatus::Confirmed => words.say("status-confirmed"),
        BookingStatus::CheckedIn => words.say("status-checked-in"),
        BookingStatus::Completed => words.say("status-completed"),
        BookingStatus::Cancelled => words.say("status-cancelled"),
        BookingStatus::Expired => words.say("status-expired"),
        BookingStatus::NoShow => words.say("status-no-show"),
    }
}
