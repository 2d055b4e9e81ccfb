//! What the answers alone must show, each fault planted into otherwise honest ones.

use std::time::Duration;

use super::*;
use crate::clock;
use crate::residents::Tokens;
use crate::stock::Sold;

fn item(pitch: &str, day: u32, sold: Sold) -> StockItem {
    StockItem {
        venue: "v".into(),
        pitch: pitch.into(),
        start: format!("2026-11-{day}T09:00:00+08:00").into(),
        end: format!("2026-11-{day}T10:00:00+08:00").into(),
        sold,
    }
}

/// So many requests of as many residents for one slot, or of one resident for as many slots.
fn claims(stock: Vec<StockItem>, residents: usize, requests: usize) -> Claims {
    let slots = stock.len();
    let mut claims = Claims::new(BookingPlan::draw(stock, Tokens::invented(residents), 0));
    for request in 0..requests {
        let _ = claims.push(request % residents, request % slots);
    }
    claims
}

fn body(claims: &Claims, claim: usize, id: &str, status: &str) -> Vec<u8> {
    let StockItem { pitch, start, end, .. } = claims.plan.slot(claim);
    format!(
        r#"{{"id":"{id}","status":"{status}","pitch":"{pitch}","start":"{start}","end":"{end}","price":{{"amount":100}},
            "refund":{{"amount":80}}}}"#
    )
    .into_bytes()
}

fn confirm(claims: &mut Claims, claim: usize, now: Instant) {
    let body = body(claims, claim, &format!("b{claim}"), "confirmed");
    claims.confirmed(claim, &body, now);
}

fn found(claims: &Claims) -> String {
    let mut findings = Findings::default();
    findings.extend(&claims.findings);
    claims.examine(&mut findings);
    claims.examine_refusals(&mut findings);
    if findings.is_empty() { String::new() } else { findings.to_string() }
}

#[test]
fn a_slot_may_be_sold_again_when_it_was_cancelled_and_not_before() {
    let now = clock::now();
    let later = |ms| now + Duration::from_millis(ms);
    let mut honest = claims(vec![item("p", 25, Sold::Once)], 2, 2);
    confirm(&mut honest, 0, now);
    assert_eq!(honest.cancelling(0, later(5)), Some("b0"));
    let answer = body(&honest, 0, "b0", "cancelled");
    honest.cancelled(0, 200, &answer);
    assert!(matches!(honest.fate(0), Fate::Cancelled { refund: 80, .. }));
    confirm(&mut honest, 1, later(6));
    assert_eq!(found(&honest), "");

    let mut twice = claims(vec![item("p", 25, Sold::Once)], 2, 2);
    confirm(&mut twice, 0, now);
    confirm(&mut twice, 1, later(4));
    assert_eq!(twice.cancelling(0, later(5)), Some("b0"));
    assert!(found(&twice).contains("was sold 2 times at one moment"), "{}", found(&twice));
}

#[test]
fn a_session_is_sold_up_to_its_places() {
    let now = clock::now();
    let mut session = claims(vec![item("s", 25, Sold::Places(3))], 4, 4);
    (0..3).for_each(|claim| confirm(&mut session, claim, now));
    assert_eq!(found(&session), "");
    confirm(&mut session, 3, now);
    assert!(found(&session).contains("sold 4 times"), "{}", found(&session));
}

#[test]
fn more_bookings_of_one_resident_on_one_day_than_the_quota_are_found() {
    let now = clock::now();
    let of_days = |days: &[u32]| {
        let stock = days.iter().enumerate().map(|(at, day)| item(&format!("p{at}"), *day, Sold::Once));
        let mut claims = claims(stock.collect(), 1, days.len());
        (0..days.len()).for_each(|claim| confirm(&mut claims, claim, now));
        found(&claims)
    };
    assert_eq!(of_days(&[25, 25, 25, 25, 26]), "");
    assert!(of_days(&[25, 25, 25, 25, 25]).contains("had 5 bookings on 2026-11-25"));
    let three_weeks: Vec<u32> = (10..31).collect();
    assert!(of_days(&three_weeks).contains("had 21 bookings at one moment"), "{}", of_days(&three_weeks));
}

#[test]
fn two_bookings_with_one_id_and_an_answer_to_something_else_are_found() {
    let now = clock::now();
    let stock = || vec![item("p", 25, Sold::Once), item("q", 25, Sold::Once)];
    let mut same = claims(stock(), 2, 2);
    for claim in 0..2 {
        let body = body(&same, claim, "b", "confirmed");
        same.confirmed(claim, &body, now);
    }
    assert!(found(&same).contains("two bookings have the id b"), "{}", found(&same));

    let mut other = claims(stock(), 2, 2);
    let wrong = body(&other, 1, "b", "held");
    other.confirmed(0, &wrong, now);
    let text = found(&other);
    assert!(text.contains("asked for p") && text.contains("answered 201 and is held"), "{text}");
    other.confirmed(1, b"{}", now);
    assert!(found(&other).contains("is no booking"));
    assert_eq!(*other.fate(1), Fate::Unknown);
}

#[test]
fn a_refusal_is_just_when_somebody_has_or_may_have_it() {
    let now = clock::now();
    let refused = |first: fn(&mut Claims, Instant), status| {
        let mut claims = claims(vec![item("p", 25, Sold::Once)], 2, 2);
        first(&mut claims, now);
        claims.refused(1, status);
        found(&claims)
    };
    assert_eq!(refused(|claims, now| confirm(claims, 0, now), 409), "");
    assert_eq!(refused(|claims, _| claims.lost(0), 409), "");
    assert!(refused(|_, _| {}, 409).contains("was refused 1 times and sold 0 times"));
    assert_eq!(refused(|_, _| {}, 503), "", "who is put off was not told that it is taken");
}

#[test]
fn a_cancelling_that_was_refused_leaves_the_booking_and_is_found() {
    let mut claims = claims(vec![item("p", 25, Sold::Once)], 1, 1);
    confirm(&mut claims, 0, clock::now());
    assert!(claims.cancelling(0, clock::now()).is_some());
    claims.still_there(0);
    assert!(matches!(claims.fate(0), Fate::Confirmed(_)), "it was only put off");
    assert_eq!(found(&claims), "");
    assert!(claims.cancelling(0, clock::now()).is_some());
    assert_eq!(claims.live_in_the_end(), (0, 1));
    claims.cancelled(0, 409, b"{}");
    assert!(found(&claims).contains("could not be cancelled: 409"), "{}", found(&claims));
    assert_eq!((claims.live_in_the_end(), claims.confirmed_and_unknown()), ((1, 1), (1, 0)));
}
