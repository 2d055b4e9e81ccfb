//! What Kaichang is measured beside. Each baseline is a process of its own, as the server is, and this binary is all of them.

mod limit;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::Failure;
use crate::arguments::BaselineArguments;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Baseline {
    /// A bare axum server that parses the same body and answers one as large
    Limit,
}

impl Baseline {
    pub(crate) const ALL: [Self; 1] = [Self::Limit];

    /// As on the command line and in the figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
        }
    }

    /// The ratio that is asked for.
    pub(crate) const fn reach(self) -> f64 {
        match self {
            Self::Limit => 0.75,
        }
    }
}

/// Serves one until the harness that started it has ended.
pub(crate) fn serve(arguments: &BaselineArguments) -> Result<ExitCode, Failure> {
    match arguments.name {
        Baseline::Limit => limit::serve(arguments.listen, arguments.answer_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_baseline_goes_by_one_name() {
        for baseline in Baseline::ALL {
            let value = baseline.to_possible_value().expect("it can be chosen");
            assert_eq!(value.get_name(), baseline.name());
        }
        assert_eq!(Baseline::ALL.len(), Baseline::value_variants().len());
    }
}
