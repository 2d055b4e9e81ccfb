//! What Kaichang is measured beside. Each baseline is a process of its own, as the server is, and this binary is all of them: the bare
//! limit, and the same front with what people would use instead behind it.

mod front;
mod limit;
pub(crate) mod postgres;
pub(crate) mod redis;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::Failure;
use crate::arguments::BaselineArguments;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Baseline {
    /// A bare axum server that parses the same body and answers one as large
    Limit,
    /// Redis with a Lua script, synced before each answer
    RedisAlways,
    /// Redis with a Lua script, synced once a second: a second of bookings is lost with the power
    RedisEverysec,
    /// Postgres with a transaction as people usually write it
    Postgres,
    /// Postgres with all of it in one statement
    PostgresBest,
    /// Postgres with one statement on one session of large capacity
    PostgresHot,
}

impl Baseline {
    /// As on the command line and in the figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::RedisAlways => "redis-always",
            Self::RedisEverysec => "redis-everysec",
            Self::Postgres => "postgres",
            Self::PostgresBest => "postgres-best",
            Self::PostgresHot => "postgres-hot",
        }
    }
}

/// Serves one until the harness that started it has ended.
pub(crate) fn serve(arguments: &BaselineArguments) -> Result<ExitCode, Failure> {
    match arguments.name {
        Baseline::Limit => front::serve(arguments.listen, async || Ok(limit::router(arguments.answer_bytes))),
        Baseline::RedisAlways | Baseline::RedisEverysec => {
            front::serve(arguments.listen, async || redis::router(arguments).await)
        }
        Baseline::Postgres | Baseline::PostgresBest | Baseline::PostgresHot => {
            front::serve(arguments.listen, async || postgres::router(arguments).await)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_baseline_goes_by_one_name() {
        for baseline in Baseline::value_variants() {
            let value = baseline.to_possible_value().expect("it can be chosen");
            assert_eq!(value.get_name(), baseline.name());
        }
    }
}
