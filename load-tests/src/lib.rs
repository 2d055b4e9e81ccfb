//! Measures Kaichang beside the bare limit of the machine, in one run and by one client.
//!
//! A figure is a ratio: subject and baseline run in turn, with the same requests, over as many connections. Only what was
//! answered 201 counts, and what was answered is looked at afterwards: a finding makes the run fail, a slow server doesn't.
//! The harness knows the server by its HTTP contract and its command line alone, and shares no code with it.
//!
//! Exit codes: 0 when it ran through, whatever the figures; 1 on a finding; 2 with a clear message when it couldn't run.

mod arguments;
mod audit;
mod bare_writes;
mod baselines;
mod booking_plan;
mod city;
mod clock;
mod closure;
mod compare;
mod contest;
mod draw;
mod drive;
mod http;
mod lag;
mod latency;
mod listing;
mod load;
mod machine;
mod memory;
mod outcome;
#[expect(dead_code, reason = "it serves the tests of faults too")]
#[path = "../../tests/shared/postgres.rs"]
mod postgres;
mod processor;
mod projection;
mod reach;
mod report;
mod reset;
mod residents;
mod rivals;
mod scenario;
mod server;
mod staff;
mod statistics;
mod steady;
mod stock;
mod workplace;

pub use arguments::Arguments;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use arguments::Command;
use scenario::Scenario;

/// Why a command couldn't do its work: what was tried, and what came in the way.
type Failure = Box<dyn Error + Send + Sync>;

/// Runs the command and answers the process's exit code.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    let outcome = match arguments.command {
        Command::Compare(compare) => compare::run(&compare),
        Command::Steady(play) => scenario::run(Scenario::Steady(&play)),
        Command::Grab(grab) if contest::is_one(&grab) => contest::run(&grab),
        Command::Grab(grab) => scenario::run(Scenario::Grab(&grab)),
        Command::Soldout(play) => scenario::run(Scenario::SoldOut(&play)),
        Command::Browse(play) => scenario::run(Scenario::Browse(&play)),
        Command::Soak(play) => scenario::run(Scenario::Soak(&play)),
        Command::Chaos(chaos) => scenario::run(Scenario::Chaos(&chaos)),
        Command::Reset(reset) => reset::run(&reset),
        Command::Latency(latency) => latency::run(&latency),
        Command::Closure(closure) => closure::run(&closure),
        Command::Listing(listing) => listing::run(&listing),
        Command::Projection(projection) => projection::run(&projection),
        Command::Setup => rivals::set_up(),
        Command::Baseline(baseline) => baselines::serve(&baseline),
    };
    outcome.unwrap_or_else(|failure| {
        say(&explain(&*failure));
        ExitCode::from(2)
    })
}

/// A failure with all that caused it, in one line.
fn explain(failure: &(dyn Error + 'static)) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Says how it goes; the figures alone go to standard output.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "kaichang-load: {text}");
}

/// Prints a line of the figures. Nobody to read it is no reason to fail.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
