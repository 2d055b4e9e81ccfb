//! The audit against a server that lies: each lie is found, the truth is not.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;
use crate::residents::Tokens;
use crate::stock::{Sold, StockItem};

const START: &str = "2026-11-25T09:00:00+08:00";
const END: &str = "2026-11-25T10:00:00+08:00";

/// Two pitches, and a session with two places.
fn plan() -> BookingPlan {
    let item = |pitch: &str, sold| StockItem {
        venue: "venue".into(),
        pitch: pitch.into(),
        start: START.into(),
        end: END.into(),
        sold,
    };
    let stock = vec![item("p0", Sold::Once), item("p1", Sold::Once), item("s", Sold::Places(2))];
    BookingPlan::draw(stock, Tokens::invented(4), 4)
}

fn booking(id: &str, pitch: &str, status: &str) -> String {
    format!(
        r#"{{"id":"{id}","status":"{status}","pitch":"{pitch}","start":"{START}","end":"{END}","venue":"v"}}"#
    )
}

/// What an honest server answers.
fn truth(plan: &BookingPlan) -> Vec<(usize, String)> {
    (0..plan.len())
        .map(|request| (request, booking(&format!("b{request}"), &plan.slot(request).pitch, "confirmed")))
        .collect()
}

/// Answers each GET of a booking by what it has under the id.
fn server(answers: Vec<(usize, String)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the audit");
        let mut asked = [0; 4096];
        loop {
            let read = stream.read(&mut asked).unwrap_or(0);
            let text = String::from_utf8_lossy(&asked[..read]).into_owned();
            let Some(id) = text.strip_prefix("GET /v1/bookings/").and_then(|rest| rest.split(' ').next())
            else {
                return;
            };
            let found = answers.iter().find(|(_, body)| body.contains(&format!("\"{id}\"")));
            let (status, body) = found.map_or((404, "{}"), |(_, body)| (200, body));
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n{body}").expect("written");
        }
    });
    address
}

fn found(answered: &[(usize, String)], kept_by_server: Vec<(usize, String)>) -> String {
    let mut kept = KeptAnswers::default();
    for (request, body) in answered {
        kept.push(*request, body.as_bytes());
    }
    let findings = examine(&plan(), &kept, server(kept_by_server)).expect("the audit ran");
    if findings.is_empty() { String::new() } else { findings.to_string() }
}

#[test]
fn an_honest_server_gives_no_finding() {
    assert_eq!(found(&truth(&plan()), truth(&plan())), "");
}

#[test]
fn each_lie_in_an_answer_is_found() {
    let plan = plan();
    let honest = truth(&plan);
    let pitch_of = |request: usize| plan.slot(request).pitch.to_string();
    let lies = [
        (0, booking("b0", &pitch_of(0), "held"), "is held"),
        (0, booking("b0", "elsewhere", "confirmed"), "confirmed elsewhere"),
        (0, booking("b1", &pitch_of(0), "confirmed"), "two bookings have the id b1"),
        (0, "{}".to_owned(), "is no booking"),
    ];
    for (request, lie, expected) in lies {
        let mut answered = honest.clone();
        answered[request].1 = lie;
        let findings = found(&answered, honest.clone());
        assert!(findings.contains(expected), "{expected}: {findings}");
    }
}

#[test]
fn a_slot_that_is_sold_twice_is_found_and_a_session_up_to_its_places_is_not() {
    let plan = plan();
    let honest = truth(&plan);
    for request in 0..plan.len() {
        let mut answered = honest.clone();
        answered.push((request, booking("another", &plan.slot(request).pitch, "confirmed")));
        let findings = found(&answered, answered.clone());
        assert!(findings.contains("was answered twice"), "{findings}");
        let times = if plan.slot(request).is_sold_once() { "was sold 2 times" } else { "was sold 3 times" };
        assert!(findings.contains(times), "{findings}");
    }
}

#[test]
fn a_booking_that_is_gone_or_changed_afterwards_is_found() {
    let honest = truth(&plan());
    let findings = found(&honest, honest[1..].to_vec());
    assert!(findings.contains("booking b0 was confirmed, and asked for it is 404"), "{findings}");

    let mut changed = honest.clone();
    changed[2].1 = changed[2].1.replace("confirmed", "cancelled");
    let findings = found(&honest, changed);
    assert!(findings.contains("cancelled"), "{findings}");
}

#[test]
fn many_findings_are_counted_and_the_first_ones_shown() {
    let mut findings = Findings::default();
    for number in 0..25 {
        findings.add(number);
    }
    let text = findings.to_string();
    assert!(text.starts_with("25 findings\n  0\n"), "{text}");
    assert!(text.ends_with("and 15 more"), "{text}");
}

#[test]
fn a_refusal_of_what_was_not_sold_is_found() {
    let plan = plan();
    let kept = |requests: &[usize]| {
        let mut kept = KeptAnswers::default();
        requests.iter().for_each(|request| kept.push(*request, b"{}"));
        kept
    };
    let findings = |requests: &[usize]| {
        let mut findings = Findings::default();
        examine_refusals(&plan, &kept(requests), &mut findings);
        findings
    };
    assert!(findings(&[0, 1, 2, 3]).is_empty(), "all that there was is sold");
    for left_out in 0..4 {
        let requests: Vec<usize> = (0..4).filter(|request| *request != left_out).collect();
        let text = findings(&requests).to_string();
        assert!(text.contains("somebody was refused") && text.starts_with("1 findings"), "{text}");
    }
}
