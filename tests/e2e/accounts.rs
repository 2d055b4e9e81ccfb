//! `/v1/residents` and `/v1/logins`: who may come in, and from when on no more.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::city::{City, PASSWORD, Resident, text};
use crate::client::{Answer, Request};
use crate::problems::check;

fn log_in(city: &City, phone: &str, password: &str) -> Answer {
    city.ask(&Request::post("/v1/logins", &json!({ "phone": phone, "password": password })))
}

fn session(answer: &Value) -> Resident {
    Resident { id: text(&answer["id"]), token: text(&answer["token"]) }
}

fn wallet(resident: &Resident) -> Request {
    Request::get("/v1/wallet").token(&resident.token)
}

#[test]
fn who_signs_up_is_in_and_stays_known() {
    let city = City::demo();
    let body = json!({ "phone": "13912345678", "password": PASSWORD, "name": "王小明" });
    let answer = city.ask(&Request::post("/v1/residents", &body)).expect(201, "a sign-up").json();
    let fields: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["expires_at", "id", "token"]);
    let first = session(&answer);
    assert_eq!(city.balance(&first), 0);

    let again = log_in(&city, "+8613912345678", PASSWORD).expect(201, "a log-in").json();
    assert_eq!(again["id"], first.id, "11 digits are taken as +86");
    assert_ne!(again["token"], first.token);

    let city = city.kill_and_reopen();
    assert_eq!(city.balance(&first), 0, "a token outlives a restart");
    let third = log_in(&city, "13912345678", PASSWORD).expect(201, "a log-in").json();
    assert_eq!(third["id"], first.id);
}

#[test]
fn a_phone_number_has_one_account() {
    let city = City::demo();
    let first = city.newcomer("+8613912345678");
    for phone in ["+8613912345678", "13912345678"] {
        let body = json!({ "phone": phone, "password": "another password", "name": "B" });
        check(&city.ask(&Request::post("/v1/residents", &body)), "phone-taken", phone);
    }
    check(&log_in(&city, "13912345678", "another password"), "unauthenticated", "the second's password");
    assert_eq!(city.balance(&first), 0);
    let city = city.kill_and_reopen();
    let body = json!({ "phone": "13912345678", "password": "another password", "name": "B" });
    check(&city.ask(&Request::post("/v1/residents", &body)), "phone-taken", "after a restart");
}

#[test]
fn of_many_who_sign_up_with_one_number_at_once_one_gets_it() {
    let city = City::demo();
    let address = city.address();
    let body = json!({ "phone": "+8613912345678", "password": PASSWORD, "name": "A" });
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let request = Request::post("/v1/residents", &body);
            std::thread::spawn(move || crate::client::Client::new(address).ask(&request))
        })
        .collect();
    let mut opened = 0;
    for answer in threads.into_iter().map(|thread| thread.join().expect("no panic")) {
        if answer.status == 201 {
            opened += 1;
        } else {
            check(&answer, "phone-taken", "a sign-up among others");
        }
    }
    assert_eq!(opened, 1);
}

#[test]
fn a_token_is_dead_at_once_when_its_owner_logs_out_and_no_other_is() {
    let city = City::demo();
    let phone = city.newcomer("+8613912345678");
    let laptop = session(&log_in(&city, "13912345678", PASSWORD).expect(201, "a log-in").json());
    let log_out = Request::delete("/v1/logins/current").token(&phone.token);
    let answer = city.ask(&log_out).expect(204, "a log-out");
    assert!(answer.body.is_empty());
    for request in [wallet(&phone), log_out] {
        let answer = city.ask(&request);
        check(&answer, "unauthenticated", request.line());
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(city.balance(&laptop), 0);
    let city = city.kill_and_reopen();
    check(&city.ask(&wallet(&phone)), "unauthenticated", "after a restart");
    assert_eq!(city.balance(&laptop), 0);
    // Whoever logs in next must not bring the old token back to life.
    for _ in 0..9 {
        let _ = log_in(&city, "13912345678", PASSWORD);
        check(&city.ask(&wallet(&phone)), "unauthenticated", "after others logged in");
    }
}

#[test]
fn a_wrong_password_and_an_unknown_phone_look_the_same() {
    let city = City::demo();
    let _ = city.newcomer("+8613912345678");
    let shown = |answer: &Answer| {
        let mut problem = check(answer, "unauthenticated", "a log-in");
        problem["instance"] = Value::Null;
        let headers: Vec<_> = answer
            .head
            .lines()
            .filter(|line| !line.starts_with("x-request-id:") && !line.starts_with("date:"))
            .collect();
        // The request's id may be longer or shorter.
        let headers: Vec<String> = headers
            .iter()
            .filter(|line| !line.starts_with("content-length:"))
            .map(|line| (*line).to_owned())
            .collect();
        (problem, headers)
    };
    let wrong = shown(&log_in(&city, "13912345678", "a wrong password"));
    let unknown = shown(&log_in(&city, "13912345679", "a wrong password"));
    assert_eq!(wrong, unknown);
    let short = shown(&log_in(&city, "13912345679", "short"));
    assert_eq!(short, unknown, "a password that nobody can have");
}

#[test]
fn guesses_at_a_password_are_slowed_down() {
    let city = City::demo();
    let _ = city.newcomer("+8613912345678");
    let mut names = Vec::new();
    for _ in 0..12 {
        let answer = log_in(&city, "13912345678", "a wrong password");
        names.push(crate::problems::problem(&answer, "a guess")["type"].clone());
    }
    assert_eq!(names[0], "/problems/unauthenticated");
    assert_eq!(names[11], "/problems/rate-limited", "{names:?}");
    check(&log_in(&city, "13912345678", PASSWORD), "rate-limited", "the right one among guesses");
    check(&log_in(&city, "13912345670", PASSWORD), "unauthenticated", "another number");
}

#[test]
fn a_token_that_was_changed_is_none() {
    let city = City::demo();
    let resident = city.resident();
    let token = &resident.token;
    let mut client = city.client();
    for at in 0..token.len() {
        for sign in ['A', 'z', '=', ' '] {
            let mut changed: Vec<char> = token.chars().collect();
            if changed[at] == sign {
                continue;
            }
            changed[at] = sign;
            let changed: String = changed.into_iter().collect();
            let answer = client.ask(&Request::get("/v1/wallet").token(&changed));
            // What ends in a blank is trimmed before it is a token, and then it is too short.
            check(&answer, "unauthenticated", &changed);
        }
    }
    for value in ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", token.as_str()] {
        let answer = client.ask(&Request::get("/v1/wallet").header("authorization", value));
        check(&answer, "unauthenticated", value);
    }
    let twice = Request::get("/v1/wallet").token(token).token(token);
    check(&client.ask(&twice), "unauthenticated", "two tokens");
    assert_eq!(client.ask(&wallet(&resident)).status, 200, "and the right one is one");
}

#[test]
fn nothing_personal_stands_in_logs_or_in_the_data_directory() {
    let city = City::demo();
    let body = json!({ "phone": "+8613977665544", "password": "canary-password-1", "name": "CanaryName" });
    let answer = city.ask(&Request::post("/v1/residents", &body)).expect(201, "a sign-up").json();
    let token = text(&answer["token"]);
    for password in ["canary-password-1", "canary-password-2"] {
        let _ = log_in(&city, "+8613977665544", password);
    }
    let canaries = ["13977665544", "canary-password", "CanaryName", token.as_str()];
    let City { ground, server, .. } = city;
    server.terminate();
    let said = server.ended().said;
    for canary in canaries {
        assert!(!said.contains(canary), "{canary} is in the log: {said}");
    }
    search(ground.path(), &canaries);
}

fn search(dir: &Path, canaries: &[&str]) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            search(&path, canaries);
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        // Most of a segment is empty.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let written = String::from_utf8_lossy(&bytes[..used]);
        for canary in canaries {
            assert!(!written.contains(canary), "{canary} is in {}", path.display());
        }
    }
}
