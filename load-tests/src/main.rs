//! The program: reads the command line and does what it says.

use std::process::ExitCode;

use clap::Parser;
use kaichang_load::{Arguments, run};

fn main() -> ExitCode {
    run(Arguments::parse())
}
