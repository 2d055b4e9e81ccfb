//! What stands around these pages: a navigation of the desk's places, and the manager's other pages under the venue's name.

use std::borrow::Cow;

use super::place::At;
use crate::api::manager::authority::in_city;
use crate::api::problem::Problem;
use crate::domain::time::LocalDay;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::shell::{NavigationLink, Place, Shell};
use crate::web::visitor::Visitor;

/// Which of these pages one is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    Today,
    Calendar,
    Gate,
    Bookings,
    Closures,
    Releases,
    Pitches,
    Stats,
    Staff,
    Audit,
}

/// What stands over the content.
pub struct Head {
    /// The venue's name, or the city's.
    pub venue: String,
    /// All venues, for who has more than this one.
    pub up: Option<HeadLink>,
    pub links: Vec<HeadLink>,
}

/// A page beside this one.
pub struct HeadLink {
    pub text: Cow<'static, str>,
    pub address: String,
    pub is_current: bool,
}

/// The shell and the head of a page.
///
/// # Errors
/// As `At::venue`.
pub fn around(
    at: &At,
    visitor: &Visitor,
    here: Here,
    title: impl Into<String>,
) -> Result<(Shell, Head), Problem> {
    let words = visitor.words;
    let place = |of: Here, rest: &str, icon, text| NavigationLink {
        address: Cow::Owned(at.address(rest)),
        icon,
        text,
        is_current: of == here,
    };
    let navigation = vec![
        place(Here::Today, "", "home", words.say("manage-today")),
        place(Here::Calendar, "/calendar", "bookings", words.say("manage-calendar")),
        place(Here::Gate, "/gate", "ticket", words.say("manage-gate")),
        place(Here::Bookings, "/bookings", "clock", words.say("manage-bookings")),
    ];
    let link =
        |of: Here, rest: &str, text| HeadLink { text, address: at.address(rest), is_current: of == here };
    let links = vec![
        link(Here::Closures, "/closures", words.say("manage-closures")),
        link(Here::Releases, "/releases", words.say("manage-releases")),
        link(Here::Pitches, "/pitches", words.say("manage-pitches")),
        link(Here::Stats, "/stats", words.say("manage-stats")),
        link(Here::Staff, "/staff", words.say("manage-staff")),
        link(Here::Audit, "/audit", words.say("manage-audit")),
    ];
    let up = HeadLink {
        text: words.say("every-venue"),
        address: "/operator/venues".to_owned(),
        is_current: false,
    };
    let head = Head {
        venue: format::name(words, &at.venue()?.def.name).to_owned(),
        up: in_city(at.who).is_ok().then_some(up),
        links: if at.manages { links } else { Vec::new() },
    };
    let shell = Shell::of(visitor, title, Place::Elsewhere).with_navigation(navigation);
    Ok((shell, head))
}

/// A day that can be gone to.
pub struct DayLink {
    pub weekday: String,
    pub day: String,
    pub address: String,
    pub is_current: bool,
}

/// A week of days from yesterday on, or around a day that lies elsewhere.
#[must_use]
pub fn days(
    words: Words,
    today: LocalDay,
    day: LocalDay,
    address: impl Fn(LocalDay) -> String,
) -> Vec<DayLink> {
    let first = today.plus_days(-1);
    let is_near = (0..8).contains(&day.days_since(first));
    let first = if is_near { first } else { day.plus_days(-3) };
    let link = |day_shown: LocalDay| DayLink {
        weekday: format::weekday(words, day_shown),
        day: format::day_of_month(day_shown),
        address: address(day_shown),
        is_current: day_shown == day,
    };
    (0..8).map(|after| link(first.plus_days(after))).collect()
}
