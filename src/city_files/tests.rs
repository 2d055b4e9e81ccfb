//! Whole cities as files: read, planned, written.

mod bad_lines;

use std::collections::HashMap;

use super::*;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::Offered;
use crate::domain::definition::{CityDef, ClosureDef, SportDef};
use crate::domain::event::Event;
use crate::domain::hours::DayKind;
use crate::domain::ids::Code;
use crate::domain::money::{Currency, Minor};
use crate::domain::names::Names;
use crate::domain::time::UtcMillis;

const WEEK: &str = "monday,tuesday,wednesday,thursday,friday,saturday,sunday,holiday";

/// A city of two venues: a court, a hall of two halves, a pool.
fn files() -> HashMap<File, String> {
    let files = [
        (File::City, "name_zh,name_en,timezone,currency,days_ahead,hold_minutes\n明珠市,Pearl City,Asia/Shanghai,CNY,7,10\n".to_owned()),
        (File::Quotas, "id,scope,venue,sport,measure,window,limit\nday,city,,,bookings,day_of_play,4\npool,venue,pool,,minutes,live,240\n".to_owned()),
        (File::Districts, "id,name_zh,name_en\neast,东区,East\nwest,西区,West\n".to_owned()),
        (File::Sports, "id,name_zh,name_en\nbadminton,羽毛球,Badminton\nswimming,游泳,Swimming\n".to_owned()),
        (File::Venues, "id,name_zh,name_en,district,address_zh,address_en,latitude,longitude,admission\nhall,东馆,East Hall,east,东路1号,\"1 East Road, East\",22.543096,114.057865,open\npool,西池,West Pool,west,西路2号,2 West Road,-33.9,-70.5,checked\n".to_owned()),
        (File::Pitches, "id,venue,name_zh,name_en,sport,kind,part_of,first_leaf,leaves,capacity,slot_minutes,first_slot,max_slots,party_size_max,cancellation,offered,releases\n\
            court,hall,1号场,Court 1,badminton,exclusive,,,,,60,08:00,2,4,24h:100 2h:50,yes,daily\n\
            big,hall,大厅,Big Hall,badminton,divisible,,,2,,60,08:00,2,20,2h:100,yes,\n\
            big-a,hall,大厅甲,Half A,badminton,part,big,0,1,,60,08:00,2,10,2h:100,,\n\
            big-b,hall,大厅乙,Half B,badminton,part,big,1,1,,60,08:00,2,10,,,\n\
            lanes,pool,泳池,Lanes,swimming,session,,,,50,90,06:00,1,3,90m:100,no,\n".to_owned()),
        (File::Hours, format!("venue,pitch,{WEEK}\nhall,,{day},{day},{day},{day},{day},{day},{day},10:00-18:00\npool,lanes,{pool},{pool},{pool},{pool},{pool},{pool},{pool},\n",
            day = "08:00-12:00 14:00-22:00", pool = "06:00-21:00")),
        (File::Prices, format!("venue,pitch,from,to,{WEEK}\nhall,,08:00,18:00,30,30,30,30,30,60,60,60\nhall,,18:00,22:00,50,50,50,50,50,60,60,\n,big-a,08:00,22:00,20,20,20,20,20,20,20,20\n,lanes,06:00,21:00,25,25,25,25,25,25.5,25.5,\n")),
        (File::Holidays, "date,venue,goes_by\n2026-10-01,,holiday\n2026/10/10,,monday\n2026-10-02,pool,holiday\n".to_owned()),
        (File::Closures, "id,pitches,first_day,last_day,times,bookings,reason\nrepair,big-a court,2026-11-01,2026-11-03,08:00-12:00,refund,\"换地板\n两天\"\n".to_owned()),
        (File::Releases, "id,name_zh,name_en,venue,first_day,last_day,days_before,opens_at,mode,limit_per_resident,counter_share_percent\ndaily,每日放号,Daily,hall,2026-01-01,,7,07:00,first_come,2,20\n".to_owned()),
    ];
    files.into_iter().collect()
}

fn sources(files: &HashMap<File, String>) -> Sources {
    let named = |(file, text): (&File, &String)| Named { file: *file, bytes: text.clone().into_bytes() };
    Sources(files.iter().map(named).collect())
}

fn defaults() -> Target<'static> {
    let city = CityDef {
        name: Names::new("城市", "City"),
        timezone: "Asia/Shanghai".to_owned(),
        currency: Currency::new("CNY").expect("a currency"),
        days_ahead: 7,
        hold_minutes: 10,
        quotas: Vec::new(),
    };
    let sport = SportDef { code: Code::new("tennis").expect("a code"), name: Names::new("网球", "Tennis") };
    Target::New(Box::new(Defaults { city, sports: vec![sport] }))
}

/// What the events make.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a plan has none of the other events, and a new one would end the test"
)]
fn made(catalogue: Option<Catalogue>, events: &[Event]) -> Catalogue {
    let mut events = events.iter();
    let mut catalogue = catalogue.unwrap_or_else(|| match events.next() {
        Some(Event::CityFounded(def)) => Catalogue::found(def.as_ref().clone()).expect("a city"),
        other => panic!("a city is founded first, not {other:?}"),
    });
    for event in events {
        let applied = match event.clone() {
            Event::DistrictAdded(def) => catalogue.add_district(*def).map(|_| ()),
            Event::SportAdded(def) => catalogue.add_sport(*def).map(|_| ()),
            Event::VenueAdded(def) => catalogue.add_venue(*def).map(|_| ()),
            Event::PitchAdded(def) => catalogue.add_pitch(*def).map(|_| ()),
            Event::ClosureDeclared(def) => catalogue.add_closure(*def).map(|_| ()),
            Event::ReleaseDeclared(def) => catalogue.add_release(*def, UtcMillis::new(0)).map(|_| ()),
            Event::PitchChanged(change) => catalogue.change_pitch(&change),
            Event::VenueChanged(change) => catalogue.change_venue(&change),
            Event::SpecialDaysSet(days) => {
                catalogue.set_special_days(&days);
                Ok(())
            }
            other => panic!("no event of a catalogue: {other:?}"),
        };
        applied.unwrap_or_else(|error| panic!("{event:?}: {error}"));
    }
    catalogue
}

fn new_city(files: &HashMap<File, String>) -> Result<Catalogue, Vec<String>> {
    plan(&sources(files), defaults()).map(|plan| made(None, &plan.events)).map_err(told)
}

fn told(faults: Faults) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

/// A plan for a city that is there, with so many live bookings on each pitch.
fn change(catalogue: &Catalogue, sources: &Sources, live: usize) -> Result<Plan, Vec<String>> {
    let bookings_inside = move |_: &ClosureDef| live;
    let standing = Standing { catalogue, bookings_inside: &bookings_inside };
    plan(sources, Target::Standing(standing)).map_err(told)
}

fn edited(edits: &[(File, &str, &str)]) -> HashMap<File, String> {
    let mut files = files();
    for (file, from, to) in edits {
        let text = files.get_mut(file).expect("a file");
        assert!(text.contains(from), "{from:?} is not in {}", file.name());
        *text = text.replacen(from, to, 1);
    }
    files
}

#[test]
fn files_make_the_city_that_they_say() {
    let city = new_city(&files()).expect("good files");
    let pitch = |code: &str| city.pitch_by_code(code).expect("a pitch");
    assert_eq!(city.city().quotas.len(), 2);
    assert_eq!(city.venue_by_code("pool").map(|venue| venue.def.location.latitude_e6), Some(-33_900_000));
    let price = |code: &str, kind, unit| pitch(code).tariff.slot_price(kind, unit);
    assert_eq!(price("court", DayKind::Friday, 36), Minor::new(5000));
    assert_eq!(price("court", DayKind::Holiday, 36), Minor::ZERO, "closed, and without a price");
    assert_eq!(price("big-a", DayKind::Sunday, 16), Minor::new(2000), "its own");
    assert_eq!(price("big-b", DayKind::Sunday, 16), Minor::new(6000), "its venue's");
    assert_eq!(price("lanes", DayKind::Sunday, 12), Minor::new(2550));
    assert_eq!((pitch("lanes").offered, pitch("court").offered), (Offered::No, Offered::Yes));
    assert_eq!(pitch("big-b").cancel.steps(), []);
    assert_eq!(pitch("lanes").grid.anchor(), 0);
    assert_eq!(pitch("court").releases.len(), 1);
    assert_eq!(city.closures().len(), 1);
}

#[test]
fn what_is_written_is_read_as_what_it_was_and_changes_nothing() {
    let city = new_city(&files()).expect("good files");
    let written = write(&city).expect("written");
    let again =
        plan(&written, defaults()).map(|plan| made(None, &plan.events)).map_err(told).expect("good files");
    assert_eq!(write(&again).expect("written"), written);
    let same = change(&city, &written, 9).expect("good files");
    assert_eq!(same.events, []);
    let same = change(&city, &sources(&files()), 9).expect("good files");
    assert_eq!(same.events, [], "the files that it was made of");
    assert!(same.counts.iter().all(|(_, counts)| counts.new + counts.changed == 0 && counts.unchanged > 0));
}

#[test]
fn a_city_needs_no_more_than_venues_and_what_they_stand_on() {
    let mut few = files();
    for file in [File::City, File::Quotas, File::Sports, File::Holidays, File::Closures, File::Releases] {
        few.remove(&file);
    }
    let pitches =
        few[&File::Pitches].replace("badminton", "tennis").replace("swimming", "tennis").replace("daily", "");
    few.insert(File::Pitches, pitches);
    let city = new_city(&few).expect("good files");
    assert_eq!((city.city().name.en.as_str(), city.sports().len()), ("City", 1));
}

#[test]
fn texts_that_spreadsheets_take_for_formulas_are_harmless_and_come_back() {
    let name = "=HYPERLINK(\"http://x\")";
    let files = edited(&[
        (File::Venues, "East Hall", "\"'=HYPERLINK(\"\"http://x\"\")\""),
        (File::Districts, "\neast,", "\n'-e,"),
        (File::Venues, "hall,东馆,", "'-hall,＝1,"),
        (File::Venues, ",east,", ",'-e,"),
        (File::Pitches, "court,hall", "court,'-hall"),
    ]);
    let mut files = files;
    for file in [File::Pitches, File::Hours, File::Prices, File::Releases] {
        let text = files[&file].replace(",hall,", ",'-hall,").replace("\nhall,", "\n'-hall,");
        files.insert(file, text);
    }
    let city = new_city(&files).expect("good files");
    let venue = city.venue_by_code("-hall").expect("the venue");
    assert_eq!((venue.def.name.en.as_str(), venue.def.name.zh_hans.as_str()), (name, "＝1"));
    let written = write(&city).expect("written");
    for named in &written.0 {
        let mut lines = csv::ReaderBuilder::new().flexible(true).from_reader(named.bytes.as_slice());
        for record in lines.records() {
            for (number, cell) in record.expect("a line").iter().enumerate() {
                let is_number = named.file == File::Venues && (6..=7).contains(&number);
                let first = cell.chars().next();
                let is_formula = first.is_some_and(|sign| "=+-@\t\r＝＋－＠".contains(sign));
                assert!(!is_formula || is_number, "{}: {cell}", named.file.name());
            }
        }
    }
    let again =
        plan(&written, defaults()).map(|plan| made(None, &plan.events)).map_err(told).expect("good files");
    assert_eq!(write(&again).expect("written"), written);
}

#[test]
fn a_city_that_is_there_is_changed_and_not_made_anew() {
    let city = new_city(&files()).expect("good files");
    let files = edited(&[
        (File::Venues, "East Hall,east,", "Eastern Hall,west,"),
        (File::Venues, "22.543096", "22.55"),
        (File::Pitches, "session,,,,50", "session,,,,40"),
        (File::Pitches, "Court 1", "First Court"),
        (File::Pitches, "no,\n", "yes,\nnew,pool,新池,New Pool,swimming,session,,,,9,60,,1,1,,,\n"),
        (File::Hours, "pool,lanes,06:00-21:00", "pool,new,,,,,,,,\npool,lanes,07:00-21:00"),
        (File::Prices, "lanes,06:00,21:00,25,", "lanes,06:00,21:00,26,"),
        (File::Holidays, "2026-10-02,pool,holiday", "2026-10-02,pool,city\n2026-10-03,,holiday"),
    ]);
    let plan = change(&city, &sources(&files), 3).expect("good files");
    let counts: HashMap<File, Counts> = plan.counts.iter().copied().collect();
    let count = |new, changed, unchanged| Counts { new, changed, unchanged };
    assert_eq!(counts[&File::Venues], count(0, 1, 1));
    assert_eq!(counts[&File::Pitches], count(1, 2, 3));
    assert_eq!(counts[&File::Hours], count(1, 1, 2));
    assert_eq!(counts[&File::Prices], count(1, 1, 4));
    assert_eq!(counts[&File::Holidays], count(1, 1, 2));
    let changed = made(Some(city.clone()), &plan.events);
    let numbers = |catalogue: &Catalogue| {
        let pitches = catalogue.pitches().iter().map(|pitch| (pitch.code.clone(), pitch.no));
        pitches.take(5).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&changed), numbers(&city), "who was there keeps its number");
    let pool = changed.venue_by_code("pool").expect("the pool");
    assert_eq!(pool.special_days(), []);
    assert_eq!(change(&changed, &sources(&files), 3).map(|plan| plan.events.len()), Ok(0));
    let written = write(&changed).expect("written");
    assert_eq!(change(&changed, &written, 3).map(|plan| plan.events), Ok(Vec::new()));
}

#[test]
fn files_and_columns_that_are_not_there_leave_what_is_there() {
    let city = new_city(&files()).expect("good files");
    let only = |file: File, text: &str| Sources(vec![Named { file, bytes: text.as_bytes().to_vec() }]);
    let without = "id,venue,name_zh,name_en,sport,kind,slot_minutes,max_slots,party_size_max,cancellation,capacity\n\
                   lanes,pool,泳池,Lanes,swimming,session,90,1,3,90m:100,50\n";
    let plan = change(&city, &only(File::Pitches, without), 0).expect("good files");
    assert_eq!(plan.events, [], "it is as little offered as it was");
    let of_pitch = format!("venue,pitch,{WEEK}\n,big,,,,,,,,08:00-09:00\n");
    let plan = change(&city, &only(File::Hours, &of_pitch), 0).expect("good files");
    assert!(matches!(&plan.events[..], [Event::PitchChanged(_)]), "{:?}", plan.events);
}

#[test]
fn new_closures_tell_how_many_bookings_they_refund() {
    let city = new_city(&files()).expect("good files");
    let more = "\nmore,court,2026-12-01,2026-12-01,,refund,\nless,court,2026-12-01,2026-12-01,,keep,\n";
    let mut files = files();
    files.entry(File::Closures).or_default().push_str(more);
    let plan = change(&city, &sources(&files), 3).expect("good files");
    assert_eq!((plan.events.len(), plan.bookings_refunded), (2, 3));
}

/// The papers draw every column under its file, and no column that is not there.
#[test]
fn every_column_is_explained() {
    let paper = include_str!("../../docs/YOUR-CITY.md");
    for file in File::ALL {
        let parts = paper.split("\n### ");
        let part =
            parts.skip(1).find(|part| part.lines().next().is_some_and(|title| title.contains(file.name())));
        let part = part.unwrap_or_else(|| panic!("{} is not explained", file.name()));
        let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
        let explained: Vec<(&str, bool)> = rows
            .flat_map(|(names, _)| {
                let is_optional = names.contains('†');
                names
                    .split(['`', ' ', '†'])
                    .filter(|name| !name.is_empty())
                    .map(move |name| (name, is_optional))
            })
            .collect();
        let columns = file.columns().iter();
        let expected: Vec<_> = columns.map(|(name, need)| (*name, *need == files::Need::Optional)).collect();
        assert_eq!(explained, expected, "{}", file.name());
    }
}
