//! An entry as it is answered, and what came of it.

use serde::Serialize;
use utoipa::ToSchema;

use super::booking_view::BookingView;
use crate::api::answer::{Rfc3339, city_moment, span_of_day};
use crate::domain::ids::ReleaseNo;
use crate::domain::lottery::Wish;
use crate::engine::Engine;
use crate::engine::bookings::Booking;
use crate::engine::enter::{OwnEntry, Standing};
use crate::engine::world::World;
use crate::identity::public_id::PublicIds;

/// An entry as it stands, with the hold that it came to.
#[derive(Debug, Clone)]
pub struct Own {
    pub release: ReleaseNo,
    pub entry: OwnEntry,
    pub booking: Option<Booking>,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// It takes part in the draw.
    Entered,
    Withdrawn,
    /// It got a slot: `booking` says until when it is to be paid, or what became of it.
    Won,
    /// It got nothing; `reserve_rank` says how many are before it, itself counted.
    Reserve,
    /// It got nothing, and what was left is on sale.
    Lost,
    /// It got a slot that could not be given to it: a limit stood in the way, or the pitch was closed.
    Lapsed,
}

/// A slot that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChoiceView<'a> {
    #[schema(value_type = String)]
    pitch: &'a str,
    #[schema(value_type = String, format = DateTime)]
    start: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    end: Rfc3339,
}

/// An entry.
#[derive(Serialize, ToSchema)]
pub struct EntryView<'a> {
    /// By which the entry is known in the published draw.
    id: String,
    #[schema(value_type = String)]
    release: &'a str,
    status: EntryStatus,
    party_size: u16,
    /// The dearest first.
    choices: Vec<ChoiceView<'a>>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Rfc3339,
    /// What it got.
    won: Option<ChoiceView<'a>>,
    booking: Option<BookingView<'a>>,
    reserve_rank: Option<u32>,
}

impl Own {
    /// Where it stands.
    #[must_use]
    pub fn status(&self, engine: &Engine, world: &World) -> EntryStatus {
        match self.entry.standing {
            Standing::Entered => EntryStatus::Entered,
            Standing::Withdrawn => EntryStatus::Withdrawn,
            Standing::Won(_) | Standing::Held(..) => EntryStatus::Won,
            Standing::Reserve(_) if self.rest_is_on_sale(engine, world) => EntryStatus::Lost,
            Standing::Reserve(_) => EntryStatus::Reserve,
            Standing::Lapsed => EntryStatus::Lapsed,
        }
    }

    /// Whether all days that it asked for are sold to who comes first, or over.
    fn rest_is_on_sale(&self, engine: &Engine, world: &World) -> bool {
        let is_open = |wish: &Wish| engine.releases().opened_at(self.release, wish.day).is_some();
        self.entry.wishes.iter().all(|wish| is_open(wish) || wish.day < world.days.first())
    }

    /// What it got.
    #[must_use]
    pub const fn won(&self) -> Option<Wish> {
        match self.entry.standing {
            Standing::Won(wish) | Standing::Held(wish, _) => Some(wish),
            Standing::Entered | Standing::Withdrawn | Standing::Reserve(_) | Standing::Lapsed => None,
        }
    }
}

impl<'a> EntryView<'a> {
    /// The view of somebody's own entry.
    #[must_use]
    pub fn of(engine: &Engine, world: &'a World, ids: &PublicIds, own: Own) -> Option<Self> {
        let catalogue = &world.catalogue;
        let status = own.status(engine, world);
        let choice = |wish: &Wish| {
            let (start, end) = span_of_day(&world.clock_of(wish.day), wish.span());
            let pitch = catalogue.pitch(wish.pitch)?.code.as_str();
            Some(ChoiceView { pitch, start, end })
        };
        Some(Self {
            id: own.entry.id.to_string(),
            release: catalogue.release(own.release)?.def.code.as_str(),
            status,
            party_size: own.entry.party,
            choices: own.entry.wishes.iter().filter_map(choice).collect(),
            created_at: city_moment(catalogue.zone(), own.entry.made_at),
            won: own.won().as_ref().and_then(choice),
            booking: own.booking.as_ref().and_then(|booking| BookingView::of(world, ids, booking)),
            reserve_rank: match own.entry.standing {
                Standing::Reserve(rank) if status == EntryStatus::Reserve => Some(rank),
                Standing::Reserve(_)
                | Standing::Entered
                | Standing::Withdrawn
                | Standing::Won(_)
                | Standing::Held(..)
                | Standing::Lapsed => None,
            },
        })
    }
}
