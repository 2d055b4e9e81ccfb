//! What can be booked, as the API shows it: each sport's free slots on each open day after today.
//!
//! Today is left out, as its slots begin while the harness runs. Parts are left out, too, as a part can't be booked beside
//! its whole.

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::plain_client::PlainClient;
use crate::http::request::Request;
use crate::residents::PRICE_MAX;
use crate::{Failure, say};

/// No city is open for longer.
const DAYS_MAX: usize = 28;

/// Slots of whole pitches that a resident's wallet can pay for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StockItem {
    pub(crate) venue: Box<str>,
    pub(crate) pitch: Box<str>,
    pub(crate) start: Box<str>,
    pub(crate) end: Box<str>,
    pub(crate) sold: Sold,
}

/// How often it can be sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sold {
    Once,
    /// A session, with so many places left.
    Places(u32),
}

impl Sold {
    pub(crate) const fn places(self) -> usize {
        match self {
            Self::Once => 1,
            Self::Places(left) => left as usize,
        }
    }
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Time {
    now: String,
}

#[derive(Deserialize)]
struct Sport {
    id: String,
}

#[derive(Deserialize)]
struct FreeSlot {
    venue: Box<str>,
    pitch: Box<str>,
    kind: Kind,
    start: Box<str>,
    end: Box<str>,
    price: Price,
    left: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Exclusive,
    Divisible,
    Part,
    Session,
}

#[derive(Deserialize)]
struct Price {
    amount: i64,
}

impl FreeSlot {
    fn into_stock(self) -> Option<StockItem> {
        let sold = match self.kind {
            Kind::Exclusive | Kind::Divisible => Sold::Once,
            Kind::Session => Sold::Places(self.left),
            Kind::Part => return None,
        };
        let can_be_sold = self.price.amount <= PRICE_MAX && sold.places() > 0;
        let Self { venue, pitch, start, end, .. } = self;
        can_be_sold.then_some(StockItem { venue, pitch, start, end, sold })
    }
}

/// All of it, in the order of the API.
pub(crate) fn read(client: &mut PlainClient) -> Result<Vec<StockItem>, Failure> {
    let mut stock = Vec::new();
    for path in lists(client, 500)? {
        all_pages::<FreeSlot>(client, &path, |slot| stock.extend(slot.into_stock()))?;
    }
    say(&format!("{} slots can be booked", stock.len()));
    Ok(stock)
}

/// What can be booked of one sport.
pub(crate) fn read_sport(client: &mut PlainClient, sport: &str) -> Result<Vec<StockItem>, Failure> {
    let mut stock = Vec::new();
    let of_sport = format!("sport={sport}&");
    for path in lists(client, 500)?.iter().filter(|path| path.contains(&of_sport)) {
        all_pages::<FreeSlot>(client, path, |slot| stock.extend(slot.into_stock()))?;
    }
    Ok(stock)
}

/// The addresses of what is free of each sport on each open day after today, by day.
pub(crate) fn lists(client: &mut PlainClient, limit: usize) -> Result<Vec<String>, Failure> {
    let time: Time = get(client, "/v1/time")?.ok_or("the server doesn't tell the time")?;
    let mut date = local_date(&time.now).ok_or_else(|| format!("{} is not a time", time.now))?;
    let mut sports: Vec<String> = Vec::new();
    all_pages::<Sport>(client, "/v1/sports?limit=500", |sport| sports.push(sport.id))?;
    let mut lists = Vec::new();
    for _ in 0..DAYS_MAX {
        date = date.tomorrow()?;
        if get::<Page<FreeSlot>>(client, &format!("/v1/availability?date={date}&limit=1"))?.is_none() {
            break;
        }
        let of_day = |sport| format!("/v1/availability?sport={sport}&date={date}&limit={limit}");
        lists.extend(sports.iter().map(of_day));
    }
    Ok(lists)
}

/// The venue's own date in an RFC 3339 time: what stands before the T, whatever the offset is.
fn local_date(time: &str) -> Option<Date> {
    time.split_once('T')?.0.parse().ok()
}

/// Reads a list to its end.
fn all_pages<T: DeserializeOwned>(
    client: &mut PlainClient,
    path: &str,
    mut each: impl FnMut(T),
) -> Result<(), Failure> {
    let mut cursor = None;
    loop {
        let asked = match &cursor {
            Some(cursor) => format!("{path}&cursor={cursor}"),
            None => path.to_owned(),
        };
        let page: Page<T> = get(client, &asked)?.ok_or_else(|| format!("GET {asked} was answered 400"))?;
        page.items.into_iter().for_each(&mut each);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Nothing when the API answers 400.
fn get<T: DeserializeOwned>(client: &mut PlainClient, path: &str) -> Result<Option<T>, Failure> {
    let answer = client.ask(&Request::get(path))?;
    match answer.status {
        200 => Ok(Some(
            serde_json::from_slice(answer.body)
                .map_err(|error| format!("the answer to GET {path} is not as expected: {error}"))?,
        )),
        400 => Ok(None),
        status => {
            Err(format!("GET {path} answered {status}: {}", String::from_utf8_lossy(answer.body)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock_of(kind: &str, left: u32, amount: i64) -> Option<Sold> {
        let json = format!(
            r#"{{"venue":"v","pitch":"p","kind":"{kind}","sport":"tennis","start":"s","end":"e",
                "price":{{"amount":{amount},"currency":"CNY"}},"left":{left}}}"#
        );
        let slot: FreeSlot = serde_json::from_str(&json).expect("a slot of the contract");
        slot.into_stock().map(|item| item.sold)
    }

    #[test]
    fn wholes_are_sold_once_sessions_by_the_place_and_parts_not_at_all() {
        assert_eq!(stock_of("exclusive", 1, 1500), Some(Sold::Once));
        assert_eq!(stock_of("divisible", 1, 0), Some(Sold::Once));
        assert_eq!(stock_of("session", 30, 1500), Some(Sold::Places(30)));
        assert_eq!(stock_of("session", 0, 1500), None);
        assert_eq!(stock_of("part", 1, 1500), None);
        assert_eq!(stock_of("exclusive", 1, PRICE_MAX), Some(Sold::Once));
        assert_eq!(stock_of("exclusive", 1, PRICE_MAX + 1), None, "the wallet doesn't pay for four of these");
    }

    #[test]
    fn the_date_is_the_venues_own() {
        assert_eq!(local_date("2026-11-24T18:00:00.120+08:00"), Some(jiff::civil::date(2026, 11, 24)));
        assert_eq!(local_date("2026-11-24"), None);
        assert_eq!(local_date("noonT"), None);
    }
}
