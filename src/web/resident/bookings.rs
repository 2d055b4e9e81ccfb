//! `/bookings`: one's own bookings, what is coming first.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::booking_card::BookingCard;
use crate::api::past::UpTo;
use crate::api::query::QueryOf;
use crate::api::resident::Residents;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many of what is over are shown before one asks for all.
const PAST_MAX: usize = 20;

#[derive(Debug, Deserialize)]
pub struct BookingsQuery {
    #[serde(default)]
    past: Past,
}

/// How much of what is over is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Past {
    #[default]
    Last,
    All,
}

#[derive(Template)]
#[template(path = "resident/bookings.html")]
struct BookingsPage {
    shell: Shell,
    coming: Vec<BookingCard>,
    past: Vec<BookingCard>,
    has_more: bool,
}

/// The list.
///
/// # Errors
/// The way to the sign-in, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    QueryOf(query): QueryOf<BookingsQuery>,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let world = Arc::clone(&desk.engine.world());
    let now = desk.clock.now();
    // One more than is shown tells whether there are more.
    let limit = (query.past == Past::Last).then_some(PAST_MAX + 1);
    let UpTo { found, missing } = desk.past.of_resident(visitor.resident()?, limit).await;
    let is_missing_some = missing.is_some();
    // All there is, or what is here.
    if let Some(missing) = missing.filter(|_| query.past == Past::All) {
        return Err(missing.into());
    }
    let cards =
        found.into_iter().filter_map(|booking| BookingCard::of(desk, &world, visitor.words, &booking, now));
    let (mut coming, mut past): (Vec<_>, Vec<_>) = cards.partition(|card| card.is_coming);
    coming.sort_by_key(|card| card.start);
    past.sort_by_key(|card| std::cmp::Reverse(card.start));
    let is_cut = query.past == Past::Last && past.len() > PAST_MAX;
    if is_cut {
        past.truncate(PAST_MAX);
    }
    let has_more = is_cut || is_missing_some;
    let shell = Shell::of(&visitor, visitor.words.say("nav-bookings"), Place::Bookings);
    page::own(StatusCode::OK, &BookingsPage { shell, coming, past, has_more })
}
