//! `kaichang serve`: from a data directory to a city that takes bookings, and back to rest.
//!
//! Start: lock, keys, journal (replayed into the engine), committer, days rolled over, workers, ready. End: not ready, no new
//! connections, what is in flight finished, the timekeeper stopped, the journal synced, exit 0. A journal that fails ends the
//! process at once, in `end_for_the_journal` and nowhere else.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::signal::unix::{SignalKind, signal};

use super::arguments::{Empty, ServeArguments};
use super::certificate::{CertificateFiles, WatchedCertificate};
use super::data_dir::{DataDir, Keys};
use super::demo::Residents;
use super::keeping::Keeper;
use super::projecting;
use super::remembering::{PIECE, Remembering};
use super::services::Services;
use super::settings::Settings;
use super::snapshots::{self, Begun};
use super::system_clock::SystemClock;
use super::{
    Failure, demo, disk_watch, figure_names, founding, logging, manifest, open_files, rehearse, roots, say,
    snapshot_maker,
};
use crate::api::open_data::roots::PublishedRoots;
use crate::api::ops::{Readiness, Served};
use crate::api::problem::Text;
use crate::api::runtime::{RuntimeLimits, Workers, bind};
use crate::api::vital_signs::VitalSigns;
use crate::domain::clock::Clock;
use crate::domain::event::Event;
use crate::domain::ids::ResidentNo;
use crate::domain::time::UtcMillis;
use crate::engine::lane::{Intake, LaneOwner};
use crate::engine::settle::Settlement;
use crate::engine::timekeeper::Timekeeper;
use crate::engine::{CommandLane, Engine};
use crate::identity::city_keys::{CityKeys, WhenAbsent};
use crate::journal::{DirLock, FileDisk, Journal, JournalError, JournalHandle, Options};
use crate::projection::{History, Progress};
use crate::web::rehearsal;

/// How many records a worker may have under way.
const OUTSTANDING_MAX: u32 = 4096;
/// A start so long after the last record asks whether the clock is right.
const PAUSE_MAX_MS: i64 = 30 * 24 * 3_600_000;
/// How often the timekeeper looks.
const TICK: Duration = Duration::from_millis(100);
const SECONDS_BUCKETS: [f64; 12] =
    [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0];
const RECORDS_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1024.0];
/// How often the figures' samples are folded.
const UPKEEP: Duration = Duration::from_secs(5);
/// The demo that an empty directory becomes.
const DEMO_SEED: u64 = 1;

pub(super) fn run(arguments: ServeArguments) -> Result<ExitCode, Failure> {
    logging::start();
    open_files::allow_most();
    let settings = Settings::of(arguments)?;
    rehearse::refuse(&DataDir::new(&settings.data_dir, None))?;
    open(&settings, Arc::new(SystemClock::new()))
}

/// Serves by these settings and this clock, until somebody ends it.
pub(super) fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<ExitCode, Failure> {
    let _lock = DirLock::acquire(&settings.data_dir)?;
    let dir = DataDir::new(&settings.data_dir, settings.key_file.as_deref());
    manifest::accept(dir.root())?;
    make_city_if_absent(&dir, settings)?;
    // The keys were made with the city: to make others now would lose every account.
    let keys = dir.keys(WhenAbsent::Refuse)?;
    // Bound before the replay, so that an address that is taken is said at once.
    let listener =
        bind(settings.listen).map_err(|error| format!("listen on {}: {error}", settings.listen))?;
    let address = listener.local_addr()?;
    let certificate = settings.tls.clone().map(CertificateFiles::watch).transpose()?;
    let metrics = figures_recorder()?;

    let progress = settings.database.as_ref().map(|_| Progress::new());
    let mut city = City::open(&dir, settings, &clock, progress.clone(), &keys.city)?;
    destroy_keys_again(&city.engine, &keys)?;
    let projector = projecting::start(&dir, settings, &city.journal, &clock, progress.as_ref())?;
    let history = settings
        .database
        .clone()
        .map(|database| History::start(database, &city.journal.uuid(), Arc::clone(&clock)));
    let history = history.transpose()?;
    let readiness =
        Readiness::not_yet(Text::fixed("the city is starting", "正在启动")).with_projection(progress);
    let served = if rehearsal::is_on() { Served::Rehearsal } else { Served::City };
    let readiness = readiness.of(served);
    let worker_lanes = std::mem::take(&mut city.lanes).into_iter().map(CommandLane::new).collect();
    let workers = Workers::start(RuntimeLimits::default(), worker_lanes)?;
    let services = Services::new(
        &city.engine,
        keys,
        &clock,
        &readiness,
        metrics.clone(),
        settings,
        (city.journal.epoch(), history),
    )?;
    let tls = certificate.as_ref().map(WatchedCertificate::tls);
    services.listen(&workers, listener, tls, settings.metrics_listen)?;
    city.watch_disk(&dir, settings, &readiness)?;
    city.publish_roots(&dir, &clock, services.roots())?;
    readiness.set_ready();
    tracing::info!(%address, tls = certificate.is_some(), "ready");
    let scheme = if certificate.is_some() { "https" } else { "http" };
    say(&format!("the city is open at {scheme}://{address}"));

    wait_for_the_end(&metrics, services.vital_signs(), certificate)?;
    tracing::info!("draining");
    readiness.set_not_ready(Text::fixed("the city is closing", "正在停止"));
    let drained = workers.shutdown();
    if drained.cut > 0 {
        tracing::warn!(connections = drained.cut, "connections were cut that took too long");
    }
    city.close()?;
    if let Some(projector) = projector {
        projector.end();
    }
    tracing::info!("closed");
    Ok(ExitCode::SUCCESS)
}

/// Keys whose end stands in the journal are destroyed again: the process may have died before it came to that, or the file may
/// have come from an older backup. Before anything else reads them; all that was replayed is durable by now.
fn destroy_keys_again(engine: &Engine, keys: &Keys) -> Result<(), Failure> {
    let erased = engine.residents().iter().filter(|(_, account)| account.is_erased()).map(|(no, _)| no);
    let erased: Vec<ResidentNo> = erased.collect();
    if erased.is_empty() {
        return Ok(());
    }
    let destroyed = keys.residents.erase_all(erased)?;
    if destroyed > 0 {
        tracing::warn!(
            destroyed,
            "keys of accounts that were deleted were still there; they are destroyed now"
        );
    }
    Ok(())
}

/// Where figures are gathered: times in buckets, so that operators can add them up.
fn figures_recorder() -> Result<PrometheusHandle, Failure> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch_records".to_owned()), &RECORDS_BUCKETS)?
        .install_recorder()?;
    figure_names::describe_all();
    Ok(recorder)
}

fn make_city_if_absent(dir: &DataDir, settings: &Settings) -> Result<(), Failure> {
    if dir.has_city()? {
        return Ok(());
    }
    match settings.empty {
        Empty::Refuse => {
            Err(format!("there is no city in {}, and --empty says to refuse", dir.root().display()).into())
        }
        Empty::Demo => {
            say("making the demo city; for a city of your own, use --empty create");
            demo::make(dir, DEMO_SEED, settings.days_ahead, &Residents::NONE)
        }
        Empty::Create => {
            let events = founding::bare_city(&settings.timezone, &settings.currency, settings.days_ahead)?;
            dir.keys(WhenAbsent::Create)?;
            founding::found(dir, events)
        }
    }
}

/// A city whose journal is open.
struct City {
    engine: Arc<Engine>,
    /// One for each worker.
    lanes: Vec<LaneOwner<Event>>,
    journal: JournalHandle,
    committer: JoinHandle<()>,
    timekeeper: JoinHandle<()>,
    snapshots: JoinHandle<()>,
    disk: Option<JoinHandle<()>>,
    roots: Option<JoinHandle<()>>,
    is_closing: Arc<AtomicBool>,
}

impl City {
    fn open(
        dir: &DataDir,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        progress: Option<Progress>,
        keys: &CityKeys,
    ) -> Result<Self, Failure> {
        let began = clock.monotonic();
        let Begun { mut replay, position } = snapshots::begin(dir)?;
        let disk = FileDisk::new(dir.journal())?;
        let options = Options { segment_bytes: settings.segment_size.get(), ..Options::default() };
        let apply = |sequence, at, bytes: &[u8]| replay.apply(sequence, at, bytes);
        let journal = Journal::open_behind(disk, options, position.as_ref(), apply)?;
        let records = journal.recovered().records;
        let last_at = replay.last_at();
        let engine = Arc::new(replay.finish()?);
        if !settings.trust_clock {
            check_pause(last_at, clock.now())?;
        }
        let took_ms = (clock.monotonic() - began).as_millis();
        let snapshot = position.map_or(0, |position| position.last().get());
        tracing::info!(
            snapshot,
            records,
            took_ms = u64::try_from(took_ms).unwrap_or(u64::MAX),
            "journal replayed"
        );

        let (intake, mut lanes) = Intake::new(settings.workers + 1, OUTSTANDING_MAX);
        let settlement = Settlement::new(Arc::clone(&engine), Arc::clone(&intake));
        let (handle, committer) = journal.start(Arc::clone(&intake), settlement, Arc::clone(clock))?;
        let is_closing = Arc::new(AtomicBool::new(false));
        let committer = watch(committer, Arc::clone(&is_closing))?;
        let lane = lanes.pop().ok_or("an intake without lanes")?;
        let (of_queues, of_returns) = (keys.clone(), keys.clone());
        let queue_seeds = Box::new(move |release: &str, salt: &[u8; 16]| of_queues.queue_seed(release, salt));
        let return_seeds =
            Box::new(move |release: &str, salt: &[u8; 16]| of_returns.return_seed(release, salt));
        let mut timekeeper =
            Timekeeper::new(CommandLane::new(lane)).with_seeds(queue_seeds).with_return_seeds(return_seeds);
        open_due_days(&mut timekeeper, &engine, &intake, &**clock)?;
        // A start doesn't wait for it.
        let remembering =
            Remembering::new(settings.memory_days, settings.keep, handle.clone(), progress.clone());
        let timekeeper = timekeeper.with_archive(Box::new(remembering), PIECE);
        let timekeeper = keep_time(timekeeper, &engine, clock, &is_closing)?;
        let keeper = Keeper::new(settings.keep, handle.clone(), progress);
        let (journal, every_s) = (handle.clone(), settings.snapshot_every_s);
        let snapshots = snapshot_maker::start(dir.root(), journal, every_s, keeper, clock, &is_closing)?;
        Ok(Self {
            engine,
            lanes,
            journal: handle,
            committer,
            timekeeper,
            snapshots,
            disk: None,
            roots: None,
            is_closing,
        })
    }

    /// Takes nothing new from now on while the disk has less room than it should.
    fn watch_disk(
        &mut self,
        dir: &DataDir,
        settings: &Settings,
        readiness: &Readiness,
    ) -> Result<(), Failure> {
        self.disk =
            disk_watch::start(dir.root(), settings.disk_reserve, &self.engine, readiness, &self.is_closing)?;
        Ok(())
    }

    /// Publishes the journal's root of each day from now on.
    fn publish_roots(
        &mut self,
        dir: &DataDir,
        clock: &Arc<dyn Clock>,
        published: &Arc<PublishedRoots>,
    ) -> Result<(), Failure> {
        let zone = self.engine.world().catalogue.zone().clone();
        self.roots = Some(roots::start(dir, &self.journal, zone, clock, published, &self.is_closing)?);
        Ok(())
    }

    /// Makes durable what is queued and ends the threads.
    fn close(self) -> Result<(), Failure> {
        // ORDERING: Release pairs with the Acquire in `keep_time` and `watch`: a journal that ends after this ends as wanted.
        self.is_closing.store(true, Ordering::Release);
        self.timekeeper.join().map_err(|_| "the timekeeper panicked")?;
        self.snapshots.join().map_err(|_| "the thread that has snapshots made panicked")?;
        if let Some(disk) = self.disk {
            disk.join().map_err(|_| "the thread that watches the disk panicked")?;
        }
        if let Some(roots) = self.roots {
            roots.join().map_err(|_| "the thread that publishes roots panicked")?;
        }
        self.journal.stop();
        self.committer.join().map_err(|_| "the journal's thread panicked")?;
        Ok(())
    }
}

/// A clock that is set wrong would complete bookings and open days that can't be taken back.
pub(super) fn check_pause(last_at: Option<UtcMillis>, now: UtcMillis) -> Result<(), Failure> {
    let Some(last_at) = last_at else { return Ok(()) };
    let days = now.since_ms(last_at) / (24 * 3_600_000);
    if now.since_ms(last_at) > PAUSE_MAX_MS {
        return Err(format!(
            "the clock is {days} days after the journal's last record: if it is right, start with --trust-clock"
        )
        .into());
    }
    Ok(())
}

/// Days that began while the city was closed are opened before anybody comes, and so is what was released meanwhile.
fn open_due_days(
    timekeeper: &mut Timekeeper,
    engine: &Engine,
    intake: &Intake<Event>,
    clock: &dyn Clock,
) -> Result<(), Failure> {
    loop {
        let now = clock.now();
        let more = timekeeper.tick(engine, now);
        let world = engine.world();
        let due = world.days_due(now);
        let are_days_open = world.days.first() >= due.first && world.days.last() >= Some(due.last);
        if !more && are_days_open && !Timekeeper::has_releases_due(engine, now) {
            return Ok(());
        }
        if intake.is_halted() {
            return Err("the journal stopped before the city was open".into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

// ORDERING: Acquire pairs with the Release in `City::close`.
fn keep_time(
    mut timekeeper: Timekeeper,
    engine: &Arc<Engine>,
    clock: &Arc<dyn Clock>,
    is_closing: &Arc<AtomicBool>,
) -> Result<JoinHandle<()>, Failure> {
    let (engine, clock, is_closing) = (Arc::clone(engine), Arc::clone(clock), Arc::clone(is_closing));
    let thread = std::thread::Builder::new().name("timekeeper".to_owned()).spawn(move || {
        while !is_closing.load(Ordering::Acquire) {
            let more = timekeeper.tick(&engine, clock.now());
            std::thread::sleep(if more { Duration::from_millis(1) } else { TICK });
        }
    })?;
    Ok(thread)
}

/// Waits for the committer's end beside everything else.
// ORDERING: Acquire pairs with the Release in `City::close`.
fn watch(
    committer: JoinHandle<Result<(), JournalError>>,
    is_closing: Arc<AtomicBool>,
) -> Result<JoinHandle<()>, Failure> {
    let thread =
        std::thread::Builder::new().name("journal-watch".to_owned()).spawn(move || {
            match committer.join() {
                Ok(Ok(())) if is_closing.load(Ordering::Acquire) => {}
                Ok(Ok(())) => end_for_the_journal("it ended by itself"),
                Ok(Err(error)) => end_for_the_journal(&super::explain(&error)),
                Err(_) => end_for_the_journal("its thread panicked"),
            }
        })?;
    Ok(thread)
}

/// After a failed sync nothing may be acknowledged and nothing retried: what is on the disk is found out by the next start.
fn end_for_the_journal(why: &str) -> ! {
    tracing::error!(why, "the journal has failed; the process ends so that nothing wrong is acknowledged");
    say(&format!("the journal has failed: {why}"));
    std::process::exit(1)
}

/// Until SIGTERM or SIGINT. A second one ends the process at once, which the journal makes safe.
fn wait_for_the_end(
    metrics: &PrometheusHandle,
    vital_signs: &VitalSigns,
    mut certificate: Option<WatchedCertificate>,
) -> Result<(), Failure> {
    let (ended, end) = std::sync::mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = {
        let _entered = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if ended.send(()).is_err() {
                    std::process::exit(1);
                }
            }
        });
    })?;
    // Figures that nobody fetches are folded meanwhile, so that they don't grow.
    while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(UPKEEP) {
        metrics.run_upkeep();
        vital_signs.look();
        certificate.iter_mut().for_each(WatchedCertificate::look);
    }
    Ok(())
}
