//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use super::byte_size::ByteSize;
use crate::api::proxies::IpNetwork;

/// One-click booking for all the sports venues of a city. Without a command: serve.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: ServeArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve a city
    Serve(Box<ServeArguments>),
    /// Make the demo city in an empty data directory
    Demo(DemoArguments),
    /// Check a data directory against the rules; reads only, also beside a running server
    Verify(VerifyArguments),
    /// Repeat a draw from its published file alone, and say what differs
    DrawVerify(DrawVerifyArguments),
    /// Keep the city's state, so that the next start reads less; the server does it by itself
    Snapshot(SnapshotArguments),
    /// Copy a city so that it can be served again, also beside a running server: see docs/OPERATING.md
    Backup(BackupArguments),
    /// Serve a copy of a city shortly before a release's instant, for a load run: see docs/OPERATING.md
    Rehearse(RehearseArguments),
    /// Make a new data directory from a Postgres database alone, when the journal's disk is lost
    Rebuild(RebuildArguments),
    /// Fill the tables of a Postgres database anew from the journal of a city that is not served
    Reproject(ReprojectArguments),
    /// Make a city of files, or change one that is not served: see docs/YOUR-CITY.md
    Import(ImportArguments),
    /// Write a city's files; reads only, also beside a running server
    Export(ExportArguments),
    /// The operators of a city, while it is not served
    Operator {
        #[command(subcommand)]
        action: OperatorAction,
    },
}

#[derive(Debug, Clone, Args)]
pub(super) struct RehearseArguments {
    /// Where the city is kept that is copied; it may be served meanwhile
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
    /// Where the copy is made; nothing may be there
    #[arg(long, value_name = "DIR")]
    pub(super) into: PathBuf,
    /// The release whose instant is rehearsed
    #[arg(long, value_name = "ID")]
    pub(super) release: String,
    /// How many minutes the instant is away when the copy opens
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=1440))]
    pub(super) minutes_before: u16,
    /// Where to listen [default: 127.0.0.1:8090]
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
    /// Residents for a load run, who are in the copy alone
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(super) residents: u32,
    /// Where their tokens are written
    #[arg(long, value_name = "FILE", requires = "residents")]
    pub(super) tokens: Option<PathBuf>,
    /// The city's master key, where it is kept elsewhere [default: the copy's own]
    #[arg(long, env = "KAICHANG_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(super) workers: Option<usize>,
    /// Let so many bookings and holds in a second, as the city does [default: 0, as many as come]
    #[arg(long, value_name = "N")]
    pub(super) admission_bound: Option<u32>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct ImportArguments {
    /// Where the files are: venues.csv, pitches.csv, hours.csv, prices.csv, holidays.csv and others
    #[arg(value_name = "DIR")]
    pub(super) files: PathBuf,
    /// Where the city is kept; made if it is absent
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
    /// Tell what would change and change nothing; also beside a running server
    #[arg(long)]
    pub(super) dry_run: bool,
    /// The time zone of a new city without city.csv [default: Asia/Shanghai]
    #[arg(long, value_name = "ZONE")]
    pub(super) timezone: Option<String>,
    /// The currency of a new city without city.csv [default: CNY]
    #[arg(long, value_name = "CODE")]
    pub(super) currency: Option<String>,
    /// Days that are open after today, of a new city without city.csv [default: 7]
    #[arg(long, value_name = "N")]
    pub(super) days_ahead: Option<u8>,
    /// The city's master key [default: DIR/keys/master.key]
    #[arg(long, env = "KAICHANG_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
    /// Go on though the clock is more than 30 days after the journal's last record
    #[arg(long, env = "KAICHANG_TRUST_CLOCK")]
    pub(super) trust_clock: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct ExportArguments {
    /// Where to write the files; made if it is absent
    #[arg(value_name = "DIR")]
    pub(super) files: PathBuf,
    /// Where the city is kept
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub(super) overwrite: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum OperatorAction {
    /// Make an operator, and print the phone number and a password to log in with
    Create(OperatorArguments),
}

#[derive(Debug, Clone, Args)]
pub(super) struct OperatorArguments {
    /// Where the city is kept
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
    /// The number to log in with [default: one that nobody has]
    #[arg(long, value_name = "PHONE")]
    pub(super) phone: Option<String>,
    #[arg(long, value_name = "NAME", default_value = "Operator")]
    pub(super) name: String,
    /// The city's master key [default: DIR/keys/master.key]
    #[arg(long, env = "KAICHANG_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
    /// Go on though the clock is more than 30 days after the journal's last record
    #[arg(long, env = "KAICHANG_TRUST_CLOCK")]
    pub(super) trust_clock: bool,
}

/// What an empty or absent data directory becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Empty {
    /// The demo city
    Demo,
    /// A city without venues
    Create,
    /// An error, so that an unmounted disk doesn't sell a demo
    Refuse,
}

/// Each can also stand in the environment or in the file of `--config`; the command line goes first.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServeArguments {
    /// Where the city is kept [default: ./data]
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, env = "KAICHANG_LISTEN", value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
    /// Serve by TLS with this chain of certificates, in PEM; read again when it changes
    #[arg(long, env = "KAICHANG_TLS_CERTIFICATE", value_name = "FILE")]
    pub(super) tls_certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, env = "KAICHANG_TLS_KEY", value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,
    /// Serve /metrics here, and only here
    #[arg(long, env = "KAICHANG_METRICS_LISTEN", value_name = "ADDR")]
    pub(super) metrics_listen: Option<SocketAddr>,
    /// What an empty or absent data directory becomes [default: demo]
    #[arg(long, env = "KAICHANG_EMPTY", value_name = "demo|create|refuse")]
    pub(super) empty: Option<Empty>,
    /// The city's master key [default: DIR/keys/master.key]
    #[arg(long, env = "KAICHANG_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
    /// A Postgres database that all is written into afterwards: postgres://user:password@host:port/name
    #[arg(long, env = "KAICHANG_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(super) database_url: Option<String>,
    /// Worker threads [default: one for each core]
    #[arg(long, env = "KAICHANG_WORKERS", value_name = "N")]
    pub(super) workers: Option<usize>,
    /// The time zone of a city that is created [default: Asia/Shanghai]
    #[arg(long, env = "KAICHANG_TIMEZONE", value_name = "ZONE")]
    pub(super) timezone: Option<String>,
    /// The currency of a city that is created [default: CNY]
    #[arg(long, env = "KAICHANG_CURRENCY", value_name = "CODE")]
    pub(super) currency: Option<String>,
    /// Days that are open after today, of a city that is made [default: 7]
    #[arg(long, env = "KAICHANG_DAYS_AHEAD", value_name = "N")]
    pub(super) days_ahead: Option<u8>,
    /// A network of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; can stand several times
    #[arg(
        long = "trusted-proxy",
        env = "KAICHANG_TRUSTED_PROXIES",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub(super) trusted_proxies: Option<Vec<IpNetwork>>,
    /// Let so many bookings and holds in a second, and ask the rest to come again; 0 for as many as come [default: 0]
    #[arg(long, env = "KAICHANG_ADMISSION_BOUND", value_name = "N")]
    pub(super) admission_bound: Option<u32>,
    /// How often a snapshot is made, in seconds; 0 for never [default: 3600]
    #[arg(long = "snapshot-every", env = "KAICHANG_SNAPSHOT_EVERY", value_name = "SECONDS")]
    #[serde(rename = "snapshot_every")]
    pub(super) snapshot_every_s: Option<u32>,
    /// Keep bookings that are over in memory for so many days; Postgres has the older ones [default: 45]
    #[arg(long, env = "KAICHANG_MEMORY_DAYS", value_name = "N")]
    pub(super) memory_days: Option<u16>,
    /// Keep the journal's sealed segments for so many days, once snapshots and Postgres have them [default: for good]
    #[arg(long, env = "KAICHANG_KEEP_DAYS", value_name = "N")]
    pub(super) keep_days: Option<u32>,
    /// Keep so much of the journal at most, once snapshots and Postgres have the rest [default: all]
    #[arg(long, env = "KAICHANG_KEEP_BYTES", value_name = "SIZE")]
    pub(super) keep_bytes: Option<ByteSize>,
    /// Take nothing new while the disk has less room than this; what gives back goes on. 0 to never look [default: 512M]
    #[arg(long, env = "KAICHANG_DISK_RESERVE", value_name = "SIZE")]
    pub(super) disk_reserve: Option<ByteSize>,
    /// How long a segment of the journal is, from the next one on: a multiple of 4096 [default: 64M]
    #[arg(long, env = "KAICHANG_SEGMENT_SIZE", value_name = "SIZE")]
    pub(super) segment_size: Option<ByteSize>,
    /// Start though the clock is more than 30 days after the journal's last record
    #[arg(long, env = "KAICHANG_TRUST_CLOCK")]
    #[serde(skip)]
    pub(super) trust_clock: bool,
    /// A file with these settings, in TOML
    #[arg(long, env = "KAICHANG_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct DemoArguments {
    /// Where to make it: absent or empty
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
    /// The same seed makes the same city
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Residents for load tests, each with a wallet of 1,000,000
    #[arg(long, value_name = "N", default_value_t = 0, requires = "tokens")]
    pub(super) residents: u32,
    /// Where to write a line `ID TOKEN` for each of them
    #[arg(long, value_name = "FILE", requires = "residents")]
    pub(super) tokens: Option<PathBuf>,
    /// Days that are open after today
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(super) days_ahead: u8,
    /// The city's master key [default: DIR/keys/master.key]
    #[arg(long, env = "KAICHANG_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct DrawVerifyArguments {
    /// What GET /v1/releases/ID/draw answers after the draw; `-` for the standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(super) struct SnapshotArguments {
    /// Where the city is kept
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(super) struct BackupArguments {
    /// Where the city is kept
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
    /// Where to copy it: a directory that is not there yet
    #[arg(long, value_name = "DIR")]
    pub(super) into: PathBuf,
    /// Leave the master key out: without it the backup can't be served, and nobody's data can be read
    #[arg(long)]
    pub(super) without_master_key: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct RebuildArguments {
    /// The database that the city was written into
    #[arg(long, env = "KAICHANG_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(super) database_url: String,
    /// Where to make the city: without a journal
    #[arg(long, value_name = "DIR")]
    pub(super) into: PathBuf,
    /// The city's master key, which is not in the database [default: DIR/keys/master.key]
    #[arg(long, env = "KAICHANG_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct ReprojectArguments {
    /// Where the city is kept
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
    /// The database that the city was written into
    #[arg(long, env = "KAICHANG_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(super) database_url: String,
    /// The city's master key [default: DIR/keys/master.key]
    #[arg(long, env = "KAICHANG_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct VerifyArguments {
    /// Compare a Postgres database too
    #[arg(long, env = "KAICHANG_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(super) database_url: Option<String>,
    /// Roots that were published, as GET /v1/journal/roots answered them: whether the journal still comes to them
    #[arg(long, value_name = "FILE")]
    pub(super) roots: Option<PathBuf>,
    /// Where the city is kept
    #[arg(long, env = "KAICHANG_DATA_DIR", value_name = "DIR", default_value = "./data")]
    pub(super) data_dir: PathBuf,
}
