//! Venues as they are searched: their words and their sports, made once for each state of the catalogue.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::domain::catalogue::{Catalogue, Venue};
use crate::domain::ids::SportNo;

/// What is searched. Made anew when the catalogue is another one, by whoever asks first.
#[derive(Default)]
pub struct Directory(ArcSwapOption<Listing>);

/// All venues of one state of the catalogue, in the order of their numbers.
pub struct Listing {
    catalogue: Arc<Catalogue>,
    entries: Vec<Entry>,
}

/// A venue's words and sports.
pub struct Entry {
    words: String,
    pub sports: Vec<SportNo>,
}

impl Directory {
    /// The listing of this state of the catalogue.
    #[must_use]
    pub fn of(&self, catalogue: &Arc<Catalogue>) -> Arc<Listing> {
        if let Some(listing) = self.0.load_full().filter(|listing| Arc::ptr_eq(&listing.catalogue, catalogue))
        {
            return listing;
        }
        let listing = Arc::new(Listing::new(catalogue));
        self.0.store(Some(Arc::clone(&listing)));
        listing
    }
}

impl Listing {
    fn new(catalogue: &Arc<Catalogue>) -> Self {
        let entries = catalogue.venues().iter().map(|venue| Entry::new(catalogue, venue)).collect();
        Self { catalogue: Arc::clone(catalogue), entries }
    }

    #[must_use]
    pub fn entry(&self, venue: &Venue) -> Option<&Entry> {
        self.entries.get(venue.no.index())
    }
}

impl Entry {
    fn new(catalogue: &Catalogue, venue: &Venue) -> Self {
        let mut sports: Vec<SportNo> = venue
            .pitches
            .iter()
            .filter_map(|no| catalogue.pitch(*no))
            .flat_map(|pitch| {
                let parts = catalogue.pitches().get(pitch.parts.start as usize..pitch.parts.end as usize);
                let parts = parts.unwrap_or_default().iter().map(|part| part.sport);
                std::iter::once(pitch.sport).chain(parts)
            })
            .collect();
        sports.sort_unstable();
        sports.dedup();
        let district = catalogue.district(venue.def.district).map(|district| &district.name);
        let named = [&venue.def.name, &venue.def.address].into_iter().chain(district);
        let of_sports = sports.iter().filter_map(|no| catalogue.sport(*no)).map(|sport| &sport.name);
        let mut words = String::new();
        for names in named.chain(of_sports) {
            for name in [&names.zh_hans, &names.en] {
                words.push_str(&name.to_lowercase());
                words.push('\n');
            }
        }
        Self { words, sports }
    }

    /// Whether every word that is looked for stands here, in whatever language.
    #[must_use]
    pub fn has_all(&self, wanted: &[String]) -> bool {
        wanted.iter().all(|word| self.words.contains(word.as_str()))
    }
}

/// The words that a text looks for.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}
