//! The terms of a lottery as a body writes them.

use serde::Deserialize;
use utoipa::ToSchema;

use super::releases::{ModeView, ReleaseBody};
use super::written_rules::read_number;
use crate::api::problem::{FieldFault, FieldFaults, Text};
use crate::api::written_time::read_moment;
use crate::domain::draw::{Hash, VALUE_BYTES_MAX, is_value};
use crate::domain::lottery::{LotteryDef, Salt};
use crate::domain::time::UtcMillis;

/// When one may enter, when it is drawn, until when winners pay.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotteryBody {
    /// The window in which one may enter.
    #[schema(format = DateTime)]
    pub opens_at: String,
    #[schema(format = DateTime)]
    pub closes_at: String,
    /// From when on it may be drawn: not before the public value can be known.
    #[schema(format = DateTime)]
    pub draw_at: String,
    /// Until when winners pay. What is left is sold by `daily` or `once`, not before.
    #[schema(format = DateTime)]
    pub pay_by: String,
    /// How long somebody who moves up from the reserve has at least, unless the rest is sold before; 120 where nothing is said.
    #[schema(minimum = 1, maximum = 10_080)]
    pub reserve_minutes: Option<i64>,
    /// How many slots an entry may name; 3 where nothing is said.
    #[schema(minimum = 1, maximum = 8)]
    pub choices_max: Option<i64>,
    /// How many an entry may be for; as many as the pitch takes where nothing is said.
    #[schema(minimum = 1, maximum = 65_535)]
    pub party_max: Option<i64>,
    /// Where the public value will come from, in words.
    #[schema(min_length = 1, max_length = 256)]
    pub beacon: String,
}

/// The terms of a release that is drawn by lot, as yet without its seed. What is wrong is gathered.
pub(super) fn read_lottery(body: &ReleaseBody, faults: &mut FieldFaults) -> Option<LotteryDef> {
    let lottery = match (body.mode, &body.lottery) {
        (ModeView::FirstCome | ModeView::Queue, None) => return None,
        (ModeView::Lottery, Some(lottery)) => lottery,
        (ModeView::Lottery, None) => {
            faults.add(FieldFault::missing("lottery"));
            return None;
        }
        (ModeView::FirstCome | ModeView::Queue, Some(_)) => {
            let text = Text::fixed("goes with the mode lottery only", "仅可与 lottery 模式同用");
            faults.add(FieldFault::new("lottery", text));
            return None;
        }
    };
    if body.last_day.is_none() {
        faults.add(FieldFault::missing("last_day"));
    }
    let mut moment = |field, text: &str| match read_moment(field, text) {
        Ok(read) => read.moment,
        Err(fault) => {
            faults.add(fault);
            UtcMillis::new(0)
        }
    };
    let from = moment("lottery.opens_at", &lottery.opens_at);
    let until = moment("lottery.closes_at", &lottery.closes_at);
    let draw_at = moment("lottery.draw_at", &lottery.draw_at);
    let pay_by = moment("lottery.pay_by", &lottery.pay_by);
    let beacon = lottery.beacon.clone();
    if !is_value(&beacon) {
        let text = Text::new(
            format!("must be one line of 1 to {VALUE_BYTES_MAX} bytes"),
            format!("必须是一行 1 至 {VALUE_BYTES_MAX} 字节的文字"),
        );
        faults.add(FieldFault::new("lottery.beacon", text));
    }
    let number = |field, written: Option<i64>, usual, bounds, faults: &mut FieldFaults| {
        read_number::<u16>(field, written.unwrap_or(usual), bounds, faults)
    };
    let reserve_minutes =
        number("lottery.reserve_minutes", lottery.reserve_minutes, 120, (1, 7 * 24 * 60), faults);
    let choices_max = number("lottery.choices_max", lottery.choices_max, 3, (1, 8), faults);
    let party_max = number("lottery.party_max", lottery.party_max, 65_535, (1, 65_535), faults);
    let terms = LotteryDef {
        from,
        until,
        draw_at,
        pay_by,
        reserve_minutes,
        choices_max: u8::try_from(choices_max).unwrap_or(1),
        party_max,
        beacon,
        // Put in when the release's name is known.
        salt: Salt([0; 16]),
        commitment: Hash([0; 32]),
    };
    if faults.is_empty() && !terms.is_sound() {
        let text = Text::fixed(
            "opens_at, closes_at, draw_at and pay_by must follow each other",
            "opens_at、closes_at、draw_at、pay_by 须依次递增",
        );
        faults.add(FieldFault::new("lottery", text));
    }
    Some(terms)
}
