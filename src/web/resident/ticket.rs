//! `/bookings/{id}/ticket`: what gets somebody in: a code to scan, eight signs to say, and what it is for.
//!
//! The drawing stands in the page, so that the page is all that has to be kept for an hour without a connection.

use std::fmt::Write;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::HeaderValue;
use axum::http::{HeaderName, StatusCode};
use axum::response::Response;
use qrcode::{Color, QrCode};

use super::booking::own_booking;
use super::booking_card::BookingCard;
use super::companions::told_name;
use crate::api::extract::PathText;
use crate::api::problem::Problem;
use crate::api::resident::Residents;
use crate::api::resident::party::party_of;
use crate::api::resident::tickets::{code_of, ticket_of};
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// Until when the service worker keeps the page, in milliseconds since 1970.
const KEEP_UNTIL: HeaderName = HeaderName::from_static("x-keep-until");
/// A ticket is kept a day past its use.
const KEPT_MS: i64 = 24 * 3_600_000;
/// The white around a code, in its own modules: fewer and cameras miss it.
const QUIET_MODULES: usize = 4;

#[derive(Template)]
#[template(path = "resident/ticket.html")]
struct TicketPage {
    shell: Shell,
    card: BookingCard,
    code: String,
    name: String,
    /// Who comes along.
    party: Vec<String>,
    side: usize,
    path: String,
}

/// The ticket.
///
/// # Errors
/// The way to the sign-in, why there is no ticket, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    PathText(id): PathText,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let who = visitor.signed_in()?;
    let (ticket, text) = ticket_of(desk, &who, &id).await?;
    let booking = own_booking(desk, who.resident()?, &id).await?;
    let party = party_of(desk, booking.terms.resident, booking.no).await?;
    let world = Arc::clone(&desk.engine.world());
    let card =
        BookingCard::of(desk, &world, visitor.words, &booking, desk.clock.now()).ok_or(Problem::NotFound)?;
    let signs = desk.tickets.code(ticket.booking);
    let (first, last) = signs.as_str().split_at(4);
    let code = format!("{first} {last}");
    let (side, path) = drawing(&code_of(&text)?);
    let keep_until = card.end.plus_ms(KEPT_MS);
    let page = TicketPage {
        shell: Shell::of(&visitor, visitor.words.say("ticket"), Place::Bookings).with_modules(&["ticket.js"]),
        name: visitor.words.tell("entry-code", &[("code", (&code).into())]),
        party: party.iter().map(|one| told_name(visitor.words, one)).collect(),
        card,
        code,
        side,
        path,
    };
    let mut response = page::own(StatusCode::OK, &page)?;
    response.headers_mut().insert(KEEP_UNTIL, HeaderValue::from(keep_until.get()));
    Ok(response)
}

/// The code's side with its quiet zone, and its dark modules as a path: one stroke for each run in a row.
fn drawing(code: &QrCode) -> (usize, String) {
    let width = code.width();
    let mut path = String::with_capacity(width * width);
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while let Some(color) = row.get(x) {
            let run = row[x..].iter().take_while(|other| *other == color).count();
            if *color == Color::Dark {
                // Writing to a string doesn't fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET_MODULES, y + QUIET_MODULES);
            }
            x += run;
        }
    }
    (width + 2 * QUIET_MODULES, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_each_dark_module_once() {
        let code = code_of("a ticket").expect("a code");
        let (side, path) = drawing(&code);
        assert_eq!(side, code.width() + 8);
        let drawn: usize = path
            .split('h')
            .skip(1)
            .step_by(2)
            .filter_map(|run| run.split('v').next()?.parse::<usize>().ok())
            .sum();
        let dark = code.to_colors().iter().filter(|color| **color == Color::Dark).count();
        assert_eq!(drawn, dark);
    }
}
