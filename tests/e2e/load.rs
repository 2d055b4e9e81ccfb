//! Residents who book, cancel and top up without a pause, each request under a key of its own, and note every answer.

use std::sync::Arc;
use std::thread::JoinHandle;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::city::{FreeSlot, Resident, booking, text};
use crate::client::{Answer, Client, Outcome, Request};

/// What somebody wants.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Book(FreeSlot),
    Cancel(String),
    TopUp(i64),
}

/// What somebody asked for, and the answer, if there was one.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) resident: Resident,
    pub(crate) act: Act,
    pub(crate) key: String,
    pub(crate) answer: Option<(u16, Value)>,
    /// The server said that it is at fault, which says no more of the request than silence.
    pub(crate) met_a_fault: bool,
}

impl Deed {
    /// The request, the same each time.
    pub(crate) fn request(&self) -> Request {
        let token = &self.resident.token;
        match &self.act {
            Act::Book(slot) => booking(&self.resident, &self.key, &slot.order()),
            Act::Cancel(id) => Request::delete(&format!("/v1/bookings/{id}")).token(token),
            Act::TopUp(amount) => {
                let body = json!({ "amount": amount, "provider": "sandbox" });
                Request::post("/v1/wallet/top-ups", &body).token(token).key(&self.key)
            }
        }
    }

    /// The answer, when it says that it is done.
    pub(crate) fn done(&self) -> Option<&Value> {
        self.answer.as_ref().filter(|(status, _)| matches!(status, 200 | 201)).map(|(_, body)| body)
    }
}

/// One client's part of the load.
pub(crate) struct Part {
    pub(crate) client: Client,
    pub(crate) residents: Vec<Resident>,
    pub(crate) slots: Arc<[FreeSlot]>,
    /// What is drawn; another part has another.
    pub(crate) seed: u64,
}

impl Part {
    /// Goes on until the server is gone.
    pub(crate) fn start(self) -> JoinHandle<Vec<Deed>> {
        std::thread::spawn(move || self.run())
    }

    fn run(mut self) -> Vec<Deed> {
        let mut draw = ChaCha8Rng::seed_from_u64(self.seed);
        let mut deeds: Vec<Deed> = Vec::new();
        // Confirmed and not asked to be cancelled.
        let mut confirmed: Vec<(Resident, String)> = Vec::new();
        loop {
            let key = format!("{:x}-{}", self.seed, deeds.len());
            let chance = draw.next_u32() % 100;
            let (resident, act) = if chance < 25 && !confirmed.is_empty() {
                let (resident, id) = confirmed.swap_remove(pick(&mut draw, confirmed.len()));
                (resident, Act::Cancel(id))
            } else {
                let resident = self.residents[pick(&mut draw, self.residents.len())].clone();
                let act = if chance < 40 {
                    Act::TopUp(1 + i64::from(draw.next_u32() % 10_000))
                } else {
                    Act::Book(self.slots[pick(&mut draw, self.slots.len())].clone())
                };
                (resident, act)
            };
            let mut deed = Deed { resident, act, key, answer: None, met_a_fault: false };
            let outcome = self.client.send(&deed.request());
            if let Outcome::Answered(answer) = outcome {
                note(&mut deed, &answer, &mut confirmed);
                deeds.push(deed);
            } else {
                if matches!(outcome, Outcome::Unknown) {
                    deeds.push(deed);
                }
                return deeds;
            }
        }
    }
}

fn note(deed: &mut Deed, answer: &Answer, confirmed: &mut Vec<(Resident, String)>) {
    let body = answer.json();
    if answer.status == 500 {
        deed.met_a_fault = true;
        return;
    }
    let is_expected = match answer.status {
        200 | 201 => true,
        402 | 403 | 409 | 429 | 503 => body["type"].is_string(),
        _ => false,
    };
    assert!(is_expected, "{deed:?}: {} {body}", answer.status);
    if answer.status == 201 && matches!(deed.act, Act::Book(_)) {
        confirmed.push((deed.resident.clone(), text(&body["id"])));
    }
    deed.answer = Some((answer.status, body));
}

pub(crate) fn pick(draw: &mut ChaCha8Rng, count: usize) -> usize {
    usize::try_from(draw.next_u64() % count as u64).expect("smaller than the count")
}
