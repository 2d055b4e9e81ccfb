//! The rule of cancelling a booking, with its instants, as it stands before the tap that pays.

use jiff::tz::TimeZone;

use crate::domain::catalogue::Pitch;
use crate::domain::time::UtcMillis;
use crate::web::format;
use crate::web::i18n::Words;

/// What is given back until when, for a booking that begins then: a sentence.
#[must_use]
pub fn rule(words: Words, zone: &TimeZone, pitch: &Pitch, start: UtcMillis, now: UtcMillis) -> String {
    let until = |minutes_before: u32| start.plus_ms(-i64::from(minutes_before) * 60_000);
    let ahead =
        pitch.cancel.steps().iter().filter(|step| step.percent > 0 && until(step.minutes_before) > now);
    let told: Vec<String> = ahead
        .map(|step| {
            let moment = format::moment(words, zone, until(step.minutes_before));
            match step.percent {
                100 => words.tell("refund-full-until", &[("moment", moment.into())]),
                percent => words.tell(
                    "refund-part-until",
                    &[("percent", i64::from(percent).into()), ("moment", moment.into())],
                ),
            }
        })
        .collect();
    if told.is_empty() {
        return words.say("refund-none").into_owned();
    }
    words.tell("refund-rule", &[("steps", told.join(&words.say("list-separator")).into())])
}
