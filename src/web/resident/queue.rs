//! `/releases/{release}/queue`: the waiting room. Who waits may close the page; his place is kept.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::response::Response;
use jiff::tz::TimeZone;

use super::releases::{VenueRow, venues_of};
use crate::api::answer::city_moment;
use crate::api::extract::PathText;
use crate::api::open_data::queue_view::{QueueState, QueueView};
use crate::api::problem::Problem;
use crate::api::resident::challenge::made;
use crate::api::resident::queue::{Own, PlaceState, joined, left, own};
use crate::api::resident::{Desk, Residents};
use crate::domain::catalogue::Release;
use crate::domain::ids::ResidentNo;
use crate::domain::time::UtcMillis;
use crate::engine::Engine;
use crate::engine::queues::{Board, Stand};
use crate::engine::world::World;
use crate::identity::challenge::Challenge;
use crate::web::address::encoded;
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// How many venues are shown to whom it is the turn of.
const VENUES: usize = 12;

#[derive(Template)]
#[template(path = "resident/queue.html")]
struct QueuePage {
    shell: Shell,
    name: String,
    address: String,
    release: String,
    lead: String,
    /// How many wait, for who doesn't.
    crowd: String,
    told: Option<Told>,
    sign_in: Option<String>,
    /// Whether one can come now, and what the page's module solves before.
    can_join: bool,
    challenge: Option<String>,
    waiting: Option<WaitingCard>,
    turn: Option<TurnCard>,
    /// What is told to who was here.
    after: Option<String>,
    terms: Vec<String>,
    check: Check,
}

/// What one is told who waits.
struct WaitingCard {
    /// The page's module goes by these.
    place: u32,
    state: &'static str,
    board: String,
    number: String,
    place_told: Option<String>,
    before: Option<String>,
    serving: String,
    expected: Option<String>,
    is_sold_out: bool,
    ticket: String,
}

/// What one is told whose turn it is.
struct TurnCard {
    until: String,
    until_moment: String,
    now: String,
    venues: Vec<VenueRow>,
}

/// How the order is checked.
struct Check {
    commitment: String,
    seed: Option<(String, u32)>,
    file: String,
}

/// What a form asks for.
#[derive(Debug, serde::Deserialize)]
pub struct Deed {
    deed: String,
    /// What the page's module has found.
    altcha: Option<String>,
}

/// The page.
///
/// # Errors
/// `not-found`, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let (page, again_s) = page_of(&state.desk, &visitor, &code)?;
    let mut response = page::own(StatusCode::OK, &page)?;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(again_s));
    Ok(response)
}

/// Comes, or leaves.
///
/// # Errors
/// The way to the sign-in, or a fault of ours; what is refused is shown on the page.
pub async fn send(
    State(state): State<Residents>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(form): Form<Deed>,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let resident = visitor.resident()?;
    let done = match form.deed.as_str() {
        "leave" => left(desk, resident, &code).await,
        _ => joined(desk, resident, &code, form.altcha.as_deref()).await.map(|_| ()),
    };
    match done {
        Ok(()) => Ok(see_other(&format!("/releases/{code}/queue"))),
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound)) => Err(fault.into()),
        Err(problem) => {
            let (mut page, _) = page_of(desk, &visitor, &code)?;
            let world = World::clone(&desk.engine.world());
            page.told = Some(Told::of(visitor.words, &problem).with_details(visitor.words, &world, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}

/// The page as it stands, and after how many seconds one looks again.
fn page_of(desk: &Desk, visitor: &Visitor, code: &str) -> Result<(QueuePage, u32), Turned> {
    let words = visitor.words;
    let world = Arc::clone(&desk.engine.world());
    let now = desk.clock.now();
    let zone = world.catalogue.zone();
    let release = world.catalogue.release_by_code(code).ok_or(Problem::NotFound)?;
    let view = QueueView::of(&desk.engine, zone, release, now).ok_or(Problem::NotFound)?;
    let board = desk.engine.queues().board(release.no, now).ok_or(Problem::NotFound)?;
    let resident = visitor.resident_if_any();
    let own = resident.and_then(|resident| {
        let own = own(desk, release.no, resident, now).ok()?;
        Some((resident, own, own.state(release, now)))
    });
    let again_s = own.as_ref().map_or(30, |(_, own, _)| own.again_s(view.opens_at.moment(), now));
    let name = format::name(words, &release.def.name).to_owned();
    let address = format!("/releases/{code}/queue");
    let state = own.as_ref().map(|(_, _, state)| *state);
    let is_open = matches!(view.state, QueueState::Gathering | QueueState::Serving | QueueState::SoldOut);
    let is_in = matches!(state, Some(PlaceState::Waiting | PlaceState::SoldOut | PlaceState::Admitted));
    let title = match state {
        Some(PlaceState::Admitted) => words.tell("queue-turn-title", &[("name", name.as_str().into())]),
        Some(PlaceState::Waiting | PlaceState::SoldOut | PlaceState::Over | PlaceState::Left) | None => {
            words.tell("queue-title", &[("name", name.as_str().into())])
        }
    };
    let page = QueuePage {
        shell: Shell::of(visitor, title, Place::Find).with_modules(&[
            "countdown.js",
            "waiting.js",
            "proof.js",
        ]),
        sign_in: (is_open && visitor.who.is_none()).then(|| format!("/sign-in?next={}", encoded(&address))),
        can_join: is_open && resident.is_some() && !is_in,
        challenge: resident.map(|resident| made(desk, resident, code)).transpose()?.flatten().map(written),
        waiting: own.as_ref().and_then(|own| waiting(desk, words, zone, code, own, now)),
        turn: own.as_ref().and_then(|(_, own, _)| turn(words, &world, release, own, now)),
        after: after(words, state),
        lead: lead(words, zone, &view, state),
        crowd: words.tell("queue-crowd", &[("count", i64::from(board.waiting).into())]),
        terms: told_terms(words, &view),
        check: check(code, &view, &board),
        told: None,
        release: format!("/releases/{code}"),
        name,
        address,
    };
    Ok((page, again_s))
}

/// How far a release's queue is, and the way to the waiting room.
#[must_use]
pub fn told_of(
    words: Words,
    engine: &Engine,
    world: &World,
    release: &Release,
    now: UtcMillis,
) -> Option<(String, String)> {
    let zone = world.catalogue.zone();
    let view = QueueView::of(engine, zone, release, now)?;
    let address = format!("/releases/{}/queue", release.def.code.as_str());
    Some((lead(words, zone, &view, None), address))
}

/// How far the queue is, in a sentence.
fn lead(words: Words, zone: &TimeZone, view: &QueueView, state: Option<PlaceState>) -> String {
    let at = |at: UtcMillis| [("moment", format::moment(words, zone, at).into())];
    match (view.state, state) {
        (_, Some(PlaceState::Admitted)) => words.say("queue-turn-told").into_owned(),
        (QueueState::Announced, _) => words.tell("queue-announced", &at(view.join_from.moment())),
        (QueueState::Gathering, _) => words.tell("queue-gathering", &at(view.opens_at.moment())),
        (QueueState::Serving, _) => words.say("queue-serving").into_owned(),
        (QueueState::SoldOut, _) => words.say("queue-sold-out").into_owned(),
        (QueueState::Over, _) => words.say("queue-over").into_owned(),
    }
}

fn told_terms(words: Words, view: &QueueView) -> Vec<String> {
    let minutes = i64::from(view.minutes_to_act);
    vec![
        words.say("queue-rule-early").into_owned(),
        words.tell("queue-rule-turn", &[("minutes", minutes.into())]),
        words.say("queue-rule-past").into_owned(),
    ]
}

/// What is told to who was here.
fn after(words: Words, state: Option<PlaceState>) -> Option<String> {
    match state? {
        PlaceState::Over => Some(words.say("queue-is-over").into_owned()),
        PlaceState::Left => Some(words.say("queue-is-left").into_owned()),
        PlaceState::Waiting | PlaceState::Admitted | PlaceState::SoldOut => None,
    }
}

fn waiting(
    desk: &Desk,
    words: Words,
    zone: &TimeZone,
    code: &str,
    (resident, own, state): &(ResidentNo, Own, PlaceState),
    now: UtcMillis,
) -> Option<WaitingCard> {
    let Own { place, board } = own;
    let (state, is_sold_out) = match state {
        PlaceState::Waiting if board.opened.is_none() => ("gathering", false),
        PlaceState::Waiting => ("serving", false),
        PlaceState::SoldOut => ("sold_out", true),
        PlaceState::Admitted | PlaceState::Over | PlaceState::Left => return None,
    };
    let number = grouped;
    let expected = place.wait.map(|wait| {
        let time = |ms: i64| format::time(zone, now.plus_ms(ms));
        let args = [("from", time(wait.from_ms).into()), ("to", time(wait.to_ms).into())];
        words.tell("queue-expected", &args)
    });
    Some(WaitingCard {
        place: place.place.unwrap_or(0),
        state,
        board: format!("/v1/releases/{code}/queue"),
        number: number(place.number),
        place_told: place.place.map(number),
        before: place.before.map(number),
        serving: number(board.served),
        expected,
        is_sold_out,
        ticket: desk.queue_numbers.sign(code, place.number, *resident),
    })
}

/// A challenge as the page's module reads it.
fn written(challenge: Challenge) -> String {
    serde_json::to_string(&challenge).unwrap_or_default()
}

/// A number as people read it: thousands apart.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn turn(words: Words, world: &World, release: &Release, own: &Own, now: UtcMillis) -> Option<TurnCard> {
    let Stand::Admitted { until } = own.place.stand else { return None };
    let zone = world.catalogue.zone();
    let first = release.def.first_day.max(world.days.first());
    let mut venues = venues_of(words, world, release, first);
    venues.truncate(VENUES);
    Some(TurnCard {
        until: format::time(zone, until),
        until_moment: city_moment(zone, until).to_string(),
        now: city_moment(zone, now).to_string(),
        venues,
    })
}

fn check(code: &str, view: &QueueView, board: &Board) -> Check {
    Check {
        commitment: view.commitment.clone(),
        seed: board.opened.map(|(seed, early)| (crate::domain::draw::Hash(seed.0).to_string(), early)),
        file: format!("/v1/releases/{code}/queue"),
    }
}
