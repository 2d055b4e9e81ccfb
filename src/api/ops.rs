//! What everyone may ask of the service itself: does it live, is it ready, what time is it, what does a problem mean.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Rfc3339, city_moment, json};
use super::extract::PathText;
use super::figures::EngineFigures;
use super::language::Language;
use super::problem::page::Explained;
use super::problem::{Problem, ProblemName, Text};
use super::process_figures::ProcessFigures;
use super::query::{NoParameters, QueryOf};
use crate::domain::clock::Clock;
use crate::projection::Progress;

/// Whether bookings are taken, and if not why. Whoever starts and stops the service sets it.
#[derive(Clone)]
pub struct Readiness {
    not_ready: Arc<ArcSwapOption<Text>>,
    /// Why an open city takes nothing new for a while.
    limited: Arc<ArcSwapOption<Problem>>,
    projection: Option<Progress>,
    of: Served,
}

/// What is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    City,
    /// A copy in which nothing happens.
    Rehearsal,
}

impl Readiness {
    /// Not ready, for this reason.
    #[must_use]
    pub fn not_yet(reason: Text) -> Self {
        let not_ready = Arc::new(ArcSwapOption::from_pointee(reason));
        Self { not_ready, limited: Arc::default(), projection: None, of: Served::City }
    }

    /// Shows beside how far Postgres is. A city whose Postgres is away is ready all the same.
    #[must_use]
    pub fn with_projection(self, projection: Option<Progress>) -> Self {
        Self { projection, ..self }
    }

    /// Says what is served.
    #[must_use]
    pub fn of(self, of: Served) -> Self {
        Self { of, ..self }
    }

    pub fn set_ready(&self) {
        self.not_ready.store(None);
    }

    pub fn set_not_ready(&self, reason: Text) {
        self.not_ready.store(Some(Arc::new(reason)));
    }

    /// Says why nothing new is taken for a while, or that it is again. What gives back goes on.
    pub fn set_limited(&self, why: Option<Problem>) {
        self.limited.store(why.map(Arc::new));
    }

    /// # Errors
    /// `overloaded` with the reason.
    pub fn check(&self) -> Result<(), Problem> {
        if let Some(reason) = self.not_ready.load().as_deref() {
            return Err(Problem::Overloaded { retry_after_s: 1, reason: Some(reason.clone()) });
        }
        match self.limited.load().as_deref() {
            None => Ok(()),
            Some(why) => Err(why.clone()),
        }
    }
}

/// The city's clock and zone.
#[derive(Clone)]
pub struct CityTime {
    pub clock: Arc<dyn Clock>,
    pub zone: TimeZone,
}

#[derive(Serialize, ToSchema)]
struct Status {
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
struct Ready {
    status: &'static str,
    /// Of a city with a database: how far what is sold stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    projection: Option<ProjectionStatus>,
    /// There and true where nothing that is done happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsal: Option<bool>,
}

#[derive(Serialize, ToSchema)]
struct ProjectionStatus {
    /// `connecting`, `filling`, `projecting`, `away` or `refused`.
    state: &'static str,
    /// Durable records that are not in the database yet; not known before it was reached.
    lag_records: Option<u64>,
    lag_seconds: u64,
}

#[derive(Serialize, ToSchema)]
struct Now {
    #[schema(value_type = String, format = DateTime)]
    now: Rfc3339,
}

/// The routes about life, time and problems.
pub fn routes(readiness: Readiness, time: CityTime) -> OpenApiRouter {
    let alive = OpenApiRouter::new().routes(routes!(alive)).routes(routes!(problem));
    let ready = OpenApiRouter::new().routes(routes!(ready)).with_state(readiness);
    let now = OpenApiRouter::new().routes(routes!(now)).with_state(time);
    alive.merge(ready).merge(now)
}

/// Where figures stand, and those that are brought up to date when they are asked for.
#[derive(Clone)]
pub struct Figures {
    pub handle: PrometheusHandle,
    pub engine: Arc<EngineFigures>,
    pub process: Arc<ProcessFigures>,
}

/// The route of the figures. Apart, so that operators can give it an address of its own.
pub fn figures_routes(state: Figures) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(figures)).with_state(state)
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, body = Status)))]
async fn alive() -> Response {
    json(StatusCode::OK, &Status { status: "alive" })
}

/// Whether bookings are taken; the problem says why not.
#[utoipa::path(get, path = "/readyz", tag = "service", responses((status = 200, body = Ready)))]
async fn ready(State(readiness): State<Readiness>) -> Result<Response, Problem> {
    readiness.check()?;
    let projection = readiness.projection.as_ref().map(|progress| {
        let shown = progress.shown();
        let (state, lag_records) = (shown.state.name(), shown.lag_records);
        ProjectionStatus { state, lag_records, lag_seconds: shown.lag.as_secs() }
    });
    let rehearsal = (readiness.of == Served::Rehearsal).then_some(true);
    Ok(json(StatusCode::OK, &Ready { status: "ready", projection, rehearsal }))
}

/// The time by which the service judges.
#[utoipa::path(get, path = "/v1/time", tag = "everyone", responses((status = 200, body = Now)))]
async fn now(State(city): State<CityTime>, _none: QueryOf<NoParameters>) -> Response {
    let now = city_moment(&city.zone, city.clock.now());
    json(StatusCode::OK, &Now { now })
}

/// All figures, in Prometheus's text format.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, body = String)))]
async fn figures(State(figures): State<Figures>) -> Response {
    figures.engine.update();
    figures.process.update();
    let mut response = Response::new(Body::from(figures.handle.render()));
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}

#[derive(Serialize, ToSchema)]
struct ProblemPage {
    r#type: String,
    status: u16,
    title: Names,
    detail: Names,
}

#[derive(Serialize, ToSchema)]
struct Names {
    en: String,
    #[serde(rename = "zh-Hans")]
    zh_hans: String,
}

impl Names {
    fn of(text: &Text) -> Self {
        Self {
            en: text.in_language(Language::En).to_owned(),
            zh_hans: text.in_language(Language::ZhHans).to_owned(),
        }
    }
}

/// What a problem means: a page for people, JSON for programs.
#[utoipa::path(
    get,
    path = "/problems/{name}",
    tag = "everyone",
    params(("name" = String, Path)),
    responses((status = 200, body = ProblemPage))
)]
async fn problem(PathText(name): PathText, headers: HeaderMap) -> Result<Response, Problem> {
    let name = ProblemName::parse(&name).ok_or(Problem::NotFound)?;
    let wants_page = headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let mut response = if wants_page {
        let mut response = axum::response::Html(page(name)).into_response();
        response.extensions_mut().insert(Explained(name));
        response
    } else {
        let page = ProblemPage {
            r#type: format!("/problems/{}", name.as_str()),
            status: name.status().as_u16(),
            title: Names::of(&name.title()),
            detail: Names::of(&name.detail()),
        };
        json(StatusCode::OK, &page)
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}

/// Where there are no pages. Only fixed texts of ours are in it, none of which needs escaping.
fn page(name: ProblemName) -> String {
    let section = |language: Language| {
        let (title, detail) = (name.title(), name.detail());
        let (tag, title, detail) =
            (language.tag(), title.in_language(language), detail.in_language(language));
        format!("<section lang=\"{tag}\"><h2>{title}</h2><p>{detail}</p></section>")
    };
    let sections: String = Language::ALL.into_iter().map(section).collect();
    let (name, status) = (name.as_str(), name.status().as_u16());
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{name}</title><h1>{status} {name}</h1>{sections}</html>"
    )
}
