//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::baselines::Baseline;

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
    /// One baseline instead of all
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<Baseline>,
    /// How often server and baseline take turns
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) pairs: u32,
    /// Each has one request under way
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=16_384))]
    pub(crate) connections: u16,
    /// How long each run is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
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
pub(crate) struct BaselineArguments {
    /// Which one
    pub(crate) name: Baseline,
    /// Where to listen
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// How long the body of an answer is
    #[arg(long, value_name = "N")]
    pub(crate) answer_bytes: usize,
}
