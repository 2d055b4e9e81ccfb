//! Known bugs, each switched on by itself: the check that guards against it must find it, and must find nothing in the same build
//! without it. A check that sees nothing any more fails here.
//!
//! Only with the feature `planted-bugs`: `cargo test --features planted-bugs --test e2e planted`.

use crate::at_once::{findings_about_cancelling_twice, findings_about_quotas};
use crate::damage::flips_that_nobody_notices;
use crate::failing_disk::findings_after_a_failed_sync;
use crate::queue::findings_about_passing_the_line;
use crate::returns::findings_about_watching;

#[track_caller]
fn check_found(bug: &str, find: impl Fn(Option<&str>) -> Vec<String>) {
    let without = find(None);
    assert!(without.is_empty(), "without the bug: {}", without.join("\n"));
    let with = find(Some(bug));
    assert!(!with.is_empty(), "{bug} is not found");
}

#[test]
fn acknowledging_before_the_sync_is_found_by_losing_what_was_not_synced() {
    check_found("ack-before-sync", |planted| findings_after_a_failed_sync(50, planted));
}

#[test]
fn ignoring_checksums_is_found_by_flipping_bits() {
    check_found("no-crc", flips_that_nobody_notices);
}

#[test]
fn checking_a_quota_before_adding_to_it_is_found_by_asking_at_once() {
    check_found("check-then-add-quota", |planted| findings_about_quotas(60, planted));
}

#[test]
fn freeing_units_by_their_bits_is_found_by_cancelling_twice() {
    check_found("free-by-bits", findings_about_cancelling_twice);
}

#[test]
fn passing_those_who_queue_is_found_by_booking_without_a_turn() {
    check_found("pass-the-line", findings_about_passing_the_line);
}

#[test]
fn giving_back_at_once_is_found_by_watching() {
    check_found("return-at-once", findings_about_watching);
}
