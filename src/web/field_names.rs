//! What a field that a request is told of is called on a page: bodies and queries name it for programs.

use std::borrow::Cow;

use super::i18n::Words;

/// The label of a field, or its own name where no page has one for it.
#[must_use]
pub fn label(words: Words, field: &str) -> Cow<'_, str> {
    let day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    if let Some(at) = day.iter().position(|day| *day == field) {
        return words.say(&format!("weekday-{}", at + 1));
    }
    match field {
        "phone" => words.say("phone"),
        "password" => words.say("password"),
        "name" => words.say("name"),
        "name.zh-Hans" => words.say("name-zh"),
        "name.en" => words.say("name-en"),
        "party_size" => words.say("party-size"),
        "pitch" | "pitches" => words.say("pitch"),
        "sport" => words.say("sports"),
        "holiday" => words.say("day-holiday"),
        "date" => words.say("day"),
        "from" | "first_day" => words.say("first-day"),
        "to" | "last_day" => words.say("last-day"),
        "start" => words.say("closed-from"),
        "end" => words.say("closed-to"),
        "reason" => words.say("public-reason"),
        "days_before" | "daily.days_before" => words.say("days-before"),
        "time" | "daily.at" | "once_time" => words.say("at-time"),
        "once_day" | "once.at" => words.say("once-day"),
        "limit_per_resident" => words.say("limit-each"),
        "counter_share_percent" => words.say("counter-share"),
        "lottery.opens_at" => words.say("draw-opens"),
        "lottery.closes_at" => words.say("draw-closes"),
        "lottery.draw_at" => words.say("draw-from"),
        "lottery.pay_by" => words.say("draw-pay-by"),
        "lottery.beacon" => words.say("draw-beacon"),
        "lottery.choices_max" => words.say("draw-choices"),
        "lottery.party_max" => words.say("draw-party"),
        "lottery.reserve_minutes" => words.say("draw-reserve"),
        "lottery" => words.say("draw-terms"),
        "queue.join_from" => words.say("queue-doors"),
        "queue.minutes_to_act" => words.say("queue-minutes"),
        "queue.at_once" => words.say("queue-at-once"),
        "queue.proof_of_work" => words.say("queue-proof-of-work"),
        "value" => words.say("lottery-value"),
        "hours" => words.say("week-hours"),
        "prices" | "price" => words.say("prices"),
        "companions" => words.say("companions"),
        "birth_year" => words.say("companion-year"),
        "amount" => words.say("top-up"),
        other => Cow::Borrowed(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::language::Language;

    #[test]
    fn a_field_is_called_as_its_label_is() {
        let words = Words::of(Language::ZhHans);
        for (field, told) in
            [("phone", "手机号"), ("monday", "周一"), ("first_day", "开始日期"), ("cursor", "cursor")]
        {
            assert_eq!(label(words, field), told);
        }
    }
}
