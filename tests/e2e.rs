//! The real binary over HTTP, from a data directory to its answers: what clients and operators rely on, and what holds when the
//! process is killed or the disk fails. Modules mirror the addresses and the faults.
//!
//! `cargo test --features planted-bugs --test e2e planted` runs the same checks on known bugs, which they must find.

#![cfg(not(feature = "loom"))]

#[path = "e2e/accounts.rs"]
mod accounts;
#[path = "e2e/admission.rs"]
mod admission;
#[path = "e2e/at_once.rs"]
mod at_once;
#[path = "e2e/audit_filters.rs"]
mod audit_filters;
#[path = "e2e/backup.rs"]
mod backup;
#[path = "e2e/bad_bodies.rs"]
mod bad_bodies;
#[path = "e2e/bad_requests.rs"]
mod bad_requests;
#[path = "e2e/bookings.rs"]
mod bookings;
#[path = "e2e/books.rs"]
mod books;
#[path = "e2e/browser.rs"]
mod browser;
#[path = "e2e/catalogue.rs"]
mod catalogue;
#[path = "e2e/city.rs"]
mod city;
#[path = "e2e/client.rs"]
mod client;
#[path = "e2e/clock.rs"]
mod clock;
#[path = "e2e/companions.rs"]
mod companions;
#[path = "e2e/damage.rs"]
mod damage;
#[path = "e2e/desk_load.rs"]
mod desk_load;
#[path = "e2e/disk_reserve.rs"]
mod disk_reserve;
#[path = "e2e/disk_trace.rs"]
mod disk_trace;
#[path = "e2e/draw_files.rs"]
mod draw_files;
#[path = "e2e/erasure.rs"]
mod erasure;
#[path = "e2e/etags.rs"]
mod etags;
#[path = "e2e/failing_disk.rs"]
mod failing_disk;
#[path = "e2e/from_nothing.rs"]
mod from_nothing;
#[path = "e2e/full_disk.rs"]
mod full_disk;
#[path = "e2e/gate.rs"]
mod gate;
#[path = "e2e/holds.rs"]
mod holds;
#[path = "e2e/import_export.rs"]
mod import_export;
#[path = "e2e/keeping.rs"]
mod keeping;
#[path = "e2e/kill.rs"]
mod kill;
#[path = "e2e/languages.rs"]
mod languages;
#[path = "e2e/live.rs"]
mod live;
#[path = "e2e/load.rs"]
mod load;
#[path = "e2e/lottery.rs"]
mod lottery;
#[path = "e2e/manage_catalogue.rs"]
mod manage_catalogue;
#[path = "e2e/manage_closures.rs"]
mod manage_closures;
#[path = "e2e/manage_desk.rs"]
mod manage_desk;
#[path = "e2e/one_packet.rs"]
mod one_packet;
#[path = "e2e/open_files.rs"]
mod open_files;
#[path = "e2e/operator.rs"]
mod operator;
#[path = "e2e/pages_booking.rs"]
mod pages_booking;
#[path = "e2e/pages_frame.rs"]
mod pages_frame;
#[path = "e2e/pages_manage.rs"]
mod pages_manage;
#[path = "e2e/pages_manage_gate.rs"]
mod pages_manage_gate;
#[path = "e2e/pages_operator.rs"]
mod pages_operator;
#[path = "e2e/pages_pitches.rs"]
mod pages_pitches;
#[path = "e2e/pages_problems.rs"]
mod pages_problems;
#[path = "e2e/pages_releases.rs"]
mod pages_releases;
#[cfg(feature = "planted-bugs")]
#[path = "e2e/planted.rs"]
mod planted;
#[path = "e2e/problems.rs"]
mod problems;
#[path = "e2e/proxies.rs"]
mod proxies;
#[path = "e2e/queue.rs"]
mod queue;
#[path = "e2e/refusals.rs"]
mod refusals;
#[path = "e2e/rehearsal.rs"]
mod rehearsal;
#[path = "e2e/releases.rs"]
mod releases;
#[path = "e2e/reports.rs"]
mod reports;
#[path = "e2e/returns.rs"]
mod returns;
#[path = "e2e/roles.rs"]
mod roles;
#[path = "e2e/roots.rs"]
mod roots;
#[path = "e2e/routes.rs"]
mod routes;
#[path = "e2e/server.rs"]
mod server;
#[path = "e2e/slow_disk.rs"]
mod slow_disk;
#[path = "e2e/small_disk.rs"]
mod small_disk;
#[path = "e2e/snapshots.rs"]
mod snapshots;
#[path = "e2e/staff.rs"]
mod staff;
#[path = "e2e/standing_disk.rs"]
mod standing_disk;
#[path = "e2e/start.rs"]
mod start;
#[path = "e2e/tls.rs"]
mod tls;
#[path = "e2e/unchanged.rs"]
mod unchanged;
#[path = "e2e/wallet.rs"]
mod wallet;
#[path = "e2e/who_may.rs"]
mod who_may;
#[path = "e2e/written.rs"]
mod written;
