//! A draw by lot: all enter in the window, robots again and again; then it is drawn, and the published file says who got what.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Played;
use super::declare::{Contest, RELEASE};
use super::people::People;
use super::together::ask_all;
use crate::Failure;
use crate::city::CopiedCity;
use crate::http::plain_client::PlainClient;
use crate::http::request::{Request, Requests};
use crate::server::kaichang::Kaichang;

const SEED: u64 = 23;
/// So many slots an entry names.
const CHOICES: usize = 3;

pub(super) fn play(
    program: &Kaichang,
    copy: &CopiedCity,
    contest: &Contest,
    people: &People,
    connections: usize,
) -> Result<Played, Failure> {
    let mut played = Played::nobody(people);
    let of_entry = enter(contest, people, connections, &mut played)
        .map_err(|failure| copy.server.with_log(&failure.to_string()))?;
    let path = format!("/v1/releases/{RELEASE}/draw");
    contest.await_that(&path, |file| file["sealed"].is_object())?;
    let value = json!({ "value": "6 1 4" }).to_string();
    let mut operator = crate::staff::Manager::log_in_operator(&copy.data_dir, contest.address)?;
    let _: Value = operator.ask("POST", &format!("/v1/manage/releases/{RELEASE}/draw"), Some(&value), 200)?;
    let mut client = PlainClient::connect(contest.address)?;
    let answer = client.ask(&Request::get(&path))?;
    let bytes = answer.body.to_vec();
    let file: Value = serde_json::from_slice(&bytes)?;
    let written = copy.data_dir.with_extension("draw.json");
    std::fs::write(&written, &bytes)?;
    for said in program.verify_draw(&written)? {
        played.findings.add(said);
    }
    let drawn = &file["drawn"];
    let result = drawn["result"].as_array().ok_or("the file has no result")?;
    let mut told = 0;
    for entry in result {
        let Some(no) = entry[0].as_str().and_then(|id| of_entry.get(id)) else {
            played.findings.add(format_args!("{} has entered, and nobody was told so", entry[0]));
            continue;
        };
        told += 1;
        if let Some(option) = entry[1].as_u64() {
            let option = &drawn["options"][usize::try_from(option)?];
            let is_it = |slot: &&crate::stock::StockItem| {
                option["pitch"] == *slot.pitch
                    && slot.start.get(11..16).is_some_and(|from| option["from"] == *from)
            };
            match contest.slots.iter().position(|slot| is_it(&slot)) {
                Some(slot) => played.win(*no, slot),
                None => played.findings.add(format_args!("{option} is no slot that was contested")),
            }
        }
    }
    if told != of_entry.len() {
        let missing = of_entry.len() - told;
        played.findings.add(format_args!("{missing} who were told that they entered are not in the file"));
    }
    Ok(played)
}

/// Everybody enters once, and robots many times; whose entry is which.
fn enter(
    contest: &Contest,
    people: &People,
    connections: usize,
    played: &mut Played,
) -> Result<HashMap<String, usize>, Failure> {
    let order = people.mixed(SEED);
    let path = format!("/v1/releases/{RELEASE}/entries");
    let slots = contest.slots.len();
    let mut requests = Requests::default();
    for (no, nth) in &order {
        let mut wanted: Vec<usize> = (0..CHOICES.min(slots)).map(|at| people.wish(*no, at, slots)).collect();
        wanted.dedup();
        let choices: Vec<Value> = wanted
            .iter()
            .map(|slot| &contest.slots[*slot])
            .map(|slot| json!({ "pitch": &*slot.pitch, "start": &*slot.start, "end": &*slot.end }))
            .collect();
        let body = json!({ "choices": choices, "party_size": 1 }).to_string();
        let key = format!("enter-{no}-{}", if nth % 3 == 2 { nth - 1 } else { *nth });
        requests.push(&Request {
            method: "POST",
            path: &path,
            token: Some(people.token(*no)),
            idempotency_key: Some(&key),
            body: Some(&body),
        });
    }
    let mut of_entry = HashMap::new();
    for told in ask_all(contest.address, connections, &requests)? {
        let (no, _) = order[told.request];
        played.count(people, no, told.status);
        if told.status == 201 {
            let entry: Value = serde_json::from_slice(&told.body)?;
            let id = entry["id"].as_str().ok_or("an entry without an id")?.to_owned();
            played.arrived[no].get_or_insert(told.request);
            if of_entry.insert(id, no).is_some_and(|before| before != no) {
                played.findings.add("two residents have one entry");
            }
        }
    }
    Ok(of_entry)
}
