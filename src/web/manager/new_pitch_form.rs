//! A new pitch as a form writes it: what every kind has, the places of a session, the parts of what can be divided. It begins as the
//! venue's newest pitch of its kind is, so that hours, prices and rules are written once.
//!
//! Only the writing is read here; what it means is judged where the API judges it.

use std::borrow::Cow;

use super::pitch_details::{CAPACITY, MAX_SLOTS, NAME_EN, NAME_ZH, PARTY_MAX, fields_of, text};
use super::place::At;
use super::refund_steps;
use super::release_form::read_number;
use super::week::{DayLine, Fields, amount, hours_lines, prices_lines, read_hours, read_prices};
use crate::api::manager::new_pitch::{KindName, NewPartBody, NewPitchBody};
use crate::api::manager::written_rules::{BandBody, NamesBody};
use crate::api::open_data::venue_view::{DayKindView, clock_text};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::written_time::{MinuteOfDay, minute_of_day};
use crate::domain::catalogue::{LEAVES_PER_PITCH_MAX, Pitch, PitchKind};
use crate::domain::hours::DayKind;
use crate::domain::ids::PitchNo;
use crate::domain::units::UNIT_MINUTES;
use crate::web::format;
use crate::web::i18n::Words;

pub const SPORT: &str = "sport";
pub const SLOT_MINUTES: &str = "slot_minutes";
pub const FIRST_SLOT: &str = "first_slot";
pub const LEAVES: &str = "leaves";
/// The pitch whose place it takes.
pub const INSTEAD_OF: &str = "instead_of";
/// What stands before the names of the days' fields.
pub const HOURS: &str = "hours.";
pub const PRICES: &str = "prices.";
/// The button that asks for more lines.
pub const MORE: &str = "more";
/// How many parts can be written.
const ROWS: &str = "rows";
/// How many more at a tap.
const ROWS_MORE: usize = 4;

/// The kind that is meant by its name, `exclusive` where it is none.
#[must_use]
pub fn kind_of(name: &str) -> KindName {
    match name {
        "divisible" => KindName::Divisible,
        "session" => KindName::Session,
        _ => KindName::Exclusive,
    }
}

/// A form to begin with, for a kind.
#[must_use]
pub fn begun(at: &At, words: Words, kind: KindName) -> Fields {
    let is_of_kind = |pitch: &&Pitch| {
        matches!(
            (pitch.kind, kind),
            (PitchKind::Exclusive, KindName::Exclusive)
                | (PitchKind::Divisible, KindName::Divisible)
                | (PitchKind::Session { .. }, KindName::Session)
        )
    };
    let wholes: Vec<&Pitch> = at.pitches().into_iter().filter(|pitch| pitch.whole == pitch.no).collect();
    let like = wholes.iter().copied().rfind(is_of_kind).or_else(|| wholes.last().copied());
    let mut fields = like.map_or_else(plain, |pitch| like_it(at, words, pitch));
    fields.remove(NAME_ZH);
    fields.remove(NAME_EN);
    match kind {
        KindName::Session => {
            fields.entry(CAPACITY.to_owned()).or_default();
        }
        KindName::Exclusive | KindName::Divisible => {
            fields.remove(CAPACITY);
        }
    }
    fields
}

/// A form to begin with, for a pitch that takes the place of this one: as it was, but for its kind.
#[must_use]
pub fn begun_instead(at: &At, words: Words, pitch: &Pitch, kind: KindName) -> Fields {
    let mut fields = like_it(at, words, pitch);
    fields.insert(INSTEAD_OF.to_owned(), pitch.code.as_str().to_owned());
    if kind != KindName::Session {
        fields.remove(CAPACITY);
    }
    if kind == KindName::Divisible {
        let leaves = u16::try_from(pitch.leaves.len()).unwrap_or(2).max(2);
        fields.insert(LEAVES.to_owned(), leaves.to_string());
        let parts = pitch.parts.clone().map(PitchNo::new).filter_map(|no| at.world.catalogue.pitch(no));
        for (number, part) in (1..).zip(parts) {
            let first = part.leaves.start.saturating_sub(pitch.leaves.start) + 1;
            let mut put = |name: &str, text: String| fields.insert(format!("part{number}.{name}"), text);
            put("zh", part.name.zh_hans.to_string());
            put("en", part.name.en.to_string());
            put("first", first.to_string());
            put("count", part.leaves.len().to_string());
        }
        fields.insert(ROWS.to_owned(), pitch.parts.len().max(ROWS_MORE).to_string());
    }
    fields
}

/// Where a venue has nothing yet.
fn plain() -> Fields {
    let mut fields = Fields::new();
    let mut put = |name: &str, text: &str| {
        fields.insert(name.to_owned(), text.to_owned());
    };
    put(SLOT_MINUTES, "60");
    put(FIRST_SLOT, "08:00");
    put(MAX_SLOTS, "2");
    put(PARTY_MAX, "4");
    put("cancel1.before", "24:00");
    put("cancel1.back", "100");
    fields
}

fn like_it(at: &At, words: Words, pitch: &Pitch) -> Fields {
    let mut fields = fields_of(pitch);
    let sport = at.world.catalogue.sport(pitch.sport).map_or("", |sport| sport.code.as_str());
    let minutes = u16::from(pitch.grid.slot_units()) * UNIT_MINUTES;
    fields.insert(SPORT.to_owned(), sport.to_owned());
    fields.insert(SLOT_MINUTES.to_owned(), minutes.to_string());
    fields.insert(FIRST_SLOT.to_owned(), clock_text(pitch.grid.anchor()));
    let prices = prices_lines(words, &pitch.tariff.bands(), format::unit(at.currency()));
    for (before, lines) in [(HOURS, hours_lines(words, &pitch.hours)), (PRICES, prices)] {
        for DayLine { field, text, .. } in lines {
            fields.insert(format!("{before}{field}"), text);
        }
    }
    fields
}

/// The fields behind a prefix, by their names without it.
#[must_use]
pub fn behind(fields: &Fields, prefix: &str) -> Fields {
    let part = fields.iter().filter_map(|(name, text)| Some((name.strip_prefix(prefix)?, text)));
    part.map(|(name, text)| (name.to_owned(), text.clone())).collect()
}

/// A part as it is written.
pub struct PartRow {
    /// The beginning of its fields' names, and the name by which its fault is told.
    pub field: String,
    pub number: usize,
    pub name_zh: String,
    pub name_en: String,
    pub first: String,
    pub count: String,
    pub price: String,
}

/// How many parts can be written, more of them where that was asked for.
#[must_use]
pub fn rows(fields: &Fields) -> usize {
    let written = text(fields, ROWS).parse().unwrap_or(ROWS_MORE);
    let more = if fields.contains_key(MORE) { ROWS_MORE } else { 0 };
    (written + more).clamp(ROWS_MORE, usize::from(LEAVES_PER_PITCH_MAX))
}

/// The lines for the parts.
#[must_use]
pub fn part_rows(fields: &Fields) -> Vec<PartRow> {
    let row = |number: usize| {
        let field = format!("part{number}");
        let of = |name: &str| text(fields, &format!("{field}.{name}")).to_owned();
        PartRow {
            number,
            name_zh: of("zh"),
            name_en: of("en"),
            first: of("first"),
            count: of("count"),
            price: of("price"),
            field,
        }
    };
    (1..=rows(fields)).map(row).collect()
}

impl PartRow {
    fn is_empty(&self) -> bool {
        let texts = [&self.name_zh, &self.name_en, &self.first, &self.count, &self.price];
        texts.into_iter().all(|text| text.trim().is_empty())
    }
}

/// The body that is written.
///
/// # Errors
/// `invalid-request` with everything that can't be read.
pub fn read(fields: &Fields, kind: KindName, unit: i64) -> Result<NewPitchBody, Problem> {
    let mut faults = FieldFaults::new();
    let hours = gathered(HOURS, read_hours(&behind(fields, HOURS)), &mut faults);
    let prices = gathered(PRICES, read_prices(&behind(fields, PRICES), unit), &mut faults);
    let mut number = |name: &'static str| read_number(name, text(fields, name).trim(), &mut faults);
    let (slot_minutes, max_slots, party_max) = (number(SLOT_MINUTES), number(MAX_SLOTS), number(PARTY_MAX));
    let capacity = if kind == KindName::Session { number(CAPACITY) } else { None };
    let leaves = if kind == KindName::Divisible { number(LEAVES) } else { None };
    let first_slot = minute_of_day(text(fields, FIRST_SLOT).trim());
    if first_slot.is_none() {
        faults.add(FieldFault::new(FIRST_SLOT, Text::fixed("must be a time as 07:00", "格式应为 07:00")));
    }
    let cancellation = refund_steps::read(fields, &mut faults);
    let parts = (kind == KindName::Divisible).then(|| read_parts(fields, unit, &mut faults));
    let read = faults.check_read(slot_minutes.zip(max_slots).zip(party_max))?;
    let ((slot_minutes, max_slots), party_size_max) = read;
    Ok(NewPitchBody {
        id: None,
        name: names(text(fields, NAME_ZH), text(fields, NAME_EN)),
        sport: text(fields, SPORT).to_owned(),
        kind,
        slot_minutes,
        first_slot,
        max_slots,
        party_size_max,
        hours,
        prices,
        cancellation,
        capacity,
        leaves,
        parts,
        instead_of: Some(text(fields, INSTEAD_OF).to_owned()).filter(|code| !code.is_empty()),
    })
}

fn names(zh_hans: &str, en: &str) -> NamesBody {
    NamesBody { zh_hans: zh_hans.trim().to_owned(), en: en.trim().to_owned() }
}

/// What was read, or nothing and what is wrong, told by the names that the fields have in this form.
fn gathered<T: Default>(prefix: &str, read: Result<T, Problem>, faults: &mut FieldFaults) -> T {
    match read {
        Ok(read) => read,
        Err(Problem::InvalidRequest(wrong)) => {
            for fault in wrong {
                let field: Cow<'static, str> = Cow::Owned(format!("{prefix}{}", fault.field));
                faults.add(FieldFault { field, ..fault });
            }
            T::default()
        }
        Err(problem) => {
            faults.add_all(problem);
            T::default()
        }
    }
}

fn read_parts(fields: &Fields, unit: i64, faults: &mut FieldFaults) -> Vec<NewPartBody> {
    let mut parts = Vec::new();
    for row in part_rows(fields).into_iter().filter(|row| !row.is_empty()) {
        let number = |text: &str| text.trim().parse::<i64>().ok().filter(|number| *number >= 1);
        let (first, count) = (number(&row.first), number(&row.count));
        let price = match row.price.trim() {
            "" => Some(None),
            text => amount(text, unit).map(|price| Some(vec![all_day(price)])),
        };
        let has_names = !row.name_zh.trim().is_empty() && !row.name_en.trim().is_empty();
        match first.zip(count).zip(price).filter(|_| has_names) {
            Some(((first, leaves), prices)) => parts.push(NewPartBody {
                id: None,
                name: names(&row.name_zh, &row.name_en),
                first_leaf: first - 1,
                leaves,
                max_slots: None,
                party_size_max: None,
                prices,
            }),
            None => faults.add(FieldFault::new(
                row.field,
                Text::fixed(
                    "must have both names, its first strip, how many it has, and a price or none",
                    "须填写中英文名称、起始小块和块数;价格可不填",
                ),
            )),
        }
    }
    parts
}

/// A price for every slot of the week.
fn all_day(price: i64) -> BandBody {
    let days = DayKind::ALL.into_iter().map(DayKindView::of).collect();
    BandBody { days, from: MinuteOfDay(0), to: MinuteOfDay(24 * 60), price }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = plain();
        fields.extend(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        fields
    }

    #[test]
    fn parts_are_counted_from_one_and_empty_lines_are_none() {
        let fields = fields(&[
            ("leaves", "4"),
            ("part1.zh", "东"),
            ("part1.en", "East"),
            ("part1.first", "1"),
            ("part1.count", "2"),
            ("part3.zh", "西"),
            ("part3.en", "West"),
            ("part3.first", "3"),
            ("part3.count", "2"),
            ("part3.price", "30.50"),
        ]);
        let body = read(&fields, KindName::Divisible, 100).expect("a pitch");
        let parts = body.parts.expect("parts");
        let told: Vec<_> = parts.iter().map(|part| (part.first_leaf, part.leaves)).collect();
        assert_eq!(told, [(0, 2), (2, 2)]);
        let prices = parts[1].prices.as_deref().expect("a price");
        assert_eq!((prices[0].price, prices[0].days.len(), prices[0].to.0), (3_050, 8, 1_440));
        assert!(parts[0].prices.is_none(), "as its whole");
    }

    #[test]
    fn what_cannot_be_read_is_told_by_the_names_of_this_form() {
        let fields = fields(&[
            ("hours.monday", "8"),
            ("prices.holiday", "08:00"),
            ("first_slot", "8"),
            ("capacity", "many"),
            ("cancel2.back", "7"),
        ]);
        let Err(Problem::InvalidRequest(faults)) = read(&fields, KindName::Session, 100) else {
            panic!("it was read")
        };
        let mut told: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
        told.sort_unstable();
        assert_eq!(told, ["cancel2", "capacity", "first_slot", "hours.monday", "prices.holiday"]);
    }

    #[test]
    fn lines_are_added_until_there_is_one_for_each_smallest_part() {
        assert_eq!((rows(&fields(&[])), rows(&fields(&[("rows", "4"), ("more", "1")]))), (4, 8));
        assert_eq!(rows(&fields(&[("rows", "4000"), ("more", "1")])), 48);
    }
}
