//! What can be changed of a pitch beside its week: its names, how much of it one booking may have, and its cancellation rule. A change
//! names only what differs from what stands there, so that the log tells just that.

use super::refund_steps::{self, StepLine};
use super::release_form::read_number;
use super::week::Fields;
use crate::api::manager::pitches::PitchChangeBody;
use crate::api::manager::written_rules::NamesBody;
use crate::api::problem::{FieldFaults, Problem};
use crate::domain::catalogue::{Pitch, PitchKind};
use crate::domain::names::Names;
use crate::domain::policy::{CancelRule, RefundStep};
use crate::web::field::{Faults, Field, Kind};
use crate::web::i18n::Words;

pub const NAME_ZH: &str = "name.zh-Hans";
pub const NAME_EN: &str = "name.en";
pub const MAX_SLOTS: &str = "max_slots";
pub const PARTY_MAX: &str = "party_size_max";
pub const CAPACITY: &str = "capacity";

/// The fields that tell themselves what is wrong with them.
pub const FIELDS: [&str; 5] = [NAME_ZH, NAME_EN, MAX_SLOTS, PARTY_MAX, CAPACITY];

/// The part of a form that these things stand in.
pub struct Details {
    pub names: Vec<Field>,
    pub limits: Vec<Field>,
    pub steps: Vec<StepLine>,
}

/// A pitch as it stands, as fields.
#[must_use]
pub fn fields_of(pitch: &Pitch) -> Fields {
    let Names { zh_hans, en } = &pitch.name;
    let mut fields = Fields::from([
        (NAME_ZH.to_owned(), zh_hans.clone()),
        (NAME_EN.to_owned(), en.clone()),
        (MAX_SLOTS.to_owned(), pitch.max_slots.to_string()),
        (PARTY_MAX.to_owned(), pitch.party_max.to_string()),
    ]);
    if let PitchKind::Session { capacity, .. } = pitch.kind {
        fields.insert(CAPACITY.to_owned(), capacity.to_string());
    }
    refund_steps::put(&pitch.cancel, &mut fields);
    fields
}

/// What is written of a name.
#[must_use]
pub fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

impl Details {
    /// The fields with what is written in them; a capacity only where there is one.
    #[must_use]
    pub fn of(words: Words, fields: &Fields, faults: &Faults) -> Self {
        let field = |name, label, kind| Field::new(name, label, text(fields, name), kind);
        let mut names = vec![
            field(NAME_ZH, words.say("name-zh"), Kind::Chinese),
            field(NAME_EN, words.say("name-en"), Kind::English),
        ];
        let mut limits = vec![
            field(MAX_SLOTS, words.say("slots-at-most"), Kind::Slots),
            field(PARTY_MAX, words.say("people-at-most"), Kind::People),
        ];
        if fields.contains_key(CAPACITY) {
            let places = field(CAPACITY, words.say("places-each"), Kind::People);
            limits.push(places.with_hint(words.say("places-hint")));
        }
        faults.tell(&mut names);
        faults.tell(&mut limits);
        Self { names, limits, steps: refund_steps::lines(fields, faults) }
    }
}

/// The change that is written.
///
/// # Errors
/// `invalid-request` with what can't be read.
pub fn read(fields: &Fields, pitch: &Pitch) -> Result<PitchChangeBody, Problem> {
    let mut faults = FieldFaults::new();
    let was = fields_of(pitch);
    let mut number = |name: &'static str| {
        let written = text(fields, name).trim();
        (written != text(&was, name)).then(|| read_number(name, written, &mut faults)).flatten()
    };
    let (max_slots, party_size_max) = (number(MAX_SLOTS), number(PARTY_MAX));
    let capacity = if was.contains_key(CAPACITY) { number(CAPACITY) } else { None };
    let steps = refund_steps::read(fields, &mut faults);
    let (zh_hans, en) = (text(fields, NAME_ZH).trim(), text(fields, NAME_EN).trim());
    faults.check()?;
    let meant =
        steps.iter().map(|step| RefundStep { minutes_before: step.minutes_before, percent: step.percent });
    let is_as_before = CancelRule::new(meant.collect()).is_ok_and(|rule| rule == *pitch.cancel);
    let name = NamesBody { zh_hans: zh_hans.to_owned(), en: en.to_owned() };
    Ok(PitchChangeBody {
        name: (zh_hans != pitch.name.zh_hans || en != pitch.name.en).then_some(name),
        max_slots,
        party_size_max,
        capacity,
        cancellation: (!is_as_before).then_some(steps),
        offered: None,
    })
}
