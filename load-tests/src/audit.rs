//! Whether what was answered is true: every 201 against its request and against all others, and a sample of them asked
//! for again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::net::SocketAddr;

use serde::Deserialize;

use crate::Failure;
use crate::booking_plan::BookingPlan;
use crate::draw::Draw;
use crate::http::plain_client::PlainClient;
use crate::http::request::Request;
use crate::outcome::KeptAnswers;
use crate::stock::StockItem;

/// How many bookings are asked for again.
const SAMPLE: usize = 2000;
/// How many findings are shown in full.
const SHOWN_MAX: usize = 10;
const SEED: u64 = 2;

/// What is not as it should be.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    shown: Vec<String>,
    count: usize,
}

impl Findings {
    pub(crate) fn add(&mut self, finding: impl fmt::Display) {
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(finding.to_string());
        }
        self.count += 1;
    }

    /// All of others, too.
    pub(crate) fn extend(&mut self, others: &Self) {
        others.shown.iter().for_each(|finding| self.add(finding));
        self.count += others.count - others.shown.len();
    }

    /// Those that are shown in full.
    pub(crate) fn shown(&self) -> &[String] {
        &self.shown
    }

    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} findings", self.count)?;
        for finding in &self.shown {
            write!(f, "\n  {finding}")?;
        }
        if self.count > self.shown.len() {
            write!(f, "\n  and {} more", self.count - self.shown.len())?;
        }
        Ok(())
    }
}

/// As much of a booking as is looked at.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Booking {
    id: String,
    status: String,
    pitch: String,
    start: String,
    end: String,
}

/// Looks at a run's answers, and asks the server that gave them.
pub(crate) fn examine(
    plan: &BookingPlan,
    kept: &KeptAnswers,
    server: SocketAddr,
) -> Result<Findings, Failure> {
    let mut findings = Findings::default();
    let mut bookings = examine_answers(plan, kept, &mut findings);
    Draw::new(SEED).shuffle(&mut bookings);
    bookings.truncate(SAMPLE);
    ask_again(plan, &bookings, server, &mut findings)?;
    Ok(findings)
}

/// Each answer with its request, none twice, no slot sold more often than it can be.
fn examine_answers(plan: &BookingPlan, kept: &KeptAnswers, findings: &mut Findings) -> Vec<(usize, Booking)> {
    let mut bookings = Vec::new();
    let (mut requests, mut ids) = (HashSet::new(), HashSet::new());
    let mut sold: HashMap<usize, usize> = HashMap::new();
    for (request, body) in kept.iter() {
        let booking: Booking = match serde_json::from_slice(body) {
            Ok(booking) => booking,
            Err(error) => {
                findings.add(format_args!("the answer to request {request} is no booking: {error}"));
                continue;
            }
        };
        if !requests.insert(request) {
            findings.add(format_args!("request {request} was answered twice"));
        }
        if !ids.insert(booking.id.clone()) {
            findings.add(format_args!("two bookings have the id {}", booking.id));
        }
        let slot = plan.slot(request);
        if booking.status != "confirmed" {
            findings.add(format_args!("booking {} was answered 201 and is {}", booking.id, booking.status));
        }
        if *booking.pitch != *slot.pitch || *booking.start != *slot.start || *booking.end != *slot.end {
            findings.add(format_args!(
                "asked for {} from {} to {}, confirmed {} from {} to {}",
                slot.pitch, slot.start, slot.end, booking.pitch, booking.start, booking.end
            ));
        }
        let times = sold.entry(plan.slot_index(request)).or_default();
        *times += 1;
        if *times > slot.sold.places() {
            let kind = if slot.is_sold_once() { "slot" } else { "session" };
            let (pitch, start) = (&slot.pitch, &slot.start);
            findings.add(format_args!("the {kind} of {pitch} at {start} was sold {times} times"));
        }
        bookings.push((request, booking));
    }
    bookings
}

/// Where everybody wanted something and was told that it was taken, it must have been: of a slot that somebody was refused every place
/// is sold.
pub(crate) fn examine_refusals(plan: &BookingPlan, kept: &KeptAnswers, findings: &mut Findings) {
    let mut sold: HashMap<usize, usize> = HashMap::new();
    let mut confirmed = HashSet::new();
    for (request, _) in kept.iter() {
        *sold.entry(plan.slot_index(request)).or_default() += 1;
        confirmed.insert(request);
    }
    let refused: BTreeSet<usize> = (0..plan.len())
        .filter(|request| !confirmed.contains(request))
        .filter(|request| {
            sold.get(&plan.slot_index(*request)).copied().unwrap_or(0) < plan.slot(*request).sold.places()
        })
        .collect();
    let mut slots = HashSet::new();
    for request in refused.into_iter().filter(|request| slots.insert(plan.slot_index(*request))) {
        let StockItem { pitch, start, sold: places, .. } = plan.slot(request);
        let sold = sold.get(&plan.slot_index(request)).copied().unwrap_or(0);
        findings.add(format_args!(
            "of {pitch} at {start} only {sold} of {} places were sold, and somebody was refused",
            places.places()
        ));
    }
}

fn ask_again(
    plan: &BookingPlan,
    bookings: &[(usize, Booking)],
    server: SocketAddr,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let mut client = PlainClient::connect(server)?;
    for (request, booking) in bookings {
        let path = format!("/v1/bookings/{}", booking.id);
        let token = Some(plan.token(*request));
        let answer = client.ask(&Request { token, ..Request::get(&path) })?;
        if answer.status != 200 {
            findings.add(format_args!(
                "booking {} was confirmed, and asked for it is {}",
                booking.id, answer.status
            ));
            continue;
        }
        match serde_json::from_slice::<Booking>(answer.body) {
            Ok(now) if now == *booking => {}
            Ok(now) => findings.add(format_args!("a booking was {booking:?}, and asked for it is {now:?}")),
            Err(error) => findings.add(format_args!("booking {} can't be read: {error}", booking.id)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
