//! A rival with its store: started and filled anew for each run, so that every slot is free again.

use std::path::PathBuf;

use super::{Asking, Comparison};
use crate::Failure;
use crate::baselines::Baseline;
use crate::booking_plan::BookingPlan;
use crate::city::City;
use crate::drive::Pace;
use crate::http::request::Requests;
use crate::load::{Keep, WhenUsedUp};
use crate::outcome::{CREATED, Outcome};
use crate::postgres::Postgres;
use crate::rivals::redis_server::{Redis, Sync};
use crate::rivals::stock_file;
use crate::server::{Selling, Server};

/// As Postgres's documentation advises for a machine of this size that keeps what it confirms: memory for the rows, a log that is not
/// written to the tables in the middle of a run, and every commit synced.
const POSTGRES_SETTINGS: &str = "max_connections = 100\nshared_buffers = 1GB\nwal_buffers = 64MB\nmax_wal_size = 8GB\n\
    checkpoint_timeout = 30min\nsynchronous_commit = on\nfsync = on\nrandom_page_cost = 1.1\njit = off\n";

/// More than any rival books in a run; what isn't asked for need not stand in its tables.
const REQUESTS_MAX: usize = 300_000;

pub(super) struct Rival {
    baseline: Baseline,
    stock: PathBuf,
    tokens: PathBuf,
    requests: Requests,
}

/// What a rival keeps its books in. It goes with its run.
pub(super) enum Store {
    Redis(Redis),
    Postgres(Postgres),
}

impl Rival {
    pub(super) const fn baseline(&self) -> Baseline {
        self.baseline
    }

    /// With the bookings that the server is asked for, too.
    pub(super) fn prepare(comparison: &Comparison, baseline: Baseline) -> Result<Self, Failure> {
        Self::selling(comparison, baseline, &comparison.city.plan)
    }

    /// With the bookings of a plan, as many as it can need.
    pub(super) fn selling(
        comparison: &Comparison,
        baseline: Baseline,
        plan: &BookingPlan,
    ) -> Result<Self, Failure> {
        let stock = comparison.place.path(&format!("{}.stock", baseline.name()));
        stock_file::write(&stock, plan.stock())?;
        let tokens = City::tokens(&comparison.place);
        let requests = plan.encode_first(plan.len().min(REQUESTS_MAX));
        Ok(Self { baseline, stock, tokens, requests })
    }

    pub(super) fn run(&self, comparison: &Comparison) -> Result<Outcome, Failure> {
        let store = self.start_store(comparison)?;
        let url = store.url();
        let selling = Selling { store: &url, stock: &self.stock, tokens: &self.tokens };
        let server = Server::baseline(self.baseline, comparison.city.answer_bytes, Some(&selling))?;
        let asking = Asking {
            requests: &self.requests,
            counts: CREATED,
            when_used_up: WhenUsedUp::End,
            keep: Keep::Nothing,
            pace: Pace::AsAnswered,
        };
        comparison.load(&server, &[store.pid()], asking)
    }

    pub(super) fn start_store(&self, comparison: &Comparison) -> Result<Store, Failure> {
        let redis = |sync| Redis::start(&comparison.place.path("redis"), sync).map(Store::Redis);
        match self.baseline {
            Baseline::RedisAlways => redis(Sync::Always),
            Baseline::RedisEverysec => redis(Sync::EverySecond),
            Baseline::Postgres | Baseline::PostgresBest | Baseline::PostgresHot => {
                // What is wrong with the cluster it says by itself.
                let started = std::panic::catch_unwind(|| Postgres::start_with(POSTGRES_SETTINGS));
                started
                    .map(Store::Postgres)
                    .map_err(|_| "there is no Postgres: run `kaichang-load setup`".into())
            }
            Baseline::Limit => Err("the limit keeps no books".into()),
        }
    }
}

impl Store {
    fn url(&self) -> String {
        match self {
            Self::Redis(redis) => redis.url(),
            Self::Postgres(postgres) => postgres.url(),
        }
    }

    /// Of the process whose children do the work, or that does it itself.
    fn pid(&self) -> u32 {
        match self {
            Self::Redis(redis) => redis.pid(),
            Self::Postgres(postgres) => postgres.pid(),
        }
    }
}
