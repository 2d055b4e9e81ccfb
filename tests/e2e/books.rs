//! What a city must show after all that was asked of it: every acknowledged answer, of the unknown ones each wholly or not at all,
//! and nothing else.
//!
//! A request without an answer is asked again under its own key: that must come to one outcome, and the same one each time.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::city::{BALANCE, City, Resident, amount, items, text};
use crate::client::{Answer, Client, Request};
use crate::load::{Act, Deed};

/// What a booking was when it was confirmed, and what may have become of it.
#[derive(Debug, Clone)]
struct Kept {
    terms: Vec<Value>,
    status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Confirmed,
    Cancelled,
    /// Somebody asked to cancel it and got no answer.
    PerhapsCancelled,
}

/// Whoever has asked for something, and all that must be there for them.
#[derive(Debug, Default)]
struct Account {
    token: String,
    topped_up: i64,
    bookings: HashMap<String, Kept>,
    unknown: Vec<Deed>,
}

/// All that was asked of one city.
#[derive(Debug, Default)]
pub(crate) struct Books {
    accounts: BTreeMap<String, Account>,
    findings: Vec<String>,
    pub(crate) acknowledged: usize,
    pub(crate) unknown: usize,
    /// Of the unknown, those to which the server said that it was at fault.
    pub(crate) faults: usize,
}

/// The fields of a booking that never change.
const TERMS: [&str; 9] =
    ["id", "pitch", "venue", "start", "end", "party_size", "price", "paid_with", "created_at"];

fn terms(booking: &Value) -> Vec<Value> {
    TERMS.iter().map(|field| booking[*field].clone()).collect()
}

impl Books {
    /// Notes what was asked and answered.
    pub(crate) fn note(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            let account = self.accounts.entry(deed.resident.id.clone()).or_default();
            account.token.clone_from(&deed.resident.token);
            match &deed.answer {
                Some(_) => self.acknowledged += usize::from(deed.done().is_some()),
                None => self.unknown += 1,
            }
            self.faults += usize::from(deed.met_a_fault);
            match (&deed.act, deed.done()) {
                (Act::Book(slot), Some(booking)) => {
                    let kept = Kept { terms: terms(booking), status: Status::Confirmed };
                    let same = booking["pitch"] == slot.pitch
                        && booking["start"] == slot.start
                        && booking["end"] == slot.end
                        && amount(&booking["price"]) == slot.price
                        && booking["status"] == "confirmed";
                    if !same {
                        self.findings.push(format!("{slot:?} was asked for, and {booking} given"));
                    }
                    account.bookings.insert(text(&booking["id"]), kept);
                }
                (Act::Cancel(id), Some(cancelled)) => {
                    if let Some(kept) = account.bookings.get_mut(id) {
                        kept.status = Status::Cancelled;
                    }
                    if cancelled["status"] != "cancelled" || cancelled["refund"] != cancelled["price"] {
                        self.findings.push(format!("not all is given back of {cancelled}"));
                    }
                }
                (Act::TopUp(paid), Some(_)) => account.topped_up += paid,
                (Act::Cancel(id), None) if deed.answer.is_none() => {
                    if let Some(kept) = account.bookings.get_mut(id) {
                        kept.status = Status::PerhapsCancelled;
                    }
                    account.unknown.push(deed);
                }
                (_, None) if deed.answer.is_none() => account.unknown.push(deed),
                // Refused: nothing may come of it, which the balance and the list show.
                (_, None) => {}
            }
        }
    }

    /// Compares the city with the books, and finds out what became of the unknown. Answers what is wrong.
    pub(crate) fn check(&mut self, city: &City) -> Vec<String> {
        let mut findings = std::mem::take(&mut self.findings);
        let mut client = city.client();
        let mut sold: HashMap<(String, String), String> = HashMap::new();
        for (resident, account) in &mut self.accounts {
            account.check(resident, &mut client, &mut findings);
            for booking in account.listed(&mut client) {
                if booking["status"] != "confirmed" {
                    continue;
                }
                let (place, id) = ((text(&booking["pitch"]), text(&booking["start"])), text(&booking["id"]));
                if let Some(other) = sold.insert(place.clone(), id.clone()) {
                    findings.push(format!("{place:?} is sold to {other} and to {id}"));
                }
            }
        }
        findings
    }
}

impl Account {
    fn check(&mut self, id: &str, client: &mut Client, findings: &mut Vec<String>) {
        let before: HashMap<String, Value> =
            self.listed(client).into_iter().map(|booking| (text(&booking["id"]), booking)).collect();
        self.check_kept(&before, findings);
        for deed in std::mem::take(&mut self.unknown) {
            self.settle(&deed, &before, client, findings);
        }
        let mut expected = BALANCE + self.topped_up;
        for booking in self.listed(client) {
            if !self.bookings.contains_key(&text(&booking["id"])) {
                findings.push(format!("nobody was told of {booking}"));
            }
            // Everything here was booked days ahead, so that all the money comes back.
            if booking["status"] != "cancelled" {
                expected -= amount(&booking["price"]);
            }
        }
        let wallet =
            client.ask(&Request::get("/v1/wallet").token(&self.token)).expect(200, "a wallet").json();
        if amount(&wallet["balance"]) != expected {
            findings.push(format!("resident {id} has {} instead of {expected}", wallet["balance"]));
        }
    }

    fn check_kept(&self, listed: &HashMap<String, Value>, findings: &mut Vec<String>) {
        for (id, kept) in &self.bookings {
            let Some(booking) = listed.get(id) else {
                findings.push(format!("booking {id} was confirmed and is not there"));
                continue;
            };
            if terms(booking) != kept.terms {
                findings.push(format!("{booking} was {:?} when it was confirmed", kept.terms));
            }
            let fits = match kept.status {
                Status::Confirmed => booking["status"] == "confirmed",
                Status::Cancelled => booking["status"] == "cancelled",
                Status::PerhapsCancelled => {
                    booking["status"] == "confirmed" || booking["status"] == "cancelled"
                }
            };
            if !fits {
                findings.push(format!("{booking} should be {:?}", kept.status));
            }
        }
    }

    /// Asks again what got no answer.
    fn settle(
        &mut self,
        deed: &Deed,
        before: &HashMap<String, Value>,
        client: &mut Client,
        findings: &mut Vec<String>,
    ) {
        let first = client.ask(&deed.request());
        let again = client.ask(&deed.request());
        let body = first.json();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                findings.push(format!("{what}: {deed:?} came to {body}, again to {}", again.text()));
            }
        };
        match (&deed.act, first.status) {
            (Act::Cancel(id), status) => {
                let kept = before.get(id).map(|booking| booking["status"].clone());
                let fits = match status {
                    200 => kept.is_some_and(|status| status == "confirmed"),
                    409 => kept.is_some_and(|status| status == "cancelled"),
                    _ => false,
                };
                expect(fits, "a cancellation");
                expect(again.status == 409, "a cancellation of what is cancelled");
                if let Some(kept) = self.bookings.get_mut(id) {
                    kept.status = Status::Cancelled;
                }
            }
            (Act::Book(_), 201) => {
                let id = text(&body["id"]);
                expect(
                    is_replayed(&first) == before.contains_key(&id),
                    "a booking that was there, or was not",
                );
                expect(is_same(&first, &again), "one key, two outcomes");
                self.bookings.insert(id, Kept { terms: terms(&body), status: Status::Confirmed });
            }
            (Act::TopUp(paid), 201) => {
                expect(is_same(&first, &again), "one key, two outcomes");
                self.topped_up += paid;
            }
            // A booking that is refused now was not made before: else the list would have more than the books.
            (Act::Book(_), 402 | 403 | 409) => expect(again.status != 201, "refused, then not"),
            (Act::Book(_) | Act::TopUp(_), _) => expect(false, "no outcome"),
        }
    }

    /// All bookings of the account.
    fn listed(&self, client: &mut Client) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = match &cursor {
                Some(cursor) => format!("/v1/bookings?limit=500&cursor={cursor}"),
                None => "/v1/bookings?limit=500".to_owned(),
            };
            let page = client.ask(&Request::get(&page).token(&self.token)).expect(200, &page).json();
            all.extend_from_slice(items(&page));
            cursor = page["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        let ids: HashSet<&str> = all.iter().filter_map(|booking| booking["id"].as_str()).collect();
        assert_eq!(ids.len(), all.len(), "one booking stands twice in a list");
        all
    }
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

fn is_same(first: &Answer, again: &Answer) -> bool {
    again.status == 201 && is_replayed(again) && first.json()["id"] == again.json()["id"]
}

/// Residents in as many groups as there are clients.
pub(crate) fn groups(city: &City, clients: usize, each: usize) -> Vec<Vec<Resident>> {
    (0..clients).map(|_| (0..each).map(|_| city.resident()).collect()).collect()
}
