//! A rehearsal of a release's hour: a copy beside the running city, whose clock is ahead, in which nothing that is done happens.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::city::{City, empty_dir};
use crate::client::{Client, Request};
use crate::problems::check;
use crate::server::{self, PATIENCE, Server, kaichang, poll, serve};

#[test]
fn a_rehearsal_plays_the_hour_in_a_copy_and_leaves_the_city_as_it_is() {
    let city = City::demo();
    let (operator, slot) = (city.operator(), city.free_court(5));
    let day = slot.start.get(..10).expect("a date");
    let instant = Timestamp::now().checked_add(72.hours()).expect("a moment").to_string();
    let body = json!({
        "id": "rush", "name": { "zh-Hans": "抢票", "en": "Rush" }, "pitches": [slot.pitch], "first_day": day, "last_day": day,
        "once": { "at": instant }, "mode": "first_come",
    });
    let _ = city
        .ask(&Request::post("/v1/manage/releases", &body).token(&operator.token))
        .expect(201, "a release");
    check(&city.book(&city.resident(), "early", &slot.order()), "not-released", "three days before");

    let scratch = empty_dir();
    let (copy, tokens) = (scratch.path().join("copy"), scratch.path().join("tokens"));
    let rehearse = |release: &str| {
        let mut command = kaichang();
        command.args(["rehearse", "--release", release, "--minutes-before", "0", "--listen", "127.0.0.1:0"]);
        command.args(["--residents", "3", "--data-dir"]).arg(city.ground.path());
        command.arg("--into").arg(&copy).arg("--tokens").arg(&tokens);
        command
    };
    let Ok(rehearsal) = Server::start(rehearse("rush"), &copy) else { panic!("it does not open") };
    let ask = |request: &Request| Client::new(rehearsal.address()).ask(request);
    assert_eq!(ask(&Request::get("/readyz")).expect(200, "ready").json()["rehearsal"], json!(true));
    let page = ask(&Request::get("/?lang=en")).expect(200, "a page").text();
    assert!(page.contains("A rehearsal: nothing that is booked here is a booking"), "{page}");
    let opened = poll(PATIENCE, || {
        let release = ask(&Request::get("/v1/releases/rush")).expect(200, "the release").json();
        (release["days"][0]["status"] == "open").then_some(())
    });
    assert!(opened.is_some(), "{}", rehearsal.said());
    let text = std::fs::read_to_string(&tokens).expect("the tokens");
    let tokens: Vec<&str> = text.lines().filter_map(|line| line.split_once(' ')).map(|line| line.1).collect();
    assert_eq!(tokens.len(), 3);
    let book =
        |token: &str, key: &str| ask(&Request::post("/v1/bookings", &slot.order()).token(token).key(key));
    let _ = book(tokens[0], "one").expect(201, "a booking that is none");
    check(&book(tokens[1], "two"), "slot-taken", "the same slot");

    // The city knows nothing of it.
    assert_eq!(city.get("/readyz")["rehearsal"], Value::Null);
    check(&city.book(&city.resident(), "still", &slot.order()), "not-released", "three days before, still");
    let page = city.ask(&Request::get("/?lang=en")).expect(200, "a page").text();
    assert!(!page.contains("A rehearsal"), "{page}");
    rehearsal.kill();

    // Nobody goes on from the copy, nor is it copied over.
    let ended = server::run(&mut serve(kaichang(), &copy));
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("the copy of a rehearsal"), "{}", ended.said);
    let again = server::run(&mut rehearse("rush"));
    assert_eq!(again.code, Some(2), "{}", again.said);
    std::fs::remove_dir_all(&copy).expect("removed");
    let unknown = server::run(&mut rehearse("nothing"));
    assert_eq!(unknown.code, Some(2), "{}", unknown.said);
    assert!(unknown.said.contains("no release nothing"), "{}", unknown.said);
    assert_eq!(city.kill().verify().code, Some(0));
}
