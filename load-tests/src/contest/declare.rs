//! The release that is contested: some pitches on one day, each slot once.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arguments::Mode;
use crate::city::CopiedCity;
use crate::http::plain_client::PlainClient;
use crate::http::request::Request;
use crate::staff::Manager;
use crate::stock::{self, StockItem};
use crate::{Failure, clock};

pub(crate) const RELEASE: &str = "contest";
/// One that is played on many pitches, each sold once.
const SPORT: &str = "badminton";
/// How long before the instant, or the end of the window, everybody comes.
const LEAD_S: i64 = 8;
/// Later than everything that is played.
const LATER_S: i64 = 3600;

/// A release that is contested.
pub(crate) struct Contest {
    pub(crate) address: SocketAddr,
    pub(crate) slots: Vec<StockItem>,
    /// When it opens, or its window closes.
    pub(crate) instant: std::time::Instant,
}

#[derive(Deserialize)]
struct Declared {
    id: String,
}

impl Contest {
    pub(crate) fn declare(copy: &CopiedCity, mode: Mode, slots: usize) -> Result<Self, Failure> {
        let address = copy.server.address();
        let mut client = PlainClient::connect(address)?;
        let stock = stock::read_sport(&mut client, SPORT)?;
        let chosen = choose(stock, slots)?;
        let mut operator = Manager::log_in_operator(&copy.data_dir, address)?;
        let mut pitches: Vec<&str> = chosen.iter().map(|item| &*item.pitch).collect();
        pitches.sort_unstable();
        pitches.dedup();
        let (now, began) = (time_of(&mut client)?, clock::now());
        let after = |seconds: i64| -> Result<String, Failure> {
            Ok(now.checked_add(jiff::SignedDuration::from_secs(seconds))?.to_string())
        };
        let day = chosen[0].day();
        let mut body = json!({
            "id": RELEASE, "name": { "zh-Hans": "抢票", "en": "Contest" }, "pitches": pitches,
            "first_day": day, "last_day": day, "mode": mode.name(), "limit_per_resident": 1,
            "once": { "at": after(LEAD_S)? },
        });
        match mode {
            Mode::FirstCome => {}
            Mode::Queue => {
                let at_once = (chosen.len() / 4).max(1);
                body["queue"] = json!({ "join_from": after(-60)?, "at_once": at_once, "minutes_to_act": 1 });
            }
            Mode::Lottery => {
                body["once"]["at"] = json!(after(LATER_S + 60)?);
                body["lottery"] = json!({
                    "opens_at": after(-60)?, "closes_at": after(LEAD_S)?, "draw_at": after(LEAD_S)?,
                    "pay_by": after(LATER_S)?, "choices_max": 3, "beacon": "the harness says 6 1 4",
                });
            }
        }
        let declared: Declared = operator.ask("POST", "/v1/manage/releases", Some(&body.to_string()), 201)?;
        if declared.id != RELEASE {
            return Err(format!("the release is called {}", declared.id).into());
        }
        let lead = std::time::Duration::from_secs(LEAD_S.unsigned_abs());
        Ok(Self { address, slots: chosen, instant: began + lead })
    }

    /// Waits until the instant has come and is durable, as the release itself says.
    pub(crate) fn await_open(&self) -> Result<(), Failure> {
        self.await_that(&format!("/v1/releases/{RELEASE}"), |release| release["days"][0]["status"] == "open")
    }

    /// Asks again and again until it is so.
    pub(crate) fn await_that(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Result<(), Failure> {
        std::thread::sleep(self.instant.saturating_duration_since(clock::now()));
        let mut client = PlainClient::connect(self.address)?;
        for _ in 0..600 {
            let answer = client.ask(&Request::get(path))?;
            if answer.status == 200 && is_so(&serde_json::from_slice(answer.body)?) {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Err(format!("{path} doesn't come to what was waited for").into())
    }
}

/// So many slots that are sold once, or a few more, of pitches on one day, so that all of a pitch's day is among them.
fn choose(stock: Vec<StockItem>, wished: usize) -> Result<Vec<StockItem>, Failure> {
    let once: Vec<StockItem> = stock.into_iter().filter(StockItem::is_sold_once).collect();
    // Not the first day, on which a slot may begin before all is over.
    let mut days: Vec<&str> = once.iter().map(StockItem::day).collect();
    days.sort_unstable();
    days.dedup();
    let day = (*days.get(days.len() / 2).ok_or("nothing can be booked in this city")?).to_owned();
    let mut of_day: Vec<StockItem> = once.into_iter().filter(|item| item.day() == day).collect();
    of_day.sort_by(|one, other| (&one.pitch, &one.start).cmp(&(&other.pitch, &other.start)));
    let mut end = wished.min(of_day.len());
    while end > 0 && end < of_day.len() && of_day[end].pitch == of_day[end - 1].pitch {
        end += 1;
    }
    of_day.truncate(end);
    if of_day.is_empty() { Err("nothing can be booked on that day".into()) } else { Ok(of_day) }
}

fn time_of(client: &mut PlainClient) -> Result<Timestamp, Failure> {
    let answer = client.ask(&Request::get("/v1/time"))?;
    let time: Value = serde_json::from_slice(answer.body)?;
    Ok(time["now"].as_str().ok_or("the server doesn't tell the time")?.parse()?)
}

/// The body of a booking of a slot.
pub(crate) fn booking_of(slot: &StockItem) -> String {
    let StockItem { pitch, start, end, .. } = slot;
    json!({ "pitch": pitch, "start": start, "end": end, "party_size": 1, "pay_with": "wallet" }).to_string()
}
