//! Postgres is away for long: what is sold meanwhile is kept for it, however much that is, and the journal is not given up before it is
//! there.

use std::collections::HashMap;

use crate::afterwards::{caught_up, open_with};
use crate::city::{City, FIRST_SEGMENT, FreeSlot, Ground, Resident, booking, text};
use crate::client::Request;
use crate::faults::{check_equal, live_a_little};
use crate::postgres::Postgres;
use crate::rebuilding::reproject;
use crate::server::{PATIENCE, kaichang, poll, serve};

const CLIENTS: usize = 6;
/// What one resident may have on a day of play.
const A_DAY: usize = 4;
/// What one resident may have at all.
const LIVE: usize = 20;
/// Ten minutes of a busy evening in a city of this size.
const BOOKINGS_MIN: usize = 5_000;

/// Slots that don't overlap, of six days.
fn slots(city: &City) -> Vec<FreeSlot> {
    let mut slots = Vec::new();
    for ahead in 1..=6 {
        for sport in ["table-tennis", "tennis", "badminton", "basketball", "swimming"] {
            let free = city.free(sport, &city.day(ahead));
            slots.extend(free.into_iter().filter(|slot| slot.kind == "exclusive" || slot.kind == "session"));
        }
    }
    slots
}

/// One client books what it is given, each for the next resident who may, and calls off every fifth; how many were booked and called off.
fn book_all(
    city: &City,
    slots: Vec<FreeSlot>,
    residents: Vec<Resident>,
) -> std::thread::JoinHandle<(usize, usize)> {
    let mut client = city.client();
    std::thread::spawn(move || {
        let (mut booked, mut cancelled) = (0, 0);
        let mut taken: HashMap<(usize, String), usize> = HashMap::new();
        let mut live = vec![0; residents.len()];
        let mut next = 0;
        for (nth, slot) in slots.iter().enumerate() {
            let day = slot.start.get(..10).expect("a date").to_owned();
            let may = |who: usize, taken: &HashMap<(usize, String), usize>, live: &[usize]| {
                live[who] < LIVE && taken.get(&(who, day.clone())).is_none_or(|count| *count < A_DAY)
            };
            let Some(who) = (0..residents.len())
                .map(|step| (next + step) % residents.len())
                .find(|who| may(*who, &taken, &live))
            else {
                continue;
            };
            next = who + 1;
            let resident = &residents[who];
            let answer = client.ask(&booking(resident, &format!("away-{nth}"), &slot.order()));
            // Another resident of this client may have two at one time only where the city lets him.
            if answer.status != 201 {
                assert!(matches!(answer.status, 403 | 409), "{}{}", answer.head, answer.text());
                continue;
            }
            booked += 1;
            live[who] += 1;
            *taken.entry((who, day)).or_default() += 1;
            if booked % 5 == 0 {
                let path = format!("/v1/bookings/{}", text(&answer.json()["id"]));
                let _ =
                    client.ask(&Request::delete(&path).token(&resident.token)).expect(200, "a cancellation");
                cancelled += 1;
            }
        }
        (booked, cancelled)
    })
}

#[test]
fn thousands_of_bookings_while_postgres_is_away_stand_in_it_when_it_is_back() {
    let mut postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    caught_up(&city);
    postgres.stop_server("immediate");
    let all = slots(&city);
    let pieces: Vec<Vec<FreeSlot>> =
        (0..CLIENTS).map(|nth| all.iter().skip(nth).step_by(CLIENTS).cloned().collect()).collect();
    let clients: Vec<_> = pieces
        .into_iter()
        .map(|slots| book_all(&city, slots, (0..300).map(|_| city.resident()).collect()))
        .collect();
    let (mut booked, mut cancelled) = (0, 0);
    for client in clients {
        let (of_one, called_off) = client.join().expect("no panic");
        booked += of_one;
        cancelled += called_off;
    }
    assert!(booked >= BOOKINGS_MIN, "{booked} of {}", all.len());
    let projection = || city.get("/readyz")["projection"].clone();
    assert_eq!(projection()["state"], "away");
    let behind = poll(PATIENCE, || {
        projection()["lag_seconds"].as_u64().is_some_and(|seconds| seconds > 0).then_some(())
    });
    assert!(behind.is_some(), "it gets older: {}", projection());
    postgres.start_server();
    caught_up(&city);
    let states = "SELECT count(*), count(*) FILTER (WHERE state = 'cancelled') FROM booking";
    assert_eq!(postgres.sql(states), format!("{booked}|{cancelled}"));
    check_equal(&city.kill(), &postgres.url());
}

#[test]
fn segments_stay_until_postgres_has_them_and_then_it_needs_them_no_more() {
    let mut postgres = Postgres::start();
    // Closed before anything of it can go.
    let city = open_with(Ground::demo(), &postgres.url());
    caught_up(&city);
    let ground = city.kill();
    postgres.stop_server("fast");
    let mut command = serve(kaichang(), ground.path());
    command.args(["--database-url", &postgres.url(), "--snapshot-every", "1", "--keep-days", "0"]);
    let city = ground.open_with(command);
    let kept = "the journal is kept beyond its limits";
    let mut round = 0;
    let told = poll(PATIENCE, || {
        live_a_little(&city, round);
        round += 1;
        std::thread::sleep(std::time::Duration::from_millis(400));
        city.server.said().contains(kept).then_some(())
    });
    assert!(told.is_some(), "{}", city.server.said());
    assert!(city.ground.path().join(FIRST_SEGMENT).exists(), "Postgres is away and may need it");
    postgres.start_server();
    let gone = poll(PATIENCE, || {
        live_a_little(&city, round);
        round += 1;
        std::thread::sleep(std::time::Duration::from_millis(400));
        (!city.ground.path().join(FIRST_SEGMENT).exists()).then_some(())
    });
    assert!(gone.is_some(), "{}", city.server.said());
    caught_up(&city);
    let city = open_with(city.kill(), &postgres.url());
    live_a_little(&city, round);
    caught_up(&city);
    assert_eq!(postgres.sql("SELECT sum(amount) FROM ledger_line"), "0");

    // What was given up is told by Postgres alone, and the tables are made anew of that.
    let ground = city.kill();
    let events = postgres.sql("SELECT count(*), max(sequence) FROM booking_event");
    let _ = postgres.sql("UPDATE booking SET price = 0, refund = 0");
    let made = reproject(&ground, &postgres.url());
    assert_eq!(made.code, Some(0), "{}", made.said);
    check_equal(&ground, &postgres.url());
    assert_eq!(postgres.sql("SELECT count(*), max(sequence) FROM booking_event"), events);
    // Where that has a gap, nothing else has it: the tables stay as they are.
    let _ = postgres.sql("DELETE FROM journal_record WHERE sequence = 2");
    let ended = reproject(&ground, &postgres.url());
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("is told by nothing else"), "{}", ended.said);
    assert_eq!(postgres.sql("SELECT count(*), max(sequence) FROM booking_event"), events);
}
