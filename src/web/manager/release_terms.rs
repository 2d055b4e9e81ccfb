//! The terms of a release that is drawn by lot or queued for, as its form writes them. Moments are written as a browser's own field
//! writes them, by the city's clock; everything is text, so that what can't be read is shown again as it was.

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::place::At;
use super::release_form::{read_day, read_number, read_time};
use crate::api::answer::city_moment;
use crate::api::manager::releases::ModeView;
use crate::api::manager::written_lottery::LotteryBody;
use crate::api::manager::written_queue::QueueTermsBody;
use crate::api::problem::{FieldFault, FieldFaults, Text};
use crate::domain::calendar::{local_day, moment_of};
use crate::domain::catalogue::Release;
use crate::domain::release::ReleaseMode;
use crate::domain::time::UtcMillis;
use crate::web::format;

/// The terms, of whichever mode the form is for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TermsForm {
    pub opens_at: String,
    pub closes_at: String,
    pub draw_at: String,
    pub pay_by: String,
    pub reserve_minutes: String,
    pub choices_max: String,
    pub party_max: String,
    pub beacon: String,
    pub join_from: String,
    pub minutes_to_act: String,
    pub at_once: String,
    pub proof_of_work: String,
}

/// The mode that an address or a form names; who comes first where none is known.
#[must_use]
pub fn mode_of(name: &str) -> ModeView {
    match name {
        "lottery" => ModeView::Lottery,
        "queue" => ModeView::Queue,
        _ => ModeView::FirstCome,
    }
}

/// How addresses and forms name a mode.
#[must_use]
pub const fn name_of(mode: ModeView) -> &'static str {
    match mode {
        ModeView::FirstCome => "first_come",
        ModeView::Lottery => "lottery",
        ModeView::Queue => "queue",
    }
}

impl TermsForm {
    /// What is usual: a draw with two days to enter, a night until it is drawn and a day to pay; a queue that is come to from an hour
    /// before its instant on.
    #[must_use]
    pub fn usual(at: &At) -> Self {
        let moment = |days, time: &str| format!("{}T{time}", at.today().plus_days(days));
        Self {
            opens_at: moment(1, "09:00"),
            closes_at: moment(2, "18:00"),
            draw_at: moment(3, "10:00"),
            pay_by: moment(4, "12:00"),
            reserve_minutes: "120".to_owned(),
            choices_max: "3".to_owned(),
            join_from: moment(1, "06:00"),
            minutes_to_act: "5".to_owned(),
            ..Self::default()
        }
    }

    /// As another release's were, so many days later; what is usual of what it has not.
    #[must_use]
    pub fn after(at: &At, release: &Release, days: i32) -> Self {
        let zone = at.world.catalogue.zone();
        let moment = |of: UtcMillis| written(zone, of, days);
        let usual = Self::usual(at);
        match (&release.def.mode, &release.def.lottery, &release.def.queue) {
            (ReleaseMode::Lottery, Some(terms), _) => Self {
                opens_at: moment(terms.from),
                closes_at: moment(terms.until),
                draw_at: moment(terms.draw_at),
                pay_by: moment(terms.pay_by),
                reserve_minutes: terms.reserve_minutes.to_string(),
                choices_max: terms.choices_max.to_string(),
                party_max: if terms.party_max == u16::MAX {
                    String::new()
                } else {
                    terms.party_max.to_string()
                },
                beacon: terms.beacon.clone(),
                ..usual
            },
            (ReleaseMode::Queue, _, Some(terms)) => Self {
                join_from: moment(terms.join_from),
                minutes_to_act: terms.minutes_to_act.to_string(),
                at_once: terms.at_once.to_string(),
                proof_of_work: terms.proof_of_work.map_or_else(String::new, |most| most.to_string()),
                ..usual
            },
            (ReleaseMode::FirstCome | ReleaseMode::Lottery | ReleaseMode::Queue, _, _) => usual,
        }
    }

    /// What the API's own body would have for a draw.
    pub fn lottery(&self, at: &At, faults: &mut FieldFaults) -> Option<LotteryBody> {
        let mut moment = |field, text: &str| read_moment(at, field, text, faults);
        let (opens_at, closes_at) =
            (moment("lottery.opens_at", &self.opens_at), moment("lottery.closes_at", &self.closes_at));
        let (draw_at, pay_by) =
            (moment("lottery.draw_at", &self.draw_at), moment("lottery.pay_by", &self.pay_by));
        let reserve_minutes = read_optional("lottery.reserve_minutes", &self.reserve_minutes, faults);
        let choices_max = read_optional("lottery.choices_max", &self.choices_max, faults);
        let party_max = read_optional("lottery.party_max", &self.party_max, faults);
        Some(LotteryBody {
            opens_at: opens_at?,
            closes_at: closes_at?,
            draw_at: draw_at?,
            pay_by: pay_by?,
            reserve_minutes,
            choices_max,
            party_max,
            beacon: self.beacon.trim().to_owned(),
        })
    }

    /// What the API's own body would have for a queue.
    pub fn queue(&self, at: &At, faults: &mut FieldFaults) -> QueueTermsBody {
        let join_from = match self.join_from.trim() {
            "" => None,
            text => read_moment(at, "queue.join_from", text, faults),
        };
        QueueTermsBody {
            join_from,
            minutes_to_act: read_optional("queue.minutes_to_act", &self.minutes_to_act, faults),
            at_once: read_optional("queue.at_once", &self.at_once, faults),
            proof_of_work: read_optional("queue.proof_of_work", &self.proof_of_work, faults),
        }
    }

    /// What a retry is compared by.
    pub fn texts(&self) -> impl Iterator<Item = &String> {
        let Self {
            opens_at,
            closes_at,
            draw_at,
            pay_by,
            reserve_minutes,
            choices_max,
            party_max,
            beacon,
            ..
        } = self;
        let of_draw = [opens_at, closes_at, draw_at, pay_by, reserve_minutes, choices_max, party_max, beacon];
        let of_queue = [&self.join_from, &self.minutes_to_act, &self.at_once, &self.proof_of_work];
        of_draw.into_iter().chain(of_queue)
    }
}

/// A moment so many days later, as a browser's field writes it.
fn written(zone: &TimeZone, at: UtcMillis, days: i32) -> String {
    format!("{}T{}", local_day(zone, at).plus_days(days), format::time(zone, at))
}

/// A moment that was written by the city's clock, as the API writes it.
fn read_moment(at: &At, field: &'static str, text: &str, faults: &mut FieldFaults) -> Option<String> {
    let Some((day, time)) = text.trim().split_once('T') else {
        faults.add(FieldFault::new(field, Text::fixed("must be a day and a time", "请填日期和时间")));
        return None;
    };
    // Some browsers write the seconds too.
    let time = time.get(..5).unwrap_or(time);
    let (day, time) = (read_day(field, day, faults), read_time(field, time, faults));
    let zone = at.world.catalogue.zone();
    day.zip(time).map(|(day, time)| city_moment(zone, moment_of(zone, day, time.0)).to_string())
}

fn read_optional(field: &'static str, text: &str, faults: &mut FieldFaults) -> Option<i64> {
    match text.trim() {
        "" => None,
        text => read_number(field, text, faults),
    }
}
