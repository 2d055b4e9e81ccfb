//! Asks residents afterwards what they have: every booking that was confirmed is there, none that was refused is, what a lost request did is
//! told by its being there or not, nobody has more than the quotas let through, and the wallets have lost what the bookings cost.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;

use serde::Deserialize;

use super::claims::{Amount, Booked, Booking, Claims, Fate};
use crate::Failure;
use crate::audit::Findings;
use crate::draw::Draw;
use crate::http::plain_client::PlainClient;
use crate::http::request::Request;
use crate::residents::{BOOKINGS_A_RESIDENT_MAX, LIVE_BOOKINGS_A_RESIDENT_MAX};

/// How many residents are asked: all of whom something is unknown, up to this; of those who have something; of those who were refused
/// everything.
const UNKNOWN_ASKED_MAX: usize = 1000;
const HOLDERS_ASKED_MAX: usize = 1500;
const REFUSED_ASKED_MAX: usize = 500;
const SEED: u64 = 5;

/// What a resident has.
#[derive(Debug)]
pub(super) struct Holdings {
    balance: i64,
    bookings: Vec<Booking>,
}

/// What residents had before the first request.
pub(super) enum Before {
    /// The city is new: everybody has this in the wallet, and no booking.
    New { balance: i64 },
    /// The first ones, in the order of their tokens.
    Asked(Vec<Holdings>),
}

/// What was looked at, in numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) residents: usize,
    pub(super) bookings: usize,
    /// Of requests that nobody answered.
    pub(super) happened: usize,
    pub(super) did_not: usize,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Booking>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Wallet {
    balance: Amount,
}

impl Holdings {
    pub(super) fn of(client: &mut PlainClient, token: &str) -> Result<Self, Failure> {
        let mut bookings = Vec::new();
        let mut cursor = None;
        loop {
            let path = match &cursor {
                None => "/v1/bookings?limit=500".to_owned(),
                Some(cursor) => format!("/v1/bookings?limit=500&cursor={cursor}"),
            };
            let page: Page = read(client, &path, token)?;
            bookings.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let wallet: Wallet = read(client, "/v1/wallet", token)?;
        Ok(Self { balance: wallet.balance.amount, bookings })
    }

    pub(super) const fn balance(&self) -> i64 {
        self.balance
    }
}

fn read<T: serde::de::DeserializeOwned>(
    client: &mut PlainClient,
    path: &str,
    token: &str,
) -> Result<T, Failure> {
    let answer = client.ask(&Request { token: Some(token), ..Request::get(path) })?;
    if answer.status != 200 {
        let said = String::from_utf8_lossy(answer.body);
        return Err(format!("GET {path} was answered {}: {said}", answer.status).into());
    }
    Ok(serde_json::from_slice(answer.body)?)
}

/// Asks a sample, and says what is not as it should be.
pub(super) fn hold(
    claims: &Claims,
    before: &Before,
    server: SocketAddr,
    findings: &mut Findings,
) -> Result<Looked, Failure> {
    let of_residents = by_resident(claims);
    let mut looked = Looked::default();
    let mut client = PlainClient::connect(server)?;
    for resident in sample(claims, &of_residents) {
        let had = match before {
            Before::New { balance } => (*balance, BTreeSet::new()),
            Before::Asked(all) => match all.get(resident) {
                Some(had) => (had.balance, had.bookings.iter().map(|booking| &*booking.id).collect()),
                // Nobody asked what this one had.
                None => continue,
            },
        };
        let has = Holdings::of(&mut client, claims.plan.tokens().get(resident))?;
        let of_resident = OfResident { claims, resident, own: &of_residents[&resident], has: &has };
        of_resident.examine(had.0, &had.1, &mut looked, findings);
    }
    Ok(looked)
}

fn by_resident(claims: &Claims) -> BTreeMap<usize, Vec<usize>> {
    let mut of_residents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for claim in 0..claims.len() {
        if *claims.fate(claim) != Fate::NotAsked {
            of_residents.entry(claims.plan.resident(claim)).or_default().push(claim);
        }
    }
    of_residents
}

fn sample(claims: &Claims, of_residents: &BTreeMap<usize, Vec<usize>>) -> Vec<usize> {
    let (mut unknown, mut holders, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (resident, own) in of_residents {
        let has = |is: fn(&Fate) -> bool| own.iter().any(|claim| is(claims.fate(*claim)));
        if has(|fate| matches!(fate, Fate::Unknown | Fate::Cancelling(..))) {
            unknown.push(*resident);
        } else if has(|fate| matches!(fate, Fate::Confirmed(_) | Fate::Cancelled { .. })) {
            holders.push(*resident);
        } else {
            refused.push(*resident);
        }
    }
    let mut draw = Draw::new(SEED);
    let mut chosen = Vec::new();
    for (mut group, most) in
        [(unknown, UNKNOWN_ASKED_MAX), (holders, HOLDERS_ASKED_MAX), (refused, REFUSED_ASKED_MAX)]
    {
        draw.shuffle(&mut group);
        group.truncate(most);
        chosen.extend(group);
    }
    chosen
}

struct OfResident<'a> {
    claims: &'a Claims,
    resident: usize,
    own: &'a [usize],
    has: &'a Holdings,
}

impl OfResident<'_> {
    fn examine(
        &self,
        balance_before: i64,
        had: &BTreeSet<&str>,
        looked: &mut Looked,
        findings: &mut Findings,
    ) {
        looked.residents += 1;
        looked.bookings += self.has.bookings.len();
        let is_new = |booking: &&Booking| !had.contains(&*booking.id);
        let mut left: HashMap<&str, &Booking> =
            self.has.bookings.iter().filter(is_new).map(|booking| (&*booking.id, booking)).collect();
        for claim in self.own {
            match self.claims.fate(*claim) {
                Fate::Confirmed(booked) => self.find(&mut left, booked, &["confirmed"], None, findings),
                Fate::Cancelling(booked, _) => {
                    self.find(&mut left, booked, &["confirmed", "cancelled"], None, findings);
                }
                Fate::Cancelled { booked, refund, .. } => {
                    self.find(&mut left, booked, &["cancelled"], Some(*refund), findings);
                }
                Fate::NotAsked | Fate::UnderWay | Fate::Refused { .. } | Fate::Unknown => {}
            }
        }
        self.tell_unknown_apart(left, looked, findings);
        self.examine_money(balance_before, had, findings);
        self.examine_quotas(findings);
    }

    fn find(
        &self,
        left: &mut HashMap<&str, &Booking>,
        booked: &Booked,
        statuses: &[&str],
        refund: Option<i64>,
        findings: &mut Findings,
    ) {
        let Booked { id, price, .. } = booked;
        let Some(booking) = left.remove(&**id) else {
            return findings
                .add(format_args!("booking {id} was confirmed, and resident {} has it not", self.resident));
        };
        if !statuses.contains(&&*booking.status) {
            let expected = statuses.join(" or ");
            findings.add(format_args!("booking {id} should be {expected} and is {}", booking.status));
        }
        if booking.price.amount != *price {
            findings.add(format_args!("booking {id} cost {price} and now {}", booking.price.amount));
        }
        let refunded = booking.refund.map(|refund| refund.amount);
        if refund.is_some() && refunded != refund {
            findings.add(format_args!("booking {id} was refunded {refund:?} and now {refunded:?}"));
        }
    }

    /// What is there and was never confirmed must be what a lost request asked for; a refused one leaves nothing behind.
    fn tell_unknown_apart(
        &self,
        left: HashMap<&str, &Booking>,
        looked: &mut Looked,
        findings: &mut Findings,
    ) {
        let mut unknown = self.own.to_vec();
        unknown.retain(|claim| *self.claims.fate(*claim) == Fate::Unknown);
        for booking in left.into_values() {
            let of = unknown.iter().position(|claim| booking.is_of(self.claims.plan.slot(*claim)));
            match of {
                Some(at) => {
                    unknown.swap_remove(at);
                    looked.happened += 1;
                }
                None => findings.add(format_args!(
                    "resident {} has booking {} of {} at {}, which was never confirmed",
                    self.resident, booking.id, booking.pitch, booking.start
                )),
            }
        }
        looked.did_not += unknown.len();
    }

    fn examine_money(&self, before: i64, had: &BTreeSet<&str>, findings: &mut Findings) {
        let new = self.has.bookings.iter().filter(|booking| !had.contains(&*booking.id));
        let spent: i64 = new.map(Booking::cost).sum();
        let after = self.has.balance;
        if before - after != spent {
            findings.add(format_args!(
                "the wallet of resident {} had {before} and has {after}, and the bookings cost {spent}",
                self.resident
            ));
        }
    }

    fn examine_quotas(&self, findings: &mut Findings) {
        let live = || self.has.bookings.iter().filter(|booking| booking.is_live());
        let mut of_days: BTreeMap<&str, usize> = BTreeMap::new();
        for booking in live() {
            *of_days.entry(booking.start.split('T').next().unwrap_or_default()).or_default() += 1;
        }
        for (day, count) in of_days.into_iter().filter(|(_, count)| *count > BOOKINGS_A_RESIDENT_MAX) {
            findings.add(format_args!("resident {} has {count} bookings on {day}", self.resident));
        }
        if live().count() > LIVE_BOOKINGS_A_RESIDENT_MAX {
            findings.add(format_args!("resident {} has {} bookings", self.resident, live().count()));
        }
    }
}

impl Booking {
    fn is_live(&self) -> bool {
        matches!(&*self.status, "held" | "confirmed" | "checked_in")
    }

    /// What it has taken out of the wallet, in the end.
    fn cost(&self) -> i64 {
        match &*self.status {
            "held" | "expired" => 0,
            _ => self.price.amount - self.refund.map_or(0, |refund| refund.amount),
        }
    }
}

#[cfg(test)]
mod tests;
