//! `kaichang-load steady`, `grab`, `soldout`, `browse`, `soak` and `chaos`: what a city's people do, played against a server, and an audit of
//! what it answered.
//!
//! All scenarios share one frame: a stage, a plan of bookings, a player that the driving loop asks what comes next, a line of progress each
//! second, and an audit through the API, by `kaichang verify` and in Postgres. A finding makes the exit code 1.

mod claims;
mod inquest;
mod page;
mod player;
mod plot;
mod postgres_books;
mod progress;
mod record;
mod stage;
mod summary;
mod verdict;
mod watch;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::arguments::{ChaosArguments, GrabArguments, PlayArguments};
use crate::booking_plan::BookingPlan;
use crate::draw::Draw;
use crate::drive::{Drive, Pace, WhenBroken};
use crate::residents::Tokens;
use crate::statistics::weights;
use crate::stock::StockItem;
use crate::{Failure, clock, print, say};

use claims::Claims;
use player::{Player, Script};
use stage::Stage;
use summary::Summary;
use verdict::Verdict;

/// What can be asked for at most in a second, which bounds how many bookings are planned.
const RATE_MAX: usize = 100_000;
/// What is sold before everybody comes late.
const SOLD_OUT: usize = 20_000;
/// Other slots that a refused resident thinks of.
const ALTERNATIVES: usize = 100_000;
/// How often somebody looks whether a run is over.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const SEED: u64 = 7;

/// What is played.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scenario<'a> {
    Steady(&'a PlayArguments),
    Grab(&'a GrabArguments),
    SoldOut(&'a PlayArguments),
    Browse(&'a PlayArguments),
    Soak(&'a PlayArguments),
    Chaos(&'a ChaosArguments),
}

impl<'a> Scenario<'a> {
    const fn arguments(self) -> &'a PlayArguments {
        match self {
            Self::Steady(play) | Self::SoldOut(play) | Self::Browse(play) | Self::Soak(play) => play,
            Self::Grab(grab) => &grab.play,
            Self::Chaos(chaos) => &chaos.play,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Steady(_) => "steady",
            Self::Grab(_) => "grab",
            Self::SoldOut(_) => "soldout",
            Self::Browse(_) => "browse",
            Self::Soak(_) => "soak",
            Self::Chaos(_) => "chaos",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Steady(_) => "90 of 100 requests browse, 8 book and 2 cancel",
            Self::Grab(_) => "everybody wants a few slots at one moment",
            Self::SoldOut(_) => "everybody wants what is sold",
            Self::Browse(_) => "everybody looks and nobody books",
            Self::Soak(_) => "90 of 100 requests browse, 5 book and 5 cancel, for long",
            Self::Chaos(_) => {
                "80 of 100 requests browse, 15 book and 5 cancel, and the server is killed meanwhile"
            }
        }
    }

    /// How long it is played, unless told otherwise: a grab until everybody has an answer.
    const fn seconds(self) -> Option<u32> {
        match self {
            Self::Steady(_) | Self::SoldOut(_) | Self::Browse(_) => Some(10),
            Self::Grab(_) => None,
            Self::Soak(_) => Some(600),
            Self::Chaos(_) => Some(30),
        }
    }

    /// Per hundred: bookings and cancellings.
    const fn shares(self) -> (usize, usize) {
        match self {
            Self::Steady(_) => (8, 2),
            Self::Soak(_) => (5, 5),
            Self::Chaos(_) => (15, 5),
            Self::Grab(_) | Self::SoldOut(_) | Self::Browse(_) => (0, 0),
        }
    }

    const fn script(self) -> Script {
        let (book, cancel) = self.shares();
        Script::Mix { book, cancel }
    }
}

pub(crate) fn run(scenario: Scenario<'_>) -> Result<ExitCode, Failure> {
    let arguments = scenario.arguments();
    let mut stage = Stage::open(arguments)?;
    let before = stage.before()?;
    let measured =
        arguments.seconds.or(scenario.seconds()).map(|seconds| Duration::from_secs(seconds.into()));
    let stock = std::mem::take(&mut stage.stock);
    let tokens = std::mem::replace(&mut stage.tokens, Tokens::none());
    let (plan, script) = plan(scenario, stock, tokens, measured);
    say(&format!("{}: {}; {} bookings are planned", scenario.name(), scenario.words(), plan.len()));
    stage.stock = plan.stock().cloned().collect();
    let browsing = stage.browsing()?;
    let keys = stage.keys.clone();
    let mut player = Player::new(script, Claims::new(plan), browsing, keys, &stage.pid, clock::now())?;
    let drive = Drive {
        address: stage.address,
        connections: usize::from(arguments.connections),
        pace: arguments.rate.map_or(Pace::AsAnswered, Pace::PerSecond),
        when_broken: match scenario {
            Scenario::Chaos(_) => WhenBroken::Reconnect,
            Scenario::Steady(_)
            | Scenario::Grab(_)
            | Scenario::SoldOut(_)
            | Scenario::Browse(_)
            | Scenario::Soak(_) => WhenBroken::Fail,
        },
    };
    if matches!(scenario, Scenario::SoldOut(_)) {
        sell_out(drive, &mut player).map_err(|failure| stage.with_log(failure))?;
    }
    let begin = clock::now();
    if let Some(measured) = measured {
        player.end_at(begin + measured);
    }
    player.begin_at(begin);
    let kills = match scenario {
        Scenario::Chaos(chaos) => drive_with_kills(drive, &mut player, &stage, chaos.every)?,
        Scenario::Steady(_)
        | Scenario::Grab(_)
        | Scenario::SoldOut(_)
        | Scenario::Browse(_)
        | Scenario::Soak(_) => {
            drive.run(&mut player).map_err(|failure| stage.with_log(failure))?;
            Vec::new()
        }
    };
    player.end();
    let Player { claims, record, .. } = player;
    let verdict = Verdict::of(scenario, &stage, &claims, &record, &before)?;
    let is_sound = verdict.findings.is_empty();
    let summary = Summary::of(scenario, &stage.machine, drive, &record, &kills, &verdict);
    print(&summary.table());
    summary.write(arguments.server.json.as_deref(), arguments.html.as_deref())?;
    if is_sound {
        return Ok(ExitCode::SUCCESS);
    }
    stage.keep();
    say(&format!("AUDIT: {}", verdict.findings));
    Ok(ExitCode::FAILURE)
}

/// Who books what, and how it is played.
fn plan(
    scenario: Scenario<'_>,
    stock: Vec<StockItem>,
    tokens: Tokens,
    measured: Option<Duration>,
) -> (BookingPlan, Script) {
    if let Scenario::Grab(GrabArguments { slots, each, skew, retries, think_time, .. }) = scenario {
        let slots = slots.unwrap_or((tokens.len() / 10).max(1));
        let plan = BookingPlan::everybody_wants(stock, tokens, *each, slots, *skew);
        let alternatives = Draw::new(SEED).by_weight(weights(plan.stock().count(), *skew), ALTERNATIVES);
        let think_time = Duration::from_millis((*think_time).into());
        return (plan, Script::Grab { retries: *retries, think_time, alternatives });
    }
    let wished = match scenario {
        Scenario::SoldOut(_) => SOLD_OUT,
        Scenario::Steady(_)
        | Scenario::Grab(_)
        | Scenario::Browse(_)
        | Scenario::Soak(_)
        | Scenario::Chaos(_) => {
            let rate = scenario.arguments().rate.map_or(RATE_MAX, |rate| rate.get() as usize);
            let seconds = usize::try_from(measured.unwrap_or_default().as_secs()).unwrap_or(usize::MAX);
            // Half as many again: what books is drawn by lot.
            rate.saturating_mul(seconds).saturating_mul(scenario.shares().0) / 100 * 3 / 2
        }
    };
    (BookingPlan::draw(stock, tokens, wished), scenario.script())
}

/// Sells what is planned, and lets the player come late for it by others.
fn sell_out(drive: Drive, player: &mut Player<'_>) -> Result<(), Failure> {
    let sold = player.claims.len();
    player.turn_to(Script::BuyOut { until: sold })?;
    Drive { pace: Pace::AsAnswered, ..drive }.run(player)?;
    let (confirmed, _) = player.claims.confirmed_and_unknown();
    say(&format!("{confirmed} of {sold} are sold"));
    let residents = player.claims.plan.tokens().len();
    for claim in 0..sold {
        if player.claims.plan.slot(claim).is_sold_once() {
            let other = (player.claims.plan.resident(claim) + residents / 2) % residents;
            let slot = player.claims.plan.slot_index(claim);
            let _ = player.think_of(other, slot);
        }
    }
    if player.claims.len() == sold {
        return Err("nothing that is sold once can be booked in this city".into());
    }
    player.turn_to(Script::Late { from: sold })
}

/// Kills the server and starts it again every so often; when that was, after the beginning.
fn drive_with_kills(
    drive: Drive,
    player: &mut Player<'_>,
    stage: &Stage,
    every: u32,
) -> Result<Vec<Duration>, Failure> {
    let is_over = AtomicBool::new(false);
    let begin = clock::now();
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| -> Result<Vec<Duration>, Failure> {
            let every = Duration::from_secs(every.into());
            let mut kills = Vec::new();
            let mut next = begin + every;
            // ORDERING: Relaxed, a flag by itself.
            while !is_over.load(Ordering::Relaxed) {
                if clock::now() < next {
                    std::thread::sleep(LOOK_EVERY);
                    continue;
                }
                kills.push(begin.elapsed());
                stage.kill_and_restart()?;
                next = clock::now() + every;
            }
            Ok(kills)
        });
        let driven = drive.run(player);
        // ORDERING: Relaxed, a flag by itself.
        is_over.store(true, Ordering::Relaxed);
        let kills = killer.join().map_err(|_| "the thread that kills panicked")?;
        driven.map_err(|failure| stage.with_log(failure))?;
        kills
    })
}

#[cfg(test)]
mod tests;
