//! `/manage/{venue}/releases/{release}`: one of them: its terms, how far its draw or its queue has come, and where the public value of a
//! draw is put in. What everybody sees of it is a link away.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, Here, around};
use super::place::At;
use super::releases::{ReleaseRow, of_venue, row_of};
use crate::api::extract::PathTexts;
use crate::api::manager::authority::Task;
use crate::api::manager::draws::drawn;
use crate::api::open_data::lottery_view::{LotteryStatus, LotteryView};
use crate::api::open_data::queue_view::{QueueBoard, QueueView};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::catalogue::Release;
use crate::domain::event::Role;
use crate::engine::draws::Stage;
use crate::web::form::Form;
use crate::web::format;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::{entry, queue};
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct ReleaseQuery {
    /// Whether it has just been drawn.
    #[serde(default)]
    done: String,
}

#[derive(Debug, Deserialize)]
pub struct DrawForm {
    value: String,
}

#[derive(Template)]
#[template(path = "manager/release.html")]
struct ReleasePage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    is_drawn_now: bool,
    row: ReleaseRow,
    /// What is told of its draw or its queue, in sentences.
    lines: Vec<String>,
    facts: Vec<Fact>,
    draw: Option<DrawField>,
    public: String,
    report: String,
    /// Where everybody enters or waits.
    room: Option<(String, String)>,
    back: String,
}

/// Something that is so much, or a long text such as a hash.
struct Fact {
    name: String,
    value: String,
    is_hash: bool,
}

/// Where the public value is put in.
struct DrawField {
    action: String,
    beacon: String,
    value: String,
}

/// The release.
///
/// # Errors
/// As `At::enter`, `not-found` for what names no pitch of the venue, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<ReleaseQuery>,
    PathTexts(code, release): PathTexts,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let mut page = page_of(&desk, &at, &visitor, &release, "")?;
    page.is_drawn_now = query.done == "drawn";
    page::own(StatusCode::OK, &page)
}

/// Puts the public value in, and draws.
///
/// # Errors
/// As `show`; what can't be is told over the field.
pub async fn draw(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathTexts(code, release): PathTexts,
    Form(form): Form<DrawForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let address = at.address(&format!("/releases/{release}"));
    match drawn(&desk, at.who, &release, form.value.trim()).await {
        Ok(_) => Ok(see_other(&format!("{address}?done=drawn"))),
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let mut page = page_of(&desk, &at, &visitor, &release, &form.value)?;
            page.told = Some(Told::of(visitor.words, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}

fn page_of(desk: &Desk, at: &At, visitor: &Visitor, code: &str, value: &str) -> Result<ReleasePage, Turned> {
    let words = visitor.words;
    let release = of_venue(at).find(|release| release.def.code.as_str() == code).ok_or(Problem::NotFound)?;
    let row = row_of(at, visitor, release);
    let (shell, head) = around(at, visitor, Here::Releases, row.name.clone())?;
    let (lines, facts) = standing(desk, at, visitor, release);
    let room = if release.def.lottery.is_some() {
        Some((format!("/releases/{code}/entry"), words.say("release-entry-page").into_owned()))
    } else if release.def.queue.is_some() {
        Some((format!("/releases/{code}/queue"), words.say("release-waiting-room").into_owned()))
    } else {
        None
    };
    Ok(ReleasePage {
        shell,
        head,
        told: None,
        is_drawn_now: false,
        row,
        lines,
        facts,
        draw: draw_field(desk, at, release, value),
        public: format!("/releases/{code}"),
        report: format!("/releases/{code}/report"),
        room,
        back: at.address("/releases"),
    })
}

/// How far its draw or its queue has come.
fn standing(desk: &Desk, at: &At, visitor: &Visitor, release: &Release) -> (Vec<String>, Vec<Fact>) {
    let (words, zone, now) = (visitor.words, at.world.catalogue.zone(), at.now);
    let count = |name: &str, value: u64| Fact {
        name: name.to_owned(),
        value: words.tell("number-told", &[("count", i64::try_from(value).unwrap_or(i64::MAX).into())]),
        is_hash: false,
    };
    let hash = |name: &str, value: String| Fact { name: name.to_owned(), value, is_hash: true };
    if let Some(view) = LotteryView::of(&desk.engine, zone, release, now) {
        let lines = entry::told_terms(words, &at.world, release, &view);
        let mut facts = vec![count(&words.say("release-entries"), view.entries)];
        let stage = desk.engine.draw_stage(release.no);
        if let Some(Stage::Drawn(_, drawn)) = &stage {
            let won = drawn.outcome.won.iter().filter(|won| won.is_some()).count();
            facts.push(count(&words.say("release-won"), u64::try_from(won).unwrap_or(u64::MAX)));
            facts.push(hash(&words.say("lottery-value"), drawn.value.as_ref().to_owned()));
        }
        facts.push(hash(&words.say("lottery-commitment"), view.commitment));
        if let Some(Stage::Sealed(list) | Stage::Drawn(list, _)) = &stage {
            facts.push(hash(&words.say("lottery-root"), list.root.to_string()));
        }
        return (lines, facts);
    }
    let board = QueueBoard::of(&desk.engine, zone, release, now);
    let view = QueueView::of(&desk.engine, zone, release, now);
    let Some((board, view)) = board.zip(view) else { return (Vec::new(), Vec::new()) };
    let told = queue::told_of(words, &desk.engine, &at.world, release, now).map(|(told, _)| told);
    let moments = [
        (words.say("queue-doors"), view.join_from.moment()),
        (words.say("queue-instant"), view.opens_at.moment()),
    ];
    let moments = moments.map(|(name, moment)| Fact {
        name: name.into_owned(),
        value: format::moment(words, zone, moment),
        is_hash: false,
    });
    let mut facts: Vec<Fact> = moments.into_iter().collect();
    facts.push(count(&words.say("release-waiting"), board.waiting.into()));
    facts.push(count(&words.say("queue-now-serving"), board.now_serving.into()));
    if let Some(early) = board.early {
        facts.push(count(&words.say("queue-early"), early.into()));
    }
    facts.push(count(&words.say("queue-at-once"), view.at_once.into()));
    facts.push(count(&words.say("queue-minutes"), view.minutes_to_act.into()));
    facts.push(hash(&words.say("lottery-commitment"), view.commitment));
    if let Some(seed) = board.seed {
        facts.push(hash(&words.say("queue-seed"), seed));
    }
    (told.into_iter().collect(), facts)
}

/// Where the public value is put in, for who may, from the moment on that was said.
fn draw_field(desk: &Desk, at: &At, release: &Release, value: &str) -> Option<DrawField> {
    let view = LotteryView::of(&desk.engine, at.world.catalogue.zone(), release, at.now)?;
    let is_due = view.status == LotteryStatus::Sealed && view.draw_at.moment() <= at.now;
    let may = release.def.venue == Some(at.venue) || at.who.role == Role::Operator;
    (is_due && may).then(|| DrawField {
        action: at.address(&format!("/releases/{}", release.def.code)),
        beacon: view.beacon,
        value: value.to_owned(),
    })
}
