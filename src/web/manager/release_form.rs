//! A release as a form writes it, and how one that was is copied for the days after it.

use std::borrow::Cow;

use serde::Deserialize;

use super::place::At;
use super::release_terms::{TermsForm, mode_of, name_of};
use crate::api::answer::city_moment;
use crate::api::manager::releases::{DailyBody, ModeView, OnceBody, ReleaseBody};
use crate::api::manager::written_rules::NamesBody;
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::written_time::{MinuteOfDay, WrittenDay, minute_of_day};
use crate::domain::calendar::{local_day, moment_of};
use crate::domain::catalogue::{Pitch, Release};
use crate::domain::release::{ReleaseMode, ReleaseWhen};
use crate::domain::time::LocalDay;
use crate::web::format;
use crate::web::i18n::Words;

/// A release as it is written. Everything is text, so that what can't be read is shown again as it was.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReleaseForm {
    pub key: String,
    pub name_zh: String,
    pub name_en: String,
    /// `all`, `sport:…`, `pitch:…`, or `as:…`, the pitches of another release.
    pub scope: String,
    pub first_day: String,
    pub last_day: String,
    /// `daily` or `once`.
    pub when: String,
    pub days_before: String,
    pub time: String,
    pub once_day: String,
    pub once_time: String,
    pub limit: String,
    pub share: String,
    /// `first_come`, `lottery` or `queue`.
    pub mode: String,
    #[serde(flatten)]
    pub terms: TermsForm,
}

/// A choice of pitches.
pub struct ScopeChoice {
    pub value: String,
    pub text: String,
    pub is_chosen: bool,
}

impl ReleaseForm {
    /// For the days from tomorrow on, each a week before. What is drawn or queued for is for few days, and opens once.
    #[must_use]
    pub fn empty(at: &At, mode: ModeView) -> Self {
        let day = |ahead| at.today().plus_days(ahead).to_string();
        let begun = Self {
            mode: name_of(mode).to_owned(),
            terms: TermsForm::usual(at),
            scope: "all".to_owned(),
            first_day: day(1),
            when: "daily".to_owned(),
            days_before: "7".to_owned(),
            time: "07:00".to_owned(),
            once_day: day(1),
            once_time: "07:00".to_owned(),
            share: "0".to_owned(),
            ..Self::default()
        };
        let once = Self { when: "once".to_owned(), limit: "1".to_owned(), ..begun.clone() };
        match mode {
            ModeView::FirstCome => begun,
            ModeView::Lottery => Self {
                first_day: day(6),
                last_day: day(7),
                once_day: day(4),
                once_time: "18:00".to_owned(),
                ..once
            },
            ModeView::Queue => Self { first_day: day(4), last_day: day(4), ..once },
        }
    }

    /// As another was, for as many days right after its own; what opened at a moment opens as much later.
    #[must_use]
    pub fn after(at: &At, release: &Release) -> Self {
        let (def, zone) = (&release.def, at.world.catalogue.zone());
        let mode = match def.mode {
            ReleaseMode::FirstCome => ModeView::FirstCome,
            ReleaseMode::Lottery => ModeView::Lottery,
            ReleaseMode::Queue => ModeView::Queue,
        };
        let days = def.last_day.map(|last| last.days_since(def.first_day) + 1);
        let first = def.first_day.plus_days(days.unwrap_or(0));
        let mut form = Self {
            name_zh: def.name.zh_hans.to_string(),
            name_en: def.name.en.to_string(),
            scope: format!("as:{}", def.code),
            first_day: first.to_string(),
            last_day: days.map_or_else(String::new, |days| first.plus_days(days - 1).to_string()),
            limit: def.limit_per_resident.map_or_else(String::new, |limit| limit.to_string()),
            share: def.counter_share_percent.to_string(),
            terms: TermsForm::after(at, release, days.unwrap_or(0)),
            ..Self::empty(at, mode)
        };
        match def.when {
            ReleaseWhen::Daily { days_before, minute } => {
                form.days_before = days_before.to_string();
                form.time = format!("{:02}:{:02}", minute / 60, minute % 60);
            }
            ReleaseWhen::Once { at: moment } => {
                "once".clone_into(&mut form.when);
                form.once_day = local_day(zone, moment).plus_days(days.unwrap_or(0)).to_string();
                form.once_time = format::time(zone, moment);
            }
        }
        form
    }

    /// What pitches can be chosen.
    #[must_use]
    pub fn scopes(&self, at: &At, words: Words) -> Vec<ScopeChoice> {
        let catalogue = &at.world.catalogue;
        let choice =
            |value: String, text: String| ScopeChoice { is_chosen: value == self.scope, value, text };
        let mut choices = vec![choice("all".to_owned(), words.say("all-pitches").into_owned())];
        if self.scope.starts_with("as:") {
            choices.push(choice(self.scope.clone(), words.say("same-pitches").into_owned()));
        }
        let mut sports = Vec::new();
        for pitch in wholes(at) {
            if !sports.contains(&pitch.sport) {
                sports.push(pitch.sport);
            }
        }
        for sport in sports.into_iter().filter_map(|no| catalogue.sport(no)) {
            choices
                .push(choice(format!("sport:{}", sport.code), format::name(words, &sport.name).to_owned()));
        }
        for pitch in wholes(at) {
            choices
                .push(choice(format!("pitch:{}", pitch.code), format::name(words, &pitch.name).to_owned()));
        }
        choices
    }

    fn pitches(&self, at: &At) -> Vec<String> {
        let catalogue = &at.world.catalogue;
        let (kind, code) = self.scope.split_once(':').unwrap_or((self.scope.as_str(), ""));
        let copied = catalogue.release_by_code(code).filter(|_| kind == "as");
        let sport = catalogue.sport_by_code(code);
        let is_meant = |pitch: &&Pitch| match kind {
            "all" => true,
            "sport" => Some(pitch.sport) == sport,
            "pitch" => pitch.code.as_str() == code,
            "as" => copied.is_some_and(|release| release.def.pitches.contains(&pitch.no)),
            _ => false,
        };
        wholes(at).into_iter().filter(is_meant).map(|pitch| pitch.code.as_str().to_owned()).collect()
    }

    /// What the API's own body would be.
    ///
    /// # Errors
    /// `invalid-request` with what can't be read.
    pub fn body(&self, at: &At) -> Result<ReleaseBody, Problem> {
        let mut faults = FieldFaults::new();
        let first_day = read_day("first_day", &self.first_day, &mut faults);
        let last_day = match self.last_day.trim() {
            "" => None,
            text => read_day("last_day", text, &mut faults),
        };
        let limit = match self.limit.trim() {
            "" => None,
            text => read_number("limit_per_resident", text, &mut faults),
        };
        let share = read_number("counter_share_percent", self.share.trim(), &mut faults);
        let (mut daily, mut once) = (None, None);
        let mode = mode_of(&self.mode);
        if self.when == "once" || matches!(mode, ModeView::Queue) {
            let day = read_day("once_day", &self.once_day, &mut faults);
            let time = read_time("once_time", &self.once_time, &mut faults);
            once = day.zip(time).map(|(day, time)| {
                let zone = at.world.catalogue.zone();
                OnceBody { at: city_moment(zone, moment_of(zone, day, time.0)).to_string() }
            });
        } else {
            let days_before = read_number("days_before", self.days_before.trim(), &mut faults);
            let time = read_time("time", &self.time, &mut faults);
            daily = days_before.zip(time).map(|(days_before, at)| DailyBody { days_before, at });
        }
        let (mut lottery, mut queue) = (None, None);
        match mode {
            ModeView::FirstCome => {}
            ModeView::Lottery => lottery = self.terms.lottery(at, &mut faults),
            ModeView::Queue => queue = Some(self.terms.queue(at, &mut faults)),
        }
        let first_day = faults.check_read(first_day)?;
        Ok(ReleaseBody {
            id: None,
            name: NamesBody { zh_hans: self.name_zh.clone(), en: self.name_en.clone() },
            pitches: self.pitches(at),
            first_day: WrittenDay(first_day),
            last_day: last_day.map(WrittenDay),
            daily,
            once,
            mode,
            limit_per_resident: limit,
            counter_share_percent: share,
            lottery,
            queue,
            // Declared through the API.
            returned_within_minutes: None,
            who: None,
        })
    }

    /// What a retry is compared by.
    #[must_use]
    pub fn asks_for(&self) -> Vec<u8> {
        let Self { key: _, name_zh, name_en, scope, first_day, last_day, when, mode, .. } = self;
        let rest = [&self.days_before, &self.time, &self.once_day, &self.once_time, &self.limit, &self.share];
        let first = [name_zh, name_en, scope, first_day, last_day, when, mode];
        let all = first.into_iter().chain(rest).chain(self.terms.texts());
        all.map(String::as_str).collect::<Vec<_>>().join("\0").into_bytes()
    }
}

fn wholes(at: &At) -> Vec<&Pitch> {
    at.pitches().into_iter().filter(|pitch| pitch.whole == pitch.no).collect()
}

/// A day that is written.
pub(super) fn read_day(field: &'static str, text: &str, faults: &mut FieldFaults) -> Option<LocalDay> {
    let read = LocalDay::parse(text.trim());
    if read.is_none() {
        faults.add(FieldFault::new(field, Text::fixed("must be a day", "必须是日期")));
    }
    read
}

/// A time of day that is written.
pub(super) fn read_time(field: &'static str, text: &str, faults: &mut FieldFaults) -> Option<MinuteOfDay> {
    let read = minute_of_day(text.trim());
    if read.is_none() {
        faults.add(FieldFault::new(field, Text::fixed("must be a time as 07:00", "格式应为 07:00")));
    }
    read
}

/// A number that is written.
pub(super) fn read_number(
    field: impl Into<Cow<'static, str>>,
    text: &str,
    faults: &mut FieldFaults,
) -> Option<i64> {
    let read = text.parse().ok();
    if read.is_none() {
        faults.add(FieldFault::new(field, Text::fixed("must be a whole number", "必须是整数")));
    }
    read
}
