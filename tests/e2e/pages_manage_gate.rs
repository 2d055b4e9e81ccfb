//! The gate's page: who is let in, who isn't and why, and that an address alone says nothing.

use crate::browser::Page;
use crate::city::{Resident, text};
use crate::client::Request;
use crate::gate::Place;
use crate::pages_manage::{accounts, signed_in};

fn code(place: &Place, resident: &Resident, id: &str) -> String {
    text(&place.city.get_as(resident, &format!("/v1/bookings/{id}/ticket"))["code"])
}

#[test]
fn a_ticket_lets_in_once_by_scan_or_by_code_and_another_venues_not_at_all() {
    let place = Place::new();
    let gate = format!("/manage/{}/gate", place.venue);
    let all = accounts(&place.city);
    let at = |venue: &str| all.iter().find(|one| one["venue"] == venue && one["role"] == "manager");
    let mut browser = signed_in(&place.city, at(&place.venue).expect("the manager"));
    let resident = place.city.resident();
    let id = text(&place.booked(&resident)["id"]);
    let ticket = text(&place.city.get_as(&resident, &format!("/v1/bookings/{id}/ticket"))["ticket"]);
    browser.ask(Request::get(&format!("{gate}?entered={id}"))).expect(404, "nobody has entered yet");

    let foreign = all.iter().find(|one| one["role"] == "manager" && one["venue"] != place.venue.as_str());
    let foreign = foreign.expect("another venue");
    let mut other = signed_in(&place.city, foreign);
    let other_gate = format!("/manage/{}/gate", text(&foreign["venue"]));
    let mut form = other.page(&other_gate).form(&other_gate);
    form.set("shown", &ticket);
    let page = Page(other.send(&form).expect(403, "another venue's"));
    assert!(page.has("data-answer=\"bad\"") && page.has("Another venue’s ticket"), "{}", page.text());

    let mut form = browser.page(&gate).form(&gate);
    form.set("shown", "no ticket at all");
    let page = Page(browser.send(&form).expect(422, "no ticket"));
    assert!(page.has("data-problem=\"ticket-invalid\""), "{}", page.text());

    let mut form = page.form(&gate);
    form.set("shown", &format!(" {} ", ticket.to_lowercase()));
    let good = browser.follow(&form);
    assert!(good.has("data-answer=\"good\"") && good.has("2 people"), "{}", good.text());
    assert!(good.0.header("permissions-policy").is_some_and(|policy| policy.contains("camera=(self)")));
    browser.send(&form).expect(303, "the same form again is the same answer");

    let mut form = good.form(&gate);
    form.set("shown", &code(&place, &resident, &id));
    let page = Page(browser.send(&form).expect(409, "used"));
    assert!(page.has("data-problem=\"already-used\"") && page.has("Entered at "), "{}", page.text());
    assert!(
        !browser
            .page("/me")
            .0
            .header("permissions-policy")
            .is_some_and(|policy| policy.contains("camera=(self)"))
    );
    other.ask(Request::get(&format!("{other_gate}?entered={id}"))).expect(404, "another venue's booking");
}
