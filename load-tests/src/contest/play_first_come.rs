//! Who comes first: everybody asks for one slot at the instant, robots many times under other keys.

use super::Played;
use super::declare::{Contest, booking_of};
use super::people::People;
use super::together::ask_all;
use crate::Failure;
use crate::city::CopiedCity;
use crate::http::request::{Request, Requests};

const SEED: u64 = 21;

pub(super) fn play(
    copy: &CopiedCity,
    contest: &Contest,
    people: &People,
    connections: usize,
) -> Result<Played, Failure> {
    contest.await_open()?;
    let mut played = Played::nobody(people);
    let order = people.mixed(SEED);
    let mut requests = Requests::default();
    for (no, nth) in &order {
        let slot = people.wish(*no, 0, contest.slots.len());
        let (body, key) = (booking_of(&contest.slots[slot]), format!("contest-{no}-{nth}"));
        requests.push(&Request {
            method: "POST",
            path: "/v1/bookings",
            token: Some(people.token(*no)),
            idempotency_key: Some(&key),
            body: Some(&body),
        });
    }
    let told =
        ask_all(contest.address, connections, &requests).map_err(|f| copy.server.with_log(&f.to_string()))?;
    for told in told {
        let (no, _) = order[told.request];
        played.count(people, no, told.status);
        played.arrived[no].get_or_insert(told.request);
        if told.status == 201 {
            played.win(no, people.wish(no, 0, contest.slots.len()));
        }
    }
    Ok(played)
}

impl Played {
    /// Nothing has happened yet.
    pub(super) fn nobody(people: &People) -> Self {
        Self { arrived: vec![None; people.count()], won: vec![None; people.count()], ..Self::default() }
    }

    /// Somebody was answered.
    pub(super) fn count(&mut self, people: &People, no: usize, status: u16) {
        self.sent[usize::from(people.is_robot(no))] += 1;
        *self.by_status.entry(status).or_default() += 1;
        if !matches!(status, 200 | 201 | 400 | 401 | 402 | 403 | 404 | 409 | 422 | 425 | 429 | 503) {
            self.findings.add(format_args!("somebody was answered {status}"));
        }
    }

    /// Somebody has got a slot.
    pub(super) fn win(&mut self, no: usize, slot: usize) {
        if let Some(before) = self.won[no].replace(slot) {
            self.findings.add(format_args!("resident {no} got slots {before} and {slot}, and may have one"));
        }
    }
}
