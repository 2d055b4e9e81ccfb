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
