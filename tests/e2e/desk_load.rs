//! A venue at work: holds, payments and what is given up, sales at the counter, moves, refunds, check-ins, prices, releases and closures,
//! one after the other by one client, and what must be there of them after the server is killed (I2, I3).
//!
//! One step at a time is under way, so that at most one is unknown when the server is gone. It is asked again, which must come to what
//! it was meant to, and from then on the books are exact.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use serde_json::{Value, json};

use crate::city::{BALANCE, City, Resident, amount, items, text};
use crate::client::{Answer, Client, Outcome, Request};
use crate::load::pick;
use crate::staff::{all_days, new_pitch};
use crate::unchanged::wait_for_turn;

/// How many may be let in; each is booked before the first kill.
const GUESTS: usize = 80;

/// A time at the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Time {
    start: String,
    end: String,
}

/// What a step is meant to bring about.
#[derive(Debug, Clone)]
enum Effect {
    Held(Resident, Time),
    Paid(String),
    GivenUp(String),
    Sold(Time),
    Moved(String, Time),
    Refunded(String),
    LetIn(String),
    Priced(i64),
    Released,
    Closed(Time),
}

/// A booking as it must stand.
#[derive(Debug, Clone)]
struct Kept {
    /// Of whom it is, unless it was sold at the counter.
    resident: Option<Resident>,
    time: Time,
    status: &'static str,
    refund: Option<i64>,
    price: i64,
}

/// A venue's desk with a pool of its own, and the books of it.
pub(crate) struct Desk {
    venue: String,
    pool: String,
    manager: Resident,
    days: Vec<String>,
    times: Vec<Time>,
    /// What can be closed; each once.
    closable: Vec<Time>,
    residents: Vec<Resident>,
    guests: Vec<(String, Value)>,
    kept: BTreeMap<String, Kept>,
    price: i64,
    releases: Vec<String>,
    closures: Vec<String>,
    steps: usize,
    unknown: Option<(Request, Effect)>,
    pub(crate) acknowledged: BTreeMap<&'static str, usize>,
    pub(crate) asked_again: usize,
}

impl Desk {
    pub(crate) fn new(city: &City) -> Self {
        let venue = city.free_court(3).venue;
        let manager = city.manager_of(&venue);
        let path = format!("/v1/manage/venues/{venue}/pitches");
        let add = |pitch: &Value| {
            text(&city.send_as(&manager, "POST", &path, pitch).expect(201, "a pitch").json()["id"])
        };
        let mut pool = new_pitch("session");
        pool["capacity"] = 5000.into();
        let pool_id = add(&pool);
        pool["slot_minutes"] = 30.into();
        pool["first_slot"] = "00:00".into();
        pool["hours"] = json!([{ "days": all_days(), "from": "00:00", "to": "24:00" }]);
        let night = add(&pool);
        let time = |slot: &Value| Time { start: text(&slot["start"]), end: text(&slot["end"]) };
        let times_of = |ahead: i32| -> Vec<Time> {
            city.slots(&pool_id, &city.day(ahead))
                .iter()
                .filter(|slot| slot["status"] == "free")
                .map(time)
                .collect()
        };
        let soon = [0, 1].into_iter().flat_map(|ahead| city.slots(&night, &city.day(ahead)));
        let soon = time(&soon.into_iter().find(|slot| slot["status"] == "free").expect("a slot"));
        let mut kept = BTreeMap::new();
        let guests = (0..GUESTS).map(|_| {
            let resident = city.resident();
            let order = json!({ "pitch": night, "start": soon.start, "end": soon.end, "pay_with": "wallet" });
            let booking = city.book(&resident, "guest", &order).expect(201, "a place").json();
            let id = text(&booking["id"]);
            let ticket = city.get_as(&resident, &format!("/v1/bookings/{id}/ticket"));
            let price = amount(&booking["price"]);
            let (resident, time) = (Some(resident), soon.clone());
            kept.insert(id.clone(), Kept { resident, time, status: "confirmed", refund: None, price });
            (id, json!({ "ticket": ticket["ticket"] }))
        });
        let guests = guests.collect();
        Self {
            venue,
            manager,
            days: [2, 3, 4, 5].map(|ahead| city.day(ahead)).into(),
            times: (2..5).flat_map(times_of).collect(),
            closable: times_of(5),
            pool: pool_id,
            residents: (0..600).map(|_| city.resident()).collect(),
            guests,
            kept,
            price: 1200,
            releases: Vec::new(),
            closures: Vec::new(),
            steps: 0,
            unknown: None,
            acknowledged: BTreeMap::new(),
            asked_again: 0,
        }
    }

    /// Works until the server is gone.
    pub(crate) fn work(&mut self, mut client: Client, draw: &mut ChaCha8Rng) {
        loop {
            let Some((request, effect)) = self.step(draw) else { continue };
            match client.send(&request) {
                Outcome::Answered(answer) if answer.status == 429 => wait_for_turn(&answer),
                Outcome::Answered(answer) => self.note(&effect, &answer),
                Outcome::Unknown => {
                    self.unknown = Some((request, effect));
                    return;
                }
                Outcome::NotSent => return,
            }
        }
    }

    /// Something that can be done now.
    fn step(&mut self, draw: &mut ChaCha8Rng) -> Option<(Request, Effect)> {
        self.steps += 1;
        let key = format!("step-{}", self.steps);
        let manage = |method: &str, path: &str, body: &Value| {
            Request::new(method, path).token(&self.manager.token).key(&key).json(body)
        };
        let chance = draw.next_u32() % 100;
        let time = self.times[pick(draw, self.times.len())].clone();
        Some(match chance {
            0..25 => {
                let resident = self.residents.pop()?;
                let body = json!({ "pitch": self.pool, "start": time.start, "end": time.end });
                (
                    Request::post("/v1/holds", &body).token(&resident.token).key(&key),
                    Effect::Held(resident, time),
                )
            }
            25..40 => {
                let (id, token) = self.drawn(draw, "held")?;
                let body = json!({ "pay_with": "wallet" });
                let request =
                    Request::post(&format!("/v1/holds/{id}/confirm"), &body).token(&token?).key(&key);
                (request, Effect::Paid(id))
            }
            40..48 => {
                let (id, token) = self.drawn(draw, "held")?;
                (Request::delete(&format!("/v1/holds/{id}")).token(&token?), Effect::GivenUp(id))
            }
            48..62 => {
                let time = if chance < 54 { self.closable.last()?.clone() } else { time };
                let body = json!({
                    "pitch": self.pool, "start": time.start, "end": time.end, "phone": format!("+8613955{:06}", self.steps),
                    "name": "客",
                });
                (
                    manage("POST", &format!("/v1/manage/venues/{}/bookings", self.venue), &body),
                    Effect::Sold(time),
                )
            }
            62..72 => {
                let (id, _) = self.drawn(draw, "confirmed")?;
                let body =
                    json!({ "pitch": self.pool, "start": time.start, "end": time.end, "price": "kept" });
                if self.kept[&id].time == time {
                    return None;
                }
                (manage("POST", &format!("/v1/manage/bookings/{id}/move"), &body), Effect::Moved(id, time))
            }
            72..78 => {
                let (id, _) = self.drawn(draw, "confirmed")?;
                let body = json!({ "refund": 1 });
                (manage("POST", &format!("/v1/manage/bookings/{id}/cancel"), &body), Effect::Refunded(id))
            }
            78..88 => {
                let (id, shown) = self.guests.pop()?;
                (manage("POST", "/v1/gate/check-ins", &shown), Effect::LetIn(id))
            }
            88..93 => {
                let price = 1000 + i64::try_from(self.steps).expect("few");
                let band = json!({ "days": all_days(), "from": "08:00", "to": "22:00", "price": price });
                let path = format!("/v1/manage/pitches/{}/prices", self.pool);
                (manage("PUT", &path, &json!({ "prices": [band] })), Effect::Priced(price))
            }
            93..97 => {
                // Far beyond what is open, so that it governs nothing here.
                let body = json!({
                    "name": { "zh-Hans": "放号", "en": "Release" }, "pitches": [self.pool], "first_day": "2099-01-01",
                    "daily": { "days_before": 2, "at": "07:00" }, "mode": "first_come",
                });
                (manage("POST", "/v1/manage/releases", &body), Effect::Released)
            }
            _ => {
                let time = self.closable.pop()?;
                let of = |moment: &str, range: std::ops::Range<usize>| {
                    moment.get(range).expect("a time").to_owned()
                };
                let day = of(&time.start, 0..10);
                let body = json!({
                    "from": day, "to": day, "start": of(&time.start, 11..16), "end": of(&time.end, 11..16),
                    "bookings": "refund", "reason": "换水",
                });
                (
                    manage("POST", &format!("/v1/manage/pitches/{}/closures", self.pool), &body),
                    Effect::Closed(time),
                )
            }
        })
    }

    /// Some booking at the pool that stands so, and its resident's token.
    fn drawn(&self, draw: &mut ChaCha8Rng, status: &str) -> Option<(String, Option<String>)> {
        let is_at_pool = |kept: &Kept| self.times.contains(&kept.time);
        let so: Vec<_> =
            self.kept.iter().filter(|(_, kept)| kept.status == status && is_at_pool(kept)).collect();
        let (id, kept) = so.get(pick(draw, so.len().max(1)))?;
        Some(((*id).clone(), kept.resident.as_ref().map(|resident| resident.token.clone())))
    }

    /// Notes what was acknowledged. All that is asked for here can be done, so that a refusal is a fault.
    fn note(&mut self, effect: &Effect, answer: &Answer) {
        assert!(matches!(answer.status, 200 | 201 | 204), "{effect:?}: {} {}", answer.status, answer.text());
        let body = if answer.status == 204 { Value::Null } else { answer.json() };
        let mut change = |id: &String, status: &'static str, refund: Option<i64>| {
            let kept = self.kept.get_mut(id).expect("it is in the books");
            (kept.status, kept.refund) = (status, refund);
        };
        let name = match effect {
            Effect::Held(resident, time) => {
                let (resident, time, price) = (Some(resident.clone()), time.clone(), amount(&body["price"]));
                let kept = Kept { resident, time, status: "held", refund: None, price };
                self.kept.insert(text(&body["id"]), kept);
                "held"
            }
            Effect::Sold(time) => {
                let (time, price) = (time.clone(), amount(&body["price"]));
                let kept = Kept { resident: None, time, status: "confirmed", refund: None, price };
                self.kept.insert(text(&body["id"]), kept);
                "sold"
            }
            Effect::Paid(id) => {
                change(id, "confirmed", None);
                "paid"
            }
            Effect::GivenUp(id) => {
                change(id, "cancelled", None);
                "given up"
            }
            Effect::Refunded(id) => {
                change(id, "cancelled", Some(1));
                "refunded"
            }
            Effect::LetIn(id) => {
                change(id, "checked_in", None);
                "let in"
            }
            Effect::Moved(id, time) => {
                self.kept.get_mut(id).expect("it is in the books").time = time.clone();
                "moved"
            }
            Effect::Priced(price) => {
                self.price = *price;
                "priced"
            }
            Effect::Released => {
                self.releases.push(text(&body["id"]));
                "released"
            }
            Effect::Closed(time) => {
                self.closures.push(text(&body["id"]));
                for kept in
                    self.kept.values_mut().filter(|kept| kept.time == *time && kept.status == "confirmed")
                {
                    (kept.status, kept.refund) = ("cancelled", Some(kept.price));
                }
                "closed"
            }
        };
        *self.acknowledged.entry(name).or_default() += 1;
    }

    /// Asks again what got no answer, and compares the city with the books. Answers what is wrong.
    pub(crate) fn check(&mut self, city: &City) -> Vec<String> {
        if let Some((request, effect)) = self.unknown.take() {
            self.asked_again += 1;
            let answer = ask(city, &request);
            // Without a key there is nothing to replay: it was given up before.
            if let (Effect::GivenUp(id), 409) = (&effect, answer.status) {
                self.kept.get_mut(id).expect("it is in the books").status = "cancelled";
            } else {
                self.note(&effect, &answer);
            }
        }
        if let Some(newest) = self.closures.last() {
            city.await_closure(&self.manager, &self.venue, newest);
        }
        let mut findings = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                findings.push(what.to_owned());
            }
        };
        for (id, kept) in &self.kept {
            let Some(resident) = &kept.resident else { continue };
            let shown = ask(city, &Request::get(&format!("/v1/bookings/{id}")).token(&resident.token)).json();
            let fits = shown["status"] == kept.status && shown["start"] == kept.time.start;
            expect(fits, &format!("{shown} should be {kept:?}"));
            let spent = match kept.status {
                "confirmed" | "checked_in" => kept.price,
                "cancelled" => kept.refund.map_or(0, |refund| kept.price - refund),
                _ => 0,
            };
            let wallet = ask(city, &Request::get("/v1/wallet").token(&resident.token)).json();
            expect(amount(&wallet["balance"]) == BALANCE - spent, &format!("{wallet} beside {kept:?}"));
        }
        let sold: BTreeMap<&String, &Kept> =
            self.kept.iter().filter(|(_, kept)| kept.resident.is_none()).collect();
        let mut listed = 0;
        for day in &self.days {
            for shown in
                self.pages(city, &format!("/v1/manage/venues/{}/bookings?date={day}&limit=500", self.venue))
            {
                if shown["paid_with"] != "counter" {
                    continue;
                }
                listed += 1;
                let kept = sold.get(&text(&shown["id"]));
                let fits = kept.is_some_and(|kept| {
                    let refund = kept.refund.map_or(Value::Null, Value::from);
                    shown["status"] == kept.status
                        && shown["start"] == kept.time.start
                        && shown["refund"]["amount"] == refund
                });
                expect(fits, &format!("{shown} should be {kept:?}"));
            }
        }
        expect(listed == sold.len(), &format!("{listed} sales are listed, {} were made", sold.len()));
        let ids = |path: &str| -> Vec<String> {
            self.pages(city, path).iter().map(|one| text(&one["id"])).collect()
        };
        let closures = ids(&format!("/v1/manage/venues/{}/closures?limit=500", self.venue));
        expect(self.closures.iter().rev().eq(&closures), &format!("{closures:?} for {:?}", self.closures));
        let releases = ids(&format!("/v1/manage/venues/{}/releases?limit=500", self.venue));
        let is_there = |id: &String| releases.iter().filter(|other| *other == id).count() == 1;
        expect(self.releases.iter().all(is_there), &format!("{releases:?} for {:?}", self.releases));
        let slots = city.slots(&self.pool, &self.days[0]);
        let price = slots.iter().find(|slot| slot["status"] == "free").map(|slot| amount(&slot["price"]));
        expect(price == Some(self.price), &format!("{price:?} is asked instead of {}", self.price));
        findings
    }

    fn pages(&self, city: &City, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut at = path.to_owned();
        loop {
            let page = ask(city, &Request::get(&at).token(&self.manager.token)).expect(200, &at).json();
            all.extend_from_slice(items(&page));
            let Some(cursor) = page["next"].as_str() else { return all };
            at = format!("{path}&cursor={cursor}");
        }
    }
}

/// Asks, and waits for its turn where an account asks too often.
fn ask(city: &City, request: &Request) -> Answer {
    loop {
        let answer = city.ask(request);
        if answer.status != 429 {
            return answer;
        }
        wait_for_turn(&answer);
    }
}
