//! `GET /v1/releases/{release}/report`: what came of a release, for everybody to see.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::OpenData;
use super::reports::Counted;
use crate::api::answer::{Rfc3339, city_moment};
use crate::api::etag::json_with_etag;
use crate::api::extract::PathText;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::written_time::WrittenDay;
use crate::domain::catalogue::Release;
use crate::domain::time::UtcMillis;
use crate::engine::Engine;
use crate::engine::draws::Stage;
use crate::engine::release_report::AGAIN_WITHIN_DAYS;
use crate::engine::world::World;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// A day of play. Without it all days of a release that opens at one moment, and of one that opens day by day the last that opened.
    #[param(value_type = Option<String>, format = Date)]
    date: Option<WrittenDay>,
}

/// What came of a release, at most some seconds ago.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    release: String,
    /// The days of play that are counted.
    #[schema(format = Date)]
    first_day: String,
    #[schema(format = Date)]
    last_day: String,
    #[schema(value_type = String, format = DateTime)]
    as_of: Rfc3339,
    /// When the first of the days opened; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    opened_at: Option<Rfc3339>,
    half_hours: HalfHoursView,
    bookings: BookingCountsView,
    /// When nothing was left online for the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    sold_out_at: Option<Rfc3339>,
    seconds_to_sell_out: Option<i64>,
    /// How many were booked online within so many seconds from the opening, those that were cancelled later too.
    booked_within: Vec<WithinView>,
    residents: ResidentsView,
    by_district: Vec<DistrictShareView>,
    refused: RefusedView,
    /// Of one that is drawn by lot, when its list is settled.
    draw: Option<DrawShareView>,
    /// Of one that one queues for.
    queue: Option<QueueShareView>,
}

/// Half hours of the smallest parts of pitches, and of each place of a session.
#[derive(Serialize, ToSchema)]
pub struct HalfHoursView {
    offered: u64,
    /// Of those offered.
    kept_for_counter: u64,
    sold: u64,
    /// Of those sold.
    sold_at_counter: u64,
    /// Held, and not paid yet.
    held: u64,
    /// Left online.
    left: u64,
}

#[derive(Serialize, ToSchema)]
pub struct BookingCountsView {
    /// Paid for and not cancelled.
    standing: u64,
    /// Of those standing.
    at_counter: u64,
    held: u64,
    cancelled: u64,
    /// Held and never paid.
    lapsed: u64,
    no_shows: u64,
}

#[derive(Serialize, ToSchema)]
pub struct WithinView {
    seconds: u32,
    bookings: u64,
}

#[derive(Serialize, ToSchema)]
pub struct ResidentsView {
    /// How many have a booking that stands.
    with_bookings: u64,
    by_bookings: Vec<ByBookingsView>,
    /// Of those with a booking, how many had booked of another release, or of another day of this one, shortly before it opened.
    again: u64,
    again_within_days: u16,
}

#[derive(Serialize, ToSchema)]
pub struct ByBookingsView {
    bookings: u32,
    residents: u64,
}

#[derive(Serialize, ToSchema)]
pub struct DistrictShareView {
    /// Where the venue stands.
    district: String,
    bookings: u64,
    /// Of all that stand.
    thousandths: u64,
}

/// How often what was refused. One resident may have asked often.
#[derive(Serialize, ToSchema)]
pub struct RefusedView {
    /// Counted since the service started.
    #[schema(value_type = String, format = DateTime)]
    since: Rfc3339,
    reasons: Vec<ReasonView>,
}

#[derive(Serialize, ToSchema)]
pub struct ReasonView {
    /// A problem's name.
    name: String,
    count: u64,
}

#[derive(Serialize, ToSchema)]
pub struct DrawShareView {
    pub entries: u64,
    /// Entries that the draw gave a slot; null before it.
    pub won: Option<u64>,
    /// Where everything stands by which the draw can be repeated.
    pub file: String,
}

/// How a queue went, for all of the release's days. A wait is from when one came, or from the instant for who came before it, until one's
/// turn.
#[derive(Serialize, ToSchema)]
pub struct QueueShareView {
    /// How often somebody came.
    pub came: u32,
    /// Of those, before the instant; null until then.
    pub early: Option<u32>,
    /// How many have had their turn, or have it.
    pub turns: u32,
    /// Null before the first turn, as those that follow. At most a thirty-second too short.
    pub median_wait_ms: Option<u64>,
    /// Nine of ten waited no longer.
    pub ninety_percent_wait_ms: Option<u64>,
    pub longest_wait_ms: Option<u64>,
}

/// What came of a release: what was offered and sold, how soon, to how many, where, and why others got nothing.
#[utoipa::path(
    get,
    path = "/v1/releases/{release}/report",
    tag = "everyone",
    params(("release" = String, Path), ReportQuery),
    responses((status = 200, body = ReportView))
)]
pub async fn report(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<ReportQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let counted = state.reports.of(&state, &code, query.date.map(|day| day.0)).await?;
    let world = World::clone(&state.engine.world());
    let release = world.catalogue.release_by_code(&code).ok_or(Problem::NotFound)?;
    Ok(json_with_etag(&headers, &view(&state.engine, &world, release, &counted, state.reports.since)))
}

fn view(
    engine: &Engine,
    world: &World,
    release: &Release,
    counted: &Counted,
    since: UtcMillis,
) -> ReportView {
    let zone: &TimeZone = world.catalogue.zone();
    let report = &counted.report;
    let (half_hours, bookings) = (report.half_hours, report.bookings);
    let opened_and_out = report.opened_at.zip(report.sold_out_at);
    ReportView {
        release: release.def.code.as_str().to_owned(),
        first_day: counted.first.to_string(),
        last_day: counted.last.to_string(),
        as_of: city_moment(zone, counted.at),
        opened_at: report.opened_at.map(|at| city_moment(zone, at)),
        half_hours: HalfHoursView {
            offered: half_hours.offered,
            kept_for_counter: half_hours.for_counter,
            sold: half_hours.sold,
            sold_at_counter: half_hours.sold_at_counter,
            held: half_hours.held,
            left: half_hours.left(),
        },
        bookings: BookingCountsView {
            standing: bookings.standing,
            at_counter: bookings.at_counter,
            held: bookings.held,
            cancelled: bookings.cancelled,
            lapsed: bookings.lapsed,
            no_shows: bookings.no_shows,
        },
        sold_out_at: report.sold_out_at.map(|at| city_moment(zone, at)),
        seconds_to_sell_out: opened_and_out.map(|(opened, out)| (out.get() - opened.get()).max(0) / 1000),
        booked_within: report
            .within
            .iter()
            .map(|(seconds, bookings)| WithinView { seconds: *seconds, bookings: *bookings })
            .collect(),
        residents: ResidentsView {
            with_bookings: report.residents.with_bookings,
            by_bookings: report
                .residents
                .by_bookings
                .iter()
                .map(|(bookings, residents)| ByBookingsView { bookings: *bookings, residents: *residents })
                .collect(),
            again: report.residents.again,
            again_within_days: AGAIN_WITHIN_DAYS,
        },
        by_district: report
            .by_district
            .iter()
            .filter_map(|(no, count)| {
                Some(DistrictShareView {
                    district: world.catalogue.district(*no)?.code.as_str().to_owned(),
                    bookings: *count,
                    thousandths: (*count * 1000).checked_div(bookings.standing)?,
                })
            })
            .collect(),
        refused: RefusedView {
            since: city_moment(zone, since),
            reasons: report
                .refused
                .iter()
                .map(|(name, count)| ReasonView { name: (*name).to_owned(), count: *count })
                .collect(),
        },
        draw: draw_share(engine, release),
        queue: queue_share(engine, release),
    }
}

/// How a queue went, of a release that one queues for.
#[must_use]
pub fn queue_share(engine: &Engine, release: &Release) -> Option<QueueShareView> {
    let (came, early, told) = engine.queues().waits(release.no)?;
    Some(QueueShareView {
        came,
        early,
        turns: told.map_or(0, |told| told.turns),
        median_wait_ms: told.map(|told| told.median_ms),
        ninety_percent_wait_ms: told.map(|told| told.ninety_percent_ms),
        longest_wait_ms: told.map(|told| told.longest_ms),
    })
}

/// How a draw went, of a release whose list is settled.
#[must_use]
pub fn draw_share(engine: &Engine, release: &Release) -> Option<DrawShareView> {
    let (list, drawn) = match engine.draw_stage(release.no)? {
        Stage::Open { .. } => return None,
        Stage::Sealed(list) => (list, None),
        Stage::Drawn(list, drawn) => (list, Some(drawn)),
    };
    let won = drawn.map(|drawn| drawn.outcome.won.iter().flatten().count() as u64);
    let file = format!("/v1/releases/{}/draw", release.def.code.as_str());
    Some(DrawShareView { entries: list.list.entries.len() as u64, won, file })
}
