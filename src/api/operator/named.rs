//! What both districts and sports are: a name in each language under an id that never changes. They are added and renamed the same way.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, change, make};
use crate::api::answer::NamesView;
use crate::api::doorkeeper::SignedIn;
use crate::api::problem::{FieldFaults, Problem};
use crate::api::resident::Desk;
use crate::api::written_names::{WrittenNames, read_named};
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{NameChange, Named};
use crate::domain::definition::{DistrictDef, SportDef};
use crate::domain::event::Event;
use crate::domain::ids::Code;
use crate::domain::names::Names;

/// Which of them is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    District,
    Sport,
}

impl Kind {
    /// The one of this id.
    #[must_use]
    pub fn find(self, catalogue: &Catalogue, code: &str) -> Option<Named> {
        match self {
            Self::District => catalogue.district_by_code(code).map(Named::District),
            Self::Sport => catalogue.sport_by_code(code).map(Named::Sport),
        }
    }

    fn added(self, code: Code, name: Names) -> Event {
        match self {
            Self::District => Event::DistrictAdded(Box::new(DistrictDef { code, name })),
            Self::Sport => Event::SportAdded(Box::new(SportDef { code, name })),
        }
    }
}

/// A new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNamed {
    /// 1 to 64 of a-z, 0-9 and -.
    #[schema(example = "nanshan", pattern = "^[a-z0-9-]{1,64}$")]
    pub id: String,
    pub name: WrittenNames,
}

/// What it is called from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewName {
    pub name: WrittenNames,
}

/// A district or a sport.
#[derive(Serialize, ToSchema)]
pub struct NamedView {
    id: String,
    name: NamesView,
}

impl NamedView {
    #[must_use]
    pub fn of(code: &Code, name: &Names) -> Self {
        Self { id: code.as_str().to_owned(), name: NamesView::of(name) }
    }
}

/// Adds one, for whoever asks: the API or a page.
///
/// # Errors
/// Why it isn't there; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn added(
    desk: &Desk,
    who: SignedIn,
    kind: Kind,
    key: Option<&str>,
    wanted: NewNamed,
) -> Result<(Made, NamedView), Problem> {
    let (code, name) = read_named(&wanted.id, wanted.name)?;
    let by = who.operator()?;
    let view = NamedView::of(&code, &name);
    let event = kind.added(code.clone(), name.clone());
    let made = make(desk, by, key, event, |catalogue| {
        let there = kind.find(catalogue, code.as_str());
        there.is_some_and(|one| catalogue.name_of(one).is_ok_and(|(_, there)| *there == name))
    });
    Ok((made.await?, view))
}

/// Renames one, for whoever asks: the API or a page. Durable when this returns.
///
/// # Errors
/// Why it is called as before; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn renamed(
    desk: &Desk,
    who: SignedIn,
    kind: Kind,
    code: &str,
    wanted: WrittenNames,
) -> Result<NamedView, Problem> {
    let mut faults = FieldFaults::new();
    let name = wanted.read("name", &mut faults);
    let name = faults.check_read(name)?;
    let by = who.operator()?;
    let (of, view, is_same) = {
        let world = desk.engine.world();
        let of = kind.find(&world.catalogue, code).ok_or(Problem::NotFound)?;
        let (code, was) = world.catalogue.name_of(of).map_err(|_| Problem::NotFound)?;
        (of, NamedView::of(code, &name), *was == name)
    };
    if !is_same {
        change(desk, by, Event::NameChanged(Box::new(NameChange { of, name }))).await?;
    }
    Ok(view)
}
