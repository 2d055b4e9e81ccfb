//! Problems speak the reader's language, whatever is refused.

use serde_json::{Value, json};

use crate::city::{City, booking};
use crate::client::Request;
use crate::problems::problem;

fn is_chinese(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign)))
}

#[test]
fn every_refusal_is_told_in_chinese_and_in_english() {
    let city = City::demo();
    let (resident, poor) = (city.resident(), city.newcomer("+8613912345678"));
    let slots = city.free_courts(3);
    let taken = slots.iter().find(|slot| slot.price > 0).expect("a price");
    let free = slots.iter().find(|slot| slot.price > 0 && *slot != taken).expect("another");
    let _ = city.booked(&resident, taken);
    let nonsense = json!({ "pitch": 5 });
    for request in [
        Request::get("/v1/nothing"),
        Request::get("/v1/wallet"),
        Request::get("/v1/sports?limit=0"),
        Request::get("/v1/availability?date=x"),
        Request::new("PATCH", "/v1/sports"),
        Request::post("/v1/residents", &json!({ "phone": "1", "password": "1", "name": "" })),
        Request::post("/v1/logins", &json!({ "phone": "13900000000", "password": "wrong password" })),
        booking(&resident, "a", &nonsense),
        booking(&city.resident(), "b", &taken.order()),
        booking(&poor, "c", &free.order()),
    ] {
        let line = request.line().to_owned();
        let told = |accepted: &str| {
            let answer = city.ask(&request.clone().header("accept-language", accepted));
            let language = answer.header("content-language").unwrap_or_default().to_owned();
            (language, problem(&answer, &line))
        };
        for accepted in ["zh-Hans", "zh-CN,zh;q=0.9,en;q=0.8", "zh", "de, zh;q=0.5"] {
            let (language, problem) = told(accepted);
            assert_eq!(language, "zh-Hans", "{line} {accepted}");
            assert!(is_chinese(&problem["title"]) && is_chinese(&problem["detail"]), "{line}: {problem}");
            for error in problem["errors"].as_array().into_iter().flatten() {
                assert!(is_chinese(&error["message"]), "{line}: {problem}");
            }
        }
        for accepted in ["en", "en-GB,en;q=0.9", "fr", "en, zh;q=0.1", ";;q=", "*"] {
            let (language, problem) = told(accepted);
            assert_eq!(language, "en", "{line} {accepted}");
            assert!(!is_chinese(&problem["title"]) && !is_chinese(&problem["detail"]), "{line}: {problem}");
            for error in problem["errors"].as_array().into_iter().flatten() {
                assert!(!is_chinese(&error["message"]), "{line}: {problem}");
            }
        }
    }
}
