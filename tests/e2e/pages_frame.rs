//! What holds for every page: who may send what from where, what a browser is told, in which language, and what is kept of it.

use crate::browser::{Browser, Page};
use crate::city::{City, PASSWORD};
use crate::client::Request;

const PHONE: &str = "+8613800138001";

/// Pages that everybody may look at.
const PUBLIC: [&str; 7] = ["/", "/find", "/releases", "/offline", "/sign-in", "/sign-up", "/me/deleted"];
/// Pages that are somebody's own.
const OWN: [&str; 4] = ["/bookings", "/me", "/me/delete", "/wallet"];

#[test]
fn a_session_is_a_cookie_that_no_script_and_no_other_site_gets() {
    let city = City::demo();
    let mut browser = Browser::new(&city);
    let mut form = browser.page("/sign-up").form("/sign-up");
    form.set("name", "Lin").set("phone", PHONE).set("password", PASSWORD);
    let answer = browser.send(&form).expect(303, "sign-up");
    assert_eq!(answer.header("location"), Some("/"));
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(browser.page("/me").has("Lin"));
    let out = browser.page("/me").form("/sign-out");
    browser.send(&out).expect(303, "sign-out");
    assert!(!browser.has_session());
    let answer = browser.ask(Request::get("/me")).expect(303, "/me");
    assert_eq!(answer.header("location"), Some("/sign-in?next=/me"));
    // The token itself is dead, not only the cookie gone.
    let old = cookie.split(';').next().expect("a cookie");
    let answer = city.ask(&Request::get("/me").header("cookie", old).header("accept", "text/html"));
    assert_eq!(answer.status, 303);
}

#[test]
fn the_api_takes_no_cookie() {
    let city = City::demo();
    let resident = city.resident();
    let cookie = format!("__Host-session={}", resident.token);
    city.ask(&Request::get("/me").header("cookie", &cookie).header("accept", "text/html")).expect(200, "/me");
    city.ask(&Request::get("/v1/wallet").header("cookie", &cookie)).expect(401, "a cookie");
    city.ask(&Request::get("/v1/wallet").token(&resident.token)).expect(200, "a token");
    city.ask(&Request::get("/me").token(&resident.token).header("accept", "text/html"))
        .expect(303, "a token");
}

#[test]
fn a_form_from_elsewhere_or_of_another_session_changes_nothing() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let mut other = Browser::signed_up(&city, "+8613800138002", "Wu");
    let good = browser.page("/me").form("/me/text-size");
    let foreign = other.page("/me").form("/me/text-size");
    let without = {
        let mut form = good.clone();
        form.fields.remove("csrf");
        form
    };
    let twice = [good.encode(), b"&csrf=x".to_vec()].concat();
    let post = |body: Vec<u8>| {
        Request::new("POST", "/me/text-size").bytes("application/x-www-form-urlencoded", body)
    };
    for (status, request) in [
        (403, post(good.encode())),
        (403, post(good.encode()).header("sec-fetch-site", "cross-site")),
        (403, post(good.encode()).header("sec-fetch-site", "same-site")),
        (403, post(good.encode()).header("origin", "https://evil.example")),
        (403, post(good.encode()).header("origin", "null")),
        (400, post(without.encode()).header("sec-fetch-site", "same-origin")),
        (400, post(foreign.encode()).header("sec-fetch-site", "same-origin")),
        (400, post(twice).header("sec-fetch-site", "same-origin")),
        (400, Request::new("POST", "/me/text-size").header("sec-fetch-site", "same-origin")),
        (303, post(good.encode()).header("sec-fetch-site", "same-origin")),
        (303, post(good.encode()).header("origin", "http://city")),
    ] {
        let line = format!("{request:?}", request = request.line());
        let answer = browser.ask(request).expect(status, &line);
        assert_eq!(answer.header("set-cookie").is_some(), status == 303, "{line}");
    }
    // Signing in in somebody's name is a form as well.
    let form = Browser::new(&city).page("/sign-in").form("/sign-in");
    let request = Request::new("POST", "/sign-in").header("sec-fetch-site", "cross-site");
    city.ask(&request.bytes("application/x-www-form-urlencoded", form.encode())).expect(403, "sign-in");
}

#[test]
fn one_comes_back_to_where_one_was_and_nowhere_else() {
    let city = City::demo();
    Browser::signed_up(&city, PHONE, "Lin");
    for (next, location) in [
        ("/find?sport=badminton", "/find?sport=badminton"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
    ] {
        let mut browser = Browser::new(&city);
        let mut form = browser.page("/sign-in").form("/sign-in");
        form.set("phone", PHONE).set("password", PASSWORD).set("next", next);
        let answer = browser.send(&form).expect(303, next);
        assert_eq!(answer.header("location"), Some(location), "{next}");
    }
    let mut browser = Browser::new(&city);
    let form = browser.page("/sign-in?next=//evil.example").form("/sign-in");
    assert_eq!(form.fields["next"], "");
}

#[test]
fn a_wrong_password_keeps_what_was_typed_but_the_password() {
    let city = City::demo();
    Browser::signed_up(&city, PHONE, "Lin");
    let mut browser = Browser::new(&city);
    let mut form = browser.page("/sign-in").form("/sign-in");
    form.set("phone", PHONE).set("password", "<script>wrong</script>").set("next", "/me");
    let page = Page(browser.send(&form).expect(401, "a wrong password"));
    assert!(!browser.has_session());
    assert!(page.has("data-problem=\"unauthenticated\""));
    assert!(!page.has("wrong</script>"), "nothing of the password comes back");
    let again = page.form("/sign-in");
    assert_eq!((again.fields["phone"].as_str(), again.fields["next"].as_str()), (PHONE, "/me"));
}

#[test]
fn what_somebody_wrote_is_text_wherever_it_is_shown() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "<b onclick=\"x\">'&");
    let page = browser.page("/me");
    assert!(!page.has("<b onclick"), "{}", page.text());
    assert!(page.has("&#60;b onclick=&#34;x&#34;&#62;&#39;&#38;"), "{}", page.text());
}

#[test]
fn every_page_says_what_a_browser_may_do_with_it() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let mut nobody = Browser::new(&city);
    for (path, status) in
        PUBLIC.iter().map(|path| (*path, 200)).chain([("/nowhere", 404), ("/problems/slot-taken", 200)])
    {
        let answer = nobody.ask(Request::get(path)).expect(status, path);
        check_headers(&answer, path);
    }
    for path in OWN {
        let answer = browser.ask(Request::get(path)).expect(200, path);
        check_headers(&answer, path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    // What everybody sees alike is kept and asked for anew; what somebody sees who is signed in is not.
    let answer = nobody.ask(Request::get("/"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let tag = answer.header("etag").expect("a tag").to_owned();
    nobody.ask(Request::get("/").header("if-none-match", &tag)).expect(304, "the same");
    assert_eq!(browser.ask(Request::get("/")).header("cache-control"), Some("no-store"));
}

pub(crate) fn check_headers(answer: &crate::client::Answer, path: &str) {
    let policy =
        answer.header("content-security-policy").unwrap_or_else(|| panic!("{path}: {}", answer.head));
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-"),
        "{policy}"
    );
    for part in ["base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{path} {name}");
    }
    let vary = answer.header("vary").unwrap_or_default();
    assert!(vary.contains("cookie") && vary.contains("accept-language"), "{path}: {vary}");
    let text = answer.text();
    assert_eq!(text.matches("<style").count(), 1, "{path}");
    for tag in text.split('<').filter_map(|tag| tag.split('>').next()) {
        let attributes: Vec<&str> =
            tag.split(' ').filter_map(|word| word.split_once("=\"")).map(|(name, _)| name).collect();
        let is_dead = attributes.iter().any(|name| *name == "style" || name.starts_with("on"));
        assert!(!is_dead, "{path} has what the policy forbids: {tag}");
    }
    for script in text.split("<script").skip(1) {
        assert!(
            script.starts_with(" type=\"module\" src=\"/assets/")
                || script.starts_with(" defer src=\"/assets/"),
            "{path}"
        );
    }
    assert_eq!(text.matches("<h1").count(), 1, "{path}");
    let style = text.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
    use sha2::{Digest, Sha256};
    let hash = data_encoding::BASE64.encode(&Sha256::digest(style.as_bytes()));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{path}: the style is the one that is named");
}

#[test]
fn pages_speak_the_language_that_was_chosen_last() {
    let city = City::demo();
    let mut browser = Browser::new(&city);
    let lang = |page: &Page| page.text().split("<html lang=\"").nth(1).map(|rest| rest[..2].to_owned());
    assert_eq!(lang(&browser.page("/")).as_deref(), Some("en"));
    let chinese = Request::get("/").header("accept-language", "zh-CN,zh;q=0.9");
    let page = Page(browser.ask(chinese.clone()).expect(200, "Chinese"));
    assert_eq!(lang(&page).as_deref(), Some("zh"));
    assert_eq!(page.0.header("content-language"), Some("zh-Hans"));
    assert!(page.0.header("set-cookie").is_none(), "nothing is kept that nobody chose");
    browser.page("/?lang=en");
    let page = Page(browser.ask(chinese).expect(200, "a choice"));
    assert_eq!(lang(&page).as_deref(), Some("en"), "the choice goes before the browser");
    assert!(page.has("简体中文") && page.has("English"), "languages are called as they call themselves");
    // Also where there is no page.
    let request = Request::get("/nowhere?lang=zh-Hans").header("accept", "text/html");
    let answer = city.ask(&request).expect(404, "nowhere");
    assert!(answer.text().contains("未找到"), "{}", answer.text());
    // A program is answered as before.
    let answer = city.ask(&Request::get("/nowhere")).expect(404, "nowhere");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

#[test]
fn assets_are_kept_for_ever_under_names_that_change() {
    let city = City::demo();
    let mut browser = Browser::new(&city);
    let page = browser.page("/");
    let text = page.text();
    let addresses: Vec<&str> = text.split('"').filter(|word| word.starts_with("/assets/")).collect();
    assert!(addresses.len() >= 3, "{text}");
    for address in addresses {
        let answer = city.ask(&Request::get(address).header("accept-encoding", "gzip")).expect(200, address);
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"), "{address}");
        let plain = city.ask(&Request::get(address)).expect(200, address);
        assert_eq!(plain.header("content-encoding"), None);
        assert!(plain.body.len() >= answer.body.len(), "{address}");
    }
    city.ask(&Request::get("/assets/app.0000000a.css")).expect(404, "another version");
    let packed = browser.ask(Request::get("/").header("accept-encoding", "gzip, deflate, br"));
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
}
