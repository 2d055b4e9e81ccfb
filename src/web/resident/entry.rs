//! `/releases/{release}/entry`: entering for a release that is drawn by lot, what came of it, and how the draw is checked.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::book::made_key;
use super::entry_form::{self, Deed, Fields, Line, Typed};
use crate::api::extract::PathText;
use crate::api::headers::checked_key;
use crate::api::open_data::lottery_view::{LotteryStatus, LotteryView};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::booking_view::BookingStatus;
use crate::api::resident::entries::{changed, entered, own, withdrawn};
use crate::api::resident::entry_view::{EntryStatus, Own};
use crate::api::resident::{Desk, Residents};
use crate::domain::catalogue::Release;
use crate::domain::ids::ResidentNo;
use crate::domain::lottery::Wish;
use crate::domain::time::UtcMillis;
use crate::engine::draws::Stage;
use crate::engine::enter::Standing;
use crate::engine::world::World;
use crate::web::address::encoded;
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Entered,
    Changed,
    Withdrawn,
}

#[derive(Debug, Deserialize)]
pub struct EntryQuery {
    done: Option<Done>,
}

#[derive(Template)]
#[template(path = "resident/entry.html")]
struct EntryPage {
    shell: Shell,
    name: String,
    address: String,
    terms: Vec<String>,
    done: Option<String>,
    told: Option<Told>,
    sign_in: Option<String>,
    form: Option<EntryForm>,
    entry: Option<EntryCard>,
    check: Check,
}

/// The form.
struct EntryForm {
    lines: Vec<Line>,
    party_size: i64,
    party_max: u16,
    key: String,
    /// Whether there is an entry that it changes.
    is_there: bool,
    withdraw: String,
}

/// One's own entry, and what came of it.
struct EntryCard {
    kind: &'static str,
    status: String,
    choices: Vec<String>,
    party: u16,
    booking: Option<(String, String)>,
}

/// How the draw is checked.
struct Check {
    id: Option<String>,
    commitment: String,
    root: Option<String>,
    value: Option<String>,
    file: String,
    command: Option<String>,
}

/// The page.
///
/// # Errors
/// `not-found`, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    QueryOf(query): QueryOf<EntryQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let world = Arc::clone(&desk.engine.world());
    let mut page = page_of(desk, &visitor, &world, &code, None)?;
    page.done = query.done.map(|done| {
        let key = match done {
            Done::Entered => visitor.words.say("lottery-done-entered"),
            Done::Changed => visitor.words.say("lottery-done-changed"),
            Done::Withdrawn => visitor.words.say("lottery-done-withdrawn"),
        };
        key.into_owned()
    });
    page::own(StatusCode::OK, &page)
}

/// Enters, changes, withdraws, or moves a choice up.
///
/// # Errors
/// The way to the sign-in, or a fault of ours; what is refused is shown above the form.
pub async fn send(
    State(state): State<Residents>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(fields): Form<Fields>,
) -> Result<Response, Turned> {
    let desk = &state.desk;
    let resident = visitor.resident()?;
    let world = World::clone(&desk.engine.world());
    let release = lottery(&world, &code)?;
    let terms = release.def.lottery.as_deref().ok_or(Problem::NotFound)?;
    let mut typed = entry_form::typed(&fields, entry_form::ranks(terms));
    let party_size = fields.get("party_size").and_then(|party| party.trim().parse().ok()).unwrap_or(0);
    let deed = fields.get("deed").map_or(Some(Deed::Enter), |deed| Deed::of(deed));
    if let Some(Deed::Up(rank)) = deed {
        // Nothing is kept: the form comes back as it was typed, in another order.
        entry_form::move_up(&mut typed, rank);
        let page = page_of(desk, &visitor, &world, &code, Some((typed, party_size)))?;
        return page::own(StatusCode::OK, &page);
    }
    let key = fields.get("key").map_or("", String::as_str);
    let asked = Asked { code: &code, key, party_size };
    match done(desk, &world, resident, deed, &typed, &asked).await {
        Ok(done) => Ok(see_other(&format!("/releases/{code}/entry?done={done}"))),
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound)) => Err(fault.into()),
        Err(problem) => {
            let mut page = page_of(desk, &visitor, &world, &code, Some((typed, party_size)))?;
            page.told = Some(Told::of(visitor.words, &problem).with_details(visitor.words, &world, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}

/// What a form asks for beside its ranks.
struct Asked<'a> {
    code: &'a str,
    key: &'a str,
    party_size: i64,
}

async fn done(
    desk: &Desk,
    world: &World,
    resident: ResidentNo,
    deed: Option<Deed>,
    typed: &[Typed],
    asked: &Asked<'_>,
) -> Result<&'static str, Problem> {
    let Asked { code, key, party_size } = *asked;
    if deed == Some(Deed::Withdraw) {
        withdrawn(desk, resident, code).await?;
        return Ok("withdrawn");
    }
    let body = entry_form::body(world, typed, party_size);
    let is_there = own(desk, resident, code).is_ok_and(|own| own.entry.standing == Standing::Entered);
    if is_there {
        changed(desk, resident, code, &body).await?;
        return Ok("changed");
    }
    entered(desk, resident, code, checked_key(key).map(Some), &body).await?;
    Ok("entered")
}

fn lottery<'w>(world: &'w World, code: &str) -> Result<&'w Release, Problem> {
    let release = world.catalogue.release_by_code(code).filter(|release| release.def.lottery.is_some());
    release.ok_or(Problem::NotFound)
}

/// The page as it stands, with a form that was typed already, or with what the entry says.
fn page_of(
    desk: &Desk,
    visitor: &Visitor,
    world: &World,
    code: &str,
    typed: Option<(Vec<Typed>, i64)>,
) -> Result<EntryPage, Turned> {
    let words = visitor.words;
    let release = lottery(world, code)?;
    let now = desk.clock.now();
    let zone = world.catalogue.zone();
    let view = LotteryView::of(&desk.engine, zone, release, now).ok_or(Problem::NotFound)?;
    let terms = release.def.lottery.as_deref().ok_or(Problem::NotFound)?;
    let resident = visitor.resident_if_any();
    let entry = resident.and_then(|resident| own(desk, resident, code).ok());
    let address = format!("/releases/{code}/entry");
    let is_open = view.status == LotteryStatus::Open;
    let form = resident.filter(|_| is_open).map(|_| {
        let live = entry.as_ref().filter(|own| own.entry.standing == Standing::Entered);
        let of_entry = || {
            let wishes = live.map_or(&[][..], |own| &own.entry.wishes);
            let party = live.map_or(1, |own| i64::from(own.entry.party));
            (entry_form::of_wishes(world, wishes, entry_form::ranks(terms)), party)
        };
        let (typed, party_size) = typed.unwrap_or_else(of_entry);
        EntryForm {
            lines: entry_form::lines(words, world, release, &typed),
            party_size,
            party_max: terms.party_max.min(party_max(world, release)),
            key: made_key(),
            is_there: live.is_some(),
            withdraw: words.say("lottery-withdraw").into_owned(),
        }
    });
    let name = format::name(words, &release.def.name).to_owned();
    Ok(EntryPage {
        shell: Shell::of(
            visitor,
            words.tell("lottery-title", &[("name", name.as_str().into())]),
            Place::Find,
        ),
        name,
        sign_in: (is_open && visitor.who.is_none()).then(|| format!("/sign-in?next={}", encoded(&address))),
        address,
        terms: told_terms(words, world, release, &view),
        done: None,
        told: None,
        form,
        check: check_of(words, desk, release, entry.as_ref()),
        entry: entry.map(|own| card_of(desk, words, world, release, &own, now)),
    })
}

fn party_max(world: &World, release: &Release) -> u16 {
    let pitches = release.def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no));
    pitches.map(|pitch| pitch.party_max).max().unwrap_or(1)
}

/// When one may enter, how far it is, until when winners pay, and how many have entered.
#[must_use]
pub fn told_terms(words: Words, world: &World, release: &Release, view: &LotteryView) -> Vec<String> {
    let zone = world.catalogue.zone();
    let moment = |at: UtcMillis| format::moment(words, zone, at);
    let rest = release.def.opens_at(zone, release.def.first_day);
    let at = |at: UtcMillis| [("moment", moment(at).into())];
    let mut told = vec![match view.status {
        LotteryStatus::Announced => words.tell("lottery-announced", &at(view.opens_at.moment())),
        LotteryStatus::Open => words.tell("lottery-open", &at(view.closes_at.moment())),
        LotteryStatus::Closed => words.say("lottery-closed").into_owned(),
        LotteryStatus::Sealed => words.tell("lottery-sealed", &at(view.draw_at.moment())),
        LotteryStatus::Drawn => words.say("lottery-drawn").into_owned(),
    }];
    let entries = i64::try_from(view.entries).unwrap_or(i64::MAX);
    told.push(words.tell("lottery-entries", &[("count", entries.into())]));
    let pay = moment(view.pay_by.moment());
    told.push(words.tell("lottery-pay", &[("pay", pay.into()), ("rest", moment(rest).into())]));
    told.push(words.tell("lottery-beacon", &[("beacon", view.beacon.as_str().into())]));
    told
}

fn check_of(words: Words, desk: &Desk, release: &Release, own: Option<&Own>) -> Check {
    let code = release.def.code.as_str();
    let stage = desk.engine.draw_stage(release.no);
    let (root, value) = match &stage {
        Some(Stage::Sealed(list)) => (Some(list.root.to_string()), None),
        Some(Stage::Drawn(list, drawn)) => {
            (Some(list.root.to_string()), Some(drawn.value.as_ref().to_owned()))
        }
        Some(Stage::Open { .. }) | None => (None, None),
    };
    let commitment = release.def.lottery.as_deref().map(|terms| terms.commitment.to_string());
    Check {
        id: own.map(|own| own.entry.id.to_string()),
        commitment: commitment.unwrap_or_default(),
        command: value
            .is_some()
            .then(|| words.tell("lottery-command", &[("file", format!("{code}.json").into())])),
        root,
        value,
        file: format!("/v1/releases/{code}/draw"),
    }
}

fn card_of(
    desk: &Desk,
    words: Words,
    world: &World,
    release: &Release,
    own: &Own,
    now: UtcMillis,
) -> EntryCard {
    let zone = world.catalogue.zone();
    let wish = |wish: &Wish| {
        let pitch = world.catalogue.pitch(wish.pitch).map_or("", |pitch| format::name(words, &pitch.name));
        format!("{pitch}, {} {}", format::day(words, wish.day), format::span(wish.span()))
    };
    let won = own.won().as_ref().map(wish).unwrap_or_default();
    let held = own.booking.filter(|booking| BookingStatus::of(booking.state) == Some(BookingStatus::Held));
    let (kind, status) = match own.status(&desk.engine, world) {
        EntryStatus::Entered => ("good", words.say("lottery-is-entered").into_owned()),
        EntryStatus::Withdrawn => ("", words.say("lottery-is-withdrawn").into_owned()),
        EntryStatus::Won => {
            let args = [("slot", won.into())];
            match (held, own.booking.and_then(|booking| BookingStatus::of(booking.state))) {
                (Some(booking), _) => {
                    let by = format::moment(words, zone, booking.changed_at);
                    let [slot] = args;
                    ("held", words.tell("lottery-won-pay", &[slot, ("moment", by.into())]))
                }
                (None, None) => ("held", words.tell("lottery-won", &args)),
                (None, Some(BookingStatus::Expired | BookingStatus::Cancelled)) => {
                    ("", words.tell("lottery-won-gone", &args))
                }
                (None, Some(_)) => ("good", words.tell("lottery-won-paid", &args)),
            }
        }
        EntryStatus::Reserve => {
            let rank = match own.entry.standing {
                Standing::Reserve(rank) => rank,
                Standing::Entered
                | Standing::Withdrawn
                | Standing::Won(_)
                | Standing::Held(..)
                | Standing::Lapsed => 0,
            };
            let first = own.entry.wishes.first().map_or(release.def.first_day, |wish| wish.day);
            let until = format::moment(words, zone, release.def.opens_at(zone, first).max(now));
            let args = [("rank", i64::from(rank).into()), ("moment", until.into())];
            ("unreleased", words.tell("lottery-reserve", &args))
        }
        EntryStatus::Lost => ("", words.say("lottery-lost").into_owned()),
        EntryStatus::Lapsed => ("", words.say("lottery-lapsed").into_owned()),
    };
    EntryCard {
        kind,
        status,
        choices: own.entry.wishes.iter().map(wish).collect(),
        party: own.entry.party,
        booking: own.booking.map(|booking| {
            let address = format!("/bookings/{}", desk.ids.booking(booking.no).as_str());
            let text = if held.is_some() { words.say("lottery-pay-now") } else { words.say("booking") };
            (address, text.into_owned())
        }),
    }
}
