//! A disk that hardly moves while thousands come: what is under way is bounded, who comes then is refused and nothing of him is changed.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use crate::city::{BALANCE, City, Ground, Resident};
use crate::client::Request;
use crate::disk_trace::{DiskTrace, Of};
use crate::server::serve;

/// Longer than it takes to send thousands of requests, on most machines; a slower one sends more.
const EACH_SYNC: &str = "fdatasync:delay_enter=6000000";
/// How many records one worker may have under way.
const UNDER_WAY: usize = 4096;
const REQUESTS_MAX: usize = 8_000;
const REFUSED_ENOUGH: usize = 50;
/// As many as an account may ask at once, and less.
const EACH: usize = 8;
/// Far more than so many requests take.
const MEMORY_MAX: u64 = 512 << 20;

/// Somebody who asked and has not looked at the answer.
struct Asked {
    who: usize,
    stream: TcpStream,
}

impl Asked {
    fn new(city: &City, who: usize, request: &Request) -> Self {
        let mut stream = TcpStream::connect(city.address()).expect("a connection");
        stream.write_all(&request.encode()).expect("sent");
        stream.set_nonblocking(true).expect("an option of the socket");
        Self { who, stream }
    }

    /// What is answered so far.
    fn answer(&mut self) -> Option<String> {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(read) => Some(String::from_utf8_lossy(&bytes[..read]).into_owned()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }
}

fn top_up(resident: &Resident, key: usize) -> Request {
    let body = json!({ "amount": 100, "provider": "sandbox" });
    Request::post("/v1/wallet/top-ups", &body).token(&resident.token).key(&format!("key-{key}"))
}

/// This process has a connection for each request.
fn allow_many_files() {
    let most = getrlimit(Resource::Nofile).maximum;
    let enough = most.is_none_or(|most| most > REQUESTS_MAX as u64 + 1_000);
    assert!(enough, "this test opens {REQUESTS_MAX} connections: let it have as many open files (ulimit -n)");
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).expect("a process may");
}

#[test]
fn while_the_disk_hardly_moves_a_bounded_number_waits_and_the_rest_is_refused_unchanged() {
    allow_many_files();
    let ground = Ground::demo();
    let trace = DiskTrace::new();
    let mut command = serve(trace.command(Of::LastSegment(&ground), Some(EACH_SYNC)), ground.path());
    command.args(["--workers", "1"]);
    let city = ground.open_with(command);
    let before = city.server.resident_bytes();
    let residents: Vec<Resident> = (0..REQUESTS_MAX / EACH).map(|_| city.resident()).collect();
    let (mut waiting, mut refused): (Vec<Asked>, Vec<usize>) = (Vec::new(), Vec::new());
    for number in 0..REQUESTS_MAX {
        if refused.len() >= REFUSED_ENOUGH {
            break;
        }
        let who = number % residents.len();
        waiting.push(Asked::new(&city, who, &top_up(&residents[who], number)));
        if number >= UNDER_WAY && number % 64 == 0 {
            // A refusal comes at once, an acknowledgement when the disk has moved.
            std::thread::sleep(std::time::Duration::from_millis(20));
            waiting.retain_mut(|asked| {
                let Some(answer) = asked.answer() else { return true };
                if answer.starts_with("HTTP/1.1 503") {
                    assert!(
                        answer.contains("retry-after: ") && answer.contains("/problems/overloaded"),
                        "{answer}"
                    );
                    refused.push(asked.who);
                    return false;
                }
                assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
                true
            });
        }
    }
    assert!(refused.len() >= REFUSED_ENOUGH, "{} were refused", refused.len());
    let grown = city.server.resident_bytes().saturating_sub(before);
    assert!(grown < MEMORY_MAX, "{grown} bytes more than before");
    assert_eq!(city.get("/healthz")["status"], "alive", "it lives, and reads go on");

    // Who was refused has what he asked for otherwise, or less where that was under way, and never more.
    let city = city.kill().open();
    for who in refused {
        let asked = waiting.iter().filter(|asked| asked.who == who).count();
        let most = BALANCE + 100 * i64::try_from(asked).expect("few");
        let balance = city.balance(&residents[who]);
        assert!((BALANCE..=most).contains(&balance), "{balance}, and at most {most}");
    }
    assert_eq!(city.kill().verify().code, Some(0));
}
