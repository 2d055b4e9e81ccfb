//! Connections: bounds, and how they end.

use std::time::Duration;

use kaichang::api::runtime::{Drained, RuntimeLimits};

use crate::world::World;

const RECORD: &str = "POST /v1/records HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n";

#[test]
fn a_flood_of_headers_is_refused() {
    let world = World::new();
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    assert_eq!(world.ask(&format!("{HEALTH}{many}"), b"").status, 431);
    let long = format!("{HEALTH}x: {}\r\n", "1".repeat(100_000));
    let mut client = world.connect();
    // The server may answer and hang up before all of it is sent.
    let _ = std::io::Write::write_all(&mut client.stream, long.as_bytes());
    assert!(client.answer().is_none_or(|answer| answer.status == 431));
    assert_eq!(world.ask(HEALTH, b"").status, 200);
    let _ = world.shutdown();
}

#[test]
fn malformed_requests_are_refused() {
    let world = World::new();
    for head in [
        "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n",
        "POST /v1/orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n folded: 1\r\n",
        "G@T /healthz HTTP/9.1\r\nhost: x\r\n",
    ] {
        let answer = world.ask(head, b"");
        assert!((400..500).contains(&answer.status), "{head}: {}", answer.status);
    }
    let _ = world.shutdown();
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let world = World::new();
    let mut client = world.connect();
    for number in 0..20 {
        client.send(RECORD, format!("{{\"number\":{}}}", 100 + number).as_bytes());
    }
    for number in 0..20 {
        assert_eq!(client.answer().expect("an answer").json()["number"], 100 + number);
    }
    let _ = world.shutdown();
}

#[test]
fn connections_beyond_the_bound_wait_for_their_turn() {
    let world = World::with(RuntimeLimits { connections_max: 2, ..RuntimeLimits::default() });
    let mut first = world.connect();
    let mut second = world.connect();
    assert_eq!(first.ask(HEALTH, b"").status, 200);
    assert_eq!(second.ask(HEALTH, b"").status, 200);
    let mut third = world.connect();
    third.send(HEALTH, b"");
    assert_eq!(world.workers.connections(), 2);
    drop(first);
    assert_eq!(third.answer().expect("its turn comes").status, 200);
    let _ = world.shutdown();
}

#[test]
fn a_shutdown_finishes_what_is_under_way() {
    let world = World::new();
    let mut idle = world.connect();
    assert_eq!(idle.ask(HEALTH, b"").status, 200);
    let mut busy: Vec<_> = (0..4).map(|_| world.connect()).collect();
    world.log.hold_back();
    for client in &mut busy {
        client.send(RECORD, b"{\"number\":1}");
    }
    while world.log.intake.queued() < busy.len() {
        std::thread::yield_now();
    }
    let World { log, workers, address, .. } = world;
    let stopping = std::thread::spawn(move || workers.shutdown());
    assert!(idle.answer().is_none(), "an idle connection is closed at once");
    assert!(std::net::TcpStream::connect(address).is_err(), "nothing more is accepted");
    log.let_go();
    for client in &mut busy {
        assert_eq!(client.answer().expect("an answer").status, 201);
        assert!(client.answer().is_none(), "and then it is over");
    }
    assert_eq!(stopping.join().expect("no panic"), Drained { cut: 0 });
}

#[test]
fn a_shutdown_cuts_what_takes_too_long() {
    let limits = RuntimeLimits { drain_max: Duration::from_millis(50), ..RuntimeLimits::default() };
    let world = World::with(limits);
    world.log.hold_back();
    let mut client = world.connect();
    client.send(RECORD, b"{\"number\":1}");
    while world.log.intake.queued() < 1 {
        std::thread::yield_now();
    }
    assert_eq!(world.workers.shutdown(), Drained { cut: 1 });
    assert!(client.answer().is_none());
}

#[test]
fn http_2_is_spoken_to_who_begins_with_it() {
    let world = World::new();
    let mut client = world.connect();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    std::io::Write::write_all(&mut client.stream, preface).expect("sent");
    let mut frame = [0; 9];
    std::io::Read::read_exact(&mut client.stream, &mut frame).expect("a frame");
    assert_eq!(frame[3], 4, "settings");
    // A client that answers no ping is only cut after a while.
    drop(client);
    let _ = world.shutdown();
}
