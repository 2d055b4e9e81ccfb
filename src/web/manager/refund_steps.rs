//! A cancellation rule as a form writes it: a line for each step, `24:00` hours before the beginning and the share that is given back.
//! Only the writing is read here; what it means is judged where the API judges it.

use super::week::Fields;
use crate::api::manager::written_rules::RefundStepBody;
use crate::api::problem::{FieldFault, FieldFaults, Text};
use crate::domain::policy::CancelRule;
use crate::web::field::Faults;

/// How many steps a rule may have.
const STEPS_MAX: usize = 8;
/// How many lines are offered at least.
const LINES: usize = 3;

/// A step as it is written.
pub struct StepLine {
    /// The name of its field, `cancel1`, by which its fault is told.
    pub field: String,
    pub before: String,
    pub back: String,
    pub fault: Option<String>,
}

/// A rule's steps as fields.
pub fn put(rule: &CancelRule, fields: &mut Fields) {
    for (number, step) in (1..).zip(rule.steps()) {
        let before = format!("{}:{:02}", step.minutes_before / 60, step.minutes_before % 60);
        fields.insert(format!("cancel{number}.before"), before);
        fields.insert(format!("cancel{number}.back"), step.percent.to_string());
    }
}

/// The lines of these fields, and some to write into.
#[must_use]
pub fn lines(fields: &Fields, faults: &Faults) -> Vec<StepLine> {
    let text = |name: String| fields.get(&name).cloned().unwrap_or_default();
    let line = |number: usize| {
        let field = format!("cancel{number}");
        let (before, back) = (text(format!("{field}.before")), text(format!("{field}.back")));
        StepLine { fault: faults.at(&field), field, before, back }
    };
    let all: Vec<StepLine> = (1..=STEPS_MAX).map(line).collect();
    let written = all.iter().rposition(|line| !line.before.is_empty() || !line.back.is_empty());
    let shown = written.map_or(LINES, |last| LINES.max(last + 1));
    all.into_iter().take(shown).collect()
}

/// The steps that are written. What can't be read is gathered.
pub fn read(fields: &Fields, faults: &mut FieldFaults) -> Vec<RefundStepBody> {
    let mut steps = Vec::new();
    for line in lines(fields, &Faults::default()) {
        let (before, back) = (line.before.trim(), line.back.trim());
        if before.is_empty() && back.is_empty() {
            continue;
        }
        let percent = back.parse().ok().filter(|percent| *percent <= 100);
        match minutes(before).zip(percent) {
            Some((minutes_before, percent)) => steps.push(RefundStepBody { minutes_before, percent }),
            None => faults.add(FieldFault::new(
                line.field,
                Text::fixed(
                    "must be hours as 24 or 0:30, and 0 to 100 per cent",
                    "格式应为小时(如 24 或 0:30)和 0 至 100 的百分比",
                ),
            )),
        }
    }
    steps
}

/// `24` or `24:30`, as minutes.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once([':', '\u{ff1a}']).unwrap_or((text, "0"));
    let minutes: u32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    hours.parse::<u32>().ok()?.checked_mul(60)?.checked_add(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::RefundStep;

    #[test]
    fn what_is_written_is_what_is_read() {
        let rule = CancelRule::new(vec![
            RefundStep { minutes_before: 1_440, percent: 100 },
            RefundStep { minutes_before: 95, percent: 50 },
        ])
        .expect("a rule");
        let mut fields = Fields::new();
        put(&rule, &mut fields);
        let written = lines(&fields, &Faults::default());
        let texts: Vec<_> = written.iter().map(|line| (line.before.as_str(), line.back.as_str())).collect();
        assert_eq!(texts, [("24:00", "100"), ("1:35", "50"), ("", "")]);
        let mut faults = FieldFaults::new();
        let read = read(&fields, &mut faults);
        let read: Vec<_> = read.iter().map(|step| (step.minutes_before, step.percent)).collect();
        assert_eq!(read, [(1_440, 100), (95, 50)]);
        assert!(faults.check().is_ok());
    }

    #[test]
    fn half_a_step_is_told_at_its_line() {
        for (before, back) in [("24", ""), ("", "100"), ("24", "101"), ("1:60", "5"), ("soon", "50")] {
            let fields: Fields = [("cancel2.before", before), ("cancel2.back", back)]
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .into();
            let mut faults = FieldFaults::new();
            assert!(read(&fields, &mut faults).is_empty(), "{before} {back}");
            let problem = faults.check().expect_err("a fault");
            let told = Faults::of(crate::web::i18n::Words::of(crate::api::language::Language::En), &problem);
            assert!(told.at("cancel2").is_some(), "{before} {back}");
        }
    }
}
