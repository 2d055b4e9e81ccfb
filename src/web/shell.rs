//! What stands around every page: its head, the way to the content, the navigation, the languages.

use std::borrow::Cow;

use super::address::{encoded, with_parameter};
use super::assets::{address, first_paint};
use super::i18n::{Words, native_name};
use super::rehearsal;
use super::visitor::{TextSize, Visitor};
use crate::api::headers::{SESSION_COOKIE, cookie};
use crate::api::language::Language;
use crate::api::problem::AskedForPage;
use crate::domain::event::Role;

/// Which of the places in the navigation a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Home,
    Find,
    Bookings,
    Me,
    Elsewhere,
}

/// The shell of a page.
pub struct Shell {
    pub words: Words,
    pub title: String,
    pub navigation: Vec<NavigationLink>,
    pub is_signed_in: bool,
    pub is_staff: bool,
    /// Whether nothing of what is done here happens.
    pub is_rehearsal: bool,
    pub text_size: TextSize,
    pub languages: Vec<LanguageLink>,
    /// Where one comes back to after a sign-in, as it stands in a query.
    pub here: String,
    /// What binds this page's forms to its session.
    pub form_token: String,
    /// Modules of this page beyond those of every page, by name.
    pub modules: &'static [&'static str],
}

/// A place in the navigation, with the icon that `icons.html` names so.
pub struct NavigationLink {
    pub address: Cow<'static, str>,
    pub icon: &'static str,
    pub text: Cow<'static, str>,
    pub is_current: bool,
}

/// The page in another language.
pub struct LanguageLink {
    pub name: &'static str,
    pub tag: &'static str,
    pub address: String,
    pub is_current: bool,
}

impl Shell {
    #[must_use]
    pub fn of(visitor: &Visitor, title: impl Into<String>, place: Place) -> Self {
        Self {
            words: visitor.words,
            title: title.into(),
            navigation: navigation(visitor.words, place),
            is_signed_in: visitor.who.is_some(),
            is_staff: visitor.role().is_some_and(|role| role != Role::Resident),
            is_rehearsal: rehearsal::is_on(),
            text_size: visitor.text_size,
            languages: languages(visitor.words, &visitor.here),
            here: encoded(&visitor.here),
            form_token: visitor.form_token(),
            modules: &[],
        }
    }

    /// With another navigation than the residents'.
    #[must_use]
    pub fn with_navigation(mut self, navigation: Vec<NavigationLink>) -> Self {
        self.navigation = navigation;
        self
    }

    /// With modules of its own.
    #[must_use]
    pub const fn with_modules(mut self, modules: &'static [&'static str]) -> Self {
        self.modules = modules;
        self
    }

    /// Around a problem, of which nobody knows who met it.
    #[must_use]
    pub fn of_problem(words: Words, asked: &AskedForPage, title: String, text_size: TextSize) -> Self {
        let here = match &asked.query {
            Some(query) => format!("{}?{query}", asked.path),
            None => asked.path.clone(),
        };
        Self {
            words,
            title,
            navigation: navigation(words, Place::Elsewhere),
            // Nobody has looked whose it is: who has a session isn't told to sign in.
            is_signed_in: cookie(&asked.headers, SESSION_COOKIE).is_some(),
            is_staff: false,
            is_rehearsal: rehearsal::is_on(),
            text_size,
            languages: languages(words, &here),
            here: encoded(&here),
            form_token: String::new(),
            modules: &[],
        }
    }

    /// The text of the title bar.
    #[must_use]
    pub fn tab_title(&self) -> String {
        self.words.tell("page-title", &[("page", (&self.title).into())])
    }

    /// The address of an asset.
    #[must_use]
    pub fn asset(&self, name: &str) -> &'static str {
        address(name)
    }

    /// The style of the first paint.
    #[must_use]
    pub fn first_paint(&self) -> &'static str {
        first_paint()
    }

    /// Whether the way to the sign-in is shown: to who isn't signed in, and isn't there.
    #[must_use]
    pub fn offers_sign_in(&self) -> bool {
        !self.is_signed_in && !self.here.starts_with("/sign-")
    }

    #[must_use]
    pub fn is_large(&self) -> bool {
        self.text_size == TextSize::Large
    }
}

fn navigation(words: Words, current: Place) -> Vec<NavigationLink> {
    let link = |place, address, icon, text| NavigationLink {
        address: Cow::Borrowed(address),
        icon,
        text,
        is_current: place == current,
    };
    vec![
        link(Place::Home, "/", "home", words.say("nav-home")),
        link(Place::Find, "/find", "find", words.say("nav-find")),
        link(Place::Bookings, "/bookings", "bookings", words.say("nav-bookings")),
        link(Place::Me, "/me", "me", words.say("nav-me")),
    ]
}

fn languages(words: Words, here: &str) -> Vec<LanguageLink> {
    let link = |language: Language| LanguageLink {
        name: native_name(language),
        tag: language.tag(),
        address: with_parameter(here, "lang", language.tag()),
        is_current: language == words.language(),
    };
    Language::ALL.into_iter().map(link).collect()
}
