//! A queue: all come before the instant, robots again and again; then one books whose turn it is, while robots try it past the line.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Played;
use super::declare::{Contest, RELEASE, booking_of};
use super::people::People;
use super::together::ask_all;
use crate::city::CopiedCity;
use crate::http::plain_client::PlainClient;
use crate::http::request::{Request, Requests};
use crate::{Failure, say};

const SEED: u64 = 22;
/// How often it is looked whose turn it is, until nothing moves any more.
const ROUNDS_MAX: usize = 600;
/// How old what everybody is told of the line may be, and a moment.
const BOARD_OLD_MAX: std::time::Duration = std::time::Duration::from_millis(1200);
/// For how many rounds nothing may be booked before it is over.
const STILL_MAX: usize = 40;

pub(super) fn play(
    copy: &CopiedCity,
    contest: &Contest,
    people: &People,
    connections: usize,
) -> Result<Played, Failure> {
    let mut played = Played::nobody(people);
    come(contest, people, connections, &mut played).map_err(|f| copy.server.with_log(&f.to_string()))?;
    let path = format!("/v1/releases/{RELEASE}/queue");
    contest.await_that(&path, |board| board["seed"].is_string())?;
    let mut client = PlainClient::connect(contest.address)?;
    let board = read(&mut client, &Request::get(&path))?;
    let places = places(contest, people, &board, &mut played)?;
    let mut tried = vec![0usize; people.count()];
    let mut still = 0;
    for round in 0..ROUNDS_MAX {
        let board = read(&mut client, &Request::get(&path))?;
        let serving = number(&board, "now_serving");
        let sold = played.won.iter().flatten().count();
        if sold == contest.slots.len() || still > STILL_MAX {
            break;
        }
        let before = sold;
        book(contest, people, connections, (&places, serving, round), &mut tried, &mut played)?;
        still = if played.won.iter().flatten().count() == before { still + 1 } else { 0 };
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    Ok(played)
}

/// Everybody comes once, and robots many times.
fn come(contest: &Contest, people: &People, connections: usize, played: &mut Played) -> Result<(), Failure> {
    let order = people.mixed(SEED);
    let path = format!("/v1/releases/{RELEASE}/queue");
    let mut requests = Requests::default();
    for (no, nth) in &order {
        // Every third time under the key of before, every fourth with a token of which the last sign is another.
        let key = format!("come-{no}-{}", if nth % 3 == 2 { nth - 1 } else { *nth });
        let spoilt = format!("{}x", &people.token(*no)[..people.token(*no).len() - 1]);
        let token = if nth % 4 == 3 { spoilt.as_str() } else { people.token(*no) };
        requests.push(&Request {
            method: "POST",
            path: &path,
            token: Some(token),
            idempotency_key: Some(&key),
            body: Some("{}"),
        });
    }
    let told = ask_all(contest.address, connections, &requests)?;
    let mut came = 0;
    for told in &told {
        let (no, nth) = order[told.request];
        played.count(people, no, told.status);
        if told.status == 201 {
            came += 1;
            let answer: Value = serde_json::from_slice(&told.body)?;
            let number = usize::try_from(number(&answer, "number")).unwrap_or(0);
            if played.arrived[no].is_some_and(|before| before != number) {
                played.findings.add(format_args!("resident {no} has two numbers"));
            }
            if nth % 4 == 3 {
                played.findings.add(format_args!("resident {no} came with a token that is none"));
            }
            played.arrived[no] = Some(number);
        }
    }
    say(&format!("{came} of {} who asked to come were answered that they have", told.len()));
    Ok(())
}

/// Where everybody stands, by the published seed; it is compared with what each is told.
fn places(
    contest: &Contest,
    people: &People,
    board: &Value,
    played: &mut Played,
) -> Result<Vec<Option<u64>>, Failure> {
    let seed = board["seed"].as_str().ok_or("no seed is published")?.to_owned();
    let early = usize::try_from(number(board, "early"))?;
    let rank = |number: &usize| -> [u8; 32] {
        Sha256::digest(format!("kaichang-queue-1\n{seed}\n{number}\n").as_bytes()).into()
    };
    let mut order: Vec<usize> = (1..=early).collect();
    order.sort_by_cached_key(rank);
    let mut place_of = vec![0u64; early + 1];
    for (place, number) in order.iter().enumerate() {
        place_of[*number] = place as u64 + 1;
    }
    let mut client = PlainClient::connect(contest.address)?;
    let mut places = vec![None; people.count()];
    for (no, place) in places.iter_mut().enumerate() {
        let Some(number_of) = played.arrived[no] else { continue };
        let by_seed = place_of.get(number_of).copied().unwrap_or(number_of as u64);
        *place = Some(by_seed);
        // A sample, so that nobody is asked too often.
        if no % 7 == 0 {
            let path = format!("/v1/releases/{RELEASE}/queue/me");
            let mine = read(&mut client, &Request { token: Some(people.token(no)), ..Request::get(&path) })?;
            if !mine["place"].is_null() && number(&mine, "place") != by_seed {
                played.findings.add(format_args!(
                    "number {number_of} is told place {} and has {by_seed} by the seed",
                    mine["place"]
                ));
            }
        }
    }
    Ok(places)
}

/// Whose turn it is tries the next slot that he wants; of robots whose turn it isn't, some try it all the same.
fn book(
    contest: &Contest,
    people: &People,
    connections: usize,
    (places, serving, round): (&[Option<u64>], u64, usize),
    tried: &mut [usize],
    played: &mut Played,
) -> Result<(), Failure> {
    let mut who = Vec::new();
    let mut requests = Requests::default();
    for no in 0..people.count() {
        let has_turn = places[no].is_some_and(|place| place <= serving);
        let passes = people.is_robot(no) && !has_turn && (no + round) % 10 == 0;
        if played.won[no].is_some() || tried[no] >= contest.slots.len() || !(has_turn || passes) {
            continue;
        }
        let slot = people.wish(no, tried[no], contest.slots.len());
        let (body, key) = (booking_of(&contest.slots[slot]), format!("turn-{no}-{round}"));
        requests.push(&Request {
            method: "POST",
            path: "/v1/bookings",
            token: Some(people.token(no)),
            idempotency_key: Some(&key),
            body: Some(&body),
        });
        who.push((no, slot, has_turn));
    }
    for told in ask_all(contest.address, connections, &requests)? {
        let (no, slot, has_turn) = who[told.request];
        played.count(people, no, told.status);
        match (told.status, has_turn) {
            (201, true) => played.win(no, slot),
            (201, false) => {
                // The line may have moved since it was looked at, and what everybody is told of it is a second old at most; whom it
                // has not reached by then has passed it. That nobody books whose turn it never was is held by `kaichang verify`, too.
                std::thread::sleep(BOARD_OLD_MAX);
                let mut client = PlainClient::connect(contest.address)?;
                let board = read(&mut client, &Request::get(&format!("/v1/releases/{RELEASE}/queue")))?;
                if places[no].is_none_or(|place| place > number(&board, "now_serving")) {
                    played.findings.add(format_args!("resident {no} has booked, and it was not his turn"));
                }
                played.win(no, slot);
            }
            (409, true) => tried[no] += 1,
            _ => {}
        }
    }
    Ok(())
}

fn number(of: &Value, field: &str) -> u64 {
    of[field].as_u64().unwrap_or(0)
}

fn read(client: &mut PlainClient, request: &Request<'_>) -> Result<Value, Failure> {
    let answer = client.ask(request)?;
    if answer.status != 200 {
        let said = String::from_utf8_lossy(answer.body);
        return Err(format!("GET {} was answered {}: {said}", request.path, answer.status).into());
    }
    Ok(serde_json::from_slice(answer.body)?)
}
