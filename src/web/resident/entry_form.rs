//! The form of an entry: a line of three choices for each rank, moved up and down by buttons, so that it works without a script.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::answer::span_of_day;
use crate::api::open_data::venue_view::clock_text;
use crate::api::resident::entries::{ChoiceBody, EntryBody};
use crate::domain::catalogue::{Pitch, Release};
use crate::domain::ids::PitchNo;
use crate::domain::lottery::{LotteryDef, Wish};
use crate::domain::time::LocalDay;
use crate::domain::units::UnitSpan;
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::Words;

/// Of how many pitches the hours are looked through for the times that are offered.
const PITCHES_LOOKED_AT: usize = 64;

/// What a form sends, by field.
pub type Fields = BTreeMap<String, String>;

/// Something that can be chosen.
pub struct Choice {
    pub value: String,
    pub text: String,
    pub is_chosen: bool,
}

/// What is chosen at one rank.
pub struct Line {
    pub rank: usize,
    pub name: String,
    pub pitches: Vec<Choice>,
    pub days: Vec<Choice>,
    pub times: Vec<Choice>,
    pub up: Option<String>,
    pub down: Option<String>,
}

/// A rank as it was typed: pitch, day, time. Empty where nothing is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pitch: String,
    day: String,
    time: String,
}

/// What the form's button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Enter,
    Withdraw,
    /// A rank changes places with the one before it.
    Up(usize),
}

impl Deed {
    /// The deed of a button's value.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        match text {
            "enter" => Some(Self::Enter),
            "withdraw" => Some(Self::Withdraw),
            _ => text.strip_prefix("up-")?.parse().ok().map(Self::Up),
        }
    }
}

/// The ranks as a form sent them.
#[must_use]
pub fn typed(fields: &Fields, count: usize) -> Vec<Typed> {
    let field = |name: &str, rank| fields.get(&format!("{name}{rank}")).cloned().unwrap_or_default();
    let line =
        |rank| Typed { pitch: field("pitch", rank), day: field("day", rank), time: field("time", rank) };
    (1..=count).map(line).collect()
}

/// The ranks of an entry that is there.
#[must_use]
pub fn of_wishes(world: &World, wishes: &[Wish], count: usize) -> Vec<Typed> {
    let line = |wish: &Wish| {
        Some(Typed {
            pitch: world.catalogue.pitch(wish.pitch)?.code.as_str().to_owned(),
            day: wish.day.to_string(),
            time: clock_text(wish.span().first()),
        })
    };
    let mut lines: Vec<Typed> = wishes.iter().filter_map(line).collect();
    lines.resize(count, Typed::default());
    lines
}

/// With a rank and the one before it exchanged.
pub fn move_up(lines: &mut [Typed], rank: usize) {
    if (2..=lines.len()).contains(&rank) {
        lines.swap(rank - 1, rank - 2);
    }
}

/// What the API's own body would be: the ranks where a pitch is chosen, a slot of it each.
#[must_use]
pub fn body(world: &World, lines: &[Typed], party_size: i64) -> EntryBody {
    let choice = |line: &Typed| {
        let pitch = world.catalogue.pitch_by_code(&line.pitch);
        let slot = pitch.and_then(|pitch| slot_at(pitch, &line.time));
        let moments = slot.zip(LocalDay::parse(&line.day)).map(|(slot, day)| {
            let (start, end) = span_of_day(&world.clock_of(day), slot);
            (start.to_string(), end.to_string())
        });
        // What can't be read is told by who reads it for programs too.
        let (start, end) = moments.unwrap_or_default();
        ChoiceBody { pitch: line.pitch.clone(), start, end }
    };
    let choices = lines.iter().filter(|line| !line.pitch.is_empty()).map(choice).collect();
    EntryBody { choices, party_size: Some(party_size) }
}

fn slot_at(pitch: &Pitch, time: &str) -> Option<UnitSpan> {
    pitch.grid.slots().find(|slot| clock_text(slot.first()) == time)
}

/// The lines of the form.
#[must_use]
pub fn lines(words: Words, world: &World, release: &Release, typed: &[Typed]) -> Vec<Line> {
    let offered = Offered::of(words, world, release);
    let none = || words.say("lottery-none").into_owned();
    let typed_count = typed.len();
    let line = |(at, typed): (usize, &Typed)| {
        let rank = at + 1;
        let chosen = |(value, text): &(String, String), is: &str| Choice {
            value: value.clone(),
            text: text.clone(),
            is_chosen: value == is,
        };
        let nothing = Choice { value: String::new(), text: none(), is_chosen: typed.pitch.is_empty() };
        let pitches = offered.pitches.iter().map(|pitch| chosen(pitch, &typed.pitch));
        Line {
            rank,
            name: words.tell("lottery-choice", &[("rank", i64::try_from(rank).unwrap_or(0).into())]),
            pitches: std::iter::once(nothing).chain(pitches).collect(),
            days: offered.days.iter().map(|day| chosen(day, &typed.day)).collect(),
            times: offered.times.iter().map(|time| chosen(time, &typed.time)).collect(),
            up: (rank > 1).then(|| format!("up-{rank}")),
            down: (rank < typed_count).then(|| format!("up-{}", rank + 1)),
        }
    };
    typed.iter().enumerate().map(line).collect()
}

/// What a release gives out: values and texts.
struct Offered {
    pitches: Vec<(String, String)>,
    days: Vec<(String, String)>,
    times: Vec<(String, String)>,
}

impl Offered {
    fn of(words: Words, world: &World, release: &Release) -> Self {
        let catalogue = &world.catalogue;
        let wholes = release.def.pitches.iter().filter_map(|no| catalogue.pitch(*no));
        let given: Vec<&Pitch> = wholes.filter(|pitch| !release.keeps(pitch)).collect();
        let with_parts = given.iter().flat_map(|whole| {
            let parts = whole.parts.clone().filter_map(|no| catalogue.pitch(PitchNo::new(no)));
            std::iter::once(*whole).chain(parts)
        });
        let is_of_city = release.def.venue.is_none();
        let pitches = with_parts.map(|pitch| {
            let name = format::name(words, &pitch.name);
            let venue = catalogue.venue(pitch.venue).filter(|_| is_of_city);
            let text = venue.map_or_else(
                || name.to_owned(),
                |venue| format!("{} · {name}", format::name(words, &venue.def.name)),
            );
            (pitch.code.as_str().to_owned(), text)
        });
        let governed: Vec<LocalDay> =
            world.days.iter().map(|clock| clock.day).filter(|day| release.def.governs(*day)).collect();
        let mut times: BTreeSet<u8> = BTreeSet::new();
        for pitch in given.iter().take(PITCHES_LOOKED_AT) {
            for day in &governed {
                let open = pitch.hours.on(catalogue.day_kind(pitch.venue, *day));
                let open_slots = pitch.grid.slots().filter(|slot| open.contains(slot.mask()));
                times.extend(open_slots.map(UnitSpan::first));
            }
        }
        Self {
            pitches: pitches.collect(),
            days: governed.iter().map(|day| (day.to_string(), format::day(words, *day))).collect(),
            times: times.into_iter().map(|unit| (clock_text(unit), clock_text(unit))).collect(),
        }
    }
}

/// How many ranks the form has.
#[must_use]
pub fn ranks(terms: &LotteryDef) -> usize {
    usize::from(terms.choices_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed_pitch(pitch: &str) -> Typed {
        Typed { pitch: pitch.to_owned(), ..Typed::default() }
    }

    #[test]
    fn a_rank_changes_places_with_the_one_before_it() {
        let order = |rank| {
            let mut lines = ["a", "b", "c"].map(typed_pitch);
            move_up(&mut lines, rank);
            lines.map(|line| line.pitch).join("")
        };
        assert_eq!([order(1), order(2), order(3), order(4), order(0)], ["abc", "bac", "acb", "abc", "abc"]);
    }

    #[test]
    fn a_button_says_what_it_does() {
        for (text, deed) in [
            ("enter", Some(Deed::Enter)),
            ("withdraw", Some(Deed::Withdraw)),
            ("up-3", Some(Deed::Up(3))),
            ("up-", None),
            ("down-1", None),
        ] {
            assert_eq!(Deed::of(text), deed, "{text}");
        }
    }
}
