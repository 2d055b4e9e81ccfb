//! What came of a release: counted for everybody, the same before a restart and after it.

use serde_json::{Value, json};

use crate::city::{City, Resident, text};
use crate::client::Request;
use crate::problems::check;
use crate::server::{PATIENCE, poll};

/// Of a day of play of the release that the demo city has.
fn report(city: &City, day: &str) -> Value {
    city.get(&format!("/v1/releases/sports-centres/report?date={day}"))
}

fn count(report: &Value, group: &str, name: &str) -> u64 {
    report[group][name].as_u64().unwrap_or_else(|| panic!("no {group}.{name} in {report}"))
}

/// Free slots of the release's exclusive pitches, no two on one pitch.
fn slots(city: &City, ahead: i32) -> Vec<Value> {
    let release = city.get("/v1/releases/sports-centres");
    let pitches = release["pitches"].as_array().expect("pitches");
    let courts = city.free_courts(ahead).into_iter();
    courts.filter(|slot| pitches.contains(&json!(slot.pitch))).map(|slot| slot.order()).take(4).collect()
}

/// How long an order's slot is.
fn half_hours(order: &Value) -> u64 {
    let minute = |field: &str| {
        let text = text(&order[field]);
        let number = |at: usize| text.get(at..at + 2).and_then(|digits| digits.parse::<u64>().ok());
        number(11).zip(number(14)).map(|(hour, minute)| hour * 60 + minute).expect("a time")
    };
    (minute("end") - minute("start")) / 30
}

fn book(city: &City, resident: &Resident, key: &str, order: &Value) -> Value {
    city.book(resident, key, order).expect(201, "a booking").json()
}

#[test]
fn a_report_says_what_was_sold_to_how_many_and_who_went_away_with_nothing() {
    let city = City::demo();
    let day = city.day(3);
    let before = report(&city, &day);
    assert_eq!(count(&before, "bookings", "standing"), 0);
    assert!(before["opened_at"].is_string() && before["sold_out_at"].is_null(), "{before}");
    let offered = count(&before, "half_hours", "offered");
    assert_eq!(count(&before, "half_hours", "left"), offered);

    let (one, two) = (city.resident(), city.resident());
    let [a, b, c, d] = &slots(&city, 3)[..] else { panic!("four slots") };
    let _ = book(&city, &one, "a", a);
    let _ = book(&city, &one, "b", b);
    let _ = book(&city, &two, "c", c);
    let cancelled = book(&city, &two, "d", d);
    let path = format!("/v1/bookings/{}", text(&cancelled["id"]));
    let _ = city.ask(&Request::delete(&path).token(&two.token)).expect(200, "cancelled");
    check(&city.book(&two, "late", a), "slot-taken", "somebody else's");

    // It is as good as new for some seconds.
    let after =
        poll(PATIENCE, || Some(report(&city, &day)).filter(|now| count(now, "bookings", "standing") == 3));
    let after = after.expect("a newer report");
    let amount: u64 = [a, b, c].iter().map(|slot| half_hours(slot)).sum();
    assert_eq!(count(&after, "half_hours", "offered"), offered);
    assert_eq!(count(&after, "half_hours", "sold"), amount);
    assert_eq!(count(&after, "half_hours", "left"), offered - amount);
    assert_eq!(count(&after, "bookings", "cancelled"), 1);
    assert_eq!(count(&after, "residents", "with_bookings"), 2);
    assert_eq!(count(&after, "residents", "again"), 0);
    let by_bookings = json!([{ "bookings": 1, "residents": 1 }, { "bookings": 2, "residents": 1 }]);
    assert_eq!(after["residents"]["by_bookings"], by_bookings);
    let districts = after["by_district"].as_array().expect("districts");
    let in_districts: u64 = districts.iter().filter_map(|share| share["bookings"].as_u64()).sum();
    assert_eq!(in_districts, 3, "{districts:?}");
    assert_eq!(after["refused"]["reasons"], json!([{ "name": "slot-taken", "count": 1 }]));
    let page = city
        .ask(&Request::get(&format!("/releases/sports-centres/report?date={day}&lang=en")))
        .expect(200, "a page");
    assert!(page.text().contains("Just taken"), "{}", page.text());

    let city = city.kill_and_reopen();
    let again = report(&city, &day);
    for group in ["half_hours", "bookings", "residents", "by_district", "opened_at", "booked_within"] {
        assert_eq!(again[group], after[group], "{group}");
    }
    assert_eq!(again["refused"]["reasons"], json!([]), "counted since the start");
}

#[test]
fn of_a_day_that_it_does_not_govern_there_is_no_report() {
    let city = City::demo();
    for date in ["1999-01-01", "2999-01-01", "soon"] {
        let path = format!("/v1/releases/sports-centres/report?date={date}");
        check(&city.ask(&Request::get(&path)), "invalid-request", date);
    }
    check(&city.ask(&Request::get("/v1/releases/none/report")), "not-found", "no release");
    let latest = city.get("/v1/releases/sports-centres/report");
    assert!(latest["opened_at"].is_string(), "the last day that opened: {latest}");
}
