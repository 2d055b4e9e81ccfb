//! Every address of the API. A route that the API describes and this table has not, or the other way round, fails a test: so no
//! route goes without the tests that run over all of them.

use serde_json::{Value, json};

use crate::city::{City, FreeSlot, PASSWORD, Resident, text};
use crate::client::Request;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Everyone,
    Residents,
    /// Whoever has an account.
    Accounts,
    /// The staff of a venue.
    Managers,
    Operators,
}

/// An address and a method.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// As the API describes it.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) takes_body: bool,
}

const fn open(path: &'static str) -> Route {
    Route { method: "GET", path, access: Access::Everyone, takes_body: false }
}

const fn own(method: &'static str, path: &'static str) -> Route {
    Route { method, path, access: Access::Residents, takes_body: false }
}

const fn managed(method: &'static str, path: &'static str, takes_body: bool) -> Route {
    Route { method, path, access: Access::Managers, takes_body }
}

const fn operators(method: &'static str, path: &'static str, takes_body: bool) -> Route {
    Route { method, path, access: Access::Operators, takes_body }
}

const fn post(path: &'static str, access: Access) -> Route {
    Route { method: "POST", path, access, takes_body: true }
}

pub(crate) const ROUTES: [Route; 85] = [
    open("/healthz"),
    open("/readyz"),
    open("/metrics"),
    open("/problems/{name}"),
    open("/v1/time"),
    open("/v1/sports"),
    open("/v1/venues"),
    open("/v1/venues/{venue}"),
    open("/v1/pitches/{pitch}/slots"),
    open("/v1/availability"),
    open("/v1/pitches/{pitch}/events"),
    open("/v1/venues/{venue}/events"),
    open("/v1/releases"),
    open("/v1/releases/{release}"),
    open("/v1/releases/{release}/draw"),
    open("/v1/releases/{release}/report"),
    open("/v1/journal/roots"),
    post("/v1/releases/{release}/entries", Access::Residents),
    own("GET", "/v1/releases/{release}/entries/mine"),
    Route {
        method: "PUT",
        path: "/v1/releases/{release}/entries/mine",
        access: Access::Residents,
        takes_body: true,
    },
    own("DELETE", "/v1/releases/{release}/entries/mine"),
    open("/v1/releases/{release}/queue"),
    post("/v1/releases/{release}/queue", Access::Residents),
    own("GET", "/v1/releases/{release}/queue/me"),
    own("DELETE", "/v1/releases/{release}/queue/me"),
    own("GET", "/v1/releases/{release}/queue/challenge"),
    post("/v1/residents", Access::Everyone),
    post("/v1/logins", Access::Everyone),
    own("DELETE", "/v1/logins/current"),
    Route { method: "GET", path: "/v1/residents/me", access: Access::Accounts, takes_body: false },
    Route { method: "GET", path: "/v1/residents/me/export", access: Access::Accounts, takes_body: false },
    Route { method: "DELETE", path: "/v1/residents/me", access: Access::Residents, takes_body: true },
    own("GET", "/v1/residents/me/companions"),
    post("/v1/residents/me/companions", Access::Residents),
    own("DELETE", "/v1/residents/me/companions/{companion}"),
    own("GET", "/v1/bookings/{id}/companions"),
    Route {
        method: "PUT",
        path: "/v1/bookings/{id}/companions",
        access: Access::Residents,
        takes_body: true,
    },
    post("/v1/bookings", Access::Residents),
    own("GET", "/v1/bookings"),
    own("GET", "/v1/bookings/{id}"),
    own("DELETE", "/v1/bookings/{id}"),
    own("GET", "/v1/bookings/{id}/ticket"),
    own("GET", "/v1/bookings/{id}/ticket.svg"),
    post("/v1/holds", Access::Residents),
    post("/v1/holds/{id}/confirm", Access::Residents),
    own("DELETE", "/v1/holds/{id}"),
    open("/v1/gate/keys"),
    post("/v1/gate/check-ins", Access::Managers),
    own("GET", "/v1/wallet"),
    own("GET", "/v1/wallet/entries"),
    post("/v1/wallet/top-ups", Access::Residents),
    managed("GET", "/v1/manage/venues", false),
    managed("GET", "/v1/manage/venues/{venue}", false),
    managed("PATCH", "/v1/manage/venues/{venue}", true),
    managed("GET", "/v1/manage/venues/{venue}/pitches", false),
    managed("POST", "/v1/manage/venues/{venue}/pitches", true),
    managed("GET", "/v1/manage/venues/{venue}/pitches/{pitch}", false),
    managed("PATCH", "/v1/manage/venues/{venue}/pitches/{pitch}", true),
    managed("PUT", "/v1/manage/pitches/{pitch}/hours", true),
    managed("PUT", "/v1/manage/pitches/{pitch}/prices", true),
    managed("POST", "/v1/manage/pitches/{pitch}/closures", true),
    managed("POST", "/v1/manage/pitches/{pitch}/closures/preview", true),
    managed("GET", "/v1/manage/venues/{venue}/closures", false),
    managed("POST", "/v1/manage/releases", true),
    managed("POST", "/v1/manage/releases/{release}/draw", true),
    managed("GET", "/v1/manage/venues/{venue}/releases", false),
    managed("GET", "/v1/manage/venues/{venue}/bookings", false),
    managed("POST", "/v1/manage/venues/{venue}/bookings", true),
    managed("POST", "/v1/manage/venues/{venue}/verifications", true),
    managed("POST", "/v1/manage/bookings/{id}/move", true),
    managed("POST", "/v1/manage/bookings/{id}/cancel", true),
    managed("GET", "/v1/manage/venues/{venue}/stats", false),
    managed("GET", "/v1/manage/venues/{venue}/audit", false),
    Route { method: "GET", path: "/v1/operator/audit", access: Access::Operators, takes_body: false },
    operators("POST", "/v1/operator/staff", true),
    operators("GET", "/v1/operator/staff", false),
    operators("DELETE", "/v1/operator/staff/{staff}", false),
    operators("POST", "/v1/operator/districts", true),
    operators("GET", "/v1/operator/districts", false),
    operators("PATCH", "/v1/operator/districts/{district}", true),
    operators("POST", "/v1/operator/sports", true),
    operators("PATCH", "/v1/operator/sports/{sport}", true),
    operators("POST", "/v1/operator/venues", true),
    operators("PATCH", "/v1/operator/venues/{venue}", true),
    operators("PUT", "/v1/operator/holidays", true),
];

/// Somebody with a booking, and something to book: what good requests are made of.
pub(crate) struct Scene {
    pub(crate) resident: Resident,
    /// Of the venue of `slot`.
    pub(crate) manager: Resident,
    pub(crate) operator: Resident,
    pub(crate) district: String,
    pub(crate) booking: String,
    pub(crate) slot: FreeSlot,
    pub(crate) day: String,
}

impl Scene {
    pub(crate) fn new(city: &City) -> Self {
        let resident = city.resident();
        let mut slots = city.free_courts(3);
        let booked = city.booked(&resident, &slots.remove(0));
        let slot = slots.remove(0);
        let (manager, operator) = (city.manager_of(&slot.venue), city.staff("operator", None));
        let venue = city.get(&format!("/v1/venues/{}", slot.venue));
        Self {
            resident,
            manager,
            operator,
            district: text(&venue["district"]["id"]),
            booking: text(&booked["id"]),
            slot,
            day: city.day(3),
        }
    }

    /// The address with what is there in the places of its parameters.
    pub(crate) fn path(&self, route: &Route) -> String {
        let path = route.path.replace("{name}", "not-found").replace("{venue}", &self.slot.venue);
        path.replace("{pitch}", &self.slot.pitch)
            .replace("{release}", "sports-centres")
            .replace("{id}", &self.booking)
            .replace("{staff}", &self.operator.id)
            .replace("{companion}", "c-nobody")
            .replace("{district}", &self.district)
            .replace("{sport}", "badminton")
    }

    /// What must stand in the query.
    pub(crate) fn query(&self, route: &Route) -> String {
        let day = &self.day;
        match route.path {
            "/v1/manage/venues/{venue}/stats" => format!("?from={day}&to={day}"),
            "/v1/manage/venues/{venue}/bookings" if route.method == "GET" => format!("?date={day}"),
            path if path.ends_with("/slots") || path.ends_with("/events") => format!("?date={day}"),
            _ => String::new(),
        }
    }

    /// A good body.
    pub(crate) fn body(&self, route: &Route) -> Value {
        match route.path {
            "/v1/residents" => json!({ "phone": "+8613900001111", "password": PASSWORD, "name": "A" }),
            "/v1/residents/me" => json!({ "password": PASSWORD }),
            "/v1/residents/me/companions" => json!({ "name": "小朋友", "birth_year": 2015 }),
            "/v1/bookings/{id}/companions" => json!({ "companions": [] }),
            "/v1/logins" => json!({ "phone": "+8613900001111", "password": PASSWORD }),
            "/v1/bookings" => {
                let mut order = self.slot.order();
                order["party_size"] = 1.into();
                order
            }
            "/v1/holds" => {
                json!({ "pitch": self.slot.pitch, "start": self.slot.start, "end": self.slot.end, "party_size": 1 })
            }
            "/v1/holds/{id}/confirm" => json!({ "pay_with": "wallet" }),
            "/v1/releases/{release}/entries" | "/v1/releases/{release}/entries/mine" => {
                let FreeSlot { pitch, start, end, .. } = &self.slot;
                json!({ "choices": [{ "pitch": pitch, "start": start, "end": end }] })
            }
            "/v1/releases/{release}/queue" => json!({}),
            "/v1/gate/check-ins" => json!({ "ticket": "NO TICKET" }),
            "/v1/wallet/top-ups" => json!({ "amount": 100, "provider": "sandbox" }),
            path => self.managers_body(route.method, path),
        }
    }

    /// What the staff send.
    fn managers_body(&self, method: &str, path: &str) -> Value {
        let FreeSlot { pitch, start, end, .. } = &self.slot;
        match path {
            "/v1/manage/venues/{venue}" => json!({ "admission": "open" }),
            "/v1/manage/venues/{venue}/pitches" => crate::staff::new_pitch("exclusive"),
            "/v1/manage/venues/{venue}/pitches/{pitch}" => json!({ "max_slots": 2 }),
            "/v1/manage/pitches/{pitch}/hours" => json!({ "hours": [] }),
            "/v1/manage/pitches/{pitch}/prices" => json!({ "prices": [] }),
            "/v1/manage/pitches/{pitch}/closures" | "/v1/manage/pitches/{pitch}/closures/preview" => {
                crate::staff::closure_of(&self.slot, "leave")
            }
            "/v1/manage/releases/{release}/draw" => json!({ "value": "6 1 4" }),
            "/v1/manage/releases" => json!({
                "name": { "zh-Hans": "放号", "en": "Release" }, "pitches": [pitch], "first_day": self.day,
                "daily": { "days_before": 2, "at": "07:00" }, "mode": "first_come",
            }),
            "/v1/manage/venues/{venue}/bookings" => {
                json!({ "pitch": pitch, "start": start, "end": end, "phone": "+8613900002222", "name": "A" })
            }
            "/v1/manage/venues/{venue}/verifications" => json!({ "phone": "+8613900002222" }),
            "/v1/manage/bookings/{id}/move" => {
                json!({ "pitch": pitch, "start": start, "end": end, "price": "kept" })
            }
            "/v1/manage/bookings/{id}/cancel" => json!({ "refund": 0 }),
            "/v1/operator/staff" => json!({
                "role": "manager", "venue": self.slot.venue, "phone": "+8613900002222", "password": PASSWORD, "name": "B",
            }),
            "/v1/operator/districts" | "/v1/operator/sports" => {
                json!({ "id": "new", "name": { "zh-Hans": "新", "en": "New" } })
            }
            "/v1/operator/districts/{district}" | "/v1/operator/sports/{sport}" => {
                json!({ "name": { "zh-Hans": "改", "en": "Changed" } })
            }
            "/v1/operator/venues" => json!({
                "id": "new", "name": { "zh-Hans": "新馆", "en": "New Hall" }, "district": self.district,
                "address": { "zh-Hans": "一号", "en": "1" }, "latitude": 22.5, "longitude": 114.5,
            }),
            "/v1/operator/venues/{venue}" => json!({ "latitude": 22.5, "longitude": 114.5 }),
            "/v1/operator/holidays" => json!({ "days": [{ "date": self.day, "goes_by": "holiday" }] }),
            other => panic!("{method} {other} takes no body"),
        }
    }

    /// The request without its body; as somebody who may ask, under a key where one is needed.
    pub(crate) fn request(&self, route: &Route, query: &str) -> Request {
        let request = Request::new(route.method, &format!("{}{query}", self.path(route)));
        let request = match route.access {
            Access::Everyone => request,
            Access::Residents | Access::Accounts => request.token(&self.resident.token),
            Access::Managers => request.token(&self.manager.token),
            Access::Operators => request.token(&self.operator.token),
        };
        if route.takes_body && route.access != Access::Everyone { request.key("scene") } else { request }
    }
}

#[test]
fn the_table_of_routes_is_the_api_that_describes_itself() {
    let city = City::demo();
    let api = city.get("/openapi.json");
    assert!(api["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", api["openapi"]);
    let mut described: Vec<String> = Vec::new();
    for (path, operations) in api["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            described.push(format!("{} {path}", method.to_uppercase()));
            let needs_token = operation["security"].as_array().is_some_and(|needs| !needs.is_empty());
            let route =
                ROUTES.iter().find(|route| route.path == path && route.method.eq_ignore_ascii_case(method));
            let is_open = route.map(|route| route.access == Access::Everyone);
            assert_eq!(is_open, Some(!needs_token), "{method} {path} in tests/e2e/routes.rs");
        }
    }
    let mut known: Vec<String> =
        ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    described.sort();
    known.sort();
    assert_eq!(known, described);
}
