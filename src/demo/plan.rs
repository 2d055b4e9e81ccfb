//! Which venue has how many pitches of which sport: the counts of the city shared out until each has its place.
//!
//! From above: pitches by sport as the survey counted grounds; of each sport those in schools, scaled to the schools'
//! known sum; the rest by the kind of place. Then each school, centre, park and community gets a size, and the pitches
//! are dealt to them in clusters, more to who has more room; clubs have one sport each. Every step keeps its sum, so
//! that the city's counts hold whatever the seed is.

use super::draw::Draw;
use super::share::{share, share_at_least_one};
use super::sport::{BASKETBALL, SPORTS};
use super::{PITCHES, SCHOOL_PITCHES, SCHOOLS, VENUES};

/// What kind of place a venue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    School,
    /// A district's or sub-district's sports centre.
    Centre,
    Park,
    /// A community's own rooms and courts.
    Community,
    /// A private venue of one sport, given by its place in the table.
    Club(usize),
}

/// How many of the other venues are of each kind: centres, parks, communities, clubs.
pub(super) const ELSEWHERE: [u32; 4] = [72, 260, 370, 570];
const _: () = assert!(
    SCHOOLS + ELSEWHERE[0] + ELSEWHERE[1] + ELSEWHERE[2] + ELSEWHERE[3] == VENUES,
    "each venue is of a kind"
);

pub(super) struct PlannedVenue {
    pub(super) setting: Setting,
    /// How many pitches of which sport, in the table's order.
    pub(super) pitches: Vec<(usize, u32)>,
}

/// Pitches by sport: those in schools, and those in each kind of other place.
pub(super) struct Counts {
    pub(super) by_sport: Vec<u32>,
    in_schools: Vec<u32>,
    elsewhere: Vec<[u32; 4]>,
}

impl Counts {
    pub(super) fn of_the_city() -> Self {
        let grounds: Vec<u32> = SPORTS.iter().map(|sport| sport.spread.grounds).collect();
        let by_sport = share(PITCHES, &grounds);
        let wanted: Vec<u32> =
            by_sport.iter().zip(&SPORTS).map(|(count, sport)| count * sport.spread.school_percent).collect();
        let in_schools = share(SCHOOL_PITCHES, &wanted);
        let elsewhere = SPORTS
            .iter()
            .zip(by_sport.iter().zip(&in_schools))
            .map(|(sport, (all, in_schools))| {
                let shares = share(all - in_schools, &sport.spread.elsewhere);
                std::array::from_fn(|place| shares[place])
            })
            .collect();
        Self { by_sport, in_schools, elsewhere }
    }

    fn in_places(&self, place: usize) -> Vec<u32> {
        self.elsewhere.iter().map(|shares| shares[place]).collect()
    }
}

/// All venues, schools first, clubs last.
pub(super) fn plan(draw: &mut Draw) -> Vec<PlannedVenue> {
    let counts = Counts::of_the_city();
    let [centres, parks, communities, clubs] = ELSEWHERE;
    let mut venues = Vec::new();
    // Sizes vary by the ratios that are drawn here; the means follow from the counts.
    venues.extend(deal(draw, Setting::School, SCHOOLS, (2, 6), counts.in_schools.clone()));
    venues.extend(deal(draw, Setting::Centre, centres, (4, 20), counts.in_places(0)));
    venues.extend(deal(draw, Setting::Park, parks, (1, 5), counts.in_places(1)));
    venues.extend(deal(draw, Setting::Community, communities, (1, 5), counts.in_places(2)));
    venues.extend(found_clubs(draw, clubs, &counts.in_places(3)));
    venues
}

/// Deals pitches to so many venues of mixed sports, until all are dealt and all have what they have room for.
fn deal(
    draw: &mut Draw,
    setting: Setting,
    venues: u32,
    sizes: (u32, u32),
    mut left: Vec<u32>,
) -> Vec<PlannedVenue> {
    let weights: Vec<u32> = (0..venues).map(|_| draw.between(sizes.0, sizes.1)).collect();
    let mut rooms = share_at_least_one(left.iter().sum(), &weights);
    let mut dealt = vec![[0u32; SPORTS.len()]; rooms.len()];
    if setting == Setting::School {
        // Whatever else a school has, it has a basketball court.
        for (room, dealt) in rooms.iter_mut().zip(&mut dealt) {
            *room -= 1;
            dealt[BASKETBALL] = 1;
            left[BASKETBALL] -= 1;
        }
    }
    // The rare ones first, while there is room everywhere.
    let mut sports: Vec<usize> = (0..SPORTS.len()).collect();
    sports.sort_by_key(|sport| left[*sport]);
    for sport in sports {
        while left[sport] > 0 {
            let fresh =
                rooms.iter().zip(&dealt).map(|(room, dealt)| if dealt[sport] > 0 { 0 } else { *room });
            let Some(venue) = draw.weighted(fresh).or_else(|| draw.weighted(rooms.iter().copied())) else {
                break;
            };
            let cluster =
                draw.between(1, SPORTS[sport].spread.cluster_max).min(rooms[venue]).min(left[sport]);
            dealt[venue][sport] += cluster;
            rooms[venue] -= cluster;
            left[sport] -= cluster;
        }
    }
    // There is room for exactly as many as there are.
    assert!(left.iter().chain(&rooms).all(|count| *count == 0), "all pitches are dealt and all venues full");
    dealt
        .into_iter()
        .map(|dealt| PlannedVenue {
            setting,
            pitches: dealt.into_iter().enumerate().filter(|(_, count)| *count > 0).collect(),
        })
        .collect()
}

/// Private venues of one sport each: so many in all, of each sport as many as its pitches want.
fn found_clubs(draw: &mut Draw, clubs: u32, pitches: &[u32]) -> Vec<PlannedVenue> {
    let wanted: Vec<u32> = pitches
        .iter()
        .zip(&SPORTS)
        .map(|(pitches, sport)| pitches * 1_000 / sport.spread.per_club_tenths)
        .collect();
    let mut venues = Vec::new();
    for (sport, clubs) in share_at_least_one(clubs, &wanted).into_iter().enumerate() {
        let weights: Vec<u32> = (0..clubs).map(|_| draw.between(2, 6)).collect();
        for count in share_at_least_one(pitches[sport], &weights) {
            venues.push(PlannedVenue { setting: Setting::Club(sport), pitches: vec![(sport, count)] });
        }
    }
    venues
}
