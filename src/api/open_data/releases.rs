//! `GET /v1/releases` and `GET /v1/releases/{release}`: what opens when, under which rules.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::OpenData;
use super::entitlement_view::EntitlementView;
use super::lottery_view::LotteryView;
use super::queue_view::QueueView;
use super::return_view::ReturnView;
use crate::api::answer::{Items, NamesView, Rfc3339, city_moment};
use crate::api::etag::json_with_etag;
use crate::api::extract::PathText;
use crate::api::page::{Page, list};
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::{NoParameters, PageLimit, QueryOf};
use crate::api::written_time::WrittenDay;
use crate::domain::calendar::local_day;
use crate::domain::catalogue::Release;
use crate::domain::release::{ReleaseMode, ReleaseWhen};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::Engine;
use crate::engine::world::World;
use crate::identity::public_id::Position;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReleasesQuery {
    /// A venue's id: the releases that name one of its pitches.
    venue: Option<String>,
    /// Leaves out what governs no day of play from this day on.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<WrittenDay>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: PageLimit,
    cursor: Option<String>,
}

/// What opens when.
#[derive(Serialize, ToSchema)]
pub struct ReleaseView {
    id: String,
    name: NamesView,
    /// Whose it is; null for a release of the city.
    venue: Option<String>,
    mode: ReleaseModeView,
    rule: ReleaseRuleView,
    /// The next time at which days of play open, or null when none will.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_opens_at: Option<Rfc3339>,
    /// The first day of play that it governs.
    #[schema(format = Date)]
    first_day: String,
    /// The last one, or null when it goes on.
    #[schema(format = Date)]
    last_day: Option<String>,
    /// How many bookings of it one resident may have, a day of play.
    limit_per_resident: Option<u16>,
    counter_share_percent: u8,
    /// Of one that is drawn by lot.
    lottery: Option<LotteryView>,
    /// Of one that one queues for.
    queue: Option<QueueView>,
    /// Of one where what is given back comes back at a moment left to chance; null where it is free at once.
    returned: Option<ReturnView>,
    /// Who may book of it; null where everybody may.
    who: Option<EntitlementView>,
}

/// Who gets what when more is wanted than there is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseModeView {
    FirstCome,
    /// Drawn by lot; what is left opens by the rule for who comes first.
    Lottery,
    /// One queues for it: nothing is booked past the line.
    Queue,
}

/// When days of play open.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReleaseRuleView {
    /// Each so many days before, at this time of the city.
    Daily { days_before: u8, time: String },
    /// All at one moment.
    Once {
        #[schema(value_type = String, format = DateTime)]
        at: Rfc3339,
    },
}

/// A release with its pitches and its coming days.
#[derive(Serialize, ToSchema)]
pub struct ReleaseWithDays {
    #[serde(flatten)]
    release: ReleaseView,
    /// The ids of its pitches; parts go with their wholes.
    pitches: Vec<String>,
    days: Vec<ReleaseDayView>,
}

/// A day of play.
#[derive(Serialize, ToSchema)]
pub struct ReleaseDayView {
    #[schema(format = Date)]
    date: String,
    status: ReleaseStatusView,
    #[schema(value_type = String, format = DateTime)]
    opens_at: Rfc3339,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseStatusView {
    Open,
    Unreleased,
}

/// Releases, in the order in which they were declared.
#[utoipa::path(get, path = "/v1/releases", tag = "everyone", params(ReleasesQuery), responses((status = 200, body = Items<ReleaseView>)))]
pub async fn releases(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<ReleasesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = Page::new(&state.ids, list::RELEASES, query.limit, query.cursor.as_deref())?;
    let world = state.engine.world();
    let now = state.clock.now();
    let venue = query
        .venue
        .map(|code| {
            let venue = world.catalogue.venue_by_code(&code).map(|venue| venue.no);
            venue.ok_or_else(|| {
                FieldFault::new("venue", Text::fixed("is no venue of this city", "本市没有此场馆"))
            })
        })
        .transpose()?;
    let is_wanted = |release: &Release| {
        let mut pitches = release.def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no));
        query.from.as_ref().is_none_or(|from| release.def.last_day.is_none_or(|last| last >= from.0))
            && venue.is_none_or(|venue| pitches.any(|pitch| pitch.venue == venue))
    };
    let wanted = world.catalogue.releases().iter().filter(|release| is_wanted(release));
    let placed = wanted.map(|release| (Position { sort: 0, number: u32::from(release.no.get()) }, release));
    let answer = page.of(placed, |release| view(&state.engine, &world, release, now));
    Ok(json_with_etag(&headers, &answer))
}

/// A release with its pitches, and its openings for the days that can be booked next.
#[utoipa::path(
    get,
    path = "/v1/releases/{release}",
    tag = "everyone",
    params(("release" = String, Path)),
    responses((status = 200, body = ReleaseWithDays))
)]
pub async fn release(
    State(state): State<OpenData>,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = state.engine.world();
    let catalogue = &world.catalogue;
    let release = catalogue.release_by_code(&code).ok_or(Problem::NotFound)?;
    let pitches = release.def.pitches.iter().filter_map(|no| catalogue.pitch(*no));
    let governed = world.days.iter().map(|clock| clock.day).filter(|day| release.def.governs(*day));
    let day_view = |day: LocalDay| ReleaseDayView {
        date: day.to_string(),
        status: match state.engine.releases().opened_at(release.no, day) {
            Some(_) => ReleaseStatusView::Open,
            None => ReleaseStatusView::Unreleased,
        },
        opens_at: city_moment(catalogue.zone(), release.def.opens_at(catalogue.zone(), day)),
    };
    let answer = ReleaseWithDays {
        release: view(&state.engine, &world, release, state.clock.now()),
        pitches: pitches.map(|pitch| pitch.code.as_str().to_owned()).collect(),
        days: governed.map(day_view).collect(),
    };
    Ok(json_with_etag(&headers, &answer))
}

fn view(engine: &Engine, world: &World, release: &Release, now: UtcMillis) -> ReleaseView {
    let catalogue = &world.catalogue;
    let def = &release.def;
    let venue = def.venue.and_then(|venue| catalogue.venue(venue));
    ReleaseView {
        id: def.code.as_str().to_owned(),
        name: NamesView::of(&def.name),
        venue: venue.map(|venue| venue.def.code.as_str().to_owned()),
        mode: match def.mode {
            ReleaseMode::FirstCome => ReleaseModeView::FirstCome,
            ReleaseMode::Lottery => ReleaseModeView::Lottery,
            ReleaseMode::Queue => ReleaseModeView::Queue,
        },
        rule: match def.when {
            ReleaseWhen::Daily { days_before, minute } => {
                ReleaseRuleView::Daily { days_before, time: format!("{:02}:{:02}", minute / 60, minute % 60) }
            }
            ReleaseWhen::Once { at } => ReleaseRuleView::Once { at: city_moment(catalogue.zone(), at) },
        },
        next_opens_at: next_opening(world, release, now).map(|at| city_moment(catalogue.zone(), at)),
        first_day: def.first_day.to_string(),
        last_day: def.last_day.map(|day| day.to_string()),
        limit_per_resident: def.limit_per_resident,
        counter_share_percent: def.counter_share_percent,
        lottery: LotteryView::of(engine, catalogue.zone(), release, now),
        queue: QueueView::of(engine, catalogue.zone(), release, now),
        returned: ReturnView::of(engine, release),
        who: EntitlementView::of(catalogue, release),
    }
}

/// When it opens next for a day of play that it governs.
#[must_use]
pub fn next_opening(world: &World, release: &Release, now: UtcMillis) -> Option<UtcMillis> {
    let zone = world.catalogue.zone();
    let def = &release.def;
    let first = match def.when {
        ReleaseWhen::Once { at } => return Some(at).filter(|at| *at > now),
        ReleaseWhen::Daily { days_before, .. } => {
            local_day(zone, now).plus_days(i32::from(days_before)).max(def.first_day)
        }
    };
    // Today's opening, or tomorrow's when that was earlier in the day.
    let days = [first, first.plus_days(1)].into_iter().filter(|day| def.governs(*day));
    days.map(|day| def.opens_at(zone, day)).find(|at| *at > now)
}
