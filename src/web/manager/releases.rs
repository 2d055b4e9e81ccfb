//! `/manage/{venue}/releases`: what opens when, a new release, and the last one copied.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::closures::days_told;
use super::frame::{Head, HeadLink, Here, around};
use super::place::At;
use super::release_form::{ReleaseForm, ScopeChoice};
use super::release_terms::{mode_of, name_of};
use crate::api::extract::PathText;
use crate::api::headers::checked_key;
use crate::api::manager::authority::Task;
use crate::api::manager::releases::{ModeView, published};
use crate::api::manager::retry::Retry;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::catalogue::Release;
use crate::domain::release::{ReleaseMode, ReleaseWhen};
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// How many releases are shown, the newest first.
const SHOWN_MAX: usize = 100;

#[derive(Template)]
#[template(path = "manager/releases.html")]
struct ReleasesPage {
    shell: Shell,
    head: Head,
    is_published: bool,
    rows: Vec<ReleaseRow>,
    new: String,
    copy_last: Option<String>,
}

/// A release in the list.
pub(super) struct ReleaseRow {
    pub(super) name: String,
    pub(super) days: String,
    pub(super) when: String,
    pub(super) pitches: String,
    pub(super) limit: Option<String>,
    pub(super) share: Option<String>,
    /// How it is given out, where not to who comes first.
    pub(super) mode: Option<String>,
    address: String,
    pub(super) copy: String,
}

#[derive(Debug, Deserialize)]
pub struct ReleasesQuery {
    /// Whether one has just been published.
    #[serde(default)]
    done: String,
}

/// The list.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<ReleasesQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let (shell, head) = around(&at, &visitor, Here::Releases, visitor.words.say("manage-releases"))?;
    let rows: Vec<ReleaseRow> = of_venue(&at).take(SHOWN_MAX).map(|one| row_of(&at, &visitor, one)).collect();
    let page = ReleasesPage {
        shell,
        head,
        is_published: query.done == "published",
        new: at.address("/releases/new"),
        copy_last: rows.first().map(|row| row.copy.clone()),
        rows,
    };
    page::own(StatusCode::OK, &page)
}

/// The releases that name pitches of this venue, the newest first.
pub(super) fn of_venue(at: &At) -> impl Iterator<Item = &Release> {
    let is_here = |release: &&Arc<Release>| {
        let mut pitches = release.def.pitches.iter().filter_map(|no| at.world.catalogue.pitch(*no));
        pitches.any(|pitch| pitch.venue == at.venue)
    };
    at.world.catalogue.releases().iter().rev().filter(is_here).map(AsRef::as_ref)
}

pub(super) fn row_of(at: &At, visitor: &Visitor, release: &Release) -> ReleaseRow {
    let (words, def) = (visitor.words, &release.def);
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let named = def.pitches.iter().filter_map(|no| at.world.catalogue.pitch(*no));
    let named: Vec<&str> = named.map(|pitch| format::name(words, &pitch.name)).collect();
    ReleaseRow {
        name: format::name(words, &def.name).to_owned(),
        days: match def.last_day {
            Some(last) => days_told(words, def.first_day, last),
            None => words.tell("from-day-on", &[("date", format::day(words, def.first_day).into())]),
        },
        when: match def.when {
            ReleaseWhen::Daily { days_before, minute } => words.tell(
                "opens-daily",
                &[("days", i64::from(days_before).into()), ("time", time(minute).into())],
            ),
            ReleaseWhen::Once { at: moment } => words.tell(
                "opens-at",
                &[("moment", format::moment(words, at.world.catalogue.zone(), moment).into())],
            ),
        },
        pitches: named.join(&words.say("list-comma")),
        limit: def.limit_per_resident.map(|limit| words.tell("limit-told", &[("limit", limit.into())])),
        share: (def.counter_share_percent > 0).then(|| {
            words.tell("release-share", &[("percent", i64::from(def.counter_share_percent).into())])
        }),
        mode: match def.mode {
            ReleaseMode::FirstCome => None,
            ReleaseMode::Lottery => Some(words.say("mode-lottery").into_owned()),
            ReleaseMode::Queue => Some(words.say("mode-queue").into_owned()),
        },
        address: at.address(&format!("/releases/{}", def.code)),
        copy: at.address(&format!("/releases/new?copy={}", def.code)),
    }
}

#[derive(Debug, Deserialize)]
pub struct NewQuery {
    /// Which one is copied, for the days after it.
    #[serde(default)]
    copy: String,
    /// How a new one is given out.
    #[serde(default)]
    mode: String,
}

#[derive(Template)]
#[template(path = "manager/new_release.html")]
struct NewPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    form: ReleaseForm,
    modes: Vec<HeadLink>,
    mode_told: String,
    is_lottery: bool,
    is_queue: bool,
    scopes: Vec<ScopeChoice>,
    action: String,
    back: String,
}

/// The form: empty, or a copy.
///
/// # Errors
/// As `At::enter`, `not-found`, or a fault of ours.
pub async fn new(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<NewQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let form = match query.copy.as_str() {
        "" => ReleaseForm::empty(&at, mode_of(&query.mode)),
        copied => {
            let release = of_venue(&at).find(|release| release.def.code.as_str() == copied);
            ReleaseForm::after(&at, release.ok_or(Problem::NotFound)?)
        }
    };
    page::own(StatusCode::OK, &form_page(&at, &visitor, form)?)
}

fn form_page(at: &At, visitor: &Visitor, mut form: ReleaseForm) -> Result<NewPage, Problem> {
    let (shell, head) = around(at, visitor, Here::Releases, visitor.words.say("new-release"))?;
    // A new key each time: what was refused is judged anew.
    form.key = made_key();
    let scopes = form.scopes(at, visitor.words);
    let mode = mode_of(&form.mode);
    let (is_lottery, is_queue) = (matches!(mode, ModeView::Lottery), matches!(mode, ModeView::Queue));
    let (action, back) = (at.address("/releases"), at.address("/releases"));
    let words = visitor.words;
    let mode_told = match mode {
        ModeView::FirstCome => words.say("mode-first-come-told"),
        ModeView::Lottery => words.say("mode-lottery-told"),
        ModeView::Queue => words.say("mode-queue-told"),
    };
    let modes = modes(at, words, mode);
    let mode_told = mode_told.into_owned();
    Ok(NewPage {
        shell,
        head,
        told: None,
        form,
        modes,
        mode_told,
        is_lottery,
        is_queue,
        scopes,
        action,
        back,
    })
}

fn modes(at: &At, words: Words, current: ModeView) -> Vec<HeadLink> {
    let link = |mode: ModeView, text: Cow<'static, str>| HeadLink {
        text,
        address: at.address(&format!("/releases/new?mode={}", name_of(mode))),
        is_current: name_of(mode) == name_of(current),
    };
    vec![
        link(ModeView::FirstCome, words.say("mode-first-come")),
        link(ModeView::Lottery, words.say("mode-lottery")),
        link(ModeView::Queue, words.say("mode-queue")),
    ]
}

/// Publishes.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what can't be is shown over the form.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let path = at.address("/releases");
    let asks_for = form.asks_for();
    let done = match (checked_key(&form.key), form.body(&at)) {
        (Ok(key), Ok(body)) => {
            let retry = Retry { path: &path, key: Some(key), asks_for: &asks_for };
            published(&desk, at.who, &body, retry).await.map(|_| ())
        }
        (Err(problem), _) | (Ok(_), Err(problem)) => Err(problem),
    };
    match done {
        Ok(()) => Ok(see_other(&format!("{path}?done=published"))),
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let mut page = form_page(&at, &visitor, form)?;
            page.told = Some(Told::of(visitor.words, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}
