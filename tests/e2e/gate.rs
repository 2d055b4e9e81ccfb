//! `/v1/gate/check-ins` and the tickets that are shown there: let in once, at the right gate, at the right time (I7).

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use ed25519_dalek::{Signature, VerifyingKey};
use kaichang::domain::definition::{KindDef, PitchDef, Terms};
use kaichang::domain::event::Event;
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::hours::{DayKinds, WeeklyHours};
use kaichang::domain::ids::{BookingNo, Code, SportNo, VenueNo};
use kaichang::domain::money::Minor;
use kaichang::domain::names::Names;
use kaichang::domain::policy::CancelRule;
use kaichang::domain::tariff::PriceBand;
use kaichang::domain::time::UtcMillis;
use kaichang::domain::units::UnitSpan;
use kaichang::identity::city_keys::CityKeys;
use kaichang::identity::ticket::{Ticket, Tickets};
use serde_json::{Value, json};

use crate::at_once::at_once;
use crate::city::{City, Ground, Resident, text};
use crate::client::{Answer, Request};
use crate::problems::check;
use crate::unchanged::refused_as;
use crate::written;

/// A pitch that is open day and night, in slots of half an hour: whenever the tests run, one of them lets in by now.
const NIGHT_AND_DAY: &str = "night-and-day";

pub(crate) struct Place {
    pub(crate) city: City,
    pub(crate) venue: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let ground = Ground::demo();
        let mut venue = String::new();
        written::write(&ground, |engine, _| {
            let world = engine.world();
            let first = world.catalogue.venue(VenueNo::new(0)).expect("a venue");
            first.def.code.as_str().clone_into(&mut venue);
            vec![Event::PitchAdded(Box::new(night_and_day()))]
        });
        Self { city: ground.open(), venue }
    }

    /// A booking that lets in now.
    pub(crate) fn booked(&self, resident: &Resident) -> Value {
        for try_no in 0..3 {
            let soon =
                [0, 1].into_iter().flat_map(|ahead| self.city.slots(NIGHT_AND_DAY, &self.city.day(ahead)));
            let slot =
                soon.into_iter().find(|slot| slot["status"] == "free").expect("a slot that is to begin");
            let order = json!({
                "pitch": NIGHT_AND_DAY, "start": slot["start"], "end": slot["end"], "party_size": 2, "pay_with": "wallet",
            });
            let answer = self.city.book(resident, &format!("now-{try_no}"), &order);
            if answer.status == 201 {
                return answer.json();
            }
            check(&answer, "slot-closed", "what has begun meanwhile");
        }
        panic!("no slot could be booked before it began");
    }

    pub(crate) fn manager(&self) -> Resident {
        self.city.staff("manager", Some(&self.venue))
    }

    fn check_in(&self, staff: &Resident, body: &Value) -> Answer {
        self.city.ask(&check_in(staff, body))
    }
}

fn night_and_day() -> PitchDef {
    let always = UnitSpan::between(0, 48).expect("a day");
    PitchDef {
        code: Code::new(NIGHT_AND_DAY).expect("a code"),
        venue: VenueNo::new(0),
        name: Names::new("通宵场", "Night and day"),
        hours: WeeklyHours::of(&[(DayKinds::ALL, always.mask())]),
        terms: Terms {
            sport: SportNo::new(0),
            grid: SlotGrid::new(1, 0).expect("a grid"),
            max_slots: 1,
            party_max: 4,
            prices: vec![PriceBand { days: DayKinds::ALL, span: always, price: Minor::new(1000) }],
            cancel: CancelRule::free_until(60),
        },
        kind: KindDef::Exclusive,
    }
}

fn check_in(staff: &Resident, body: &Value) -> Request {
    Request::post("/v1/gate/check-ins", body).token(&staff.token)
}

pub(crate) fn ticket(city: &City, resident: &Resident, booking: &Value) -> Value {
    city.get_as(resident, &format!("/v1/bookings/{}/ticket", text(&booking["id"])))
}

fn shown(ticket: &Value) -> Value {
    json!({ "ticket": ticket["ticket"] })
}

#[test]
fn whoever_shows_a_ticket_is_let_in_once() {
    let place = Place::new();
    let (city, manager) = (&place.city, place.manager());
    let resident = city.newcomer("+8613912345678");
    city.top_up(&resident, 1000);
    let booked = place.booked(&resident);
    let ticket = ticket(city, &resident, &booked);
    let let_in = place.check_in(&manager, &shown(&ticket)).expect(200, "a check-in").json();
    assert_eq!((&let_in["name"], &let_in["party_size"]), (&json!("王小明"), &json!(2)));
    assert_eq!(let_in["pitch_name"], json!({ "zh-Hans": "通宵场", "en": "Night and day" }));
    let venue = city.get(&format!("/v1/venues/{}", place.venue));
    assert_eq!((&let_in["venue_name"], &let_in["booking"]["venue"]), (&venue["name"], &json!(place.venue)));
    assert_eq!(
        (&let_in["booking"]["id"], &let_in["booking"]["status"]),
        (&booked["id"], &json!("checked_in"))
    );

    let problem = check(&place.check_in(&manager, &shown(&ticket)), "already-used", "once more");
    assert_eq!(problem["used_at"], let_in["checked_in_at"]);
    let by_code = json!({ "venue": place.venue, "code": ticket["code"] });
    check(&place.check_in(&manager, &by_code), "already-used", "by its code too");
    let path = format!("/v1/bookings/{}", text(&booked["id"]));
    assert_eq!(city.get_as(&resident, &path)["status"], "checked_in");
    check(&city.cancel(&resident, &text(&booked["id"])), "too-late", "what was used");

    let city = place.city.kill_and_reopen();
    let problem = check(&city.ask(&check_in(&manager, &shown(&ticket))), "already-used", "after a restart");
    assert_eq!(problem["used_at"], let_in["checked_in_at"]);
}

#[test]
fn at_thirty_gates_at_one_moment_one_lets_in() {
    let place = Place::new();
    let resident = place.city.resident();
    let ticket = ticket(&place.city, &resident, &place.booked(&resident));
    let staff = [place.manager(), place.city.staff("operator", None)];
    let by_code = json!({ "venue": place.venue, "code": ticket["code"] });
    let requests = (0..30).map(|number| {
        let body = if number % 3 == 0 { by_code.clone() } else { shown(&ticket) };
        let request = check_in(&staff[number % 2], &body);
        if number % 5 == 0 { request.key(&format!("gate-{number}")) } else { request }
    });
    let answers = at_once(&place.city, requests.collect());
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        check(answer, "already-used", "all but one");
    }
    let ended = place.city.kill().verify();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}

#[test]
fn a_code_lets_in_as_it_is_said_and_the_same_key_says_so_again() {
    let place = Place::new();
    let (resident, manager) = (place.city.resident(), place.manager());
    let booked = place.booked(&resident);
    let ticket = ticket(&place.city, &resident, &booked);
    let code = text(&ticket["code"]).to_lowercase();
    let said = json!({ "venue": place.venue, "code": format!("{}-{}", &code[..4], &code[4..]) });
    let keyed = check_in(&manager, &said).key("k");
    let answers = at_once(&place.city, vec![keyed.clone(); 12]);
    let first = answers[0].json();
    assert_eq!(
        (&first["booking"]["id"], &first["name"]),
        (&booked["id"], &Value::Null),
        "nobody knows his name"
    );
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.json() == first));
    let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed") == Some("true"));
    assert_eq!(replayed.count(), 11);
    check(
        &place.city.ask(&check_in(&manager, &shown(&ticket)).key("k")),
        "idempotency-mismatch",
        "another body",
    );
    let operator = place.city.staff("operator", None);
    check(&place.city.ask(&check_in(&operator, &said).key("k")), "already-used", "a key of somebody else's");

    let city = place.city.kill_and_reopen();
    let again = city.ask(&keyed).expect(200, "the same again after a restart");
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), first));
    check(&city.ask(&check_in(&manager, &said).key("l")), "already-used", "another key");
}

#[test]
fn what_is_forged_or_of_another_city_is_no_ticket() {
    let place = Place::new();
    let (resident, manager) = (place.city.resident(), place.manager());
    let booked = place.booked(&resident);
    let good = text(&ticket(&place.city, &resident, &booked)["ticket"]);
    let mut forged: Vec<String> = (0..good.len())
        .step_by(7)
        .map(|at| {
            let other = if good.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut text = good.clone();
            text.replace_range(at..=at, other);
            text
        })
        .collect();
    let foreign = Tickets::new(&CityKeys::derive(&[1; 32])).sign(&Ticket {
        booking: BookingNo::new(0),
        venue: Code::new(&place.venue).expect("a code"),
        not_before: UtcMillis::new(0),
        expires_at: UtcMillis::new(1 << 41),
    });
    forged.extend([foreign.expect("signed"), good.to_lowercase(), good[1..].to_owned(), format!("{good}A")]);
    forged.extend(["", "A", "\u{0}", &"A".repeat(50_000), &text(&booked["id"])].map(str::to_owned));
    for text in &forged {
        let asked: String = text.chars().take(30).collect();
        refused_as(&place.city, &check_in(&manager, &json!({ "ticket": text })), "ticket-invalid", &asked);
    }
    for code in ["", "K7QD93F", "00000000", "UUUUUUUU", "K7QD93FMK7QD93FM"] {
        let body = json!({ "venue": place.venue, "code": code });
        refused_as(&place.city, &check_in(&manager, &body), "ticket-invalid", code);
    }
    let operator = place.city.staff("operator", None);
    let _ = place.check_in(&operator, &json!({ "ticket": good })).expect(200, "and the good one lets in");
}

#[test]
fn what_is_early_called_off_or_not_paid_lets_nobody_in() {
    let place = Place::new();
    let (city, resident, manager) = (&place.city, place.city.resident(), place.manager());
    let day = city.day(2);
    let slots: Vec<Value> =
        city.slots(NIGHT_AND_DAY, &day).into_iter().filter(|slot| slot["status"] == "free").collect();
    let order = |slot: &Value| json!({ "pitch": NIGHT_AND_DAY, "start": slot["start"], "end": slot["end"] });
    let paid = |slot: &Value| {
        let mut order = order(slot);
        order["pay_with"] = "wallet".into();
        order
    };
    let booked = city.book(&resident, "a", &paid(&slots[0])).expect(201, "a booking").json();
    let early = ticket(city, &resident, &booked);
    let moment = |value: &Value| text(value).parse::<jiff::Timestamp>().expect("a moment");
    assert_eq!((moment(&booked["start"]) - moment(&early["not_before"])).as_secs(), 30 * 60);
    assert_eq!(moment(&early["expires_at"]), moment(&booked["end"]));
    check(&place.check_in(&manager, &shown(&early)), "too-early", "the day after tomorrow");
    let by_code = json!({ "venue": place.venue, "code": early["code"] });
    check(&place.check_in(&manager, &by_code), "ticket-invalid", "not among this day's");
    let id = text(&booked["id"]);
    let ticket_of = |id: &str| Request::get(&format!("/v1/bookings/{id}/ticket")).token(&resident.token);
    let _ = city.cancel(&resident, &id).expect(200, "a cancellation");
    check(&city.ask(&ticket_of(&id)), "already-cancelled", "the ticket of what was called off");
    check(&place.check_in(&manager, &shown(&early)), "ticket-invalid", "what was called off");

    let hold = Request::post("/v1/holds", &order(&slots[1])).token(&resident.token).key("h");
    let held = text(&city.ask(&hold).expect(201, "a hold").json()["id"]);
    check(&city.ask(&ticket_of(&held)), "not-found", "a hold has no ticket");
    let other = city.resident();
    let theirs = Request::get(&format!("/v1/bookings/{held}/ticket.svg")).token(&other.token);
    check(&city.ask(&theirs), "not-found", "another's");
}

#[test]
fn only_the_venues_own_staff_and_operators_let_in() {
    let place = Place::new();
    let (city, resident) = (&place.city, place.city.resident());
    let ticket = ticket(city, &resident, &place.booked(&resident));
    let venues = city.get("/v1/venues?limit=10");
    let mut ids = crate::city::items(&venues).iter().map(|venue| text(&venue["id"]));
    let elsewhere = ids.find(|id| *id != place.venue).expect("another venue");
    let stranger = city.staff("manager", Some(&elsewhere));
    let by_code = json!({ "venue": place.venue, "code": ticket["code"] });
    for body in [shown(&ticket), by_code.clone()] {
        check(&place.check_in(&stranger, &body), "forbidden", "another venue's manager");
        check(&place.check_in(&resident, &body), "forbidden", "a resident");
    }
    let unknown = json!({ "venue": "nowhere", "code": ticket["code"] });
    check(&place.check_in(&stranger, &unknown), "forbidden", "a venue that is not one's own");
    let operator = city.staff("operator", None);
    check(&place.check_in(&operator, &unknown), "not-found", "no such venue");
    let there = json!({ "venue": elsewhere, "code": ticket["code"] });
    check(&place.check_in(&operator, &there), "ticket-invalid", "at another venue's gate");
    check(&city.ask(&Request::post("/v1/gate/check-ins", &by_code)), "unauthenticated", "nobody");
    for body in [
        json!({}),
        json!({ "venue": place.venue }),
        json!({ "code": ticket["code"] }),
        json!({ "ticket": ticket["ticket"], "code": ticket["code"] }),
        json!({ "ticket": ticket["ticket"], "venue": place.venue, "code": ticket["code"] }),
    ] {
        check(&place.check_in(&operator, &body), "invalid-request", &body.to_string());
    }
    let _ = place.check_in(&operator, &by_code).expect(200, "an operator");
}

#[test]
fn a_ticket_can_be_told_without_asking() {
    let city = City::demo();
    let resident = city.resident();
    let booked = city.booked(&resident, &city.free_court(3));
    let ticket = ticket(&city, &resident, &booked);
    let again = city.get_as(&resident, &format!("/v1/bookings/{}/ticket", text(&booked["id"])));
    assert_eq!(again, ticket, "a booking has one ticket");
    let answer = city.ask(&Request::get("/v1/gate/keys")).expect(200, "the keys");
    assert!(answer.header("etag").is_some());
    let key = &answer.json()["items"][0];
    let public: [u8; 32] = BASE64URL_NOPAD
        .decode(text(&key["public_key"]).as_bytes())
        .expect("base64url")
        .try_into()
        .expect("32 bytes");
    let raw = BASE32_NOPAD.decode(text(&ticket["ticket"]).as_bytes()).expect("base32");
    let (said, signature) = raw.split_last_chunk::<64>().expect("a signature");
    let verifying = VerifyingKey::from_bytes(&public).expect("a key");
    verifying.verify_strict(said, &Signature::from_bytes(signature)).expect("signed by the city");
    assert_eq!(data_encoding::HEXLOWER.encode(&said[1..5]), text(&key["id"]));
    let seconds = |at: usize| i64::from(u32::from_be_bytes(said[at..at + 4].try_into().expect("four")));
    let moment = |value: &Value| text(value).parse::<jiff::Timestamp>().expect("a moment").as_second();
    assert_eq!((seconds(21), seconds(25)), (moment(&ticket["not_before"]), moment(&ticket["expires_at"])));
    assert_eq!(&said[30..], text(&booked["venue"]).as_bytes());

    let path = format!("/v1/bookings/{}/ticket.svg", text(&booked["id"]));
    let picture = city.ask(&Request::get(&path).token(&resident.token)).expect(200, "a picture");
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert_eq!(picture.header("cache-control"), Some("no-store"));
    let picture = picture.text();
    assert!(picture.contains("<svg") && picture.trim_end().ends_with("</svg>"), "{picture}");
}
