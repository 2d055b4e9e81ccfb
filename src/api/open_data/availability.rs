//! `GET /v1/availability`: the free slots of the whole city, by their beginning.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::slots::check_day;
use super::venue_view::{kind_name, sport_code};
use super::{OpenData, district_of, sport_of};
use crate::api::answer::{Items, Money, Rfc3339, span_of_day};
use crate::api::etag::json_with_etag;
use crate::api::page::{Page, list};
use crate::api::problem::Problem;
use crate::api::query::{PageLimit, QueryOf};
use crate::api::written_time::{MinuteOfDay, WrittenDay};
use crate::domain::calendar::local_day;
use crate::domain::catalogue::Pitch;
use crate::domain::units::{UNIT_MINUTES, UNITS_PER_DAY};
use crate::engine::view::{Position as FreePosition, Slot, Wanted};
use crate::engine::world::World;
use crate::identity::public_id::Position;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// A sport's id; all sports where none is named.
    sport: Option<String>,
    /// The day of play; today where none is named.
    #[param(value_type = Option<String>, format = Date)]
    date: Option<WrittenDay>,
    /// A district's id.
    district: Option<String>,
    /// Slots that begin at this time of day or later.
    #[param(value_type = Option<String>, example = "18:00")]
    from: Option<MinuteOfDay>,
    /// Slots that are over by this time of day.
    #[param(value_type = Option<String>, example = "24:00")]
    to: Option<MinuteOfDay>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: PageLimit,
    cursor: Option<String>,
}

/// A free slot.
#[derive(Serialize, ToSchema)]
pub struct FreeSlotView<'a> {
    #[schema(value_type = String)]
    venue: &'a str,
    #[schema(value_type = String)]
    pitch: &'a str,
    kind: &'static str,
    sport: String,
    #[schema(value_type = String, format = DateTime)]
    start: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    end: Rfc3339,
    price: Money,
    left: u16,
}

/// The free slots of the whole city, by their beginning. Of a divisible pitch each free whole and each free part.
#[utoipa::path(
    get,
    path = "/v1/availability",
    tag = "everyone",
    params(AvailabilityQuery),
    responses((status = 200, body = Items<FreeSlotView>))
)]
pub async fn availability(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<AvailabilityQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = Page::new(&state.ids, list::AVAILABILITY, query.limit, query.cursor.as_deref())?;
    let world = state.engine.world();
    let now = state.clock.now();
    let today = local_day(world.catalogue.zone(), now);
    let day = query.date.map_or(today, |date| date.0);
    check_day(&world, "date", day, today)?;
    let wanted = Wanted {
        day,
        sport: sport_of(&world.catalogue, query.sport.as_deref())?,
        district: district_of(&world.catalogue, query.district.as_deref())?,
        from: query.from.map_or(0, |from| units(from.0.div_ceil(UNIT_MINUTES))),
        to: query.to.map_or(UNITS_PER_DAY, |to| units(to.0 / UNIT_MINUTES)),
    };
    let from = page.after().map_or(FreePosition { unit: 0, pitch: 0 }, |after| FreePosition {
        unit: u8::try_from(after.sort).unwrap_or(UNITS_PER_DAY),
        pitch: after.number,
    });
    let (found, next) = state.engine.free_slots(&world, &wanted, from, page.limit(), now);
    let clock = world.clock_of(day);
    let items = found.iter().map(|(pitch, slot)| {
        let (start, end) = span_of_day(&clock, slot.span);
        view(&world, pitch, *slot, start, end)
    });
    let next = next.map(|next| page.cursor(Position { sort: u64::from(next.unit), number: next.pitch }));
    Ok(json_with_etag(&headers, &Items { items: items.collect(), next }))
}

fn view<'a>(
    world: &'a World,
    pitch: &'a Pitch,
    slot: Slot,
    start: Rfc3339,
    end: Rfc3339,
) -> FreeSlotView<'a> {
    FreeSlotView {
        venue: world.catalogue.venue(pitch.venue).map_or("", |venue| venue.def.code.as_str()),
        pitch: pitch.code.as_str(),
        kind: kind_name(pitch),
        sport: sport_code(&world.catalogue, pitch.sport),
        start,
        end,
        price: Money::new(slot.price, world.catalogue.city().currency),
        left: slot.left,
    }
}

fn units(count: u16) -> u8 {
    u8::try_from(count).unwrap_or(UNITS_PER_DAY)
}
