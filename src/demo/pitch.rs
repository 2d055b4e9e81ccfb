//! The pitches of a venue: what each is called, how it is divided, and how many it holds.

use std::collections::BTreeMap;

use super::district::Name;
use super::draw::Draw;
use super::plan::Setting;
use super::share::share;
use super::sound;
use super::sport::{BADMINTON, BASKETBALL, FOOTBALL_GROUNDS, Layout, SPORTS};
use super::terms::{Fee, House, Offer, Opening};
use crate::domain::definition::{KindDef, PartDef, PitchDef};
use crate::domain::ids::VenueNo;
use crate::domain::names::Names;

const FEN: u32 = 100;
/// Pools open as early and close as late as makes four sessions of four hours, or of three.
const LONG_POOL_DAY: Opening = Opening { workdays: 12, free_days: 12, close: 44 };
const SHORT_POOL_DAY: Opening = Opening { workdays: 20, free_days: 20, close: 44 };

/// How many play on a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Football {
    Eleven,
    Seven,
    Five,
}

/// The sizes of the football pitches that are not built yet: as many of each as the survey makes it.
pub(super) struct FootballSizes(Vec<Football>);

impl FootballSizes {
    pub(super) fn of(pitches: u32, draw: &mut Draw) -> Self {
        let counts = share(pitches, &FOOTBALL_GROUNDS);
        let sizes = [Football::Eleven, Football::Seven, Football::Five];
        let mut deck: Vec<Football> =
            counts.iter().zip(sizes).flat_map(|(count, size)| (0..*count).map(move |_| size)).collect();
        draw.shuffle(&mut deck);
        Self(deck)
    }

    /// The next one; a club or a community has no room for eleven a side as long as there is a smaller one.
    fn next_for(&mut self, setting: Setting) -> Football {
        let fits = |size: &Football| match setting {
            Setting::School | Setting::Centre | Setting::Park => true,
            Setting::Community | Setting::Club(_) => *size != Football::Eleven,
        };
        let place = self.0.iter().rposition(fits).unwrap_or(self.0.len().saturating_sub(1));
        if place < self.0.len() { self.0.swap_remove(place) } else { Football::Five }
    }
}

/// What a whole is, before it has its number.
struct Draft {
    name: Name,
    offer: Offer,
    opening: Opening,
    kind: DraftKind,
}

enum DraftKind {
    Exclusive,
    Session { capacity: u16 },
    Divisible { leaves: u8, parts: Vec<DraftPart> },
}

struct DraftPart {
    name: (String, String),
    first_leaf: u8,
    leaves: u8,
    offer: Offer,
}

/// Builds the pitches of one venue.
pub(super) struct Builder<'a> {
    pub(super) venue: VenueNo,
    pub(super) code: &'a str,
    pub(super) house: &'a House,
    pub(super) sizes: &'a mut FootballSizes,
}

impl Builder<'_> {
    /// So many pitches of each sport.
    pub(super) fn build(mut self, sports: &[(usize, u32)], draw: &mut Draw) -> Vec<PitchDef> {
        let mut numbers: BTreeMap<&'static str, u32> = BTreeMap::new();
        let mut pitches = Vec::new();
        for (sport, count) in sports {
            for _ in 0..*count {
                let draft = self.draft(*sport, draw);
                let number = numbers.entry(draft.name.0).or_default();
                *number += 1;
                pitches.push(self.pitch(draft, *number, pitches.len() + 1));
            }
        }
        pitches
    }

    fn pitch(&self, draft: Draft, number: u32, in_venue: usize) -> PitchDef {
        let code = format!("{}-p{in_venue}", self.code);
        let (zh, en) = (format!("{number}号{}", draft.name.0), format!("{} {number}", draft.name.1));
        let slot_units = self.house.slot_units(draft.offer.slot_units);
        let kind = match draft.kind {
            DraftKind::Exclusive => KindDef::Exclusive,
            DraftKind::Session { capacity } => KindDef::Session { capacity },
            DraftKind::Divisible { leaves, parts } => {
                let parts = parts
                    .into_iter()
                    .zip('a'..='z')
                    .map(|(part, letter)| PartDef {
                        code: sound::code(&format!("{code}-{letter}")),
                        name: Names::new(format!("{zh}{}", part.name.0), format!("{en}, {}", part.name.1)),
                        first_leaf: part.first_leaf,
                        leaves: part.leaves,
                        terms: self.house.terms(part.offer, draft.opening),
                    })
                    .collect();
                KindDef::Divisible { leaves, parts }
            }
        };
        PitchDef {
            code: sound::code(&code),
            venue: self.venue,
            name: Names::new(zh, en),
            hours: draft.opening.hours(slot_units),
            terms: self.house.terms(draft.offer, draft.opening),
            kind,
        }
    }

    fn draft(&mut self, sport: usize, draw: &mut Draw) -> Draft {
        match SPORTS[sport].sale.layout {
            Layout::Court => self.court(sport),
            Layout::Football => self.football(sport, draw),
            Layout::Basketball => self.basketball(sport, draw),
            Layout::Volleyball => self.volleyball(sport, draw),
            Layout::Session { places } => self.session(sport, places, draw),
            Layout::Pool => self.pool(sport, draw),
        }
    }

    fn court(&self, sport: usize) -> Draft {
        self.draft_of(SPORTS[sport].pitch, offer(sport), DraftKind::Exclusive)
    }

    fn draft_of(&self, name: Name, offer: Offer, kind: DraftKind) -> Draft {
        Draft { name, offer, opening: self.house.opening, kind }
    }

    fn football(&mut self, sport: usize, draw: &mut Draw) -> Draft {
        let fives = Offer { party_max: 14, ..offer(sport) };
        let sevens = Offer { slot_units: 4, party_max: 20, fee: percent_of(fives.fee, 160), ..fives };
        let elevens = Offer { party_max: 30, fee: percent_of(fives.fee, 300), ..sevens };
        match self.sizes.next_for(self.house.setting) {
            Football::Five => {
                self.draft_of(("五人制足球场", "Five-a-side Pitch"), fives, DraftKind::Exclusive)
            }
            Football::Seven => {
                self.draft_of(("七人制足球场", "Seven-a-side Pitch"), sevens, DraftKind::Exclusive)
            }
            Football::Eleven => {
                // Half of a large pitch is played seven a side, a quarter five a side.
                let into_quarters = draw.chance(45);
                let leaves = if into_quarters { 4 } else { 2 };
                let mut parts = halves(leaves, sevens);
                if into_quarters {
                    parts.extend(equal_parts(leaves, 4, ("四分之一场", "Quarter"), fives));
                }
                let kind = DraftKind::Divisible { leaves, parts };
                self.draft_of(("十一人制足球场", "Eleven-a-side Pitch"), elevens, kind)
            }
        }
    }

    fn basketball(&self, sport: usize, draw: &mut Draw) -> Draft {
        let full = offer(sport);
        // Courts of clubs and communities are let as they are; a hall for several sports stands in schools and centres.
        let (hall_percent, halves_percent) = match self.house.setting {
            Setting::School => (8, 25),
            Setting::Centre => (35, 40),
            Setting::Park => (0, 50),
            Setting::Community => (10, 30),
            Setting::Club(_) => (0, 50),
        };
        let chance = draw.below(100);
        if chance < hall_percent {
            let leaves = *draw.pick(&[4, 6]);
            let whole = Offer { fee: hall_fee(leaves), ..full };
            let mut parts = halves(leaves, Offer { party_max: 10, fee: percent_of(whole.fee, 55), ..full });
            parts.extend(badminton_courts(leaves));
            return self.draft_of(("综合馆", "Sports Hall"), whole, DraftKind::Divisible { leaves, parts });
        }
        if chance < hall_percent + halves_percent {
            let half = Offer { party_max: 10, fee: percent_of(full.fee, 55), ..full };
            let kind = DraftKind::Divisible { leaves: 2, parts: halves(2, half) };
            return self.draft_of(SPORTS[BASKETBALL].pitch, full, kind);
        }
        self.court(sport)
    }

    fn volleyball(&self, sport: usize, draw: &mut Draw) -> Draft {
        let is_hall = match self.house.setting {
            Setting::School | Setting::Centre | Setting::Community => draw.chance(20),
            Setting::Park | Setting::Club(_) => false,
        };
        if !is_hall {
            return self.court(sport);
        }
        let whole = Offer { fee: hall_fee(4), ..offer(sport) };
        let kind = DraftKind::Divisible { leaves: 4, parts: badminton_courts(4) };
        self.draft_of(("排球综合馆", "Volleyball Hall"), whole, kind)
    }

    fn session(&self, sport: usize, places: (u32, u32), draw: &mut Draw) -> Draft {
        // A school's rooms are small.
        let most = if self.house.setting == Setting::School { places.0.midpoint(places.1) } else { places.1 };
        let capacity = draw.between(places.0 / 10, most / 10) * 10;
        self.draft_of(SPORTS[sport].pitch, offer(sport), session_of(capacity))
    }

    fn pool(&self, sport: usize, draw: &mut Draw) -> Draft {
        let usual = offer(sport);
        let under_a_roof = draw.chance(70);
        let name = if under_a_roof {
            ("室内游泳池", "Indoor Pool")
        } else {
            ("室外游泳池", "Outdoor Pool")
        };
        let is_large = self.house.setting == Setting::Centre && draw.chance(35);
        let capacity = match (is_large, under_a_roof, self.house.setting) {
            (true, true, _) => draw.between(60, 80) * 10,
            (true, false, _) => draw.between(40, 50) * 10,
            (false, _, Setting::Centre | Setting::Club(_)) => draw.between(10, 30) * 10,
            (false, _, Setting::School | Setting::Park | Setting::Community) => draw.between(6, 15) * 10,
        };
        let (offer, opening) = match (self.house.setting, is_large) {
            (Setting::School, _) => (usual, self.house.opening),
            (_, true) => (Offer { slot_units: 8, ..usual }, LONG_POOL_DAY),
            (_, false) => (usual, SHORT_POOL_DAY),
        };
        Draft { name, offer, opening, kind: session_of(capacity) }
    }
}

fn session_of(capacity: u32) -> DraftKind {
    DraftKind::Session { capacity: u16::try_from(capacity).unwrap_or(u16::MAX) }
}

/// A sport's pitch as its table has it.
fn offer(sport: usize) -> Offer {
    let sale = &SPORTS[sport].sale;
    let fen = sale.fee_yuan * FEN;
    let fee = match sale.layout {
        Layout::Session { .. } | Layout::Pool => Fee::Place(fen),
        Layout::Court | Layout::Football | Layout::Basketball | Layout::Volleyball => Fee::Hourly(fen),
    };
    Offer { sport, slot_units: sale.slot_units, max_slots: sale.max_slots, party_max: sale.party_max, fee }
}

fn percent_of(fee: Fee, percent: u32) -> Fee {
    match fee {
        Fee::Hourly(fen) => Fee::Hourly(fen * percent / 100),
        Fee::Place(fen) => Fee::Place(fen * percent / 100),
    }
}

/// A hall costs nine tenths of its badminton courts one by one, so that it's hardly taken to save on them.
fn hall_fee(courts: u8) -> Fee {
    percent_of(offer(BADMINTON).fee, 90 * u32::from(courts))
}

fn badminton_courts(courts: u8) -> Vec<DraftPart> {
    equal_parts(courts, courts, ("羽毛球场", "Badminton Court"), offer(BADMINTON))
}

fn halves(leaves: u8, offer: Offer) -> Vec<DraftPart> {
    let half = leaves / 2;
    [(0, "A"), (half, "B")]
        .map(|(first_leaf, letter)| DraftPart {
            name: (format!("{letter}半场"), format!("Half {letter}")),
            first_leaf,
            leaves: half,
            offer,
        })
        .into()
}

/// So many equal parts of so many leaves, numbered.
fn equal_parts(leaves: u8, count: u8, name: Name, offer: Offer) -> Vec<DraftPart> {
    let each = leaves / count;
    (0..count)
        .map(|index| DraftPart {
            name: (format!("{}{}", index + 1, name.0), format!("{} {}", name.1, index + 1)),
            first_leaf: index * each,
            leaves: each,
            offer,
        })
        .collect()
}
