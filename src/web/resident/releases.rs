//! `/releases` and `/releases/{release}`: what opens when, for whom, and how long until then by the city's clock.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::links;
use super::who::told_who;
use crate::api::answer::city_moment;
use crate::api::extract::PathText;
use crate::api::open_data::OpenData;
use crate::api::open_data::lottery_view::LotteryView;
use crate::api::open_data::releases::next_opening;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::domain::catalogue::Release;
use crate::domain::ids::VenueNo;
use crate::domain::release::ReleaseWhen;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many venues of a release are shown before one asks for more.
const VENUES: usize = 30;

#[derive(Debug, Deserialize)]
pub struct ReleaseQuery {
    /// How many venues are shown.
    #[serde(default)]
    shown: usize,
}

#[derive(Template)]
#[template(path = "resident/releases.html")]
struct ReleasesPage {
    shell: Shell,
    coming: Vec<ReleaseCard>,
    open: Vec<ReleaseCard>,
}

/// A release in a list.
pub struct ReleaseCard {
    pub name: String,
    pub venue: String,
    pub rule: String,
    pub next: Option<String>,
    pub address: String,
    at: Option<UtcMillis>,
}

#[derive(Template)]
#[template(path = "resident/release.html")]
struct ReleasePage {
    shell: Shell,
    card: ReleaseCard,
    next_moment: Option<String>,
    now: String,
    /// What is told of a draw, and the way to it.
    draw: Option<(String, String)>,
    /// The same of a queue.
    queue: Option<(String, String)>,
    limit: Option<String>,
    counter: Option<String>,
    /// How what is given back comes back.
    returned: Option<String>,
    /// Whom it is for.
    who: Vec<String>,
    days: Vec<DayRow>,
    venues: Vec<VenueRow>,
    /// The same with more venues, where there are more.
    more: Option<String>,
}

struct DayRow {
    day: String,
    is_open: bool,
    opens: String,
}

pub(super) struct VenueRow {
    pub(super) name: String,
    pub(super) sports: Vec<String>,
    pub(super) count: usize,
    pub(super) address: String,
}

impl ReleaseCard {
    fn of(words: Words, world: &World, release: &Release, now: UtcMillis) -> Self {
        let zone = world.catalogue.zone();
        let at = next_opening(world, release, now);
        let venue = release.def.venue.and_then(|venue| world.catalogue.venue(venue));
        Self {
            name: format::name(words, &release.def.name).to_owned(),
            venue: venue.map_or_else(String::new, |venue| format::name(words, &venue.def.name).to_owned()),
            rule: match release.def.when {
                ReleaseWhen::Daily { days_before, minute } => {
                    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
                    let args = [("days", i64::from(days_before).into()), ("time", time.into())];
                    words.tell("release-daily", &args)
                }
                ReleaseWhen::Once { at } => {
                    words.tell("release-once", &[("moment", format::moment(words, zone, at).into())])
                }
            },
            next: at.map(|at| format::moment(words, zone, at)),
            address: format!("/releases/{}", release.def.code.as_str()),
            at,
        }
    }
}

/// The releases that open next, the nearest first.
#[must_use]
pub fn next_releases(words: Words, world: &World, now: UtcMillis, count: usize) -> Vec<ReleaseCard> {
    let mut coming: Vec<(UtcMillis, &Release)> = world
        .catalogue
        .releases()
        .iter()
        .filter_map(|release| Some((next_opening(world, release, now)?, release.as_ref())))
        .collect();
    coming.sort_by_key(|(at, release)| (*at, release.no.get()));
    coming.into_iter().take(count).map(|(_, release)| ReleaseCard::of(words, world, release, now)).collect()
}

/// The list.
///
/// # Errors
/// A fault of ours.
pub async fn list(
    State(open_data): State<OpenData>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Turned> {
    let world = Arc::clone(&open_data.engine.world());
    let now = open_data.clock.now();
    let cards =
        world.catalogue.releases().iter().map(|release| ReleaseCard::of(visitor.words, &world, release, now));
    let (mut coming, open): (Vec<_>, Vec<_>) = cards.partition(|card| card.at.is_some());
    coming.sort_by_key(|card| card.at);
    let shell = Shell::of(&visitor, visitor.words.say("releases"), Place::Find);
    page::public(&visitor, &headers, &ReleasesPage { shell, coming, open })
}

/// One of them.
///
/// # Errors
/// `not-found`, or a fault of ours.
pub async fn show(
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<ReleaseQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Turned> {
    let words = visitor.words;
    let world = Arc::clone(&open_data.engine.world());
    let catalogue = &world.catalogue;
    let release = catalogue.release_by_code(&code).ok_or(Problem::NotFound)?;
    let now = open_data.clock.now();
    let card = ReleaseCard::of(words, &world, release, now);
    let governed = world.days.iter().map(|clock| clock.day).filter(|day| release.def.governs(*day));
    let days = governed.map(|day| DayRow {
        day: format::day(words, day),
        is_open: open_data.engine.releases().opened_at(release.no, day).is_some(),
        opens: format::moment(words, catalogue.zone(), release.def.opens_at(catalogue.zone(), day)),
    });
    // The last day that can be booked, as far as it is one of the release's.
    let last = world.days.last().unwrap_or(release.def.first_day);
    let day = release.def.last_day.map_or(last, |of_release| of_release.min(last));
    let mut venues = venues_of(words, &world, release, day);
    let shown = query.shown.max(VENUES);
    let more =
        (venues.len() > shown).then(|| format!("{}?shown={}", card.address, shown.saturating_add(VENUES)));
    venues.truncate(shown);
    let limit = release.def.limit_per_resident;
    let kept = release.def.counter_share_percent;
    let page = ReleasePage {
        shell: Shell::of(&visitor, card.name.as_str(), Place::Find).with_modules(&["countdown.js"]),
        next_moment: card.at.map(|at| city_moment(catalogue.zone(), at).to_string()),
        now: city_moment(catalogue.zone(), now).to_string(),
        draw: draw_of(words, &open_data, &world, release, now),
        queue: super::queue::told_of(words, &open_data.engine, &world, release, now),
        limit: limit.map(|limit| words.tell("release-limit", &[("limit", limit.into())])),
        counter: (kept > 0).then(|| words.tell("release-counter", &[("percent", i64::from(kept).into())])),
        returned: release.def.returned.as_deref().map(|terms| {
            words.tell("release-returned", &[("minutes", i64::from(terms.within_minutes).into())])
        }),
        who: told_who(words, catalogue, release),
        days: days.collect(),
        venues,
        more,
        card,
    };
    // It says how late it is.
    match visitor.who {
        Some(_) => page::own(axum::http::StatusCode::OK, &page),
        None => page::public(&visitor, &headers, &page),
    }
}

/// How far a release's draw is, and where one enters and sees what came of it.
fn draw_of(
    words: Words,
    open_data: &OpenData,
    world: &World,
    release: &Release,
    now: UtcMillis,
) -> Option<(String, String)> {
    let view = LotteryView::of(&open_data.engine, world.catalogue.zone(), release, now)?;
    let told = super::entry::told_terms(words, world, release, &view).into_iter().next()?;
    Some((told, format!("/releases/{}/entry", release.def.code.as_str())))
}

/// The venues whose pitches it opens, with the way to a day there.
pub(super) fn venues_of(words: Words, world: &World, release: &Release, day: LocalDay) -> Vec<VenueRow> {
    let catalogue = &world.catalogue;
    let mut rows: Vec<VenueRow> = Vec::new();
    let mut row_of: HashMap<VenueNo, usize> = HashMap::new();
    for pitch in release.def.pitches.iter().filter_map(|no| catalogue.pitch(*no)) {
        let Some(venue) = catalogue.venue(pitch.venue) else { continue };
        let Some(sport) = catalogue.sport(pitch.sport) else { continue };
        let at = *row_of.entry(venue.no).or_insert(rows.len());
        if at == rows.len() {
            rows.push(VenueRow {
                name: format::name(words, &venue.def.name).to_owned(),
                sports: Vec::new(),
                count: 0,
                address: links::venue_day(venue.def.code.as_str(), sport.code.as_str(), day),
            });
        }
        let Some(row) = rows.get_mut(at) else { continue };
        row.count += 1;
        let sport = format::name(words, &sport.name);
        if !row.sports.iter().any(|known| known == sport) {
            row.sports.push(sport.to_owned());
        }
    }
    rows
}
