//! Whether the rows of Postgres say what the engine says: two ways from the same records, by code that shares nothing.

use std::collections::HashMap;

use crate::engine::audit::Digest;
use crate::engine::bookings::BookingState;
use crate::projection::{Told, ToldBooking};

/// Every booking and every balance that the engine has otherwise.
pub(super) fn against_engine(engine: &Digest, rows: &Told) -> Vec<String> {
    let mut differences = Vec::new();
    let mut unseen: HashMap<_, _> = rows.bookings.iter().collect();
    for booking in &engine.bookings {
        let Some(state) = shown(booking.state) else { continue };
        let expected = ToldBooking {
            state,
            resident: booking.terms.resident.get(),
            pitch: booking.terms.pitch.get(),
            day: booking.terms.day.get(),
            first_unit: booking.terms.span.first(),
            units: booking.terms.span.count(),
            price: booking.terms.price.get(),
            refund: booking.refund.get(),
        };
        let told = unseen.remove(&booking.no);
        if told != Some(&expected) {
            differences.push(format!("{}: {told:?} in rows, {expected:?} in the engine", booking.no));
        }
    }
    // What the engine has forgotten was over: what it came to stands in the balances below.
    let (_, forgotten_below) = engine.forgotten;
    let is_over = |told: &ToldBooking| !matches!(told.state, "held" | "confirmed" | "checked_in");
    unseen.retain(|no, told| forgotten_below <= no.get() || !is_over(told));
    differences.extend(unseen.keys().map(|no| format!("{no}: in rows and not in the engine")));
    let mut balances = rows.balances.clone();
    let mut compare = |what: String, account: i64, expected: i64| {
        let told = balances.remove(&account).unwrap_or(0);
        if told != expected {
            differences.push(format!("{what}: {told} in lines, {expected} in the engine"));
        }
    };
    for resident in &engine.residents {
        compare(format!("the wallet of {}", resident.no), resident.no.into(), resident.settled);
    }
    for (kind, name, of_venues) in [(1, "revenue", &engine.revenue), (2, "till", &engine.tills)] {
        for (venue, expected) in (0i64..).zip(of_venues) {
            compare(format!("the {name} of venue {venue}"), (kind << 32) | venue, *expected);
        }
    }
    // What is left is what came in from outside: of providers, and what wallets had at first.
    let outside: i64 = balances.values().sum();
    if outside != engine.providers {
        differences.push(format!("{outside} came from outside in lines, {} in the engine", engine.providers));
    }
    differences
}

/// What a row says of a state; nothing of what has no row.
fn shown(state: BookingState) -> Option<&'static str> {
    match state.settled() {
        BookingState::Held => Some("held"),
        BookingState::Confirmed => Some("confirmed"),
        BookingState::CheckedIn => Some("checked_in"),
        BookingState::Completed => Some("completed"),
        BookingState::Missed => Some("missed"),
        BookingState::Cancelled => Some("cancelled"),
        BookingState::GivenUp => Some("given_up"),
        BookingState::Expired => Some("expired"),
        BookingState::Void
        | BookingState::Alias
        | BookingState::Pending
        | BookingState::PendingHold
        | BookingState::Confirming
        | BookingState::GivingUp
        | BookingState::Expiring
        | BookingState::Moving
        | BookingState::Relocating
        | BookingState::CheckingIn
        | BookingState::Cancelling
        | BookingState::Completing
        | BookingState::Leaving
        | BookingState::Missing => None,
    }
}
