//! The commands of the program, each in a file: wiring and nothing else.
//!
//! Exit codes: 0 when all went well, 1 when `verify` or `draw-verify` found a difference or `backup` a broken rule, `import` a bad line, or a running service
//! had to stop, 2 with a clear message when a command couldn't start.

mod against_engine;
mod arguments;
mod backup;
mod byte_size;
mod certificate;
mod data_dir;
mod demo;
mod disk_watch;
mod draw_verify;
mod export;
mod figure_names;
mod founding;
mod import;
mod keeping;
mod logging;
mod manifest;
mod open_files;
mod operator;
mod projecting;
mod rebuild;
mod rehearse;
mod remembering;
mod reproject;
mod roots;
mod serve;
mod services;
mod settings;
mod snapshot_maker;
mod snapshots;
mod system_clock;
mod verify;
mod verify_roots;
mod verify_snapshots;

pub use arguments::Arguments;
pub use system_clock::SystemClock;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use arguments::{Command, OperatorAction};

/// Why a command couldn't do its work: what was tried, and what came in the way.
type Failure = Box<dyn Error + Send + Sync>;

/// Runs the command and answers the process's exit code.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    let outcome = match arguments.command {
        None => serve::run(arguments.serve),
        Some(Command::Serve(serve)) => serve::run(*serve),
        Some(Command::Demo(demo)) => demo::run(&demo),
        Some(Command::Verify(verify)) => verify::run(&verify),
        Some(Command::DrawVerify(verify)) => draw_verify::run(&verify),
        Some(Command::Snapshot(snapshot)) => snapshots::run(&snapshot),
        Some(Command::Backup(backup)) => backup::run(&backup),
        Some(Command::Rehearse(rehearse)) => rehearse::run(&rehearse),
        Some(Command::Rebuild(rebuild)) => rebuild::run(&rebuild),
        Some(Command::Reproject(arguments)) => reproject::run(&arguments),
        Some(Command::Import(import)) => import::run(&import),
        Some(Command::Export(export)) => export::run(&export),
        Some(Command::Operator { action: OperatorAction::Create(operator) }) => operator::run(&operator),
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

/// Says something to whoever typed the command. Nobody to hear it is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "kaichang: {text}");
}
