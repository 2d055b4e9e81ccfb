//! The program: reads the command line and does what it says.

#[cfg(not(feature = "loom"))]
use std::process::ExitCode;

#[cfg(not(feature = "loom"))]
use clap::Parser;
#[cfg(not(feature = "loom"))]
use kaichang::app::{self, Arguments};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(not(feature = "loom"))]
fn main() -> ExitCode {
    app::run(Arguments::parse())
}

/// The model checker has no use for a program.
#[cfg(feature = "loom")]
fn main() {}
