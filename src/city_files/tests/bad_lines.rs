//! Lines that are bad: each is told once, at its place, with what was expected there.

use super::*;

/// One slip, told once and at its place.
#[test]
fn each_bad_cell_is_told_with_its_file_line_and_column() {
    let mut otherwise = Vec::new();
    for (file, from, to, fault) in [
        (
            File::City,
            "Asia/Shanghai",
            "Asia/Shangai",
            "city.csv, line 2, column 3 (timezone): expected a time zone of the IANA database, as Asia/Shanghai, found \"Asia/Shangai\"",
        ),
        (File::City, "CNY", "yuan", "city.csv, line 2, column 4 (currency): expected a currency"),
        (
            File::City,
            ",7,",
            ",29,",
            "city.csv, line 2, column 5 (days_ahead): expected a whole number from 1 to 28, found \"29\"",
        ),
        (File::City, ",10\n", ",10\n,,,,1\n", "city.csv, line 3: is a second city"),
        (
            File::Quotas,
            "city,,",
            "town,,",
            "quotas.csv, line 2, column 2 (scope): expected city, each_venue, venue, each_sport or sport",
        ),
        (File::Quotas, "venue,pool", "venue,", "quotas.csv, line 3, column 3 (venue): expected an id"),
        (File::Quotas, "venue,pool", "city,pool", "quotas.csv, line 3, column 3 (venue): stands only where"),
        (
            File::Quotas,
            "venue,pool",
            "venue,nowhere",
            "quotas.csv, line 3, column 3 (venue): expected an id that stands in venues.csv",
        ),
        (File::Quotas, ",240", ",0", "quotas.csv, line 3, column 7 (limit): expected a whole number from 1"),
        (
            File::Quotas,
            "pool,venue",
            "day,venue",
            "quotas.csv, line 3, column 1 (id): day stands in line 2 already",
        ),
        (
            File::Districts,
            "east,",
            "East,",
            "districts.csv, line 2, column 1 (id): expected an id of 1 to 64 of a-z, 0-9 and -, found \"East\"",
        ),
        (
            File::Districts,
            "西区",
            "  ",
            "districts.csv, line 3, column 2 (name_zh): expected a name of 1 to 200 characters",
        ),
        (
            File::Venues,
            "pool,西池,West Pool,west",
            "pool,西池,West Pool,north",
            "venues.csv, line 3, column 4 (district): expected an id that stands in districts.csv or in the city, found \"north\"",
        ),
        (
            File::Venues,
            "22.543096",
            "\"22,5\"",
            "venues.csv, line 2, column 7 (latitude): expected degrees from -90 to 90",
        ),
        (
            File::Venues,
            "-70.5",
            "-190",
            "venues.csv, line 3, column 8 (longitude): expected degrees from -180 to 180",
        ),
        (
            File::Venues,
            "checked",
            "gate",
            "venues.csv, line 3, column 9 (admission): expected open or checked, found \"gate\"",
        ),
        (
            File::Venues,
            "1 East Road, East",
            "1 East\nRoad",
            "venues.csv, line 2, column 6 (address_en): expected a name",
        ),
        (
            File::Pitches,
            "court,hall",
            "court,nowhere",
            "pitches.csv, line 2, column 2 (venue): expected an id",
        ),
        (
            File::Pitches,
            "Lanes,swimming",
            "Lanes,diving",
            "pitches.csv, line 6, column 5 (sport): expected an id that stands in sports.csv",
        ),
        (
            File::Pitches,
            "exclusive",
            "solo",
            "pitches.csv, line 2, column 6 (kind): expected exclusive, divisible, part or session",
        ),
        (
            File::Pitches,
            "exclusive,,,,",
            "exclusive,,,,5",
            "pitches.csv, line 2, column 10 (capacity): expected nothing for a pitch of this kind",
        ),
        (
            File::Pitches,
            "divisible,,,2",
            "divisible,,,1",
            "pitches.csv, line 3, column 9 (leaves): expected a whole number from 2 to 48",
        ),
        (
            File::Pitches,
            "part,big,0,1",
            "part,big,0,3",
            "pitches.csv, line 3, column 1 (id): the pitch big: a part lies outside of its whole",
        ),
        (
            File::Pitches,
            "part,big,0",
            "part,court,0",
            "pitches.csv, line 4, column 7 (part_of): expected the id of a divisible pitch, found court",
        ),
        (
            File::Pitches,
            "part,big,0",
            "part,huge,0",
            "pitches.csv, line 4, column 7 (part_of): expected the id of a divisible pitch, found huge",
        ),
        (
            File::Pitches,
            "2,10,2h:100,,",
            "2,10,2h:100,no,",
            "pitches.csv, line 4, column 16 (offered): expected nothing for a part",
        ),
        (
            File::Pitches,
            "session,,,,50",
            "session,,,,0",
            "pitches.csv, line 6, column 10 (capacity): expected a whole number from 1 to 65535",
        ),
        (
            File::Pitches,
            "90,06:00",
            "45,06:00",
            "pitches.csv, line 6, column 11 (slot_minutes): expected 30 to 240 minutes in steps of 30, found \"45\"",
        ),
        (
            File::Pitches,
            "90,06:00",
            "90,06:10",
            "pitches.csv, line 6, column 12 (first_slot): expected a time on the hour or the half hour",
        ),
        (
            File::Pitches,
            "08:00,2,4",
            "08:00,49,4",
            "pitches.csv, line 2, column 13 (max_slots): expected a whole number from 1 to 48",
        ),
        (
            File::Pitches,
            "08:00,2,4",
            "08:00,2,4.5",
            "pitches.csv, line 2, column 14 (party_size_max): expected a whole number from 1 to 65535",
        ),
        (
            File::Pitches,
            "24h:100 2h:50",
            "24h",
            "pitches.csv, line 2, column 15 (cancellation): expected at most 8 steps",
        ),
        (
            File::Pitches,
            "yes,daily",
            "maybe,daily",
            "pitches.csv, line 2, column 16 (offered): expected yes or no",
        ),
        (
            File::Pitches,
            "yes,daily",
            "yes,daily weekly",
            "pitches.csv, line 2, column 17 (releases): expected ids that stand in releases.csv or in the city, found weekly",
        ),
        (
            File::Hours,
            "10:00-18:00",
            "10-18",
            "hours.csv, line 2, column 10 (holiday): expected times on the hour or the half hour",
        ),
        (
            File::Hours,
            "pool,lanes",
            "hall,lanes",
            "hours.csv, line 3, column 1 (venue): lanes is a pitch of pool, not of hall",
        ),
        (
            File::Prices,
            "08:00,18:00",
            "08:10,18:00",
            "prices.csv, line 2, column 3 (from): expected a time on the hour or the half hour",
        ),
        (
            File::Prices,
            "08:00,18:00",
            "08:00,08:00",
            "prices.csv, line 2, column 4 (to): expected a time after that of from, found \"08:00\"",
        ),
        (
            File::Prices,
            "30,30,30,30,30",
            "30,30元,30,30,30",
            "prices.csv, line 2, column 6 (tuesday): expected a price in CNY, as 60 or 60.50, with at most 2 decimals, found \"30元\"",
        ),
        (
            File::Prices,
            "18:00,22:00",
            "17:00,22:00",
            "prices.csv, line 3, column 5 (monday): line 2 has a price for some of these times already",
        ),
        (
            File::Holidays,
            "2026-10-01",
            "1.10.2026",
            "holidays.csv, line 2, column 1 (date): expected a day, as 2026-10-01",
        ),
        (
            File::Holidays,
            ",,monday",
            ",,city",
            "holidays.csv, line 3, column 3 (goes_by): expected monday to sunday or holiday, found \"city\"",
        ),
        (
            File::Holidays,
            "pool,holiday",
            "lake,holiday",
            "holidays.csv, line 4, column 2 (venue): expected an id",
        ),
        (
            File::Holidays,
            "2026/10/10,,",
            "2026-10-01,,",
            "holidays.csv, line 3, column 1 (date): 2026-10-01 stands in line 2 already",
        ),
        (
            File::Closures,
            "big-a court",
            "big-a yard",
            "closures.csv, line 2, column 2 (pitches): yard is no pitch of this city",
        ),
        (
            File::Closures,
            "2026-11-03",
            "2026-10-31",
            "closures.csv, line 2, column 1 (id): the closure ends before it begins",
        ),
        (
            File::Closures,
            "refund",
            "cancel",
            "closures.csv, line 2, column 6 (bookings): expected keep or refund",
        ),
        (
            File::Releases,
            "7,07:00",
            ",07:00",
            "releases.csv, line 2, column 8 (opens_at): expected a moment, as 2026-11-30 07:00",
        ),
        (
            File::Releases,
            "7,07:00",
            "29,07:00",
            "releases.csv, line 2, column 7 (days_before): expected a whole number from 0 to 28",
        ),
        (
            File::Releases,
            ",2,20",
            ",0,20",
            "releases.csv, line 2, column 10 (limit_per_resident): expected a whole number",
        ),
        (
            File::Releases,
            "Daily,hall",
            "Daily,pool",
            "releases.csv, line 2, column 1 (id): the release daily: names a pitch of another venue",
        ),
    ] {
        let faults = new_city(&edited(&[(file, from, to)])).expect_err(fault);
        if faults.len() != 1 || !faults[0].starts_with(fault) {
            otherwise.push(format!("{fault}\n{faults:#?}"));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

#[test]
fn what_is_missing_is_told_where_it_is_missed() {
    for (file, from, to, fault) in [
        (
            File::Hours,
            "pool,lanes",
            ",",
            "hours.csv, line 3, column 1 (venue): expected the id of a venue or of a pitch",
        ),
        (
            File::Hours,
            "pool,lanes",
            "pool,lane",
            "hours.csv, line 3, column 2 (pitch): expected an id that stands in pitches.csv",
        ),
        (
            File::Hours,
            "pool,lanes",
            "pool,lanes2",
            "pitches.csv, line 6, column 1 (id): no line of hours.csv says when it is open",
        ),
        (
            File::Prices,
            ",lanes",
            ",lanes2",
            "pitches.csv, line 6, column 1 (id): no line of prices.csv says what it costs",
        ),
        (
            File::Prices,
            "06:00,21:00",
            "06:00,12:00",
            "prices.csv, line 5, column 5 (monday): lanes is open on monday at 12:00, and no line has a price for it",
        ),
        (
            File::Prices,
            "30,60,60,60",
            "30,,60,60",
            "prices.csv, line 2, column 10 (saturday): court is open on saturday at 08:00",
        ),
        (
            File::Pitches,
            "yes,daily",
            "yes,",
            "releases.csv, line 2, column 1 (id): no line of pitches.csv names it",
        ),
    ] {
        let faults = new_city(&edited(&[(file, from, to)])).expect_err(fault);
        assert!(faults.iter().any(|told| told.starts_with(fault)), "{fault}\n{faults:#?}");
    }
    let files = edited(&[(File::Hours, "pool,lanes", "hall,big-a")]);
    let faults = new_city(&files).expect_err("hours of a part");
    let fault = "hours.csv, line 3, column 2 (pitch): a part has the hours of its whole, big";
    assert!(faults.iter().any(|told| told.starts_with(fault)), "{faults:#?}");
}

#[test]
fn all_faults_of_all_files_are_told_in_their_order_and_none_for_what_follows_from_another() {
    let files = edited(&[
        (File::Venues, "hall,东馆", "Hall,东馆"),
        (File::Venues, "-33.9", "x"),
        (File::Pitches, "90m:100", "soon"),
        (File::Districts, "east", "East"),
        (File::Hours, "10:00-18:00", "x"),
    ]);
    let faults = new_city(&files).expect_err("many slips");
    let places: Vec<_> =
        faults.iter().filter_map(|told| told.split_once(')').map(|(place, _)| place)).collect();
    assert_eq!(
        places,
        [
            "districts.csv, line 2, column 1 (id",
            "venues.csv, line 2, column 1 (id",
            "venues.csv, line 3, column 7 (latitude",
            "pitches.csv, line 6, column 15 (cancellation",
            "hours.csv, line 2, column 10 (holiday",
        ]
    );
}

#[test]
fn what_bookings_speak_of_stays_and_the_line_says_why() {
    let city = new_city(&files()).expect("good files");
    for (file, from, to, fault) in [
        (File::Pitches, "24h:100 2h:50,yes", "24h:100 2h:50,no", ""),
        (
            File::Pitches,
            "60,08:00,2,4",
            "90,08:00,2,4",
            "pitches.csv, line 2, column 11 (slot_minutes): stays 60 once a pitch is there, and 3 live bookings stand on it: take it out of sale",
        ),
        (
            File::Pitches,
            "60,08:00,2,4",
            "60,08:30,2,4",
            "pitches.csv, line 2, column 12 (first_slot): stays 00:00 once",
        ),
        (File::Pitches, "court,hall", "court,pool", "pitches.csv, line 2, column 2 (venue): stays hall once"),
        (
            File::Pitches,
            "Court 1,badminton",
            "Court 1,swimming",
            "pitches.csv, line 2, column 5 (sport): stays badminton once",
        ),
        (
            File::Pitches,
            "exclusive,,,,",
            "session,,,,5",
            "pitches.csv, line 2, column 6 (kind): stays exclusive once",
        ),
        (
            File::Pitches,
            "divisible,,,2",
            "divisible,,,3",
            "pitches.csv, line 3, column 9 (leaves): stays 2 once",
        ),
        (
            File::Pitches,
            "part,big,1,1",
            "part,big,0,1",
            "pitches.csv, line 5, column 8 (first_leaf): stays 1 once",
        ),
        (
            File::Pitches,
            "big-b,",
            "big-c,",
            "pitches.csv, line 5, column 7 (part_of): the pitch that it would be a part of is there",
        ),
        (
            File::Pitches,
            "yes,daily",
            "yes,",
            "pitches.csv, line 2, column 17 (releases): it is of daily, and that stays",
        ),
        (
            File::Pitches,
            "yes,\n",
            "yes,daily\n",
            "pitches.csv, line 3, column 17 (releases): it is not of daily, and that stays",
        ),
        (File::Releases, ",2,20", ",3,20", "releases.csv, line 2, column 1 (id): is declared already"),
        (File::Closures, "refund", "keep", "closures.csv, line 2, column 1 (id): is declared already"),
        (File::City, "CNY", "EUR", "city.csv, line 2, column 4 (currency): stays CNY for ever"),
        (File::Quotas, ",240", ",241", "quotas.csv, line 3, column 1 (id): quotas stay"),
        (File::Districts, "East", "Orient", ""),
        (File::Sports, "Badminton", "Feather ball", ""),
    ] {
        let planned = change(&city, &sources(&edited(&[(file, from, to)])), 3);
        if fault.is_empty() {
            assert_eq!(
                planned.map(|plan| plan.events.len()),
                Ok(1),
                "what is booked stays when nothing more is sold, and when a name is another"
            );
            continue;
        }
        let faults = planned.expect_err(fault);
        assert!(faults.len() == 1 && faults[0].starts_with(fault), "{fault}\n{faults:#?}");
    }
}

#[test]
fn what_is_too_long_for_one_record_is_told_at_its_line() {
    let mut files = files();
    let (mut pitches, mut prices) = (String::new(), String::new());
    for half_hour in 0..48 {
        let time = |unit: u32| format!("{:02}:{:02}", unit / 2, unit % 2 * 30);
        let week: Vec<String> = (0..8).map(|kind| format!("{}", half_hour * 8 + kind)).collect();
        for part in 0..48 {
            prices.push_str(&format!(
                ",long-{part},{},{},{}\n",
                time(half_hour),
                time(half_hour + 1),
                week.join(",")
            ));
        }
    }
    pitches.push_str("long,pool,长,Long,swimming,divisible,,,48,,60,,1,1,,,\n");
    for part in 0..48 {
        pitches.push_str(&format!("long-{part},pool,段,Part,swimming,part,long,{part},1,,60,,1,1,,,\n"));
    }
    files.entry(File::Pitches).or_default().push_str(&pitches);
    files.entry(File::Prices).or_default().push_str(&prices);
    files.entry(File::Hours).or_default().push_str(",long,,,,,,,,\n");
    let faults = new_city(&files).expect_err("a long pitch");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].starts_with("pitches.csv, line 7, column 1 (id): is more than can be kept"),
        "{faults:?}"
    );
}
