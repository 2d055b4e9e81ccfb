//! `/manage/{venue}/sell`: a sale at the counter: a telephone number, and the payment is taken.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, Here, around};
use super::place::At;
use crate::api::answer::span_of_day;
use crate::api::extract::PathText;
use crate::api::headers::checked_key;
use crate::api::manager::authority::Task;
use crate::api::manager::counter::{self, CounterBody};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::money::Minor;
use crate::domain::units::UnitSpan;
use crate::engine::view::SlotStatus;
use crate::web::address::encoded;
use crate::web::form::Form;
use crate::web::format;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::resident::grid_day::is_session;
use crate::web::resident::wish::Wish;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// How many lengths are offered.
const LENGTHS_MAX: usize = 6;

#[derive(Debug, Deserialize)]
pub struct SellQuery {
    pitch: String,
    start: String,
    end: String,
}

#[derive(Debug, Deserialize)]
pub struct SellForm {
    key: String,
    pitch: String,
    start: String,
    end: String,
    phone: String,
    name: String,
    #[serde(default)]
    party_size: Option<i64>,
}

#[derive(Template)]
#[template(path = "manager/sell.html")]
struct SellPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    when: String,
    pitch_name: String,
    lengths: Vec<(String, String, bool)>,
    button: String,
    price: String,
    is_each: bool,
    key: String,
    pitch: String,
    start: String,
    end: String,
    phone: String,
    name: String,
    party_size: i64,
    party_max: u16,
    action: String,
    back: String,
}

/// The form of a cell.
///
/// # Errors
/// As `At::enter`, `not-found`, `invalid-request`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<SellQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let wish = wish(&at, (&query.pitch, &query.start, &query.end))?;
    page::own(StatusCode::OK, &page_of(&desk, &at, &visitor, &wish)?)
}

/// What is asked for, where it is this venue's.
fn wish<'a>(at: &'a At, asked: (&str, &str, &str)) -> Result<Wish<'a>, Problem> {
    let wish = Wish::read(&at.world, asked, 1, at.now)?;
    if wish.pitch.venue == at.venue { Ok(wish) } else { Err(Problem::NotFound) }
}

fn page_of(desk: &Desk, at: &At, visitor: &Visitor, wish: &Wish<'_>) -> Result<SellPage, Problem> {
    let words = visitor.words;
    let price = format::money(wish.price(&at.world).unwrap_or(Minor::ZERO), at.currency());
    let (start, end) = span_of_day(&wish.clock, wish.span);
    let is_each = is_session(wish.pitch);
    let code = wish.pitch.code.as_str();
    let sport = at.world.catalogue.sport(wish.pitch.sport).map_or("", |sport| sport.code.as_str());
    let length = |span: UnitSpan| {
        let (start, end) = span_of_day(&wish.clock, span);
        let (start, end) = (encoded(&start.to_string()), encoded(&end.to_string()));
        let text = format!("{} · {}", format::minutes(words, span.minutes().into()), format::span(span));
        (text, at.address(&format!("/sell?pitch={code}&start={start}&end={end}")), span == wish.span)
    };
    let (shell, head) = around(at, visitor, Here::Calendar, words.say("sell-title"))?;
    Ok(SellPage {
        shell,
        head,
        told: None,
        when: words.tell(
            "date-time",
            &[("date", format::day(words, wish.day).into()), ("time", format::span(wish.span).into())],
        ),
        pitch_name: format::name(words, &wish.pitch.name).to_owned(),
        lengths: lengths(desk, at, wish).into_iter().map(length).collect(),
        button: if is_each {
            words.tell("take-payment-each", &[("price", (&price).into())])
        } else {
            words.tell("take-payment", &[("price", (&price).into())])
        },
        price,
        is_each,
        key: made_key(),
        pitch: code.to_owned(),
        start: start.to_string(),
        end: end.to_string(),
        phone: String::new(),
        name: words.say("walk-in-name").into_owned(),
        party_size: 1,
        party_max: wish.pitch.party_max,
        action: at.address("/sell"),
        back: at.address(&format!("/calendar?date={}&sport={sport}", wish.day)),
    })
}

/// The lengths from the same beginning on which nothing is booked. Whether they are sold is judged when they are.
fn lengths(desk: &Desk, at: &At, wish: &Wish<'_>) -> Vec<UnitSpan> {
    let slots = desk.engine.slots(&at.world, wish.pitch, wish.day, at.now);
    let from_start = slots.iter().skip_while(|slot| slot.span.first() != wish.span.first());
    let open = from_start
        .take_while(|slot| matches!(slot.status, SlotStatus::Free | SlotStatus::Unreleased))
        .take(usize::from(wish.pitch.max_slots).min(LENGTHS_MAX));
    open.filter_map(|slot| UnitSpan::between(wish.span.first(), slot.span.end()).ok()).collect()
}

/// Sells.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what is refused is shown in the form.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(form): Form<SellForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let SellForm { key, pitch, start, end, phone, name, party_size } = form;
    let body = CounterBody { pitch, start, end, party_size, phone: phone.trim().to_owned(), name };
    let asks_for =
        [&body.pitch, &body.start, &body.end, &body.phone, &body.name].map(String::as_str).join("\0");
    let asks_for = format!("{asks_for}\0{}", body.party_size.unwrap_or(1));
    let key = checked_key(&key).map(Some);
    match counter::sold(&desk, at.who, &code, &body, key, asks_for.as_bytes()).await {
        Ok(placed) => {
            let id = desk.ids.booking(placed.booking.no);
            Ok(see_other(&at.address(&format!("/bookings/{}?done=sold", id.as_str()))))
        }
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let wish = wish(&at, (&body.pitch, &body.start, &body.end))?;
            let mut page = page_of(&desk, &at, &visitor, &wish)?;
            page.told =
                Some(Told::of(visitor.words, &problem).with_details(visitor.words, &at.world, &problem));
            page.phone = body.phone;
            page.name = body.name;
            page.party_size = body.party_size.unwrap_or(1);
            page::own(problem.name().status(), &page)
        }
    }
}
