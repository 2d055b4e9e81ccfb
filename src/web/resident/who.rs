//! Who may book of a release, told line by line.

use std::borrow::Cow;

use crate::domain::catalogue::{Catalogue, Release};
use crate::domain::entitlement::Concession;
use crate::web::format;
use crate::web::i18n::Words;

/// The conditions of a release, one a line; none where it is for everybody.
#[must_use]
pub fn told_who(words: Words, catalogue: &Catalogue, release: &Release) -> Vec<String> {
    let Some(terms) = release.def.who.as_deref() else { return Vec::new() };
    let districts = terms.districts.iter().filter_map(|no| catalogue.district(*no));
    let districts: Vec<String> =
        districts.map(|district| format::name(words, &district.name).to_owned()).collect();
    let concessions: Vec<String> =
        terms.concessions.iter().map(|concession| told(words, *concession).into_owned()).collect();
    let count = |number: u16| [("count", i64::from(number).into())];
    let list = |list: Vec<String>| (!list.is_empty()).then(|| list.join(" · "));
    [
        terms.real_name.then(|| words.say("who-real-name").into_owned()),
        terms.age_from.map(|age| words.tell("who-age-from", &count(age.into()))),
        terms.age_to.map(|age| words.tell("who-age-to", &count(age.into()))),
        list(districts).map(|list| words.tell("who-districts", &[("list", list.as_str().into())])),
        list(concessions).map(|list| words.tell("who-concessions", &[("list", list.as_str().into())])),
        terms.limit_per_household.map(|limit| words.tell("who-household", &count(limit))),
        terms.party_max.map(|most| words.tell("who-party", &count(most))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn told(words: Words, concession: Concession) -> Cow<'static, str> {
    match concession {
        Concession::Student => words.say("concession-student"),
        Concession::Senior => words.say("concession-senior"),
        Concession::Disabled => words.say("concession-disabled"),
        Concession::LowIncome => words.say("concession-low-income"),
        Concession::Veteran => words.say("concession-veteran"),
        Concession::LargeFamily => words.say("concession-large-family"),
    }
}
