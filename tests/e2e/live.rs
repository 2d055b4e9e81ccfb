//! `/v1/pitches/{pitch}/events` and `/v1/venues/{venue}/events`: whoever listens sees the whole day first and then each change, comes back
//! without missing any, and never holds the server up.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use kaichang::app::SystemClock;
use kaichang::domain::clock::Clock;
use serde_json::Value;

use crate::city::{City, FreeSlot, text};
use crate::client::Request;

/// How soon a change is heard of.
const SOON: Duration = Duration::from_secs(1);
/// How soon on a machine that is busy with thousands of listeners besides.
const PATIENCE: Duration = Duration::from_secs(30);
const LISTENERS: usize = 5000;
/// How soon nearly all of them hear of a change, on a machine that runs the other tests besides.
const SOON_FOR_MOST: Duration = Duration::from_secs(3);
/// Who don't read.
const SLEEPERS: usize = 100;
/// What their memory may grow by while a thousand changes go past them. Kept for each of them, those would be 25 MB.
const GROWTH_BYTES_MAX: u64 = 12 * 1024 * 1024;
/// How soon who doesn't read is cut: after half a minute, at the next look at his connection.
const CUT_AFTER: Duration = Duration::from_secs(40);

/// A listener of a stream.
struct Listener {
    lines: BufReader<TcpStream>,
}

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: String,
    slot: Value,
}

impl Listener {
    fn new(address: SocketAddr, path: &str, last_event_id: Option<&str>) -> Self {
        let stream = TcpStream::connect(address).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("an option of the socket");
        let mut request = Request::get(path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        (&stream).write_all(&request.encode()).expect("sent");
        let mut listener = Self { lines: BufReader::with_capacity(1024, stream) };
        let head: Vec<String> =
            std::iter::from_fn(|| listener.line().filter(|line| !line.is_empty())).collect();
        assert!(head[0].ends_with("200 OK"), "{head:?}");
        for header in ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"]
        {
            assert!(head.iter().any(|line| line == header), "{header} in {head:?}");
        }
        listener
    }

    /// The next line, or nothing at the stream's end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).expect("a line in time");
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event, or nothing at the stream's end. What the transfer's chunks add is passed over, as comments are.
    fn event(&mut self) -> Option<Event> {
        let mut id = String::new();
        loop {
            let line = self.line()?;
            if let Some(text) = line.strip_prefix("id: ") {
                text.clone_into(&mut id);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some(Event { id, slot: serde_json::from_str(data).expect("JSON") });
            }
        }
    }

    fn events(&mut self, count: usize) -> Vec<Event> {
        (0..count).map(|_| self.event().expect("an event")).collect()
    }

    /// The next event, which must come soon.
    fn soon(&mut self) -> Event {
        let clock = SystemClock::new();
        let event = self.event().expect("an event");
        assert!(clock.monotonic() < SOON, "{event:?} came after {:?}", clock.monotonic());
        event
    }
}

fn day_of(slot: &FreeSlot) -> &str {
    slot.start.get(..10).expect("a date")
}

fn of_pitch(slot: &FreeSlot) -> String {
    format!("/v1/pitches/{}/events?date={}", slot.pitch, day_of(slot))
}

fn slots_of(events: &[Event]) -> Vec<Value> {
    events.iter().map(|event| event.slot.clone()).collect()
}

#[test]
fn the_whole_day_comes_first_and_then_each_change() {
    let city = City::demo();
    let slot = city.free_court(3);
    let slots = city.slots(&slot.pitch, day_of(&slot));
    let mut listener = Listener::new(city.address(), &of_pitch(&slot), None);
    assert_eq!(slots_of(&listener.events(slots.len())), slots);

    let resident = city.resident();
    let booked = city.booked(&resident, &slot);
    let taken = listener.soon();
    assert_eq!(taken.slot, city.slot(&slot));
    assert_eq!(taken.slot["status"], "taken");
    let _ = city.cancel(&resident, &text(&booked["id"])).expect(200, "a cancellation");
    let freed = listener.soon();
    assert_eq!((&freed.slot, freed.slot["status"].as_str()), (&city.slot(&slot), Some("free")));
    assert_ne!(freed.id, taken.id);
}

#[test]
fn who_comes_back_hears_what_changed_meanwhile_and_after_a_restart_the_whole_day() {
    let city = City::demo();
    let courts = city.free_courts(3);
    let (slot, other) = (&courts[0], &courts[1]);
    let count = city.slots(&slot.pitch, day_of(slot)).len();
    let resident = city.resident();
    let last = Listener::new(city.address(), &of_pitch(slot), None).events(count).pop().expect("an event").id;

    // Another pitch's change is none of this one's; the next event is this one's own.
    let _ = city.booked(&resident, other);
    let mut listener = Listener::new(city.address(), &of_pitch(slot), Some(&last));
    let booked = city.booked(&resident, slot);
    let day = slots_of(&listener.events(count));
    assert_eq!(day, city.slots(&slot.pitch, day_of(slot)), "of a pitch that changed all is shown");
    drop(listener);

    let _ = city.cancel(&resident, &text(&booked["id"])).expect(200, "a cancellation");
    let mut listener = Listener::new(city.address(), &of_pitch(slot), Some(&last));
    let caught_up = listener.events(count);
    assert!(caught_up.iter().any(|event| event.slot == city.slot(slot)), "{caught_up:?}");

    let id = caught_up.last().expect("an event").id.clone();
    let city = city.kill_and_reopen();
    for strange in [id.as_str(), "0-0", "1-99999999", "nonsense"] {
        let mut listener = Listener::new(city.address(), &of_pitch(slot), Some(strange));
        let day = slots_of(&listener.events(count));
        assert_eq!(day, city.slots(&slot.pitch, day_of(slot)), "{strange}");
    }
}

#[test]
fn a_venues_stream_has_all_its_pitches_with_their_parts() {
    let city = City::demo();
    let whole = city.free("football", &city.day(2)).into_iter().find(|slot| slot.kind == "divisible");
    let whole = whole.expect("a whole");
    let day = day_of(&whole).to_owned();
    let venue = city.get(&format!("/v1/venues/{}", whole.venue));
    let pitches = venue["pitches"].as_array().expect("pitches");
    let ids = |pitch: &Value| -> Vec<String> {
        let parts = pitch["parts"].as_array().expect("parts").iter();
        std::iter::once(pitch).chain(parts).map(|pitch| text(&pitch["id"])).collect()
    };
    let expected: Vec<Value> = pitches
        .iter()
        .flat_map(ids)
        .flat_map(|id| {
            let slots = city.slots(&id, &day).into_iter();
            slots.map(move |mut slot| {
                slot["pitch"] = id.clone().into();
                slot
            })
        })
        .collect();
    let mut listener =
        Listener::new(city.address(), &format!("/v1/venues/{}/events?date={day}", whole.venue), None);
    assert_eq!(slots_of(&listener.events(expected.len())), expected);

    let _ = city.booked(&city.resident(), &whole);
    let parts = pitches.iter().find(|pitch| pitch["id"] == whole.pitch.as_str()).map(ids).expect("the whole");
    let mut changed: Vec<String> = Vec::new();
    while changed.len() < parts.len() {
        let event = listener.soon();
        assert_eq!(event.slot["status"], "taken", "{event:?}");
        changed.push(text(&event.slot["pitch"]));
    }
    changed.dedup();
    assert!(changed.iter().all(|pitch| parts.contains(pitch)), "{changed:?} of {parts:?}");
}

#[test]
fn streams_end_when_the_server_does() {
    let city = City::demo();
    let slot = city.free_court(3);
    let mut listener = Listener::new(city.address(), &of_pitch(&slot), None);
    let _ = listener.event().expect("an event");
    let silent = Listener::new(city.address(), &of_pitch(&slot), None);
    let clock = SystemClock::new();
    city.server.terminate();
    while listener.event().is_some() {}
    let ended = city.server.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(clock.monotonic() < Duration::from_secs(15), "it took {:?}", clock.monotonic());
    assert!(!ended.said.contains("cut"), "{}", ended.said);
    drop(silent);
}

#[test]
fn five_thousand_listeners_all_hear_of_a_booking() {
    let city = City::demo();
    let slot = city.free_court(3);
    let count = city.slots(&slot.pitch, day_of(&slot)).len();
    let mut listeners: Vec<Listener> =
        (0..LISTENERS).map(|_| Listener::new(city.address(), &of_pitch(&slot), None)).collect();
    for listener in &mut listeners {
        let _ = listener.events(count);
    }
    let resident = city.resident();
    let clock = SystemClock::new();
    let _ = city.booked(&resident, &slot);
    let taken = city.slot(&slot);
    // Read one after the other, so that each may have been there sooner than it is seen.
    let mut delays: Vec<Duration> = Vec::with_capacity(LISTENERS);
    for listener in &mut listeners {
        assert_eq!(listener.event().expect("an event").slot, taken);
        delays.push(clock.monotonic());
    }
    delays.sort_unstable();
    let most = delays[LISTENERS * 99 / 100];
    assert!(most < SOON_FOR_MOST, "p50 {:?}, p99 {most:?}", delays[LISTENERS / 2]);
}

/// Somebody who asks for a venue's events and never reads them. The window is as small as the system lets it be.
fn sleeper(address: SocketAddr, path: &str) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(1).expect("an option of the socket");
    socket.connect(&address.into()).expect("connected");
    let stream = TcpStream::from(socket);
    (&stream).write_all(&Request::get(path).encode()).expect("sent");
    stream
}

#[test]
fn who_does_not_read_is_cut_costs_little_until_then_and_holds_nobody_up() {
    let city = City::demo();
    let courts = city.free_courts(3);
    let most = |slot: &&FreeSlot| courts.iter().filter(|other| other.venue == slot.venue).count();
    let slot = courts.iter().max_by_key(most).expect("a slot");
    let path = format!("/v1/venues/{}/events?date={}", slot.venue, day_of(slot));
    let sleepers: Vec<TcpStream> = (0..SLEEPERS).map(|_| sleeper(city.address(), &path)).collect();
    let mut listener = Listener::new(city.address(), &of_pitch(slot), None);
    let count = city.slots(&slot.pitch, day_of(slot)).len();
    let _ = listener.events(count);

    let clock = SystemClock::new();
    let before = city.server.resident_bytes();
    for _ in 0..500 {
        let resident = city.resident();
        let booked = city.booked(&resident, slot);
        let _ = city.cancel(&resident, &text(&booked["id"])).expect(200, "a cancellation");
    }
    let grown = city.server.resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes");
    let last = city.booked(&city.resident(), slot);
    let taken = city.slot(slot);
    let heard = std::iter::from_fn(|| listener.event()).find(|event| event.slot == taken);
    assert!(heard.is_some(), "{last}");

    // Not a wait for anything that could be seen: whoever reads to see it is no sleeper any more.
    std::thread::sleep(CUT_AFTER.saturating_sub(clock.monotonic()));
    for mut sleeper in sleepers {
        sleeper.set_read_timeout(Some(PATIENCE)).expect("an option of the socket");
        let mut rest = Vec::new();
        // What was on its way, and the end; or that the other side gave up.
        match std::io::Read::read_to_end(&mut sleeper, &mut rest) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
        }
        assert!(rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    }
    assert_eq!(city.slot(slot), taken, "the city goes on");
}
