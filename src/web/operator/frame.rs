//! What stands around these pages: a navigation of the operator's places, and what the whole city has, under the city's name.

use std::borrow::Cow;

use super::city::City;
use crate::web::format;
use crate::web::manager::frame::{Head, HeadLink};
use crate::web::shell::{NavigationLink, Place, Shell};
use crate::web::visitor::Visitor;

/// Which of these places one is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    Dashboard,
    Venues,
    Staff,
    Audit,
    Districts,
    Sports,
    Holidays,
}

/// The shell and the head of a page.
#[must_use]
pub fn around(city: &City, visitor: &Visitor, here: Here, title: impl Into<String>) -> (Shell, Head) {
    let words = visitor.words;
    let place = |of: Here, address, icon, text| NavigationLink {
        address: Cow::Borrowed(address),
        icon,
        text,
        is_current: of == here,
    };
    let navigation = vec![
        place(Here::Dashboard, "/operator", "home", words.say("operator-dashboard")),
        place(Here::Venues, "/operator/venues", "pin", words.say("operator-venues")),
        place(Here::Staff, "/operator/staff", "me", words.say("operator-staff")),
        place(Here::Audit, "/operator/audit", "clock", words.say("manage-audit")),
    ];
    let link = |of: Here, address: &str, text| HeadLink {
        text,
        address: address.to_owned(),
        is_current: of == here,
    };
    let links = vec![
        link(Here::Districts, "/operator/districts", words.say("operator-districts")),
        link(Here::Sports, "/operator/sports", words.say("operator-sports")),
        link(Here::Holidays, "/operator/holidays", words.say("operator-holidays")),
    ];
    let name = format::name(words, &city.world.catalogue.city().name).to_owned();
    let shell = Shell::of(visitor, title, Place::Elsewhere).with_navigation(navigation);
    (shell, Head { venue: name, up: None, links })
}
