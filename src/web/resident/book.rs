//! `/book`: the sheet of a pitch and a time, with its price and its rule before the tap that pays.
//!
//! Length and pitch are chosen by links, so that the price that stands on the button is always the price. The form carries the key by
//! which a second tap is known for the same. What is refused leaves the choices as they are and shows what is nearest.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::companions::{Tick, ticked, ticks};
use super::links;
use super::refund;
use super::wish::Wish;
use crate::api::answer::span_of_day;
use crate::api::headers::checked_key;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::ordering::{Claim, WrittenOrder, placed};
use crate::api::resident::{Desk, Residents, wallet};
use crate::domain::ids::ResidentNo;
use crate::domain::money::Minor;
use crate::domain::units::UnitSpan;
use crate::engine::Engine;
use crate::engine::world::World;
use crate::web::address::encoded;
use crate::web::form::FormWithFields;
use crate::web::format;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, gone_on};
use crate::web::visitor::{Visitor, Wants};

/// Under which path the keys of bookings from the sheet are known.
const BOOK_PATH: &str = "/book";
const HOLD_PATH: &str = "/book hold";
const TOP_UP_PATH: &str = "/book top-up";

/// How many alternatives a refusal shows.
const ALTERNATIVES: usize = 3;

#[derive(Debug, Deserialize)]
pub struct BookQuery {
    pitch: String,
    start: String,
    end: String,
    #[serde(default = "one")]
    places: u16,
}

const fn one() -> u16 {
    1
}

/// What the form's button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Book,
    TopUpAndBook,
    Hold,
}

/// What the form sends, but for the boxes of companions.
#[derive(Debug, Deserialize)]
pub struct BookForm {
    pitch: String,
    start: String,
    end: String,
    #[serde(default = "one")]
    party_size: u16,
    key: String,
    /// What is put into the wallet first, where it is short.
    #[serde(default)]
    top_up: i64,
    deed: Deed,
}

/// The sheet as it is written.
pub struct Sheet {
    title: String,
    venue: String,
    venue_address: String,
    when: String,
    lengths: Vec<Choice>,
    others: Vec<Choice>,
    places: Vec<Choice>,
    party_max: u16,
    party_size: u16,
    companions: Vec<Tick>,
    price: String,
    rule: String,
    pay: Pay,
    hold_minutes: String,
    pitch: String,
    start: String,
    end: String,
    key: String,
    told: Option<Told>,
    alternatives: Vec<Choice>,
}

/// A choice that is a link.
struct Choice {
    text: String,
    address: String,
    is_current: bool,
}

/// How it can be paid for now.
enum Pay {
    /// Who looks isn't signed in; there and back.
    SignIn(String),
    /// It is not free.
    Gone,
    /// The wallet has enough.
    Wallet { balance: String },
    /// The wallet is short of so much.
    Short { balance: String, top_up: i64, short: String },
    /// Staff have no wallet.
    Staff,
}

#[derive(Template)]
#[template(path = "resident/book.html")]
struct BookPage {
    shell: Shell,
    sheet: Sheet,
}

#[derive(Template)]
#[template(path = "resident/book_fragment.html")]
struct BookFragment {
    shell: Shell,
    sheet: Sheet,
}

/// The sheet.
///
/// # Errors
/// `not-found`, `invalid-request`, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    QueryOf(query): QueryOf<BookQuery>,
) -> Result<Response, Turned> {
    let world = Arc::clone(&state.desk.engine.world());
    let asked = (query.pitch.as_str(), query.start.as_str(), query.end.as_str());
    let wish = Wish::read(&world, asked, query.places.max(1), state.desk.clock.now())?;
    let resident = visitor.resident_if_any();
    let ticks = ticks(&state.desk, visitor.words, resident, &[]).await?;
    let sheet = sheet_of(&state.desk, &visitor, &world, &wish, ticks);
    written(&visitor, StatusCode::OK, sheet)
}

/// Books, holds, or tops the wallet up and books.
///
/// # Errors
/// The way to the sign-in, or a fault of ours; what is refused is shown in the sheet.
pub async fn send(
    State(state): State<Residents>,
    visitor: Visitor,
    FormWithFields(form, fields): FormWithFields<BookForm>,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let resident = visitor.resident()?;
    let companions = ticked(&fields);
    match done(desk, resident, &form, &companions).await {
        Ok(address) => Ok(gone_on(visitor.wants, &address)),
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound)) => Err(fault.into()),
        Err(problem) => {
            let world = Arc::clone(&desk.engine.world());
            let now = desk.clock.now();
            let asked = (form.pitch.as_str(), form.start.as_str(), form.end.as_str());
            let wish = Wish::read(&world, asked, form.party_size.max(1), now)?;
            // With a new key: what was refused is judged anew, and what came with another content must not be met again.
            let ticks = ticks(desk, visitor.words, Some(resident), &companions).await?;
            let mut sheet = sheet_of(desk, &visitor, &world, &wish, ticks);
            sheet.told =
                Some(Told::of(visitor.words, &problem).with_details(visitor.words, &world, &problem));
            let nearest = wish.nearest(&desk.engine, &world, ALTERNATIVES, now);
            let is_gone = matches!(problem, Problem::SlotTaken | Problem::SoldOut | Problem::SlotClosed);
            if is_gone {
                sheet.alternatives = nearest
                    .into_iter()
                    .map(|(pitch, span)| Choice {
                        text: format!("{} {}", format::name(visitor.words, &pitch.name), format::span(span)),
                        address: links::book(pitch.code.as_str(), &wish.clock, span),
                        is_current: false,
                    })
                    .collect();
            }
            written(&visitor, problem.name().status(), sheet)
        }
    }
}

/// Does what the button says; the address of what it came to.
async fn done(
    desk: &Desk,
    resident: ResidentNo,
    form: &BookForm,
    companions: &[String],
) -> Result<String, Problem> {
    let (path, claim, told): (_, Claim, _) = match form.deed {
        Deed::Book | Deed::TopUpAndBook => (BOOK_PATH, Engine::book, "booked"),
        Deed::Hold => (HOLD_PATH, Engine::place_hold, "held"),
    };
    if form.deed == Deed::TopUpAndBook {
        let key = checked_key(&form.key)?;
        wallet::put_in(desk, resident, form.top_up, TOP_UP_PATH, Some(key)).await?;
    }
    let order = WrittenOrder {
        pitch: &form.pitch,
        start: &form.start,
        end: &form.end,
        party_size: Some(people(desk, form, companions)),
        companions,
    };
    let placed = placed(desk, resident, path, checked_key(&form.key), order, claim).await?;
    Ok(format!("/bookings/{}?done={told}", desk.ids.booking(placed.booking.no).as_str()))
}

/// For how many it is: who ticks companions and leaves the number as it was means them too. Places of a session are paid for, and so
/// they are as many as the price on the button says.
fn people(desk: &Desk, form: &BookForm, companions: &[String]) -> i64 {
    let asked = i64::from(form.party_size);
    let world = desk.engine.world();
    let is_session = world.catalogue.pitch_by_code(&form.pitch).is_some_and(super::grid_day::is_session);
    let with_companions = i64::try_from(companions.len()).unwrap_or(i64::MAX).saturating_add(1);
    if is_session { asked } else { asked.max(with_companions) }
}

/// A key that nobody has used.
#[must_use]
pub fn made_key() -> String {
    // Without random bytes two forms would be taken for one, which shows an old booking and charges nothing twice.
    let random = [getrandom::u64().unwrap_or(0), getrandom::u64().unwrap_or(0)];
    format!("{:016x}{:016x}", random[0], random[1])
}

fn written(visitor: &Visitor, status: StatusCode, sheet: Sheet) -> Result<Response, Turned> {
    let shell = Shell::of(visitor, sheet.title.as_str(), Place::Find).with_modules(&["sheet.js"]);
    match visitor.wants {
        Wants::Page => page::own(status, &BookPage { shell, sheet }),
        Wants::Fragment => page::own(status, &BookFragment { shell, sheet }),
    }
}

fn sheet_of(desk: &Desk, visitor: &Visitor, world: &World, wish: &Wish<'_>, companions: Vec<Tick>) -> Sheet {
    let words = visitor.words;
    let catalogue = &world.catalogue;
    let (engine, now, currency) = (&desk.engine, desk.clock.now(), catalogue.city().currency);
    let Wish { pitch, day, ref clock, span, places } = *wish;
    let code = pitch.code.as_str();
    let venue = catalogue.venue(pitch.venue);
    let (start, end) = span_of_day(clock, span);
    let (start, end) = (start.to_string(), end.to_string());
    let price = wish.price(world).unwrap_or(Minor::ZERO);
    let is_session = super::grid_day::is_session(pitch);
    let with_places = |address: String, places: u16| {
        if is_session { format!("{address}&places={places}") } else { address }
    };
    let length_text = |span: UnitSpan, price| {
        let length = format::minutes(words, span.minutes().into());
        format!("{length} · {}", format::money(price, currency))
    };
    let lengths: Vec<Choice> = wish
        .lengths(engine, world, now)
        .into_iter()
        .map(|(other, price)| Choice {
            text: length_text(other, price),
            address: with_places(links::book(code, clock, other), places),
            is_current: other == span,
        })
        .collect();
    let others = wish.others_at_the_time(engine, world, now).into_iter().map(|other| Choice {
        text: format::name(words, &other.name).to_owned(),
        address: with_places(links::book(other.code.as_str(), clock, span), places),
        is_current: false,
    });
    let place_choices = (1..=if is_session { pitch.party_max.min(8) } else { 0 }).map(|count| Choice {
        text: count.to_string(),
        address: with_places(links::book(code, clock, span), count),
        is_current: count == places,
    });
    let balance =
        visitor.resident_if_any().and_then(|no| engine.residents().get(no)).map(|one| one.spendable());
    let here = with_places(links::book(code, clock, span), places);
    let pay = match balance {
        _ if !wish.is_free(engine, world, now) => Pay::Gone,
        None if visitor.who.is_some() => Pay::Staff,
        None => Pay::SignIn(format!("/sign-in?next={}", encoded(&here))),
        Some(balance) if balance >= price => Pay::Wallet { balance: format::sum(balance, currency) },
        Some(balance) => {
            let short = Minor::new(price.get() - balance.get());
            Pay::Short {
                balance: format::sum(balance, currency),
                top_up: short.get(),
                short: format::money(short, currency),
            }
        }
    };
    let when = [("date", format::day(words, day).into()), ("time", format::span(span).into())];
    Sheet {
        title: format::name(words, &pitch.name).to_owned(),
        venue: venue.map_or("", |venue| format::name(words, &venue.def.name)).to_owned(),
        venue_address: venue.map_or_else(String::new, |venue| {
            let sport = catalogue.sport(pitch.sport).map_or("", |sport| sport.code.as_str());
            links::venue_day(venue.def.code.as_str(), sport, day)
        }),
        when: words.tell("date-time", &when),
        lengths,
        others: others.collect(),
        places: place_choices.collect(),
        party_max: pitch.party_max,
        party_size: places,
        companions,
        price: format::money(price, currency),
        rule: refund::rule(words, catalogue.zone(), pitch, wish.start(), now),
        pay,
        hold_minutes: format::minutes(words, catalogue.city().hold_minutes.into()),
        pitch: code.to_owned(),
        start,
        end,
        key: made_key(),
        told: None,
        alternatives: Vec::new(),
    }
}
