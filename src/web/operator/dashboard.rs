//! `/operator`: whether the city does well, and how its districts are used today.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::city::City;
use super::frame::{Here, around};
use super::tiles::Tiles;
use crate::api::operator::by_district::{DistrictFigures, by_district};
use crate::api::ops::Readiness;
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::api::vital_signs::{Bound, Signs, VitalSigns};
use crate::domain::calendar::local_day;
use crate::domain::definition::DistrictDef;
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::{Words, group};
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many kinds of refusals are named.
const REFUSALS_NAMED: usize = 3;
/// The colours of the map, each for a fifth of all that is open.
const LEVELS: u64 = 5;

#[derive(Template)]
#[template(path = "operator/dashboard.html")]
struct Dashboard {
    shell: Shell,
    head: Head,
    day: String,
    /// Why no bookings are taken, where none are.
    closed: Option<String>,
    counts: Vec<(String, String)>,
    refused: Vec<(String, String)>,
    columns: usize,
    rows: Vec<Vec<Tile>>,
    districts: Vec<DistrictLine>,
    total: DistrictLine,
}

/// A district on the map.
struct Tile {
    column: usize,
    level: u64,
    name: String,
    used: String,
    address: String,
}

/// A district in the table.
struct DistrictLine {
    name: String,
    address: String,
    venues: String,
    pitches: String,
    bookings: String,
    used: String,
}

/// The dashboard.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    State(vital_signs): State<Arc<VitalSigns>>,
    State(readiness): State<Readiness>,
    visitor: Visitor,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let words = visitor.words;
    let today = local_day(city.world.catalogue.zone(), city.now);
    let (engine, world) = (Arc::clone(&desk.engine), World::clone(&city.world));
    let counting = move || (vital_signs.now(), by_district(&engine, &world, today));
    let counted = tokio::task::spawn_blocking(counting).await;
    let (signs, figures) = counted.map_err(|fault| Problem::internal(&fault))?;
    let closed = match readiness.check() {
        Err(Problem::Overloaded { reason: Some(reason), .. }) => {
            Some(reason.in_language(words.language()).to_owned())
        }
        Ok(()) | Err(_) => None,
    };
    let defs = city.world.catalogue.districts();
    let tiles = Tiles::of(&figures.iter().map(|district| district.centre).collect::<Vec<_>>());
    let tile = |(column, at): &(usize, usize)| {
        let (def, district) = defs.get(*at).zip(figures.get(*at))?;
        let used = district.figures.utilisation();
        let line = DistrictLine::of(words, def, district);
        let level = (used * LEVELS / 1000).min(LEVELS - 1) + 1;
        Some(Tile { column: *column, level, name: line.name, used: line.used, address: line.address })
    };
    let mut all = DistrictFigures::default();
    for district in &figures {
        all.venues += district.venues;
        all.pitches += district.pitches;
        all.figures += district.figures;
    }
    let (shell, head) = around(&city, &visitor, Here::Dashboard, words.say("operator-dashboard"));
    let page = Dashboard {
        shell,
        head,
        day: format::day(words, today),
        closed,
        counts: told(words, &signs),
        refused: refused(words, &signs),
        columns: tiles.columns,
        rows: tiles.rows.iter().map(|row| row.iter().filter_map(tile).collect()).collect(),
        districts: defs
            .iter()
            .zip(&figures)
            .map(|(def, district)| DistrictLine::of(words, def, district))
            .collect(),
        total: DistrictLine::in_all(words, &all),
    };
    page::own(StatusCode::OK, &page)
}

impl DistrictLine {
    fn of(words: Words, def: &DistrictDef, district: &DistrictFigures) -> Self {
        Self {
            name: format::name(words, &def.name).to_owned(),
            address: format!("/operator/venues?district={}", def.code),
            ..Self::in_all(words, district)
        }
    }

    fn in_all(words: Words, district: &DistrictFigures) -> Self {
        Self {
            name: words.say("operator-city").into_owned(),
            address: "/operator/venues".to_owned(),
            venues: grouped(district.venues),
            pitches: grouped(district.pitches),
            bookings: group(&district.figures.bookings.to_string()),
            used: format!("{} %", (district.figures.utilisation() + 5) / 10),
        }
    }
}

/// What happened lately, in figures.
fn told(words: Words, signs: &Signs) -> Vec<(String, String)> {
    let refused: u64 = signs.refused.iter().map(|(_, count)| count).sum();
    let durable = match signs.durable {
        None => words.say("sign-nothing-written").into_owned(),
        Some(Bound::Within(bound)) => words.tell("sign-within", &[("time", milliseconds(bound).into())]),
        Some(Bound::Longer) => words.say("sign-longer").into_owned(),
    };
    vec![
        (words.say("sign-bookings").into_owned(), each_second(signs.bookings, signs.over)),
        (words.say("sign-cancelled").into_owned(), group(&signs.cancelled.to_string())),
        (words.say("sign-entries").into_owned(), group(&signs.entries.to_string())),
        (words.say("sign-refused").into_owned(), group(&refused.to_string())),
        (words.say("sign-durable").into_owned(), durable),
        (words.say("sign-queued").into_owned(), group(&signs.queued.to_string())),
    ]
}

/// The most frequent refusals, by their titles.
fn refused(words: Words, signs: &Signs) -> Vec<(String, String)> {
    let title = |name: &str| words.say(&format!("problem-title-{name}")).into_owned();
    let most = signs.refused.iter().take(REFUSALS_NAMED);
    most.map(|(name, count)| (title(name), group(&count.to_string()))).collect()
}

/// How many a second, to the tenth.
fn each_second(count: u64, over: Duration) -> String {
    let tenths = u128::from(count) * 10_000 / over.as_millis().max(1);
    format!("{}.{}", group(&(tenths / 10).to_string()), tenths % 10)
}

/// A short time in milliseconds, to the tenth.
fn milliseconds(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    let whole = group(&(tenths / 10).to_string());
    if tenths.is_multiple_of(10) { whole } else { format!("{whole}.{}", tenths % 10) }
}

fn grouped(count: u32) -> String {
    group(&count.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_times_are_written_to_the_tenth() {
        for (count, seconds, rate) in
            [(0, 60, "0.0"), (6, 60, "0.1"), (90, 60, "1.5"), (120_000, 60, "2,000.0")]
        {
            assert_eq!(each_second(count, Duration::from_secs(seconds)), rate);
        }
        assert_eq!(each_second(1, Duration::ZERO), "1,000.0", "the very first moment");
        for (micros, text) in [(100, "0.1"), (1000, "1"), (2_000_000, "2,000")] {
            assert_eq!(milliseconds(Duration::from_micros(micros)), text);
        }
    }
}
