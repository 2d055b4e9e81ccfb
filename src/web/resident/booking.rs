//! `/bookings/{id}`: one booking, what it cost, until when it can be cancelled; a hold with its time and its payment.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::book::made_key;
use super::booking_card::BookingCard;
use super::companions::{Tick, ticked, ticks, told_name};
use super::refund;
use crate::api::answer::city_moment;
use crate::api::extract::PathText;
use crate::api::headers::checked_key;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::booking_view::BookingStatus;
use crate::api::resident::party::{named, party_of};
use crate::api::resident::{Desk, Residents, bookings, holds, wallet};
use crate::domain::calendar::local_day;
use crate::domain::ids::ResidentNo;
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;
use crate::engine::bookings::Booking;
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::manager::week::Fields;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// Under which path the keys of top-ups from here are known.
const TOP_UP_PATH: &str = "/bookings top-up";

#[derive(Debug, Deserialize)]
pub struct BookingQuery {
    done: Option<Done>,
}

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Booked,
    Held,
    Cancelled,
    Paid,
    Companions,
}

#[derive(Template)]
#[template(path = "resident/booking.html")]
struct BookingPage {
    shell: Shell,
    card: BookingCard,
    done: Option<String>,
    told: Option<Told>,
    party_size: u16,
    /// Who comes along.
    party: Vec<String>,
    /// Who may be ticked, while that can be changed.
    companions: Vec<Tick>,
    paid: Option<String>,
    refunded: Option<String>,
    cancel: Option<Cancel>,
    hold: Option<Hold>,
    booked_at: String,
}

/// How it can be cancelled.
struct Cancel {
    rule: String,
    button: String,
}

/// How a hold is paid.
struct Hold {
    until: String,
    until_moment: String,
    now: String,
    balance: String,
    top_up: i64,
    button: String,
    key: String,
}

/// The booking.
///
/// # Errors
/// The way to the sign-in, `not-found` also for another's, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    QueryOf(query): QueryOf<BookingQuery>,
    PathText(id): PathText,
) -> Result<Response, Turned> {
    let booking = own_booking(&state.desk, visitor.resident()?, &id).await?;
    let mut page = page_of(&state.desk, &visitor, &booking).await?;
    page.done = query.done.and_then(|done| done_told(&page, &visitor, done));
    page::own(StatusCode::OK, &page)
}

/// One of somebody's own bookings.
///
/// # Errors
/// `not-found` also for another's; `overloaded` when one that is long over can't be read now.
pub async fn own_booking(desk: &Desk, resident: ResidentNo, id: &str) -> Result<Booking, Problem> {
    let no = desk.ids.read_booking(id).ok_or(Problem::NotFound)?;
    desk.past.own_booking(resident, no).await
}

async fn page_of(desk: &Desk, visitor: &Visitor, booking: &Booking) -> Result<BookingPage, Turned> {
    let words = visitor.words;
    let resident = booking.terms.resident;
    let party = party_of(desk, resident, booking.no).await?;
    let world = Arc::clone(&desk.engine.world());
    let now = desk.clock.now();
    let zone = world.catalogue.zone();
    let currency = world.catalogue.city().currency;
    let card = BookingCard::of(desk, &world, words, booking, now).ok_or(Problem::NotFound)?;
    let status = BookingStatus::of(booking.state).ok_or(Problem::NotFound)?;
    let is_ahead = matches!(status, BookingStatus::Held | BookingStatus::Confirmed) && card.start > now;
    let companions = if is_ahead {
        let named: Vec<String> = party.iter().map(|one| one.id.as_str().to_owned()).collect();
        ticks(desk, words, Some(resident), &named).await?
    } else {
        Vec::new()
    };
    let pitch = world.catalogue.pitch(booking.terms.pitch).ok_or(Problem::NotFound)?;
    let price = booking.terms.price;
    let back = pitch.cancel.refund(price, card.start, now);
    let cancel = (status == BookingStatus::Confirmed && card.start > now).then(|| Cancel {
        rule: refund::rule(words, zone, pitch, card.start, now),
        button: match back {
            Some(back) => words.tell("cancel-and-get", &[("amount", format::money(back, currency).into())]),
            None => String::new(),
        },
    });
    let spendable = desk
        .engine
        .residents()
        .get(booking.terms.resident)
        .map_or(Minor::ZERO, crate::engine::residents::Resident::spendable);
    let hold = (status == BookingStatus::Held).then(|| {
        let short = Minor::new((price.get() - spendable.get()).max(0));
        let amount = format::money(price, currency);
        Hold {
            until: pay_by(words, zone, booking.changed_at, now),
            until_moment: city_moment(zone, booking.changed_at).to_string(),
            now: city_moment(zone, now).to_string(),
            balance: format::sum(spendable, currency),
            top_up: short.get(),
            button: if short == Minor::ZERO {
                words.tell("pay-now", &[("amount", amount.into())])
            } else {
                words.tell("top-up-and-pay", &[("amount", format::money(short, currency).into())])
            },
            key: made_key(),
        }
    });
    Ok(BookingPage {
        shell: Shell::of(visitor, card.pitch.as_str(), Place::Bookings).with_modules(&["countdown.js"]),
        done: None,
        told: None,
        party_size: booking.terms.party_size,
        party: party.iter().map(|one| told_name(words, one)).collect(),
        companions,
        paid: booking.state.settled().is_paid().then(|| card.price.clone()),
        refunded: (status == BookingStatus::Cancelled && booking.refund > Minor::ZERO)
            .then(|| format::money(booking.refund, currency)),
        cancel,
        hold,
        booked_at: format::moment(words, zone, booking.created_at),
        card,
    })
}

/// Until when a hold is to be paid: a time, with its day when that is another.
fn pay_by(words: Words, zone: &TimeZone, at: UtcMillis, now: UtcMillis) -> String {
    if local_day(zone, at) == local_day(zone, now) {
        format::time_to_the_second(zone, at)
    } else {
        format::moment(words, zone, at)
    }
}

fn done_told(page: &BookingPage, visitor: &Visitor, done: Done) -> Option<String> {
    let words = visitor.words;
    let card = &page.card;
    match done {
        Done::Booked | Done::Paid => page.paid.as_ref().map(|price| {
            let args =
                [("pitch", (&card.pitch).into()), ("time", (&card.time).into()), ("price", price.into())];
            words.tell("done-booked", &args)
        }),
        Done::Held => {
            page.hold.as_ref().map(|hold| words.tell("done-held", &[("until", (&hold.until).into())]))
        }
        Done::Cancelled => Some(match &page.refunded {
            Some(amount) => words.tell("done-cancelled", &[("amount", amount.into())]),
            None => words.say("done-given-up").into_owned(),
        }),
        Done::Companions => Some(words.say("companions-saved").into_owned()),
    }
}

/// Cancels, or gives a hold up.
///
/// # Errors
/// The way to the sign-in, or a fault of ours; what is refused is shown with the booking.
pub async fn cancel(
    State(state): State<Residents>,
    visitor: Visitor,
    PathText(id): PathText,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let resident = visitor.resident()?;
    match bookings::call_off(desk, resident, &id).await {
        Ok(_) => Ok(see_other(&format!("/bookings/{id}?done=cancelled"))),
        Err(problem) => refused(desk, &visitor, resident, &id, problem).await,
    }
}

#[derive(Debug, Deserialize)]
pub struct PayForm {
    key: String,
    #[serde(default)]
    top_up: i64,
}

/// Pays a hold, after a top-up where the wallet is short.
///
/// # Errors
/// As `cancel`.
pub async fn pay(
    State(state): State<Residents>,
    visitor: Visitor,
    PathText(id): PathText,
    Form(form): Form<PayForm>,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let resident = visitor.resident()?;
    match paid(desk, resident, &id, &form).await {
        Ok(()) => Ok(see_other(&format!("/bookings/{id}?done=paid"))),
        Err(problem) => refused(desk, &visitor, resident, &id, problem).await,
    }
}

async fn paid(desk: &Desk, resident: ResidentNo, id: &str, form: &PayForm) -> Result<(), Problem> {
    let key = checked_key(&form.key)?;
    let status = BookingStatus::of(own_booking(desk, resident, id).await?.state);
    // Nothing is topped up for a hold that has ended.
    if form.top_up > 0 && status == Some(BookingStatus::Held) {
        wallet::put_in(desk, resident, form.top_up, TOP_UP_PATH, Some(key)).await?;
    }
    holds::pay(desk, resident, id, Some(key)).await?;
    Ok(())
}

/// Says who comes along.
///
/// # Errors
/// As `show`; what can't be is told on the page.
pub async fn companions(
    State(state): State<Residents>,
    visitor: Visitor,
    PathText(id): PathText,
    Form(fields): Form<Fields>,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let resident = visitor.resident()?;
    match named(desk, resident, &id, &ticked(&fields)).await {
        Ok(_) => Ok(see_other(&format!("/bookings/{id}?done=companions"))),
        Err(problem) => refused(desk, &visitor, resident, &id, problem).await,
    }
}

async fn refused(
    desk: &Desk,
    visitor: &Visitor,
    resident: ResidentNo,
    id: &str,
    problem: Problem,
) -> Result<Response, Turned> {
    if matches!(problem, Problem::Internal { .. } | Problem::NotFound) {
        return Err(problem.into());
    }
    let mut page = page_of(desk, visitor, &own_booking(desk, resident, id).await?).await?;
    let world = desk.engine.world();
    page.told = Some(Told::of(visitor.words, &problem).with_details(visitor.words, &world, &problem));
    page::own(problem.name().status(), &page)
}
