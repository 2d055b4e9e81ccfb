//! The real binary beside a real Postgres: what was sold stands there a moment later, exactly once, whatever fails; and the city
//! serves without it. Each test has a cluster of its own.

#![cfg(not(feature = "loom"))]

#[path = "projection/afterwards.rs"]
mod afterwards;
#[path = "projection/any_order.rs"]
mod any_order;
#[expect(dead_code, reason = "it serves the tests over HTTP too, which use all of it")]
#[path = "e2e/city.rs"]
mod city;
#[expect(dead_code, reason = "it serves the tests over HTTP too, which use all of it")]
#[path = "e2e/client.rs"]
mod client;
#[path = "projection/erasure.rs"]
mod erasure;
#[path = "projection/faults.rs"]
mod faults;
#[path = "projection/filling.rs"]
mod filling;
#[path = "projection/history.rs"]
mod history;
#[path = "projection/lines.rs"]
mod lines;
#[path = "projection/long_away.rs"]
mod long_away;
#[path = "shared/postgres.rs"]
mod postgres;
#[path = "projection/rebuilding.rs"]
mod rebuilding;
#[expect(dead_code, reason = "it serves the tests over HTTP too, which use all of it")]
#[path = "e2e/server.rs"]
mod server;
