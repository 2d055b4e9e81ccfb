//! `/manage/{venue}/bookings/{id}`: one booking as the desk sees it, moved with the difference told first, or cancelled.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::calendar::booking_here;
use super::frame::{Head, Here, around};
use super::people_rows::{PersonRow, rows_of};
use super::place::At;
use crate::api::extract::PathTexts;
use crate::api::headers::checked_key;
use crate::api::manager::authority::Task;
use crate::api::manager::booking_changes::{self, CancelBody, MoveBody, PriceName};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingStatus;
use crate::domain::money::Minor;
use crate::engine::bookings::{Booking, Payment};
use crate::web::form::Form;
use crate::web::format;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::resident::wish::Wish;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct BookingQuery {
    done: Option<Done>,
}

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Sold,
    Moved,
    Cancelled,
}

#[derive(Template)]
#[template(path = "manager/booking.html")]
struct BookingPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    done: Option<String>,
    day: String,
    row: PersonRow,
    paid_with: Option<String>,
    refunded: Option<String>,
    booked_at: String,
    /// What can be done with it.
    deeds: Option<Deeds>,
}

struct Deeds {
    move_to: String,
    cancel: String,
    cancel_button: String,
    key: String,
    gate: String,
}

/// The booking.
///
/// # Errors
/// As `At::enter`, `not-found`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<BookingQuery>,
    PathTexts(code, id): PathTexts,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let mut page = page_of(&desk, &at, &visitor, &booking_here(&desk, &at, &id).await?).await?;
    let words = visitor.words;
    page.done = query.done.map(|done| match done {
        Done::Sold => {
            words.tell("sold-told", &[("price", (&page.row.price).into()), ("code", (&page.row.code).into())])
        }
        Done::Moved => words.say("moved-told").into_owned(),
        Done::Cancelled => words.say("cancelled-told").into_owned(),
    });
    page::own(StatusCode::OK, &page)
}

async fn page_of(desk: &Desk, at: &At, visitor: &Visitor, booking: &Booking) -> Result<BookingPage, Problem> {
    let words = visitor.words;
    let row =
        rows_of(desk, at, words, std::slice::from_ref(booking)).await?.pop().ok_or(Problem::NotFound)?;
    let is_paid = booking.state.settled().is_paid();
    let id = desk.ids.booking(booking.no);
    let deeds = (row.stands == BookingStatus::Confirmed).then(|| Deeds {
        move_to: at.address(&format!("/calendar?move={}", id.as_str())),
        cancel: format!("{}/cancel", row.address),
        cancel_button: words.tell("cancel-and-give", &[("amount", (&row.price).into())]),
        key: made_key(),
        gate: at.address("/gate"),
    });
    let (shell, head) = around(at, visitor, Here::Bookings, row.name.as_str())?;
    Ok(BookingPage {
        shell,
        head,
        told: None,
        done: None,
        day: format::day(words, booking.terms.day),
        paid_with: is_paid.then(|| match booking.terms.payment {
            Payment::Wallet => words.say("paid-wallet").into_owned(),
            Payment::Counter => words.say("paid-counter").into_owned(),
        }),
        refunded: (row.stands == BookingStatus::Cancelled && booking.refund > Minor::ZERO)
            .then(|| format::money(booking.refund, at.currency())),
        booked_at: format::moment(words, at.world.catalogue.zone(), booking.created_at),
        deeds,
        row,
    })
}

#[derive(Debug, Deserialize)]
pub struct CancelForm {
    key: String,
}

/// Cancels it and gives everything back.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what is refused is shown with the booking.
pub async fn cancel(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathTexts(code, id): PathTexts,
    Form(form): Form<CancelForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let booking = booking_here(&desk, &at, &id).await?;
    let key = checked_key(&form.key)?;
    match booking_changes::called_off(&desk, at.who, &id, &CancelBody { refund: None }, Some(key)).await {
        Ok(_) => Ok(see_other(&at.address(&format!("/bookings/{id}?done=cancelled")))),
        Err(fault @ Problem::Internal { .. }) => Err(fault.into()),
        Err(problem) => {
            let mut page = page_of(&desk, &at, &visitor, &booking).await?;
            page.told = Some(Told::of(visitor.words, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct MoveQuery {
    pitch: String,
    start: String,
    end: String,
}

#[derive(Template)]
#[template(path = "manager/move.html")]
struct MovePage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    row: PersonRow,
    from: String,
    to: String,
    to_pitch: String,
    price_before: String,
    price_there: String,
    keep_button: String,
    /// Where the place costs something else.
    differ_button: Option<String>,
    query: MoveQuery,
    key: String,
    action: String,
    back: String,
}

/// What a move would be, with the difference in price.
///
/// # Errors
/// As `At::enter`, `not-found`, `invalid-request`, or a fault of ours.
pub async fn to_move(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<MoveQuery>,
    PathTexts(code, id): PathTexts,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    page::own(StatusCode::OK, &move_page(&desk, &at, &visitor, &id, query).await?)
}

async fn move_page(
    desk: &Desk,
    at: &At,
    visitor: &Visitor,
    id: &str,
    query: MoveQuery,
) -> Result<MovePage, Turned> {
    let words = visitor.words;
    let booking = booking_here(desk, at, id).await?;
    let moment = (query.start.as_str(), query.end.as_str());
    let there = booking_changes::price_of_move(desk, at.who, id, &query.pitch, moment).await?;
    let wish = Wish::read(&at.world, (&query.pitch, &query.start, &query.end), 1, at.now)?;
    let row = rows_of(desk, at, words, std::slice::from_ref(&booking)).await?.pop();
    let row = row.ok_or(Problem::NotFound)?;
    let when = |day, span| {
        words.tell(
            "date-time",
            &[("date", format::day(words, day).into()), ("time", format::span(span).into())],
        )
    };
    let before = booking.terms.price;
    let difference = Minor::new(there.get() - before.get());
    let amount = format::money(Minor::new(difference.get().abs()), at.currency());
    let (shell, head) = around(at, visitor, Here::Calendar, words.say("move-title"))?;
    Ok(MovePage {
        shell,
        head,
        told: None,
        from: when(booking.terms.day, booking.terms.span),
        to: when(wish.day, wish.span),
        to_pitch: format::name(words, &wish.pitch.name).to_owned(),
        price_before: format::money(before, at.currency()),
        price_there: format::money(there, at.currency()),
        keep_button: words.tell("move-keep", &[("price", format::money(before, at.currency()).into())]),
        differ_button: match difference.get() {
            0 => None,
            1.. => Some(words.tell("move-dearer", &[("amount", amount.into())])),
            ..0 => Some(words.tell("move-cheaper", &[("amount", amount.into())])),
        },
        key: made_key(),
        action: at.address(&format!("/bookings/{id}/move")),
        back: at.address(&format!("/calendar?move={id}&date={}", wish.day)),
        query,
        row,
    })
}

#[derive(Debug, Deserialize)]
pub struct MoveForm {
    key: String,
    pitch: String,
    start: String,
    end: String,
    price: PriceName,
}

/// Moves it.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what is refused is shown with the move.
pub async fn send_move(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathTexts(code, id): PathTexts,
    Form(form): Form<MoveForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    booking_here(&desk, &at, &id).await?;
    let MoveForm { key, pitch, start, end, price } = form;
    let body = MoveBody { pitch, start, end, price };
    match booking_changes::moved(&desk, at.who, &id, &body, checked_key(&key).map(Some)).await {
        Ok(_) => Ok(see_other(&at.address(&format!("/bookings/{id}?done=moved")))),
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound)) => Err(fault.into()),
        Err(problem) => {
            let query = MoveQuery { pitch: body.pitch, start: body.start, end: body.end };
            let mut page = move_page(&desk, &at, &visitor, &id, query).await?;
            page.told =
                Some(Told::of(visitor.words, &problem).with_details(visitor.words, &at.world, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}
