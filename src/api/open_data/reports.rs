//! Reports of releases, counted when somebody asks and kept for a while: one at a time, so that however many ask, and for however many
//! releases, the counting takes no more than one core.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::Semaphore;

use super::OpenData;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::domain::catalogue::{Pitch, Release};
use crate::domain::clock::Clock;
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::release::ReleaseWhen;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::release_report::{ReleaseReport, again_since};
use crate::engine::world::World;
use crate::projection::Wanted;

/// How long a report is as good as a new one.
const KEPT: Duration = Duration::from_secs(5);
/// For how many residents it is asked at a time whether they came before.
const ASKED_TOGETHER: usize = 4096;
/// How many are kept.
const KEPT_MAX: usize = 1024;
/// How long after a day of play there is a report of it.
pub const REPORTED_DAYS: i32 = 92;

/// The reports that are kept.
pub struct Reports {
    kept: DashMap<(ReleaseNo, LocalDay, LocalDay), Arc<Counted>>,
    counting: Semaphore,
    /// Since when refusals are counted.
    pub since: UtcMillis,
}

/// A report of some days of play.
pub struct Counted {
    pub first: LocalDay,
    pub last: LocalDay,
    pub at: UtcMillis,
    pub report: ReleaseReport,
    counted: Duration,
}

impl Reports {
    #[must_use]
    pub fn new(clock: &dyn Clock) -> Self {
        Self { kept: DashMap::new(), counting: Semaphore::new(1), since: clock.now() }
    }

    /// What came of a release: of one day of play, of the day that was opened last where a rule opens day by day, or of all its days.
    ///
    /// # Errors
    /// `not-found`; `invalid-request` for a day that it doesn't govern or that is too long ago; `overloaded` when what it needs of older
    /// bookings can't be read now.
    pub async fn of(
        &self,
        open_data: &OpenData,
        code: &str,
        day: Option<LocalDay>,
    ) -> Result<Arc<Counted>, Problem> {
        let world = Arc::clone(&open_data.engine.world());
        let release = world.catalogue.release_by_code(code).ok_or(Problem::NotFound)?.no;
        let (first, last) = days(open_data, &world, release, day)?;
        let key = (release, first, last);
        let now = open_data.clock.monotonic();
        let fresh = || {
            let kept = self.kept.get(&key)?;
            (now.saturating_sub(kept.counted) < KEPT).then(|| Arc::clone(&kept))
        };
        if let Some(counted) = fresh() {
            return Ok(counted);
        }
        let _one = self.counting.acquire().await.map_err(|fault| Problem::internal(&fault))?;
        if let Some(counted) = fresh() {
            return Ok(counted);
        }
        let (engine, at) = (Arc::clone(&open_data.engine), open_data.clock.now());
        let wholes = release_wholes(&world, release);
        let past = open_data.past.of_days(&world, wholes, (first, last), "date").await?;
        let no = release;
        let counting = tokio::task::spawn_blocking(move || {
            let days: Vec<LocalDay> = (0..=last.days_since(first)).map(|nth| first.plus_days(nth)).collect();
            let release = world.catalogue.release(release).ok_or(Problem::NotFound)?;
            engine.release_report(&world, release, &days, |whole, day| past.of(&engine, &world, whole, day))
        });
        let counted = counting.await.map_err(|fault| Problem::internal(&fault))??;
        let mut report = counted.report;
        if let Some(opened_at) = report.opened_at {
            let came_before = came_before(open_data, &counted.undecided, opened_at, (no, first, last));
            report.residents.again += came_before.await?;
        }
        let counted = Arc::new(Counted { first, last, at, report, counted: now });
        if self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(key, Arc::clone(&counted));
        Ok(counted)
    }
}

/// The wholes of a release.
fn release_wholes(world: &World, no: ReleaseNo) -> impl Iterator<Item = &Pitch> {
    let release = world.catalogue.release(no);
    release.into_iter().flat_map(|release| &release.def.pitches).filter_map(|no| world.catalogue.pitch(*no))
}

/// How many of some residents had booked of something else shortly before, by what memory has no more.
async fn came_before(
    open_data: &OpenData,
    residents: &[ResidentNo],
    opened_at: UtcMillis,
    but: (ReleaseNo, LocalDay, LocalDay),
) -> Result<u64, Problem> {
    let mut count = 0;
    for some in residents.chunks(ASKED_TOGETHER) {
        let wanted = Wanted::OfOthers {
            residents: some.to_vec(),
            since: again_since(opened_at),
            until: opened_at,
            but,
        };
        count += open_data.past.ask(wanted).await?.len() as u64;
    }
    Ok(count)
}

/// The days of play of a report.
fn days(
    open_data: &OpenData,
    world: &World,
    release: ReleaseNo,
    day: Option<LocalDay>,
) -> Result<(LocalDay, LocalDay), Problem> {
    let release = world.catalogue.release(release).ok_or(Problem::NotFound)?;
    let earliest = world.days.first().plus_days(-REPORTED_DAYS);
    let last_open = world.days.last().unwrap_or(world.days.first());
    let is_reported = |day: LocalDay| release.def.governs(day) && (earliest..=last_open).contains(&day);
    match (day, release.def.when) {
        (Some(day), _) if is_reported(day) => Ok((day, day)),
        (Some(_), _) => {
            let text = Text::fixed("is no day of play of this release", "不是此次开放的使用日期");
            Err(FieldFault::new("date", text).into())
        }
        (None, ReleaseWhen::Daily { .. }) => {
            let day = last_opened(open_data, world, release).or_else(|| {
                (0..=last_open.days_since(earliest))
                    .map(|n| earliest.plus_days(n))
                    .find(|day| is_reported(*day))
            });
            day.map(|day| (day, day)).ok_or(Problem::NotFound)
        }
        (None, ReleaseWhen::Once { .. }) => {
            let first = release.def.first_day.max(earliest);
            let last = release.def.last_day.unwrap_or(last_open).min(last_open);
            if first <= last { Ok((first, last)) } else { Err(Problem::NotFound) }
        }
    }
}

/// The last day of play that has been opened and is not over.
fn last_opened(open_data: &OpenData, world: &World, release: &Release) -> Option<LocalDay> {
    let opened = |day: &LocalDay| open_data.engine.releases().opened_at(release.no, *day).is_some();
    world.days.iter().map(|clock| clock.day).filter(|day| release.def.governs(*day)).filter(opened).last()
}
