//! The inquest against a server that lies about what residents have.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Instant;

use super::*;
use crate::booking_plan::BookingPlan;
use crate::clock;
use crate::residents::Tokens;
use crate::stock::{Sold, StockItem};

const START: &str = "2026-11-25T09:00:00+08:00";
const END: &str = "2026-11-25T10:00:00+08:00";
const BALANCE: i64 = 1000;

/// Six requests of one resident: confirmed, cancelled, refused, lost, lost and made, never asked.
fn claims() -> Claims {
    let item = |at: usize| StockItem {
        venue: "v".into(),
        pitch: format!("p{at}").into(),
        start: START.into(),
        end: END.into(),
        sold: Sold::Once,
    };
    let stock: Vec<StockItem> = (0..6).map(item).collect();
    let mut claims = Claims::new(BookingPlan::in_order(stock, Tokens::invented(1), 0));
    let now: Instant = clock::now();
    for slot in 0..6 {
        let _ = claims.push(0, slot);
    }
    claims.confirmed(0, booking("b0", "p0", "confirmed", 100, None).as_bytes(), now);
    claims.confirmed(1, booking("b1", "p1", "confirmed", 100, None).as_bytes(), now);
    assert_eq!(claims.cancelling(1, now), Some("b1"));
    claims.cancelled(1, 200, booking("b1", "p1", "cancelled", 100, Some(80)).as_bytes());
    claims.refused(2, 409);
    claims.lost(3);
    claims.lost(4);
    claims
}

fn booking(id: &str, pitch: &str, status: &str, price: i64, refund: Option<i64>) -> String {
    let refund = refund.map_or("null".to_owned(), |amount| format!("{{\"amount\":{amount}}}"));
    format!(
        r#"{{"id":"{id}","status":"{status}","pitch":"{pitch}","start":"{START}","end":"{END}","price":{{"amount":{price}}},"refund":{refund}}}"#
    )
}

/// What an honest server says: the fourth request was never done, and the fifth was.
fn truth() -> Vec<String> {
    vec![
        booking("b0", "p0", "confirmed", 100, None),
        booking("b1", "p1", "cancelled", 100, Some(80)),
        booking("b4", "p4", "confirmed", 100, None),
    ]
}

const HONEST_BALANCE: i64 = BALANCE - 100 - 20 - 100;

/// Answers both questions of one resident.
fn server(bookings: &[String], balance: i64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let list = format!("{{\"items\":[{}],\"next\":null}}", bookings.join(","));
    let wallet = format!("{{\"balance\":{{\"amount\":{balance}}}}}");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the inquest");
        let mut asked = [0; 4096];
        loop {
            let read = stream.read(&mut asked).unwrap_or(0);
            let text = String::from_utf8_lossy(&asked[..read]).into_owned();
            let body = match text.split(' ').nth(1) {
                Some("/v1/wallet") => &wallet,
                Some(_) => &list,
                None => return,
            };
            write!(stream, "HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                .expect("written");
        }
    });
    address
}

fn held(bookings: &[String], balance: i64) -> (Looked, String) {
    let mut findings = Findings::default();
    let before = Before::New { balance: BALANCE };
    let looked = hold(&claims(), &before, server(bookings, balance), &mut findings).expect("held");
    (looked, if findings.is_empty() { String::new() } else { findings.to_string() })
}

#[test]
fn an_honest_server_gives_no_finding_and_unknown_outcomes_are_told_apart() {
    let (looked, findings) = held(&truth(), HONEST_BALANCE);
    assert_eq!(findings, "");
    assert_eq!(looked, Looked { residents: 1, bookings: 3, happened: 1, did_not: 1 });
}

#[test]
fn each_lie_about_a_booking_is_found() {
    for (at, lie, cost, expected) in [
        (0, None, 0, "booking b0 was confirmed, and resident 0 has it not"),
        (
            0,
            Some(booking("b0", "p0", "cancelled", 100, Some(0))),
            100,
            "b0 should be confirmed and is cancelled",
        ),
        (0, Some(booking("b0", "p0", "confirmed", 90, None)), 90, "booking b0 cost 100 and now 90"),
        (
            1,
            Some(booking("b1", "p1", "cancelled", 100, Some(70))),
            30,
            "was refunded Some(80) and now Some(70)",
        ),
        (
            1,
            Some(booking("b1", "p1", "confirmed", 100, None)),
            100,
            "b1 should be cancelled and is confirmed",
        ),
        (2, Some(booking("b2", "p2", "confirmed", 100, None)), 100, "has booking b2 of p2"),
        (2, Some(booking("b5", "p5", "confirmed", 100, None)), 100, "has booking b5 of p5"),
    ] {
        let honest_cost = if at == 1 { 20 } else { 100 };
        let mut bookings = truth();
        match lie {
            Some(lie) => bookings[at] = lie,
            None => drop(bookings.remove(at)),
        }
        // The wallet agrees, so that it is the booking which is found.
        let (_, findings) = held(&bookings, HONEST_BALANCE + honest_cost - cost);
        assert!(findings.contains(expected), "{expected}: {findings}");
    }
}

#[test]
fn money_that_came_or_went_is_found() {
    for lost in [1, -1] {
        let (_, findings) = held(&truth(), HONEST_BALANCE - lost);
        assert!(findings.contains("the bookings cost 220"), "{findings}");
    }
}

#[test]
fn a_resident_with_more_on_one_day_than_the_quota_is_found() {
    let mut bookings = truth();
    bookings.push(booking("b3", "p3", "confirmed", 100, None));
    let (_, findings) = held(&bookings, HONEST_BALANCE - 100);
    assert_eq!(findings, "", "three, and one that was cancelled");
    // Two that cost nothing and were there before.
    let mut findings = Findings::default();
    let old = |id| booking(id, "elsewhere", "confirmed", 0, None);
    bookings.extend([old("old-1"), old("old-2")]);
    let had = [old("old-1"), old("old-2")]
        .iter()
        .map(|text| serde_json::from_str(text).expect("a booking"))
        .collect();
    let before = Before::Asked(vec![Holdings { balance: BALANCE, bookings: had }]);
    let looked = hold(&claims(), &before, server(&bookings, HONEST_BALANCE - 100), &mut findings);
    assert_eq!(looked.expect("held").happened, 2);
    assert!(findings.to_string().contains("has 5 bookings on 2026-11-25"), "{findings}");
}

#[test]
fn of_whom_nobody_knows_what_they_had_nothing_is_asked() {
    let mut findings = Findings::default();
    let nobody = Before::Asked(Vec::new());
    let looked = hold(&claims(), &nobody, server(&[], 0), &mut findings).expect("held");
    assert_eq!((looked, findings.is_empty()), (Looked::default(), true));
}
