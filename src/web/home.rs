//! `/`: what this city is, how much there is to book, and where the API is described.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::language::Language;
use crate::engine::Engine;

/// No script, and no style but the one below.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-jxDVGIb2b6jt6ppMmBUFK/pzOZoWnb0n4Q9o2l51QSM='; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

const STYLE: &str = "body{font:1rem/1.6 system-ui,sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem;\
color:#16202a;background:#fff}h1{font-size:1.75rem}a{color:#0b5cad}dl{display:grid;grid-template-columns:auto 1fr;\
gap:.25rem 1rem}dd{margin:0;font-variant-numeric:tabular-nums}@media(prefers-color-scheme:dark){body{color:#e8edf2;\
background:#12181f}a{color:#7cb8f2}}";

/// The page's route.
pub fn routes(engine: Arc<Engine>) -> Router {
    Router::new().route("/", get(home)).with_state(engine)
}

/// What the page says, in one language.
struct Words {
    title: &'static str,
    lead: &'static str,
    venues: &'static str,
    pitches: &'static str,
    sports: &'static str,
    days: &'static str,
    docs: &'static str,
}

const EN: Words = Words {
    title: "Kaichang",
    lead: "Book the sports venues of the city.",
    venues: "Venues",
    pitches: "Pitches",
    sports: "Sports",
    days: "Days open",
    docs: "The API, described",
};

const ZH_HANS: Words = Words {
    title: "开场",
    lead: "预订全市体育场馆。",
    venues: "场馆",
    pitches: "场地",
    sports: "运动项目",
    days: "开放天数",
    docs: "接口说明",
};

async fn home(State(engine): State<Arc<Engine>>, headers: HeaderMap) -> Response {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = asked.map_or_else(Language::default, Language::negotiate);
    let words = match language {
        Language::En => &EN,
        Language::ZhHans => &ZH_HANS,
    };
    let world = engine.world();
    let rows = [
        (words.venues, world.catalogue.venues().len()),
        (words.pitches, world.catalogue.wholes().count()),
        (words.sports, world.catalogue.sports().len()),
        (words.days, world.days.iter().count()),
    ];
    // Fixed texts and numbers: nothing here needs escaping.
    let rows: String = rows.iter().map(|(name, count)| format!("<dt>{name}</dt><dd>{count}</dd>")).collect();
    let page = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1><p>{}</p><dl>{rows}</dl>\
         <p><a href=\"/docs/\">{}</a></p></main></html>",
        language.tag(),
        words.lead,
        words.docs,
        title = words.title,
    );
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, POLICY),
        (VARY, HeaderValue::from_static("accept-language")),
    ];
    (headers, page).into_response()
}
