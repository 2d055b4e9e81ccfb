//! The HTTP foundations from outside: real workers on a loopback socket, a fake log behind their lanes.

#![cfg(not(feature = "loom"))]

#[path = "http/connections.rs"]
mod connections;
#[path = "http/everyone.rs"]
mod everyone;
#[path = "http/problems.rs"]
mod problems;
#[path = "http/settling.rs"]
mod settling;
#[path = "http/world.rs"]
mod world;
