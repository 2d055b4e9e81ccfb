//! `/me/data`: everything that is kept of oneself, as a file. `/me/delete`: the end of one's account, with the password again and with
//! what it comes to before the tap; `/me/deleted`: that it is done.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::booking_card::BookingCard;
use crate::api::doorkeeper::SignedIn;
use crate::api::front::Peer;
use crate::api::problem::Problem;
use crate::api::resident::{Desk, Residents, export, leaving};
use crate::domain::event::Role;
use crate::domain::money::Minor;
use crate::engine::bookings::{Booking, BookingState};
use crate::engine::refusal::Refusal;
use crate::engine::world::World;
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::session_cookie;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "resident/leave.html")]
struct LeavePage {
    shell: Shell,
    told: Option<Told>,
    stands: Stands,
}

/// What the end of an account comes to.
enum Stands {
    /// It can be deleted, with this.
    Free(Comes),
    /// A booking is in the way.
    Waits,
    OfStaff,
}

struct Comes {
    called_off: Vec<CalledOff>,
    /// What goes back of the wallet, with what bookings give back; nothing where that is nothing.
    paid_back: Option<String>,
}

struct CalledOff {
    card: BookingCard,
    /// Nothing of a hold, which is not paid.
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "resident/deleted.html")]
struct DeletedPage {
    shell: Shell,
}

#[derive(Deserialize)]
pub struct LeaveForm {
    password: String,
}

/// Everything that is kept of oneself.
///
/// # Errors
/// The way to the sign-in, or a fault of ours.
pub async fn data(State(state): State<Residents>, visitor: Visitor) -> Result<Response, Turned> {
    let who = visitor.signed_in()?;
    Ok(export::exported(&state.desk, &who).await?)
}

/// What the end of the account comes to.
///
/// # Errors
/// The way to the sign-in, or a fault of ours.
pub async fn show(State(state): State<Residents>, visitor: Visitor) -> Result<Response, Turned> {
    let who = visitor.signed_in()?;
    page::own(StatusCode::OK, &page_of(&state.desk, &visitor, &who, None)?)
}

/// Deletes the account, and everything that this browser keeps of it.
///
/// # Errors
/// The way to the sign-in, or a fault of ours; what is refused is shown in the form.
pub async fn send(
    State(state): State<Residents>,
    visitor: Visitor,
    Peer(address): Peer,
    Form(form): Form<LeaveForm>,
) -> Result<Response, Turned> {
    let who = visitor.signed_in()?;
    match leaving::left(&state, &who, address, form.password).await {
        Ok(()) => {
            let mut response = see_other("/me/deleted");
            session_cookie::take(response.headers_mut());
            Ok(response)
        }
        Err(fault @ Problem::Internal { .. }) => Err(fault.into()),
        Err(problem) => {
            let told = told(visitor.words, &problem);
            page::own(problem.name().status(), &page_of(&state.desk, &visitor, &who, Some(told))?)
        }
    }
}

/// That it is done. Everybody may see this.
///
/// # Errors
/// A fault of ours.
pub async fn deleted(visitor: Visitor, headers: HeaderMap) -> Result<Response, Turned> {
    let shell = Shell::of(&visitor, visitor.words.say("deleted"), Place::Me);
    page::public(&visitor, &headers, &DeletedPage { shell })
}

/// A refusal in words: that nobody is known by this password is said of the password, for who asks is signed in.
fn told(words: Words, problem: &Problem) -> Told {
    let mut told = Told::of(words, problem);
    if *problem == Problem::Unauthenticated {
        told.title = words.say("password-wrong").into_owned();
        told.text = words.say("password-wrong-told").into_owned();
    }
    told
}

fn page_of(desk: &Desk, visitor: &Visitor, who: &SignedIn, told: Option<Told>) -> Result<LeavePage, Turned> {
    let stands = match who.role {
        Role::Resident => stands_of(desk, visitor.words, who)?,
        Role::VenueManager(_) | Role::FrontDesk(_) | Role::Operator => Stands::OfStaff,
    };
    Ok(LeavePage { shell: Shell::of(visitor, visitor.words.say("delete-account"), Place::Me), told, stands })
}

fn stands_of(desk: &Desk, words: Words, who: &SignedIn) -> Result<Stands, Turned> {
    let now = desk.clock.now();
    let ahead = match desk.engine.ahead_of(who.no, now) {
        Ok(ahead) => ahead,
        Err(Refusal::TooLate) => return Ok(Stands::Waits),
        Err(refusal) => return Err(desk.refuse(refusal).into()),
    };
    let world = Arc::clone(&desk.engine.world());
    let currency = world.catalogue.city().currency;
    let account = desk.engine.residents().get(who.no).ok_or(Problem::NotFound)?;
    let mut paid_back = account.settled();
    let mut called_off = Vec::with_capacity(ahead.len());
    for booking in ahead.into_iter().filter_map(|no| desk.engine.bookings().get(no)) {
        let Some(card) = BookingCard::of(desk, &world, words, &booking, now) else { continue };
        let back = given_back(&world, &booking, &card, now);
        paid_back = Minor::new(paid_back.get() + back.map_or(0, Minor::get));
        called_off.push(CalledOff { card, back: back.map(|back| format::money(back, currency)) });
    }
    called_off.sort_by_key(|booking| booking.card.start);
    let paid_back = (paid_back != Minor::ZERO).then(|| format::sum(paid_back, currency));
    Ok(Stands::Free(Comes { called_off, paid_back }))
}

/// What calling a booking off gives back, when it was paid.
fn given_back(
    world: &World,
    booking: &Booking,
    card: &BookingCard,
    now: crate::domain::time::UtcMillis,
) -> Option<Minor> {
    let pitch = world.catalogue.pitch(booking.terms.pitch)?;
    let is_paid = booking.state.settled() == BookingState::Confirmed;
    is_paid.then(|| pitch.cancel.refund(booking.terms.price, card.start, now))?
}
