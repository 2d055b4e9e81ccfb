//! Waiting for the log: who asks is answered when his record is settled, and only then.

use crate::world::{JSON, World};

const HEAD: &str = "POST /v1/records HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

#[test]
fn each_is_answered_with_what_became_of_his_record() {
    let world = World::new();
    let mut clients: Vec<_> = (0..8).map(|_| world.connect()).collect();
    for round in 0..50u64 {
        for (index, client) in (0u64..).zip(&mut clients) {
            client.send(HEAD, format!("{{\"number\":{}}}", 100 + round * 8 + index).as_bytes());
        }
        for (index, client) in (0u64..).zip(&mut clients) {
            let answer = client.answer().expect("an answer");
            assert_eq!((answer.status, &answer.json()["number"]), (201, &(100 + round * 8 + index).into()));
        }
    }
    assert_eq!(world.post("/v1/records", JSON, b"{\"number\":13}").status, 503, "not written");
    let _ = world.shutdown();
}

#[test]
fn nobody_is_answered_before_and_who_goes_away_harms_nobody() {
    let world = World::new();
    world.log.hold_back();
    let mut clients: Vec<_> = (0..6).map(|_| world.connect()).collect();
    for client in &mut clients {
        client.send(HEAD, b"{\"number\":1}");
    }
    while world.log.intake.queued() < clients.len() {
        std::thread::yield_now();
    }
    // Half of them lose patience.
    clients.truncate(3);
    for client in &clients {
        client.stream.set_nonblocking(true).expect("set");
        let early = client.stream.peek(&mut [0; 1]);
        assert!(early.is_err(), "answered before it was durable");
        client.stream.set_nonblocking(false).expect("set");
    }
    world.log.let_go();
    for client in &mut clients {
        assert_eq!(client.answer().expect("an answer").status, 201);
    }
    let _ = world.shutdown();
}

#[test]
fn a_stopped_log_leaves_nobody_waiting() {
    let world = World::new();
    world.log.hold_back();
    let mut clients: Vec<_> = (0..4).map(|_| world.connect()).collect();
    for client in &mut clients {
        client.send(HEAD, b"{\"number\":1}");
    }
    while world.log.intake.queued() < clients.len() {
        std::thread::yield_now();
    }
    world.log.intake.halt();
    for client in &mut clients {
        assert_eq!(client.answer().expect("an answer").status, 500, "unknown is not durable");
    }
    let refused = world.post("/v1/records", JSON, b"{\"number\":1}");
    assert_eq!(refused.status, 503);
    let _ = world.shutdown();
}
