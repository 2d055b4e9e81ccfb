//! What of a log is looked at: who acted, what kind of act it was, and on which days. What is chosen stands in the page's address, so that
//! a page that was looked at can be shown to others.

use serde::Deserialize;

use super::address::encoded;
use super::audit_rows::what_told;
use super::field::{Field, Kind};
use super::i18n::Words;
use super::operator::venues::Choice;
use crate::api::manager::audit::{act, of_days};
use crate::api::manager::people::People;
use crate::api::person::read_phone;
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::domain::event::{PhoneHash, StaffActed};
use crate::domain::ids::{ResidentNo, VenueNo};
use crate::domain::time::LocalDay;
use crate::engine::audit_log::{ACTS, AuditFilter};
use crate::engine::world::World;

/// What is asked for. A form sends all of it, empty where nothing was chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Only entries before this one.
    pub before: Option<u32>,
    /// Of the city's log: a venue's id, or words to find one by.
    pub venue: String,
    /// Somebody's id, or a whole telephone number.
    who: String,
    /// A kind of act, by its name.
    what: String,
    from: String,
    to: String,
}

/// The choices as a page shows them (`audit_filters.html`).
pub struct Filters {
    pub who: String,
    pub who_fault: Option<String>,
    /// Who acted here, where they are few enough to choose from.
    pub people: Vec<Choice>,
    pub whats: Vec<Choice>,
    pub days: Vec<Field>,
    /// Whether anything was chosen.
    pub is_on: bool,
    pub filter: AuditFilter,
    /// What was chosen, as it stands in an address behind `?`, but who.
    others: String,
    by: String,
}

impl Filters {
    /// Reads what was chosen. What can't be read is told at its field and leaves all; nobody's number finds nobody.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn read(
        desk: &Desk,
        world: &World,
        words: Words,
        query: &AuditQuery,
        venue: Option<VenueNo>,
    ) -> Result<Self, Problem> {
        let day = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(LocalDay::parse);
        let (from, to) = (day(&query.from), day(&query.to));
        let fault = |day| (day == Some(None)).then(|| words.say("no-day").into_owned());
        let field = |name, label, text, day| Field {
            fault: fault(day),
            ..Field::new(name, label, text, Kind::Day).optional()
        };
        let days = vec![
            field("from", words.say("first-day"), &query.from, from),
            field("to", words.say("last-day"), &query.to, to),
        ];
        let by = who_is(desk, query.who.trim());
        let what = act(&query.what);
        let of_days = of_days(world.catalogue.zone(), (from.flatten(), to.flatten()));
        let people = match venue {
            Some(venue) => people(desk, words, venue, by).await?,
            None => Vec::new(),
        };
        let others =
            [("venue", &query.venue), ("what", &query.what), ("from", &query.from), ("to", &query.to)];
        let others = others.into_iter().filter(|(_, text)| !text.is_empty());
        let others: Vec<_> = others.map(|(name, text)| format!("{name}={}", encoded(text))).collect();
        Ok(Self {
            who_fault: (!query.who.trim().is_empty() && by.is_none())
                .then(|| words.say("audit-nobody").into_owned()),
            is_on: !others.is_empty() || by.is_some(),
            people,
            whats: whats(words, &query.what),
            days,
            filter: AuditFilter { venue, by, what, ..of_days },
            others: others.join("&"),
            by: by.map_or_else(String::new, |by| desk.ids.resident(by).as_str().to_owned()),
            who: query.who.clone(),
        })
    }

    /// The address of the entries before one.
    #[must_use]
    pub fn older(&self, path: &str, before: u32) -> String {
        let by = if self.by.is_empty() { String::new() } else { format!("&who={}", self.by) };
        let others = if self.others.is_empty() { String::new() } else { format!("&{}", self.others) };
        format!("{path}?before={before}{by}{others}")
    }

    /// The address of what somebody did, of all that is chosen otherwise.
    #[must_use]
    pub fn of_whom(&self, path: &str, id: &str) -> String {
        let others = if self.others.is_empty() { String::new() } else { format!("&{}", self.others) };
        format!("{path}?who={id}{others}")
    }
}

/// The account of an id or of a telephone number.
fn who_is(desk: &Desk, text: &str) -> Option<ResidentNo> {
    desk.ids.read_resident(text).or_else(|| {
        let phone = read_phone(text).ok()?;
        let hash = PhoneHash(phone.hash(desk.keys.phone()).bytes());
        desk.engine.account_by_phone(hash).map(|(no, _)| no)
    })
}

/// Who has acted at a venue, by name.
async fn people(
    desk: &Desk,
    words: Words,
    venue: VenueNo,
    chosen: Option<ResidentNo>,
) -> Result<Vec<Choice>, Problem> {
    let actors = desk.engine.audit_log().actors(venue);
    let known = People::look_up(desk, actors.iter().copied()).await?;
    let all = Choice {
        value: String::new(),
        text: words.say("everybody").into_owned(),
        is_chosen: chosen.is_none(),
    };
    let choice = |no: ResidentNo| {
        let name = known.get(no).and_then(|person| person.name);
        Choice {
            value: desk.ids.resident(no).as_str().to_owned(),
            text: if no == StaffActed::THE_IMPORT {
                words.say("audit-the-import").into_owned()
            } else {
                name.unwrap_or_else(|| words.say("no-name").into_owned())
            },
            is_chosen: chosen == Some(no),
        }
    };
    Ok([all].into_iter().chain(actors.into_iter().map(choice)).collect())
}

fn whats(words: Words, chosen: &str) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        text: words.say("every-act").into_owned(),
        is_chosen: act(chosen).is_none(),
    };
    let choice = |act: &str| Choice {
        value: act.to_owned(),
        text: what_told(words, act).into_owned(),
        is_chosen: act == chosen,
    };
    [all].into_iter().chain(ACTS.into_iter().map(choice)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::language::Language;

    #[test]
    fn every_act_has_words_of_its_own() {
        for language in Language::ALL {
            let words = Words::of(language);
            let mut told: Vec<_> = ACTS.into_iter().map(|act| what_told(words, act).into_owned()).collect();
            assert!(told.iter().zip(ACTS).all(|(told, act)| told != act), "{told:?}");
            told.sort();
            told.dedup();
            assert_eq!(told.len(), ACTS.len());
        }
    }
}
