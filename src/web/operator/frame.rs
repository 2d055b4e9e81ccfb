//! What stands around these pages: a navigation of the operator's places, under the city's name.

use std::borrow::Cow;

use super::city::City;
use crate::web::format;
use crate::web::manager::frame::Head;
use crate::web::shell::{NavigationLink, Place, Shell};
use crate::web::visitor::Visitor;

/// Which of these places one is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    Dashboard,
    Venues,
    Staff,
    Audit,
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
    let name = format::name(words, &city.world.catalogue.city().name).to_owned();
    let shell = Shell::of(visitor, title, Place::Elsewhere).with_navigation(navigation);
    (shell, Head { venue: name, up: None, links: Vec::new() })
}
