//! Who comes on a day: bookings with names, ends of telephone numbers and codes, as a desk looks for them.

use super::place::At;
use crate::api::manager::day_bookings::of_day;
use crate::api::manager::people::{People, PersonView};
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingStatus;
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::bookings::Booking;
use crate::identity::ticket::TicketCode;
use crate::web::format;
use crate::web::i18n::Words;

/// A booking in a list.
pub struct PersonRow {
    pub address: String,
    pub time: String,
    pub pitch: String,
    pub name: String,
    pub phone_end: String,
    pub code: String,
    pub people: u16,
    pub price: String,
    pub status: String,
    /// As styles know it.
    pub kind: &'static str,
    pub stands: BookingStatus,
    pub price_minor: Minor,
    pub end: UtcMillis,
}

/// The bookings of a day, by their beginning.
///
/// # Errors
/// As `of_day`, or a fault of ours.
pub async fn rows_of_day(
    desk: &Desk,
    at: &At,
    words: Words,
    day: LocalDay,
) -> Result<Vec<PersonRow>, Problem> {
    let found = of_day(desk, &at.world, at.venue, day).await?;
    let bookings: Vec<Booking> = found.into_iter().map(|(_, booking)| booking).collect();
    rows_of(desk, at, words, &bookings).await
}

/// These bookings.
///
/// # Errors
/// A fault of ours.
pub async fn rows_of(
    desk: &Desk,
    at: &At,
    words: Words,
    bookings: &[Booking],
) -> Result<Vec<PersonRow>, Problem> {
    let people = People::look_up(desk, bookings.iter().map(|booking| booking.terms.resident)).await?;
    let row = |booking: &Booking| row_of(desk, at, words, booking, people.get(booking.terms.resident));
    Ok(bookings.iter().filter_map(row).collect())
}

fn row_of(
    desk: &Desk,
    at: &At,
    words: Words,
    booking: &Booking,
    person: Option<PersonView>,
) -> Option<PersonRow> {
    let stands = BookingStatus::of(booking.state)?;
    let pitch = at.world.catalogue.pitch(booking.terms.pitch)?;
    let is_deleted = person.as_ref().is_some_and(|person| person.is_deleted);
    let (name, phone_end) = person.map_or((None, None), |person| (person.name, person.phone_end));
    Some(PersonRow {
        address: at.address(&format!("/bookings/{}", desk.ids.booking(booking.no).as_str())),
        time: format::span(booking.terms.span),
        pitch: format::name(words, &pitch.name).to_owned(),
        name: name.unwrap_or_else(|| {
            if is_deleted { words.say("person-deleted") } else { words.say("no-name") }.into_owned()
        }),
        phone_end: phone_end.unwrap_or_default(),
        code: code_shown(&desk.tickets.code(booking.no)),
        people: booking.terms.party_size,
        price: format::money(booking.terms.price, at.currency()),
        status: crate::web::resident::booking_card::status_told(words, stands).into_owned(),
        kind: match stands {
            BookingStatus::CheckedIn => "good",
            BookingStatus::Held | BookingStatus::Confirmed => "wait",
            BookingStatus::Completed
            | BookingStatus::Cancelled
            | BookingStatus::Expired
            | BookingStatus::NoShow => "over",
        },
        stands,
        price_minor: booking.terms.price,
        end: at.world.clock_of(booking.terms.day).end(booking.terms.span),
    })
}

/// A code as it is said: four signs and four.
fn code_shown(code: &TicketCode) -> String {
    let (first, last) = code.as_str().split_at_checked(4).unwrap_or((code.as_str(), ""));
    format!("{first} {last}")
}

impl PersonRow {
    /// Whether somebody is looked for by this: a part of the name, the end of the number, or the code.
    #[must_use]
    pub fn is_meant_by(&self, asked: &str) -> bool {
        let asked = asked.trim();
        let digits: String = asked.chars().filter(char::is_ascii_digit).collect();
        let is_number = !digits.is_empty() && asked.chars().all(|c| c.is_ascii_digit() || "+ -".contains(c));
        let by_phone = is_number
            && !self.phone_end.is_empty()
            && (self.phone_end.ends_with(&digits) || digits.ends_with(&self.phone_end));
        let by_code = TicketCode::read(asked)
            .is_some_and(|code| TicketCode::read(&self.code).is_some_and(|own| own == code));
        by_phone || by_code || (!asked.is_empty() && self.name.to_lowercase().contains(&asked.to_lowercase()))
    }
}
