//! The loop against a server of a few lines that answers by a script.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;

use super::*;
use crate::http::request::{Request, Requests};
use crate::load::{Keep, Load, WhenUsedUp};

fn requests(count: usize) -> Requests {
    let mut requests = Requests::default();
    for number in 0..count {
        let body = format!("{{\"number\":{number}}}");
        requests.push(&Request {
            method: "POST",
            path: "/",
            token: None,
            idempotency_key: None,
            body: Some(&body),
        });
    }
    requests
}

/// Answers each request by its number, in as many pieces as it likes; no pieces close the connection.
fn scripted(answers: fn(usize) -> Vec<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            stream.set_nodelay(true).expect("set");
            std::thread::spawn(move || {
                let mut asked = [0; 4096];
                loop {
                    let read = stream.read(&mut asked).unwrap_or(0);
                    let text = String::from_utf8_lossy(&asked[..read]).into_owned();
                    let Some((_, rest)) = text.split_once("{\"number\":") else { return };
                    let pieces = answers(rest.trim_end_matches('}').parse().expect("a number"));
                    if pieces.is_empty() {
                        return;
                    }
                    for piece in pieces {
                        stream.write_all(piece.as_bytes()).expect("written");
                        stream.flush().expect("flushed");
                        std::thread::yield_now();
                    }
                }
            });
        }
    });
    address
}

fn load(address: SocketAddr, requests: &Requests) -> Load<'_> {
    Load {
        address,
        server_pids: &[],
        counts: 201,
        connections: 8,
        pace: Pace::AsAnswered,
        requests,
        when_used_up: WhenUsedUp::End,
        keep: Keep::Bodies,
        warm_up: Duration::ZERO,
        measured: Duration::from_secs(60),
    }
}

fn failure_of(answers: fn(usize) -> Vec<String>) -> String {
    let requests = requests(100);
    match load(scripted(answers), &requests).run() {
        Ok(_) => "none".to_owned(),
        Err(failure) => failure.to_string(),
    }
}

fn created(number: usize) -> String {
    let body = format!("answer {number}");
    format!("HTTP/1.1 201 Created\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn every_request_is_sent_once_and_every_answer_is_told_apart() {
    let address = scripted(|number| {
        if number % 10 == 3 {
            return vec!["HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n".to_owned()];
        }
        let whole = created(number);
        let (left, right) = whole.split_at(number % whole.len());
        [left, right].into_iter().filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
    });
    let requests = requests(1000);
    let outcome = load(address, &requests).run().expect("a run");
    assert!(outcome.requests_used_up);
    assert_eq!(outcome.by_status, BTreeMap::from([(201, 900), (409, 100)]));
    let mut seen: Vec<usize> = outcome.kept.iter().map(|(request, _)| request).collect();
    for (request, body) in outcome.kept.iter() {
        assert_eq!(body, format!("answer {request}").as_bytes(), "each body stays with its request");
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..1000).filter(|number| number % 10 != 3).collect::<Vec<_>>());
    assert!(outcome.counted <= 900 && outcome.answered <= 1000, "at most all are within the window");
    assert!(outcome.counted > 800, "and nearly all: {}", outcome.counted);
}

#[test]
fn a_server_that_remembers_nothing_gets_the_requests_again_until_time_is_up() {
    let requests = requests(16);
    let address = scripted(|number| vec![created(number)]);
    let outcome = Load {
        when_used_up: WhenUsedUp::Repeat,
        keep: Keep::Nothing,
        warm_up: Duration::from_millis(20),
        measured: Duration::from_millis(100),
        ..load(address, &requests)
    }
    .run()
    .expect("a run");
    assert!(!outcome.requests_used_up);
    assert!(outcome.window >= Duration::from_millis(100), "{:?}", outcome.window);
    assert!(outcome.counted > 16, "{}", outcome.counted);
    assert!(outcome.by_status[&201] > outcome.counted, "the warm-up doesn't count");
    assert_eq!(outcome.kept.iter().count(), 0);
    assert!(outcome.latencies.p99_us() >= outcome.latencies.p50_us());
}

#[test]
fn a_server_that_breaks_the_rules_fails_the_run() {
    assert!(failure_of(|_| Vec::new()).contains("closed a connection"));
    assert!(failure_of(|number| vec![created(number) + "x"]).contains("more than it was asked"));
    assert!(failure_of(|_| vec!["SSH-2.0\r\n".to_owned()]).contains("HTTP/1.1"));
}

/// Sends each number once, answered or lost.
#[derive(Default)]
struct Numbers {
    requests: Requests,
    sent: usize,
    answered: Vec<usize>,
    took: Vec<Duration>,
    lost: Vec<usize>,
    lags: Vec<Duration>,
}

impl Workload for Numbers {
    type Request = usize;

    fn next(&mut self, _now: Instant) -> Result<Next<usize>, Failure> {
        if self.sent == self.requests.len() {
            return Ok(Next::Over);
        }
        self.sent += 1;
        Ok(Next::Send(self.sent - 1))
    }

    fn bytes(&self, request: usize) -> &[u8] {
        self.requests.get(request)
    }

    fn answered(&mut self, answered: &Answered<'_, usize>) -> Result<(), Failure> {
        assert_eq!(answered.body, format!("answer {}", answered.request).as_bytes());
        self.answered.push(answered.request);
        self.took.push(answered.took());
        Ok(())
    }

    fn lost(&mut self, request: usize) -> Result<(), Failure> {
        self.lost.push(request);
        Ok(())
    }

    fn came_late(&mut self, _due: Instant, by: Duration) {
        self.lags.push(by);
    }
}

fn drive(address: SocketAddr, connections: usize, pace: Pace, when_broken: WhenBroken) -> Drive {
    Drive { address, connections, pace, when_broken }
}

fn per_second(rate: u32) -> Pace {
    Pace::PerSecond(NonZeroU32::new(rate).expect("a rate"))
}

#[test]
fn the_open_loop_sends_at_its_rate_and_never_before_the_moment() {
    let address = scripted(|number| vec![created(number)]);
    let mut numbers = Numbers { requests: requests(100), ..Numbers::default() };
    let began = clock::now();
    drive(address, 8, per_second(500), WhenBroken::Fail).run(&mut numbers).expect("a run");
    // The last one of a hundred is due after 99 five-hundredths of a second.
    assert!(began.elapsed() >= Duration::from_millis(198), "{:?}", began.elapsed());
    assert_eq!((numbers.answered.len(), numbers.lags.len()), (100, 100));
    // Without the beat the loop would look up twenty times a second.
    numbers.lags.sort_unstable();
    assert!(numbers.lags[50] < Duration::from_millis(5), "{:?}", numbers.lags[50]);
}

#[test]
fn what_waits_for_a_connection_counts_from_when_it_was_intended() {
    let address = scripted(|number| {
        std::thread::sleep(Duration::from_millis(20));
        vec![created(number)]
    });
    let mut numbers = Numbers { requests: requests(10), ..Numbers::default() };
    drive(address, 1, per_second(100_000), WhenBroken::Fail).run(&mut numbers).expect("a run");
    assert_eq!(numbers.answered, (0..10).collect::<Vec<_>>());
    let longest = numbers.took.iter().max().expect("ten");
    assert!(*longest >= Duration::from_millis(199), "the last one waits for all others: {longest:?}");
}

#[test]
fn who_is_cut_off_is_told_what_was_lost_and_goes_on_with_the_rest() {
    let address = scripted(|number| if number % 10 == 3 { Vec::new() } else { vec![created(number)] });
    for pace in [Pace::AsAnswered, per_second(20_000)] {
        let mut numbers = Numbers { requests: requests(100), ..Numbers::default() };
        drive(address, 4, pace, WhenBroken::Reconnect).run(&mut numbers).expect("a run");
        numbers.answered.sort_unstable();
        numbers.lost.sort_unstable();
        assert_eq!(numbers.lost, [3, 13, 23, 33, 43, 53, 63, 73, 83, 93], "{pace:?}");
        assert_eq!(numbers.answered, (0..100).filter(|number| number % 10 != 3).collect::<Vec<_>>());
    }
}

#[test]
fn moments_stand_apart_evenly_and_do_not_drift() {
    let rate = NonZeroU32::new(3).expect("three");
    assert_eq!(nth_moment(0, rate), Duration::ZERO);
    assert_eq!(nth_moment(1, rate), Duration::from_nanos(333_333_333));
    assert_eq!(nth_moment(3_000_000, rate), Duration::from_secs(1_000_000));
}
