//! `POST /v1/manage/releases`, `GET /v1/manage/venues/{venue}/releases`: what opens for booking when, under which rules.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authority::{Task, at_venue, in_city};
use super::change::{Changed, change, taken};
use super::retry::{NewName, Retry, read_code, request_of};
use super::written_entitlement::{EntitlementBody, put_districts, read_entitlement};
use super::written_lottery::{LotteryBody, read_lottery};
use super::written_queue::{QueueTermsBody, put_at_once, read_queue};
use super::written_returned::read_returned;
use super::written_rules::{NamesBody, read_names, read_number};
use crate::api::answer::{Items, NamesView, Rfc3339, city_moment, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::open_data::entitlement_view::EntitlementView;
use crate::api::open_data::lottery_view::LotteryView;
use crate::api::open_data::queue_view::QueueView;
use crate::api::open_data::return_view::ReturnView;
use crate::api::page::{ListQuery, list};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::ordering::Replayed;
use crate::api::written_time::{MinuteOfDay, WrittenDay, read_moment};
use crate::domain::catalogue::Release;
use crate::domain::event::Event;
use crate::domain::ids::{Code, PitchNo, ResidentNo, VenueNo};
use crate::domain::lottery::Salt;
use crate::domain::release::{DAYS_BEFORE_MAX, RELEASE_PITCHES_MAX, ReleaseDef, ReleaseMode, ReleaseWhen};
use crate::engine::world::World;
use crate::identity::public_id::Position;

/// Who gets what when more is wanted than there is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModeView {
    FirstCome,
    /// Drawn by lot; what is left opens by `daily` or `once` for who comes first.
    Lottery,
    /// One queues for it from the moment of `once` on.
    Queue,
}

/// Each day of play so many days before, at this time of the venue's day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DailyBody {
    #[schema(minimum = 0, maximum = 28)]
    pub days_before: i64,
    #[schema(value_type = String, example = "07:00")]
    pub at: MinuteOfDay,
}

/// All at one moment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnceBody {
    #[schema(format = DateTime)]
    pub at: String,
}

/// A release. It has either `daily` or `once`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBody {
    /// 1 to 64 of `a-z`, `0-9`, `-`; made up where nothing is said.
    pub id: Option<String>,
    pub name: NamesBody,
    /// Whole pitches of one venue; an operator's may be of several. Their parts go with them.
    pub pitches: Vec<String>,
    /// The first day of play that it governs.
    #[schema(value_type = String, format = Date)]
    pub first_day: WrittenDay,
    /// The last one; for ever where nothing is said.
    #[schema(value_type = Option<String>, format = Date)]
    pub last_day: Option<WrittenDay>,
    pub daily: Option<DailyBody>,
    pub once: Option<OnceBody>,
    pub mode: ModeView,
    /// How many bookings of it one resident may have, a day of play.
    #[schema(minimum = 1, maximum = 65_535)]
    pub limit_per_resident: Option<i64>,
    /// Of the pitches of a sport, or of a session's places, so many of a hundred are sold at the counter only.
    #[schema(minimum = 0, maximum = 100)]
    pub counter_share_percent: Option<i64>,
    /// The terms of one that is drawn by lot: then they must be there, and `last_day` too.
    pub lottery: Option<LotteryBody>,
    /// The terms of one that one queues for, which may all be left out; it needs `once` and `last_day`.
    pub queue: Option<QueueTermsBody>,
    /// What is given back comes back to sale at a moment left to chance, within so many minutes; at once where nothing is said.
    #[schema(minimum = 1, maximum = 1440)]
    pub returned_within_minutes: Option<i64>,
    /// Who may book of it; everybody where nothing is said.
    pub who: Option<EntitlementBody>,
}

/// A release as its manager sees it.
#[derive(Serialize, ToSchema)]
pub struct ManagedRelease {
    id: String,
    name: NamesView,
    pitches: Vec<String>,
    #[schema(format = Date)]
    first_day: String,
    #[schema(value_type = Option<String>, format = Date)]
    last_day: Option<String>,
    daily: Option<DailyView>,
    once: Option<OnceView>,
    mode: ModeView,
    limit_per_resident: Option<u16>,
    counter_share_percent: u8,
    /// The whole pitches that are sold at the counter only.
    kept_for_counter: Vec<String>,
    lottery: Option<LotteryView>,
    queue: Option<QueueView>,
    returned: Option<ReturnView>,
    who: Option<EntitlementView>,
    #[schema(value_type = String, format = DateTime)]
    declared_at: Rfc3339,
}

/// Each day of play so many days before, at this time.
#[derive(Serialize, ToSchema)]
pub struct DailyView {
    days_before: u8,
    at: String,
}

/// All at one moment.
#[derive(Serialize, ToSchema)]
pub struct OnceView {
    #[schema(value_type = String, format = DateTime)]
    at: Rfc3339,
}

impl ManagedRelease {
    fn of(desk: &Desk, world: &World, release: &Release) -> Self {
        let (def, catalogue) = (&release.def, &world.catalogue);
        let zone = catalogue.zone();
        let pitches = || def.pitches.iter().filter_map(|no| catalogue.pitch(*no));
        let (daily, once) = match def.when {
            ReleaseWhen::Daily { days_before, minute } => {
                let at = format!("{:02}:{:02}", minute / 60, minute % 60);
                (Some(DailyView { days_before, at }), None)
            }
            ReleaseWhen::Once { at } => (None, Some(OnceView { at: city_moment(zone, at) })),
        };
        let kept = pitches().filter(|pitch| release.keeps(pitch));
        Self {
            id: def.code.as_str().to_owned(),
            name: NamesView::of(&def.name),
            pitches: pitches().map(|pitch| pitch.code.as_str().to_owned()).collect(),
            first_day: def.first_day.to_string(),
            last_day: def.last_day.map(|day| day.to_string()),
            daily,
            once,
            mode: match def.mode {
                ReleaseMode::FirstCome => ModeView::FirstCome,
                ReleaseMode::Lottery => ModeView::Lottery,
                ReleaseMode::Queue => ModeView::Queue,
            },
            limit_per_resident: def.limit_per_resident,
            counter_share_percent: def.counter_share_percent,
            kept_for_counter: kept.map(|pitch| pitch.code.as_str().to_owned()).collect(),
            lottery: LotteryView::of(&desk.engine, zone, release, desk.clock.now()),
            queue: QueueView::of(&desk.engine, zone, release, desk.clock.now()),
            returned: ReturnView::of(&desk.engine, release),
            who: EntitlementView::of(catalogue, release),
            declared_at: city_moment(zone, release.declared_at),
        }
    }
}

/// A body that makes sense by itself, without its name, its pitches and its venue.
fn read(body: &ReleaseBody) -> Result<(Option<Code>, ReleaseDef), Problem> {
    let mut faults = FieldFaults::new();
    let chosen = body.id.as_deref().and_then(|id| read_code("id", id).map_err(|f| faults.add(f)).ok());
    if !(1..=RELEASE_PITCHES_MAX).contains(&body.pitches.len()) {
        let text = Text::fixed("must be 1 to 10,000 pitches", "必须包含 1 至 10,000 个场地");
        faults.add(FieldFault::new("pitches", text));
    }
    if body.last_day.is_some_and(|last| last.0 < body.first_day.0) {
        let text = Text::fixed("must not be before first_day", "不能早于 first_day");
        faults.add(FieldFault::new("last_day", text));
    }
    let bounds = (0, i64::from(DAYS_BEFORE_MAX));
    let when = match (&body.daily, &body.once) {
        (Some(daily), None) => {
            if daily.at.0 == 24 * 60 {
                let text = Text::fixed("must be before 24:00", "必须早于 24:00");
                faults.add(FieldFault::new("daily.at", text));
            }
            let days_before = read_number("daily.days_before", daily.days_before, bounds, &mut faults);
            Some(ReleaseWhen::Daily { days_before, minute: daily.at.0 })
        }
        (None, Some(once)) => {
            let at = read_moment("once.at", &once.at).map_err(|fault| faults.add(fault)).ok();
            at.map(|at| ReleaseWhen::Once { at: at.moment })
        }
        (None, None) | (Some(_), Some(_)) => {
            let text = Text::fixed("either this or once must be there", "daily 与 once 必须且只能有一个");
            faults.add(FieldFault::new("daily", text));
            None
        }
    };
    let limit = body.limit_per_resident;
    let share = body.counter_share_percent.unwrap_or(0);
    let def = ReleaseDef {
        // Put in when the name is known.
        code: chosen.clone().map_or_else(|| Code::new("release"), Ok).map_err(|f| Problem::internal(&f))?,
        name: read_names("name", &body.name, &mut faults),
        venue: None,
        pitches: Vec::new(),
        first_day: body.first_day.0,
        last_day: body.last_day.map(|day| day.0),
        when: when.unwrap_or(ReleaseWhen::Daily { days_before: 0, minute: 0 }),
        mode: match body.mode {
            ModeView::FirstCome => ReleaseMode::FirstCome,
            ModeView::Lottery => ReleaseMode::Lottery,
            ModeView::Queue => ReleaseMode::Queue,
        },
        limit_per_resident: limit
            .map(|limit| read_number("limit_per_resident", limit, (1, 65_535), &mut faults)),
        counter_share_percent: read_number("counter_share_percent", share, (0, 100), &mut faults),
        lottery: read_lottery(body, &mut faults).map(Box::new),
        queue: read_queue(body, when, &mut faults).map(Box::new),
        returned: read_returned(body, &mut faults).map(Box::new),
        who: read_entitlement(body, &mut faults).map(Box::new),
    };
    faults.check()?;
    Ok((chosen, def))
}

/// Declares a release: its pitches' days can be booked from its moment on, and not before. What is booked already stays.
#[utoipa::path(
    post,
    path = "/v1/manage/releases",
    tag = "managers",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = ReleaseBody,
    responses((status = 201, body = ManagedRelease))
)]
pub async fn declare(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<ReleaseBody>,
) -> Result<Response, Problem> {
    let retry = Retry { path: "/v1/manage/releases", key: idempotency_key(&headers)?, asks_for: &body.bytes };
    let (code, again) = published(&desk, who, &body.value, retry).await?;
    let mut answer = declared(&desk, &code)?;
    again.mark(&mut answer);
    Ok(answer)
}

/// Declares a release; durable when this returns.
///
/// # Errors
/// Why nothing was declared.
pub async fn published(
    desk: &Desk,
    who: SignedIn,
    body: &ReleaseBody,
    retry: Retry<'_>,
) -> Result<(Code, Replayed), Problem> {
    let (chosen, mut def) = read(body)?;
    let world = World::clone(&desk.engine.world());
    let by = put_pitches(&world, who, &body.pitches, &mut def)?;
    if let Some(who) = &mut def.who {
        put_districts(&world.catalogue, body, who)?;
    }
    let request = request_of(desk, by, retry.path, retry.key, retry.asks_for);
    let name = NewName::chosen_or(chosen, 'r', request)?;
    if name.is_among(world.catalogue.releases().iter().map(|release| &release.def.code))? {
        return Ok((name.code, Replayed::Yes));
    }
    def.code = name.code.clone();
    put_at_once(&world, &mut def);
    commit_to_seed(desk, &mut def)?;
    let event = Event::ReleaseDeclared(Box::new(def));
    match change(desk, by, event.clone()).await? {
        Changed::Yes => Ok((name.code, Replayed::No)),
        Changed::CodeTaken if retry.key.is_some() && desk.engine.is_done(by, &event) => {
            Ok((name.code, Replayed::Yes))
        }
        Changed::CodeTaken => Err(taken()),
    }
}

/// Commits a release to its seeds. The salt is drawn once: who sends the same release again means the one that is there.
fn commit_to_seed(desk: &Desk, def: &mut ReleaseDef) -> Result<(), Problem> {
    let world = desk.engine.world();
    let code = def.code.as_str();
    let before = world.catalogue.release_by_code(code).map(|before| &before.def);
    if let Some(lottery) = &mut def.lottery {
        let salt = before.and_then(|before| before.lottery.as_ref()).map(|before| before.salt);
        lottery.salt = salt.map_or_else(new_salt, Ok)?;
        lottery.commitment = desk.keys.draw_seed(code, &lottery.salt.0).commitment();
    }
    if let Some(queue) = &mut def.queue {
        let salt = before.and_then(|before| before.queue.as_ref()).map(|before| before.salt);
        queue.salt = salt.map_or_else(new_salt, Ok)?;
        queue.commitment = desk.keys.queue_seed(code, &queue.salt.0).commitment();
    }
    if let Some(returned) = &mut def.returned {
        let salt = before.and_then(|before| before.returned.as_ref()).map(|before| before.salt);
        returned.salt = salt.map_or_else(new_salt, Ok)?;
        returned.commitment = desk.keys.return_seed(code, &returned.salt.0).commitment();
    }
    Ok(())
}

fn new_salt() -> Result<Salt, Problem> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|fault| Problem::internal(&fault))?;
    Ok(Salt(salt))
}

/// Puts the pitches into a release, for who may manage all of them.
fn put_pitches(
    world: &World,
    who: SignedIn,
    codes: &[String],
    def: &mut ReleaseDef,
) -> Result<ResidentNo, Problem> {
    let mut numbers: Vec<PitchNo> = Vec::new();
    let mut venues: Vec<Option<VenueNo>> = Vec::new();
    for code in codes {
        let whole = world.catalogue.pitch_by_code(code).filter(|pitch| pitch.whole == pitch.no);
        let venue = whole.map(|whole| whole.venue);
        if !venues.contains(&venue) {
            venues.push(venue);
        }
        if let Some(whole) = whole.filter(|whole| !numbers.contains(&whole.no)) {
            numbers.push(whole.no);
        }
    }
    let mut by = who.no;
    for venue in &venues {
        by = at_venue(who, *venue, Task::Manage)?.by;
    }
    def.venue = match venues.as_slice() {
        [venue] => *venue,
        _ => {
            in_city(who)?;
            None
        }
    };
    def.pitches = numbers;
    Ok(by)
}

fn declared(desk: &Desk, code: &Code) -> Result<Response, Problem> {
    let world = desk.engine.world();
    let release = world.catalogue.release_by_code(code.as_str()).ok_or(Problem::NotFound)?;
    Ok(json(StatusCode::CREATED, &ManagedRelease::of(desk, &world, release)))
}

/// The releases that name a venue's pitches, the newest first. The newest that names a pitch and a day governs it.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/releases",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), ListQuery),
    responses((status = 200, body = Items<ManagedRelease>))
)]
pub async fn releases(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, list::VENUE_RELEASES)?;
    let world = World::clone(&desk.engine.world());
    let venue = world.catalogue.venue_by_code(&code).map(|venue| venue.no);
    let venue = at_venue(who, venue, Task::Manage)?.venue;
    let is_here = |no: &PitchNo| world.catalogue.pitch(*no).is_some_and(|pitch| pitch.venue == venue);
    let all = world.catalogue.releases().iter().rev();
    let of_venue = all.filter(|release| release.def.pitches.iter().any(is_here));
    let position = |release: &Release| Position { sort: 0, number: u32::MAX - u32::from(release.no.get()) };
    let answer = page.of(of_venue.map(|release| (position(release), release)), |release| {
        ManagedRelease::of(&desk, &world, release)
    });
    Ok(own_with_etag(&headers, &answer))
}
