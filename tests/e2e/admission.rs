//! More come than are let in: who is turned away is told so at once and when to come again, nothing of him is changed, and what gives back
//! goes on.

use std::collections::BTreeSet;

use serde_json::json;

use crate::city::{Ground, text};
use crate::client::Request;
use crate::problems::check;
use crate::server::{PATIENCE, kaichang, poll, serve};

/// Many more than are let in while they are asked, on any machine.
const MANY: usize = 2000;

#[test]
fn beyond_the_bound_claims_are_turned_away_and_nothing_else_is() {
    let ground = Ground::demo();
    let mut command = serve(kaichang(), ground.path());
    command.args(["--admission-bound", "1"]);
    let city = ground.open_with(command);
    let resident = city.resident();
    let slots = city.free_courts(2);
    let booked = poll(PATIENCE, || {
        let answer = city.book(&resident, "first", &slots[0].order());
        (answer.status != 503).then(|| answer.expect(201, "a booking"))
    });
    let booked = booked.expect("the first is let in");

    let order = slots[1].order();
    let mut told = BTreeSet::new();
    for number in 0..MANY {
        // Whoever it is, and whatever it says: nothing of it was looked at.
        let answer = city.ask(&Request::post("/v1/bookings", &json!({})));
        if answer.status == 503 {
            let _ = check(&answer, "overloaded", "a claim too many");
            let after: u32 =
                answer.header("retry-after").and_then(|text| text.parse().ok()).expect("when to come again");
            assert!((1..=30).contains(&after), "{after}");
            told.insert(after);
        }
        if told.len() > 3 {
            break;
        }
        assert!(number + 1 < MANY, "not all are told the same: {told:?}");
    }
    let turned_away = poll(PATIENCE, || {
        let hold = json!({ "pitch": order["pitch"], "start": order["start"], "end": order["end"] });
        let answer = city.ask(&Request::post("/v1/holds", &hold).token(&resident.token).key("turned-away"));
        match answer.status {
            503 => Some(()),
            201 => {
                let path = format!("/v1/holds/{}", text(&answer.json()["id"]));
                let _ = city.ask(&Request::delete(&path).token(&resident.token)).expect(204, "given up");
                None
            }
            status => panic!("{status}"),
        }
    });
    assert!(turned_away.is_some(), "everybody is let in");
    assert_eq!(city.slot(&slots[1])["status"], "free", "nothing was taken");
    assert!(city.get_as(&resident, "/v1/wallet")["balance"].is_object(), "looking goes on");
    let path = format!("/v1/bookings/{}", text(&booked.json()["id"]));
    let _ = city.ask(&Request::delete(&path).token(&resident.token)).expect(200, "cancelling goes on");

    let figures = String::from_utf8(city.ask(&Request::get("/metrics")).body).expect("text");
    let shed = figures.lines().find_map(|line| line.strip_prefix("kaichang_claims_shed_total "));
    assert!(shed.and_then(|shed| shed.parse().ok()).is_some_and(|shed: u64| shed > 3), "{shed:?}");
    // Who was turned away may come again under the same key.
    let later = poll(PATIENCE, || {
        let answer = city.book(&resident, "turned-away", &order);
        (answer.status != 503).then_some(answer)
    });
    let _ = later.expect("let in at last").expect(201, "a booking");
}
