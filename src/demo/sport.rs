//! The 32 sports of the demo: what the city's survey counted of each, where its pitches stand and how they are sold.
//!
//! The survey counted 39,256 sports grounds. Published are 21,940 for ball games, among them 8,783 of the three big
//! balls (football 1,488 = 305 for eleven, 569 for seven and 614 for five a side; basketball 6,892; volleyball 403)
//! and 11,427 of the three small ones (table tennis, badminton, tennis), which leaves 1,730 for the other ball games
//! and 17,316 for all that is no ball game. How the last three sums are split among sports is the demo's guess.
//! A share of 8,159 pitches by the largest remainder is 0.2078 of each; the rarest, handball, still has eight.

use super::district::Name;

/// Grounds for eleven, seven and five a side.
pub(super) const FOOTBALL_GROUNDS: [u32; 3] = [305, 569, 614];

/// Where the sports that other files speak of stand in the table.
pub(super) const FOOTBALL: usize = 0;
pub(super) const BASKETBALL: usize = 1;
pub(super) const BADMINTON: usize = 4;

pub(super) struct Sport {
    pub(super) code: &'static str,
    pub(super) name: Name,
    /// What one pitch of it is called, before its number.
    pub(super) pitch: Name,
    /// What a private venue of it is called, after its brand.
    pub(super) club: Name,
    pub(super) spread: Spread,
    pub(super) sale: Sale,
}

/// How many there are, and where.
pub(super) struct Spread {
    /// What the survey counted.
    pub(super) grounds: u32,
    /// How many of a hundred stand in schools, before these are scaled to the schools' known sum.
    pub(super) school_percent: u32,
    /// Weights of those that don't: sports centres, parks, communities, clubs.
    pub(super) elsewhere: [u32; 4],
    /// The most that come together in one venue that has other sports too.
    pub(super) cluster_max: u32,
    /// How many a private venue of this sport has on average, in tenths.
    pub(super) per_club_tenths: u32,
}

/// How a pitch of it is sold.
pub(super) struct Sale {
    pub(super) layout: Layout,
    pub(super) slot_units: u8,
    pub(super) max_slots: u8,
    pub(super) party_max: u16,
    /// What a private venue takes at peak: yuan for an hour, or for a place in a session.
    pub(super) fee_yuan: u32,
}

/// What pitches of a sport look like.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// One booking has it all.
    Court,
    /// By the size of the team; those for eleven are divisible.
    Football,
    /// Full courts, some divisible into halves, some halls divisible into badminton courts.
    Basketball,
    /// Courts, some halls divisible into badminton courts.
    Volleyball,
    /// Places in a session: the smallest and the largest number.
    Session { places: (u32, u32) },
    /// Places in four sessions a day, the largest pools with 800 under a roof and 500 without.
    Pool,
}

const fn sport(code: &'static str, name: Name, pitch: Name, club: Name, spread: Spread, sale: Sale) -> Sport {
    Sport { code, name, pitch, club, spread, sale }
}

const fn spread(
    grounds: u32,
    school_percent: u32,
    elsewhere: [u32; 4],
    cluster_max: u32,
    per_club_tenths: u32,
) -> Spread {
    Spread { grounds, school_percent, elsewhere, cluster_max, per_club_tenths }
}

const fn sold(layout: Layout, slot_units: u8, max_slots: u8, party_max: u16, fee_yuan: u32) -> Sale {
    Sale { layout, slot_units, max_slots, party_max, fee_yuan }
}

const fn session(places: (u32, u32), slot_units: u8, max_slots: u8, party_max: u16, fee_yuan: u32) -> Sale {
    Sale { layout: Layout::Session { places }, slot_units, max_slots, party_max, fee_yuan }
}

pub(super) const SPORTS: [Sport; 32] = [
    // Three big balls: 8,783.
    sport(
        "football",
        ("足球", "Football"),
        ("足球场", "Football Pitch"),
        ("足球公园", "Football Park"),
        spread(1_488, 50, [25, 45, 5, 25], 2, 30),
        sold(Layout::Football, 2, 2, 14, 260),
    ),
    sport(
        "basketball",
        ("篮球", "Basketball"),
        ("篮球场", "Basketball Court"),
        ("篮球馆", "Basketball Gym"),
        spread(6_892, 55, [20, 50, 20, 10], 3, 30),
        sold(Layout::Basketball, 2, 3, 15, 160),
    ),
    sport(
        "volleyball",
        ("排球", "Volleyball"),
        ("排球场", "Volleyball Court"),
        ("排球馆", "Volleyball Hall"),
        spread(403, 60, [45, 25, 20, 10], 2, 20),
        sold(Layout::Volleyball, 2, 2, 16, 160),
    ),
    // Three small balls: 11,427.
    sport(
        "table-tennis",
        ("乒乓球", "Table Tennis"),
        ("乒乓球台", "Table Tennis Table"),
        ("乒乓球馆", "Table Tennis Club"),
        spread(5_600, 50, [15, 25, 45, 15], 4, 80),
        sold(Layout::Court, 1, 4, 4, 40),
    ),
    sport(
        "badminton",
        ("羽毛球", "Badminton"),
        ("羽毛球场", "Badminton Court"),
        ("羽毛球馆", "Badminton Hall"),
        spread(4_527, 35, [25, 5, 25, 45], 4, 80),
        sold(Layout::Court, 2, 3, 6, 80),
    ),
    sport(
        "tennis",
        ("网球", "Tennis"),
        ("网球场", "Tennis Court"),
        ("网球中心", "Tennis Centre"),
        spread(1_300, 22, [30, 35, 5, 30], 3, 40),
        sold(Layout::Court, 2, 2, 6, 120),
    ),
    // The other ball games: 1,730.
    sport(
        "billiards",
        ("台球", "Billiards"),
        ("台球桌", "Billiard Table"),
        ("台球俱乐部", "Billiards Club"),
        spread(620, 0, [5, 0, 25, 70], 3, 80),
        sold(Layout::Court, 2, 4, 4, 50),
    ),
    sport(
        "pickleball",
        ("匹克球", "Pickleball"),
        ("匹克球场", "Pickleball Court"),
        ("匹克球馆", "Pickleball Hall"),
        spread(280, 10, [25, 35, 15, 25], 2, 50),
        sold(Layout::Court, 2, 2, 6, 90),
    ),
    sport(
        "golf",
        ("高尔夫", "Golf"),
        ("高尔夫打位", "Driving Bay"),
        ("高尔夫练习场", "Driving Range"),
        spread(260, 0, [10, 0, 0, 90], 3, 80),
        sold(Layout::Court, 2, 3, 3, 120),
    ),
    sport(
        "gateball",
        ("门球", "Gateball"),
        ("门球场", "Gateball Court"),
        ("门球俱乐部", "Gateball Club"),
        spread(200, 0, [5, 65, 30, 0], 2, 20),
        sold(Layout::Court, 4, 1, 14, 30),
    ),
    sport(
        "squash",
        ("壁球", "Squash"),
        ("壁球室", "Squash Court"),
        ("壁球俱乐部", "Squash Club"),
        spread(120, 0, [30, 0, 0, 70], 2, 40),
        sold(Layout::Court, 2, 2, 4, 120),
    ),
    sport(
        "bowling",
        ("保龄球", "Bowling"),
        ("保龄球道", "Bowling Lane"),
        ("保龄球馆", "Bowling Alley"),
        spread(90, 0, [15, 0, 0, 85], 3, 60),
        sold(Layout::Court, 2, 2, 6, 100),
    ),
    sport(
        "baseball",
        ("棒垒球", "Baseball"),
        ("棒垒球场", "Baseball Diamond"),
        ("棒球基地", "Baseball Park"),
        spread(60, 30, [40, 40, 0, 20], 1, 10),
        sold(Layout::Court, 4, 2, 30, 300),
    ),
    sport(
        "rugby",
        ("橄榄球", "Rugby"),
        ("橄榄球场", "Rugby Pitch"),
        ("橄榄球俱乐部", "Rugby Club"),
        spread(60, 30, [40, 40, 0, 20], 1, 10),
        sold(Layout::Court, 4, 1, 40, 500),
    ),
    sport(
        "handball",
        ("手球", "Handball"),
        ("手球场", "Handball Court"),
        ("手球馆", "Handball Hall"),
        spread(40, 40, [70, 20, 10, 0], 1, 10),
        sold(Layout::Court, 3, 2, 20, 200),
    ),
    // All that is no ball game: 17,316.
    sport(
        "gym",
        ("健身", "Gym"),
        ("健身房", "Gym Floor"),
        ("健身俱乐部", "Fitness Club"),
        spread(4_600, 5, [10, 0, 45, 45], 1, 25),
        session((30, 150), 4, 2, 2, 30),
    ),
    sport(
        "fitness",
        ("健身操", "Group Fitness"),
        ("健身操房", "Studio"),
        ("操课工作室", "Fitness Studio"),
        spread(3_300, 5, [5, 30, 45, 20], 1, 25),
        session((30, 60), 3, 1, 4, 25),
    ),
    sport(
        "dance",
        ("舞蹈", "Dance"),
        ("舞蹈室", "Dance Room"),
        ("舞蹈工作室", "Dance Studio"),
        spread(1_700, 35, [5, 0, 45, 50], 2, 30),
        sold(Layout::Court, 3, 2, 30, 100),
    ),
    sport(
        "yoga",
        ("瑜伽", "Yoga"),
        ("瑜伽室", "Yoga Room"),
        ("瑜伽馆", "Yoga House"),
        spread(1_300, 3, [3, 0, 27, 70], 1, 30),
        session((30, 50), 3, 1, 3, 50),
    ),
    sport(
        "swimming",
        ("游泳", "Swimming"),
        ("游泳池", "Swimming Pool"),
        ("游泳馆", "Swim Club"),
        spread(1_250, 12, [35, 0, 10, 55], 1, 14),
        sold(Layout::Pool, 6, 1, 6, 45),
    ),
    sport(
        "athletics",
        ("田径", "Athletics"),
        ("田径场", "Athletics Track"),
        ("田径训练营", "Athletics Camp"),
        spread(1_150, 75, [40, 50, 10, 0], 1, 10),
        session((60, 300), 2, 2, 10, 8),
    ),
    sport(
        "martial-arts",
        ("武术", "Martial Arts"),
        ("武术馆", "Martial Arts Hall"),
        ("武馆", "Martial Arts School"),
        spread(1_000, 20, [8, 17, 30, 45], 1, 20),
        sold(Layout::Court, 3, 2, 30, 100),
    ),
    sport(
        "chess",
        ("棋类", "Chess and Go"),
        ("棋牌室", "Chess Room"),
        ("棋院", "Chess House"),
        spread(640, 15, [2, 8, 80, 10], 2, 40),
        sold(Layout::Court, 4, 2, 16, 20),
    ),
    sport(
        "taekwondo",
        ("跆拳道", "Taekwondo"),
        ("跆拳道馆", "Dojang"),
        ("跆拳道馆", "Taekwondo Club"),
        spread(620, 8, [3, 0, 7, 90], 1, 20),
        sold(Layout::Court, 3, 2, 30, 120),
    ),
    sport(
        "boxing",
        ("拳击", "Boxing"),
        ("拳台", "Boxing Ring"),
        ("拳馆", "Boxing Club"),
        spread(480, 0, [5, 0, 5, 90], 1, 20),
        sold(Layout::Court, 2, 2, 12, 120),
    ),
    sport(
        "skating",
        ("轮滑与滑冰", "Skating"),
        ("滑冰轮滑场", "Rink"),
        ("溜冰场", "Skating Rink"),
        spread(260, 8, [15, 45, 0, 40], 1, 12),
        session((60, 400), 4, 1, 6, 60),
    ),
    sport(
        "gymnastics",
        ("体操", "Gymnastics"),
        ("体操房", "Gymnastics Hall"),
        ("体操馆", "Gymnastics Club"),
        spread(226, 30, [30, 0, 10, 60], 1, 15),
        session((30, 80), 4, 1, 4, 60),
    ),
    sport(
        "fencing",
        ("击剑", "Fencing"),
        ("击剑剑道", "Fencing Piste"),
        ("击剑馆", "Fencing Club"),
        spread(180, 5, [15, 0, 0, 85], 2, 40),
        sold(Layout::Court, 2, 3, 4, 120),
    ),
    sport(
        "climbing",
        ("攀岩", "Climbing"),
        ("攀岩墙", "Climbing Wall"),
        ("攀岩馆", "Climbing Gym"),
        spread(160, 8, [25, 10, 0, 65], 1, 14),
        session((30, 120), 4, 1, 4, 80),
    ),
    sport(
        "skateboarding",
        ("滑板", "Skateboarding"),
        ("滑板池", "Skate Park"),
        ("滑板俱乐部", "Skateboard Club"),
        spread(160, 0, [15, 70, 0, 15], 1, 12),
        session((30, 80), 4, 2, 4, 20),
    ),
    sport(
        "archery",
        ("射箭", "Archery"),
        ("射箭靶道", "Archery Lane"),
        ("射箭馆", "Archery Range"),
        spread(150, 0, [20, 0, 0, 80], 3, 50),
        sold(Layout::Court, 2, 2, 4, 90),
    ),
    sport(
        "trampoline",
        ("蹦床", "Trampoline"),
        ("蹦床区", "Trampoline Zone"),
        ("蹦床公园", "Trampoline Park"),
        spread(140, 0, [10, 0, 0, 90], 1, 14),
        session((40, 150), 4, 1, 6, 70),
    ),
];
