//! The program: reads the command line and does what it says.

use std::process::ExitCode;

use clap::Parser;
use kaichang::app::{self, Arguments};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    app::run(Arguments::parse())
}
