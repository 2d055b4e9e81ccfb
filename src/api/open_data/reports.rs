//! Reports of releases, counted when somebody asks and kept for a while: one at a time, so that however many ask, and for however many
//! releases, the counting takes no more than one core.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::Semaphore;

use super::OpenData;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::domain::catalogue::Release;
use crate::domain::clock::Clock;
use crate::domain::ids::ReleaseNo;
use crate::domain::release::ReleaseWhen;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::release_report::ReleaseReport;
use crate::engine::world::World;

/// How long a report is as good as a new one.
const KEPT: Duration = Duration::from_secs(5);
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
    /// `not-found`; `invalid-request` for a day that it doesn't govern or that is too long ago.
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
        let counting = tokio::task::spawn_blocking(move || {
            let days: Vec<LocalDay> = (0..=last.days_since(first)).map(|nth| first.plus_days(nth)).collect();
            let release = world.catalogue.release(release)?;
            let report = engine.release_report(&world, release, &days);
            Some(Counted { first, last, at, report, counted: now })
        });
        let counted = counting.await.map_err(|fault| Problem::internal(&fault))?.ok_or(Problem::NotFound)?;
        let counted = Arc::new(counted);
        if self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(key, Arc::clone(&counted));
        Ok(counted)
    }
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
