//! `/wallet`: what is in it, how it got there, and how more gets in.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::book::made_key;
use crate::api::headers::checked_key;
use crate::api::past::UpTo;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::wallet_entries::{EntryKind, last_movements, newest_first};
use crate::api::resident::{Desk, Residents, wallet};
use crate::domain::ids::ResidentNo;
use crate::domain::money::Minor;
use crate::engine::accounts::TOP_UP_MAX;
use crate::web::form::Form;
use crate::web::format;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// Under which path the keys of top-ups from here are known.
const TOP_UP_PATH: &str = "/wallet";
/// What is offered, in whole units of the currency.
const OFFERED: [i64; 4] = [50, 100, 200, 500];
/// How many entries are shown before one asks for all.
const ENTRIES_MAX: usize = 50;

#[derive(Debug, Deserialize)]
pub struct WalletQuery {
    topped_up: Option<i64>,
    #[serde(default)]
    entries: Entries,
}

/// How many entries are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entries {
    #[default]
    Last,
    All,
}

#[derive(Template)]
#[template(path = "resident/wallet.html")]
struct WalletPage {
    shell: Shell,
    balance: String,
    done: Option<String>,
    told: Option<Told>,
    key: String,
    offers: Vec<Offer>,
    entries: Vec<Entry>,
    has_more: bool,
}

struct Offer {
    amount: i64,
    text: String,
}

struct Entry {
    what: String,
    when: String,
    amount: String,
    address: Option<String>,
    is_in: bool,
}

/// The wallet.
///
/// # Errors
/// The way to the sign-in, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    QueryOf(query): QueryOf<WalletQuery>,
) -> Result<Response, Turned> {
    let resident = visitor.resident()?;
    let mut page = page_of(&state.desk, &visitor, resident, query.entries).await?;
    let currency = state.desk.engine.world().catalogue.city().currency;
    page.done = query.topped_up.filter(|amount| (1..=TOP_UP_MAX).contains(amount)).map(|amount| {
        let amount = format::money(Minor::new(amount), currency);
        visitor.words.tell("topped-up", &[("amount", amount.into())])
    });
    page::own(StatusCode::OK, &page)
}

async fn page_of(
    desk: &Desk,
    visitor: &Visitor,
    resident: ResidentNo,
    shown: Entries,
) -> Result<WalletPage, Turned> {
    let words = visitor.words;
    let account = desk.engine.residents().get(resident).ok_or(Problem::NotFound)?;
    let world = Arc::clone(&desk.engine.world());
    let currency = world.catalogue.city().currency;
    let (movements, has_more) = match shown {
        Entries::All => {
            let bookings = desk.past.all_of(resident).await?;
            (newest_first(desk, account, bookings.into_iter()), false)
        }
        Entries::Last => {
            let UpTo { mut found, missing } =
                last_movements(desk, &world, resident, (None, ENTRIES_MAX)).await?;
            let has_more = missing.is_some() || found.len() > ENTRIES_MAX;
            found.truncate(ENTRIES_MAX);
            (found, has_more)
        }
    };
    let entries = movements.into_iter().map(|movement| Entry {
        what: match movement.kind {
            EntryKind::Opening => words.say("entry-opening"),
            EntryKind::TopUp => words.say("entry-top-up"),
            EntryKind::Booking => words.say("entry-booking"),
            EntryKind::Refund => words.say("entry-refund"),
        }
        .into_owned(),
        when: match movement.kind {
            EntryKind::Opening => String::new(),
            EntryKind::TopUp | EntryKind::Booking | EntryKind::Refund => {
                format::moment(words, world.catalogue.zone(), movement.at)
            }
        },
        amount: format::sum(movement.amount, currency),
        address: movement.booking.map(|no| format!("/bookings/{}", desk.ids.booking(no).as_str())),
        is_in: movement.amount > Minor::ZERO,
    });
    let unit = format::unit(currency);
    let offers = OFFERED.map(|whole| {
        let amount = whole * unit;
        Offer { amount, text: format::money(Minor::new(amount), currency) }
    });
    Ok(WalletPage {
        shell: Shell::of(visitor, words.say("wallet"), Place::Me),
        balance: format::sum(account.settled(), currency),
        done: None,
        told: None,
        key: made_key(),
        offers: offers.into(),
        entries: entries.collect(),
        has_more,
    })
}

#[derive(Debug, Deserialize)]
pub struct TopUpForm {
    key: String,
    amount: i64,
}

/// Puts money in.
///
/// # Errors
/// The way to the sign-in, or a fault of ours; what is refused is shown.
pub async fn top_up(
    State(state): State<Residents>,
    visitor: Visitor,
    Form(form): Form<TopUpForm>,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let resident = visitor.resident()?;
    let key = checked_key(&form.key)?;
    match wallet::put_in(desk, resident, form.amount, TOP_UP_PATH, Some(key)).await {
        Ok((top_up, _)) => Ok(see_other(&format!("/wallet?topped_up={}", top_up.amount.get()))),
        Err(fault @ Problem::Internal { .. }) => Err(fault.into()),
        Err(problem) => {
            let mut page = page_of(desk, &visitor, resident, Entries::Last).await?;
            page.told = Some(Told::of(visitor.words, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}
