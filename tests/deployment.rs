//! What a city is operated with: the alarms go off when they should and not before, and the commands that start it are ones which the
//! program knows.

#![cfg(not(feature = "loom"))]

#[path = "deployment/alarms.rs"]
mod alarms;
#[path = "deployment/commands.rs"]
mod commands;

use std::path::Path;

fn text_of(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"))
}
