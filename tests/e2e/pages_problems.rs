//! What a person sees when something can't be done: a page in his language with the way on, also when we are at fault.

use std::fs::OpenOptions;

use crate::browser::{Browser, Page};
use crate::city::{City, Ground, PASSWORD};
use crate::client::{Answer, Request};
use crate::disk_trace::{DiskTrace, Of};
use crate::pages_frame::check_headers;
use crate::server::serve;

const PHONE: &str = "+8613800138001";

/// A page about a problem that says this.
#[track_caller]
fn check(answer: Answer, told: &str) -> Page {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{}", answer.head);
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.head);
    check_headers(&answer, "a problem");
    let page = Page(answer);
    assert!(page.has(told), "{}", page.text());
    page
}

#[test]
fn who_asks_too_often_is_told_when_to_come_again() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    for (language, told) in [("en", "Too many requests"), ("zh-Hans", "操作过于频繁")] {
        let path = format!("/me?lang={language}");
        let refused = (0..500).map(|_| browser.ask(Request::get(&path))).find(|answer| answer.status != 200);
        let answer = refused.expect("some are too many");
        assert_eq!(answer.status, 429);
        assert!(answer.header("retry-after").is_some(), "{}", answer.head);
        let page = check(answer, told);
        assert_eq!(page.links(&path).first(), Some(&path), "the way to try again");
        assert!(page.links("/sign-in").is_empty(), "for who is signed in: {}", page.text());
    }
}

#[test]
fn a_fault_of_ours_is_told_with_its_number_and_without_what_broke() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let keys = city.ground.path().join("keys/residents.keys");
    OpenOptions::new().write(true).open(&keys).expect("the keys").set_len(0).expect("none are left");
    for (language, told) in [("en", "Our fault"), ("zh-Hans", "系统出现问题")] {
        let answer = browser.ask(Request::get(&format!("/me?lang={language}"))).expect(500, "no key");
        let number = answer.header("x-request-id").expect("a number").to_owned();
        let page = check(answer, told);
        assert!(page.has(&number) && !page.has("keys"), "{}", page.text());
    }
    let lost = Page(Browser::new(&city).ask(Request::get("/nowhere")).expect(404, "nowhere"));
    assert_eq!(lost.links("/sign-in").len(), 1, "for who isn't: {}", lost.text());
    // What needs no name goes on.
    browser.page("/");
    browser.page("/wallet");
}

#[test]
fn a_full_disk_refuses_in_words_and_what_was_typed_stays() {
    let ground = Ground::demo();
    let trace = DiskTrace::new();
    // Every second write of the committer's: the one between blots out what may stand there, so none gets through until there is
    // room again. Long after the writes of the start, whose number depends on how quick the machine is.
    let command = trace.command(Of::LastSegment(&ground), Some("pwrite64:error=ENOSPC:when=50..64+2"));
    let command = serve(command, ground.path());
    let city = ground.open_with(command);
    let mut slots = city.free_courts(3).into_iter();
    while trace.writes() < 47 {
        city.booked(&city.resident(), &slots.next().expect("enough that is free"));
    }
    let mut signed_up = Vec::new();
    let refused = (0..10).find_map(|n| {
        let mut browser = Browser::new(&city);
        let mut form = browser.page("/sign-up?lang=zh-Hans").form("/sign-up");
        form.set("name", "Lin").set("phone", &format!("+861380013800{n}")).set("password", PASSWORD);
        let answer = browser.send(&form);
        let is_refused = answer.status != 303;
        signed_up.push(browser);
        is_refused.then_some((answer, form))
    });
    let (answer, form) = refused.expect("no room");
    assert_eq!(answer.status, 503);
    let page = check(answer, "没有订成");
    assert_eq!(page.form("/sign-up").fields["phone"], form.fields["phone"], "{}", page.text());
    let browser = signed_up.first_mut().expect("who came while there was room");
    browser.page("/?lang=en");
    let form = browser.page("/me").form("/sign-out");
    let answer = browser.send(&form).expect(503, "no room");
    assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    let _ = check(answer, "<h1>Busy</h1>");
    assert!(browser.has_session() && browser.page("/me").has("Lin"), "it goes on");
    let room = (0..20).any(|_| browser.send(&form).status == 303);
    assert!(room && !browser.has_session(), "when there is room it ends");
    assert!(trace.injected("pwrite64") > 0);
}
