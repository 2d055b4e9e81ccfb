//! A pitch as its manager sees it: what everyone sees, and what it is sold by.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Money;
use crate::api::open_data::venue_view::{DayKindView, PitchView, clock_text};
use crate::domain::catalogue::{Catalogue, Pitch};
use crate::domain::change::Offered;

/// A pitch, or a part of one.
#[derive(Serialize, ToSchema)]
pub struct ManagedPitch {
    #[serde(flatten)]
    pitch: PitchView,
    venue: String,
    /// Where the grid of slots begins, within the first slot's length of midnight.
    first_slot: String,
    /// Whether it is shown and sold.
    offered: bool,
    /// How many of its smallest parts it is made of.
    leaves: usize,
    prices: Vec<BandView>,
}

/// What a slot costs that begins within these times on such days.
#[derive(Serialize, ToSchema)]
pub struct BandView {
    days: Vec<DayKindView>,
    from: String,
    to: String,
    price: Money,
}

impl ManagedPitch {
    pub(super) fn of(catalogue: &Catalogue, pitch: &Pitch) -> Self {
        let currency = catalogue.city().currency;
        let band = |band: crate::domain::tariff::PriceBand| BandView {
            days: band.days.iter().map(DayKindView::of).collect(),
            from: clock_text(band.span.first()),
            to: clock_text(band.span.end()),
            price: Money::new(band.price, currency),
        };
        let venue = catalogue.venue(pitch.venue);
        Self {
            pitch: PitchView::of(catalogue, pitch),
            venue: venue.map_or_else(String::new, |venue| venue.def.code.as_str().to_owned()),
            first_slot: clock_text(pitch.grid.anchor()),
            offered: pitch.offered == Offered::Yes,
            leaves: pitch.leaves.len(),
            prices: pitch.tariff.bands().into_iter().map(band).collect(),
        }
    }
}
