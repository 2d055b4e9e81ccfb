//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::baselines::Baseline;
use crate::compare::Only;

/// Measures Kaichang beside the bare limit of the machine.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Confirmed bookings a second beside what a baseline answers, in turn
    Compare(CompareArguments),
    /// People browse, book and cancel: 90, 8 and 2 of a hundred requests
    Steady(PlayArguments),
    /// A release instant: everybody wants a few slots
    Grab(GrabArguments),
    /// Everybody wants what is sold
    Soldout(PlayArguments),
    /// Everybody looks and nobody books
    Browse(PlayArguments),
    /// People browse, book and cancel for long: the server's memory must not grow
    Soak(PlayArguments),
    /// The server is killed and started again meanwhile: nothing that was confirmed may be gone
    Chaos(ChaosArguments),
    /// Make a data directory new between runs
    Reset(ResetArguments),
    /// One booking after the other on an idle server, beside a bare write and fdatasync
    Latency(LatencyArguments),
    /// What others notice of a closure that cancels ten thousand bookings
    Closure(ClosureArguments),
    /// What is free in the whole city, a page of 200 slots after the other
    Listing(ListingArguments),
    /// Bookings with Postgres beside without, and how long it is behind after a burst
    Projection(ProjectionArguments),
    /// Install what `compare` measures beside: Redis and Postgres, from Debian's packages
    Setup,
    /// Serve a baseline; the harness starts it by itself
    #[command(hide = true)]
    Baseline(BaselineArguments),
}

/// Which server is measured, and where its data stands meanwhile.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArguments {
    /// The server's binary [default: kaichang beside this one]
    #[arg(long, value_name = "PATH_TO_KAICHANG")]
    pub(crate) server: Option<PathBuf>,
    /// Where the data directories stand: the disk that is measured [default: beside this binary]
    #[arg(long, value_name = "DIR")]
    pub(crate) work_dir: Option<PathBuf>,
    /// Write the figures here, too
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CompareArguments {
    /// One baseline instead of all, or one figure
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<Only>,
    /// How often server and baseline take turns
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) pairs: u32,
    /// Each has one request under way
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=16_384))]
    pub(crate) connections: u16,
    /// How long each run is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    /// How many residents want one of a tenth as many slots at one moment
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = residents_of_a_grab)]
    pub(crate) grab_residents: usize,
    /// How much more the first of these slots are wanted: the n-th as much as the first divided by n to this power
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = skew)]
    pub(crate) grab_skew: f64,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

fn residents_of_a_grab(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1_000..=1_000_000).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err("a number from 1000 to 1000000".to_owned()),
    }
}

fn skew(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(skew) if (0.0..=4.0).contains(&skew) => Ok(skew),
        Ok(_) | Err(_) => Err("a number from 0 to 4".to_owned()),
    }
}

/// What every scenario takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlayArguments {
    /// Start a server of one's own on a new demo city, which is the default
    #[arg(long, conflicts_with = "target")]
    pub(crate) spawn: bool,
    /// Load a server that runs already
    #[arg(long, value_name = "ADDR", requires = "tokens")]
    pub(crate) target: Option<SocketAddr>,
    /// Who books there: what `kaichang demo --residents N --tokens FILE` wrote
    #[arg(long, value_name = "FILE", requires = "target")]
    pub(crate) tokens: Option<PathBuf>,
    /// The data directory of that server, to be verified afterwards
    #[arg(long, value_name = "DIR", requires = "target")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The process of that server, to look at its processor time and memory
    #[arg(long, value_name = "PID", requires = "target")]
    pub(crate) pid: Option<u32>,
    /// So many requests a second, whatever the server does; without it the next one goes out when an answer has come
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) rate: Option<NonZeroU32>,
    /// Each has one request under way at most
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=16_384))]
    pub(crate) connections: u16,
    /// How long [default: 10; soak 600, chaos 30, grab until everybody has an answer]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=604_800))]
    pub(crate) seconds: Option<u32>,
    /// How many residents the city of a server of one's own has
    #[arg(long, value_name = "N", default_value = "100000", value_parser = residents)]
    pub(crate) residents: usize,
    /// Where Postgres has the books afterwards; an empty database for a server of one's own
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Switch a known bug on in a server that was built with them
    #[arg(long, value_name = "NAME", hide = true, conflicts_with = "target")]
    pub(crate) planted_bug: Option<String>,
    /// Write a page with plots here
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// How a release gives out what more want than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Mode {
    FirstCome,
    Queue,
    Lottery,
}

impl Mode {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FirstCome => "first_come",
            Self::Queue => "queue",
            Self::Lottery => "lottery",
        }
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct GrabArguments {
    /// How the release gives out what there is
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Mode::FirstCome)]
    pub(crate) mode: Mode,
    /// So many of a hundred requests are robots': they ask again and again, under new keys and old ones, and past the line
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=90))]
    pub(crate) robots: u8,
    /// So many of a hundred accounts are robots'
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=90))]
    pub(crate) robot_residents: u8,
    /// About how many places there are to be had [default: a tenth as many as residents]
    #[arg(long, value_name = "N", value_parser = residents)]
    pub(crate) slots: Option<usize>,
    /// How many slots each resident asks for, one right after the other
    #[arg(long, value_name = "N", default_value = "1", value_parser = few)]
    pub(crate) each: usize,
    /// How much more the first slots are wanted: the n-th as much as the first divided by n to this power
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = skew)]
    pub(crate) skew: f64,
    /// How often somebody who was refused tries again
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) retries: u32,
    /// How many milliseconds somebody who was refused thinks before that
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=600_000))]
    pub(crate) think_time: u32,
    #[command(flatten)]
    pub(crate) play: PlayArguments,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ChaosArguments {
    /// How many seconds lie between a start and the next kill
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) every: u32,
    #[command(flatten)]
    pub(crate) play: PlayArguments,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ResetArguments {
    /// The data directory that is made new; no server may have it open
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
    /// What it is made of: a copy that is kept, and made the first time [default: DIR.kept beside it]
    #[arg(long, value_name = "DIR")]
    pub(crate) kept: Option<PathBuf>,
    /// How many residents the demo city has, when the copy is made
    #[arg(long, value_name = "N", default_value = "100000", value_parser = residents)]
    pub(crate) residents: usize,
    /// Where their tokens are written then [default: DIR.tokens beside it]
    #[arg(long, value_name = "FILE")]
    pub(crate) tokens: Option<PathBuf>,
    /// The server's binary [default: kaichang beside this one]
    #[arg(long, value_name = "PATH_TO_KAICHANG")]
    pub(crate) server: Option<PathBuf>,
}

fn residents(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=1_000_000).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err("a number from 1 to 1000000".to_owned()),
    }
}

fn few(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=100).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err("a number from 1 to 100".to_owned()),
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct LatencyArguments {
    /// How many bookings, and how many bare writes
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub(crate) requests: u32,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ListingArguments {
    /// How many pages are asked for
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub(crate) requests: u32,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ClosureArguments {
    /// How many bookings are hit
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = bookings_of_a_closure)]
    pub(crate) bookings: usize,
    /// How often, each time with a fresh copy of the city
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,
    /// How many bookings others make a second
    #[arg(long, value_name = "N", default_value = "2000", value_parser = rate)]
    pub(crate) per_second: NonZeroU32,
    /// Over so many connections
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) connections: u16,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    match text.parse::<NonZeroU32>() {
        Ok(rate) if rate.get() <= 1_000_000 => Ok(rate),
        Ok(_) | Err(_) => Err("a number from 1 to 1000000".to_owned()),
    }
}

fn bookings_of_a_closure(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=100_000).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err("a number from 1 to 100000".to_owned()),
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ProjectionArguments {
    /// How many bookings the burst has
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = bookings_of_a_burst)]
    pub(crate) bookings: usize,
    /// How often the server runs with Postgres and without, in turn
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) pairs: u32,
    /// Each has one request under way
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=16_384))]
    pub(crate) connections: u16,
    /// How long each run is measured
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

fn bookings_of_a_burst(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (10_000..=4_000_000).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err("a number from 10000 to 4000000".to_owned()),
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BaselineArguments {
    /// Which one
    pub(crate) name: Baseline,
    /// Where to listen
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// How long the body of an answer is
    #[arg(long, value_name = "N")]
    pub(crate) answer_bytes: usize,
    /// The address of what it books in
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// What can be booked: a line PITCH START PLACES for each slot
    #[arg(long, value_name = "FILE")]
    pub(crate) stock: Option<PathBuf>,
    /// Who may book: a line ID TOKEN for each
    #[arg(long, value_name = "FILE")]
    pub(crate) tokens: Option<PathBuf>,
}
