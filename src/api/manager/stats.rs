//! `GET /v1/manage/venues/{venue}/stats`: how a venue is used and what it earns, by day and pitch.
//!
//! Counted from the bookings each time, with the hours and closures of today: those of a day that is over may have been others.

use std::ops::AddAssign;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authority::{Task, at_venue};
use crate::api::answer::Money;
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::PathText;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::written_time::WrittenDay;
use crate::domain::catalogue::Pitch;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::LocalDay;
use crate::domain::units::UNIT_MINUTES;
use crate::engine::Engine;
use crate::engine::bookings::{Booking, BookingState};
use crate::engine::open_units::share;
use crate::engine::world::World;

/// The longest range.
const DAYS_MAX: i32 = 92;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatsQuery {
    /// The first day of play.
    #[param(value_type = String, format = Date)]
    from: WrittenDay,
    /// The last day of play, at most 91 days later.
    #[param(value_type = String, format = Date)]
    to: WrittenDay,
}

/// How a venue was used.
#[derive(Serialize, ToSchema)]
pub struct StatsView {
    venue: String,
    #[schema(format = Date)]
    from: String,
    #[schema(format = Date)]
    to: String,
    days: Vec<DayStatsView>,
    total: FiguresView,
}

/// How it was used on a day.
#[derive(Serialize, ToSchema)]
pub struct DayStatsView {
    #[schema(format = Date)]
    date: String,
    pitches: Vec<PitchStatsView>,
    total: FiguresView,
}

/// How a pitch was used on a day, its parts included.
#[derive(Serialize, ToSchema)]
pub struct PitchStatsView {
    pitch: String,
    #[serde(flatten)]
    figures: FiguresView,
}

/// Figures of use and money.
#[derive(Serialize, ToSchema)]
pub struct FiguresView {
    /// Those that were not cancelled.
    bookings: u64,
    cancelled: u64,
    no_shows: u64,
    people: u64,
    /// Of a part its share of the whole's; of a session those of each place.
    minutes_sold: u64,
    /// Of a day that is over by the hours and closures that it had, of others by those of now; of a session those of each place.
    minutes_open: u64,
    /// Thousandths of what was open that were sold.
    utilisation: u64,
    /// What was paid, less what was given back.
    revenue: Money,
    refunds: Money,
}

/// Figures of a pitch, a day or more, as they are added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    pub bookings: u64,
    pub cancelled: u64,
    pub no_shows: u64,
    pub people: u64,
    pub minutes_sold: u64,
    pub minutes_open: u64,
    pub revenue: i64,
    pub refunds: i64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.bookings += other.bookings;
        self.cancelled += other.cancelled;
        self.no_shows += other.no_shows;
        self.people += other.people;
        self.minutes_sold += other.minutes_sold;
        self.minutes_open += other.minutes_open;
        self.revenue += other.revenue;
        self.refunds += other.refunds;
    }
}

impl Figures {
    const fn view(self, currency: Currency) -> FiguresView {
        FiguresView {
            bookings: self.bookings,
            cancelled: self.cancelled,
            no_shows: self.no_shows,
            people: self.people,
            minutes_sold: self.minutes_sold,
            minutes_open: self.minutes_open,
            utilisation: self.utilisation(),
            revenue: Money::new(Minor::new(self.revenue), currency),
            refunds: Money::new(Minor::new(self.refunds), currency),
        }
    }

    /// Thousandths of what was open that were sold.
    #[must_use]
    pub const fn utilisation(self) -> u64 {
        match (self.minutes_sold * 1000).checked_div(self.minutes_open) {
            Some(thousandths) => thousandths,
            None => 0,
        }
    }

    /// A whole's day with these bookings.
    pub(in crate::api) fn of(
        engine: &Engine,
        world: &World,
        (whole, day): (&Pitch, LocalDay),
        bookings: &[Booking],
    ) -> Self {
        let leaves = u64::try_from(whole.leaves.len()).unwrap_or(1).max(1);
        let minutes_open = engine.units_open(world, whole, day) * u64::from(UNIT_MINUTES) / leaves;
        let mut figures = Self { minutes_open, ..Self::default() };
        // Minutes of the smallest parts, so that nothing is lost in rounding.
        let mut leaf_minutes = 0;
        for booking in bookings {
            let terms = booking.terms;
            let state = booking.state.settled();
            if state.is_paid() {
                figures.revenue += terms.price.get() - booking.refund.get();
                figures.refunds += booking.refund.get();
            }
            match state {
                BookingState::Cancelled => figures.cancelled += 1,
                BookingState::Confirmed
                | BookingState::CheckedIn
                | BookingState::Completed
                | BookingState::Missed => {
                    figures.bookings += 1;
                    figures.no_shows += u64::from(state == BookingState::Missed);
                    figures.people += u64::from(terms.party_size);
                    let minutes = u64::from(terms.span.minutes());
                    leaf_minutes += minutes * share(world, booking);
                }
                BookingState::Void
                | BookingState::Pending
                | BookingState::PendingHold
                | BookingState::Held
                | BookingState::Confirming
                | BookingState::GivingUp
                | BookingState::GivenUp
                | BookingState::Expiring
                | BookingState::Expired
                | BookingState::Moving
                | BookingState::Relocating
                | BookingState::CheckingIn
                | BookingState::Cancelling
                | BookingState::Completing
                | BookingState::Leaving
                | BookingState::Missing
                | BookingState::Alias => {}
            }
        }
        figures.minutes_sold = leaf_minutes / leaves;
        figures
    }
}

/// Statistics of use and revenue, of at most 92 days.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/stats",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), StatsQuery),
    responses((status = 200, body = StatsView))
)]
pub async fn stats(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<StatsQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (from, to) = (query.from.0, query.to.0);
    let world = World::clone(&desk.engine.world());
    let counted = counted(&desk, &world, who, &code, (from, to)).await?;
    let currency = world.catalogue.city().currency;
    let days = counted.days.into_iter().map(|day| DayStatsView {
        date: day.day.to_string(),
        pitches: day
            .pitches
            .into_iter()
            .map(|(pitch, figures)| PitchStatsView { pitch, figures: figures.view(currency) })
            .collect(),
        total: day.total.view(currency),
    });
    let answer = StatsView {
        venue: code,
        from: from.to_string(),
        to: to.to_string(),
        days: days.collect(),
        total: counted.total.view(currency),
    };
    Ok(own_with_etag(&headers, &answer))
}

/// A venue's figures of a range of days.
pub struct Counted {
    pub days: Vec<CountedDay>,
    pub total: Figures,
}

/// A day of them.
pub struct CountedDay {
    pub day: LocalDay,
    /// Of each whole pitch, by its code.
    pub pitches: Vec<(String, Figures)>,
    pub total: Figures,
}

/// Counts how a venue was used on some days.
///
/// # Errors
/// `invalid-request`, or as `authority` judges; `overloaded` when days that are long over can't be read now.
pub async fn counted(
    desk: &Desk,
    world: &World,
    who: SignedIn,
    code: &str,
    (from, to): (LocalDay, LocalDay),
) -> Result<Counted, Problem> {
    if !(0..DAYS_MAX).contains(&to.days_since(from)) {
        let text = Text::fixed("must be 0 to 91 days after from", "必须在 from 当天至其后 91 天之内");
        return Err(FieldFault::new("to", text).into());
    }
    let venue = world.catalogue.venue_by_code(code);
    let _may = at_venue(who, venue.map(|venue| venue.no), Task::Manage)?;
    let venue = venue.ok_or(Problem::NotFound)?;
    let wholes = || venue.pitches.iter().filter_map(|no| world.catalogue.pitch(*no));
    let past = desk.past.of_days(world, wholes(), (from, to), "from").await?;
    let mut total = Figures::default();
    let mut days = Vec::new();
    for day in (0..=to.days_since(from)).map(|after| from.plus_days(after)) {
        let mut of_day = Figures::default();
        let mut pitches = Vec::new();
        for whole in wholes() {
            let bookings = past.of(&desk.engine, world, whole, day)?;
            let figures = Figures::of(&desk.engine, world, (whole, day), &bookings);
            of_day += figures;
            pitches.push((whole.code.as_str().to_owned(), figures));
        }
        total += of_day;
        days.push(CountedDay { day, pitches, total: of_day });
    }
    Ok(Counted { days, total })
}
