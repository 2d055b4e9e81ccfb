//! Venues that an operator looks for: by their ids, or by words of their names, addresses, districts and sports.

use std::sync::Arc;

use crate::api::open_data::OpenData;
use crate::api::open_data::directory::{Listing, words};
use crate::domain::catalogue::{Catalogue, Venue};

/// What is looked for.
pub struct VenueSearch {
    code: String,
    words: Vec<String>,
    listing: Arc<Listing>,
}

impl VenueSearch {
    #[must_use]
    pub fn new(open_data: &OpenData, catalogue: &Arc<Catalogue>, text: &str) -> Self {
        let code = text.trim().to_lowercase();
        Self { code, words: words(text), listing: open_data.directory.of(catalogue) }
    }

    /// Whether anything is looked for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.words.is_empty()
    }

    #[must_use]
    pub fn finds(&self, venue: &Venue) -> bool {
        venue.def.code.as_str() == self.code
            || self.listing.entry(venue).is_some_and(|entry| entry.has_all(&self.words))
    }

    /// The venues that are found, the one with just this id alone.
    pub fn of<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a Venue> {
        if let Some(venue) = catalogue.venue_by_code(&self.code) {
            return vec![venue];
        }
        catalogue.venues().iter().map(AsRef::as_ref).filter(|venue| self.finds(venue)).collect()
    }
}
