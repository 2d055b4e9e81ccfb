//! Everything that is kept of a person, as one document: `GET /v1/residents/me/export`.
//!
//! For residents and for the staff. It is one's own and complete, so it is not cut into pages, and nobody on the way keeps it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderValue};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Desk;
use super::booking_view::BookingView;
use super::companions::{CompanionView, listed};
use super::me::ProfileView;
use super::my_bookings::newest_first as booking_order;
use super::party::party_of;
use super::wallet_entries::{EntryView, newest_first};
use crate::api::answer::{Money, Rfc3339, city_moment, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::domain::ids::ResidentNo;
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::engine::bookings::{Booking, BookingState};
use crate::engine::log_ins::SESSION_SLOTS;
use crate::engine::world::World;
use crate::identity::public_id::PublicId;

/// What a browser calls the file.
const DISPOSITION: HeaderValue = HeaderValue::from_static("attachment; filename=\"kaichang-my-data.json\"");

/// Everything that is kept of a person.
#[derive(Serialize, ToSchema)]
pub struct ExportView<'a> {
    #[schema(value_type = String, format = DateTime)]
    exported_at: Rfc3339,
    profile: ProfileView,
    companions: Vec<CompanionView>,
    /// The devices that are logged in now.
    sessions: Vec<LoggedInView>,
    wallet: ExportedWallet,
    /// All bookings, the newest start first.
    bookings: Vec<BookingView<'a>>,
    /// Who was named to come along, for which booking that is not over.
    booking_companions: Vec<PartyOfBooking>,
    /// When somebody was let in, for which booking.
    check_ins: Vec<CheckInOfBooking>,
    /// What one did as one of the staff, and what was done to one's account; the newest first.
    staff_acts: Vec<StaffActView>,
}

#[derive(Serialize, ToSchema)]
pub struct LoggedInView {
    /// One of eight places.
    place: u8,
    /// Whether this document was asked for from it.
    is_this_one: bool,
}

#[derive(Serialize, ToSchema)]
pub struct ExportedWallet {
    balance: Money,
    /// All movements, the newest first. They sum to the balance.
    entries: Vec<EntryView>,
}

#[derive(Serialize, ToSchema)]
pub struct PartyOfBooking {
    #[schema(value_type = String)]
    booking: PublicId,
    companions: Vec<CompanionView>,
}

#[derive(Serialize, ToSchema)]
pub struct CheckInOfBooking {
    #[schema(value_type = String)]
    booking: PublicId,
    #[schema(value_type = String, format = DateTime)]
    at: Rfc3339,
}

#[derive(Serialize, ToSchema)]
pub struct StaffActView {
    #[schema(value_type = String, format = DateTime)]
    at: Rfc3339,
    what: String,
    /// The id of what it was done to; null for the city.
    subject: Option<String>,
    before: Value,
    after: Value,
}

/// Everything that is kept of oneself.
#[utoipa::path(
    get,
    path = "/v1/residents/me/export",
    tag = "residents",
    security(("token" = [])),
    responses((status = 200, body = ExportView))
)]
pub async fn export(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
) -> Result<Response, Problem> {
    exported(&desk, &who).await
}

/// The document, as a file to be kept.
///
/// # Errors
/// `overloaded` when what is older can't be read now, or a fault of ours.
pub async fn exported(desk: &Desk, who: &SignedIn) -> Result<Response, Problem> {
    let profile = ProfileView::of(desk, who).await?;
    let companions = listed(desk, who.no).await?;
    let booking_companions = parties(desk, who.no).await?;
    let world = World::clone(&desk.engine.world());
    let account = desk.engine.residents().get(who.no).ok_or(Problem::NotFound)?;
    // It is everything, or nothing.
    let mut bookings = desk.past.all_of(who.no).await?;
    bookings.sort_unstable_by_key(|booking| {
        let position = booking_order(&world, booking);
        (position.sort, position.number)
    });
    let moment = |at| city_moment(world.catalogue.zone(), at);
    let sessions = (0..SESSION_SLOTS).filter(|place| account.log_ins.generation(*place) % 2 == 1);
    let movements = newest_first(desk, account, bookings.iter().copied());
    let document = ExportView {
        exported_at: moment(desk.clock.now()),
        profile,
        companions: companions.iter().map(CompanionView::of).collect(),
        booking_companions,
        sessions: sessions
            .map(|place| LoggedInView { place, is_this_one: place == who.session_slot })
            .collect(),
        wallet: ExportedWallet {
            balance: Money::new(account.settled(), world.catalogue.city().currency),
            entries: movements.iter().map(|movement| EntryView::of(desk, &world, movement)).collect(),
        },
        check_ins: bookings
            .iter()
            .filter(|booking| was_let_in(booking))
            .map(|booking| CheckInOfBooking {
                booking: desk.ids.booking(booking.no),
                at: moment(booking.changed_at),
            })
            .collect(),
        bookings: bookings.iter().filter_map(|booking| BookingView::of(&world, &desk.ids, booking)).collect(),
        staff_acts: desk
            .engine
            .audit_log()
            .naming(who.no)
            .iter()
            .map(|entry| StaffActView::of(desk, &world, entry))
            .collect(),
    };
    let mut response = json(StatusCode::OK, &document);
    response.headers_mut().insert(CONTENT_DISPOSITION, DISPOSITION);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Who was named for which of one's bookings.
async fn parties(desk: &Desk, no: ResidentNo) -> Result<Vec<PartyOfBooking>, Problem> {
    let account = desk.engine.residents().get(no).ok_or(Problem::NotFound)?;
    let mut parties = Vec::new();
    // Names are forgotten with a booking's end, so whoever is in memory is all of them.
    for booking in desk.engine.bookings().of_resident(&account.newest_booking) {
        let companions = party_of(desk, no, booking.no).await?;
        if !companions.is_empty() {
            let companions = companions.iter().map(CompanionView::of).collect();
            parties.push(PartyOfBooking { booking: desk.ids.booking(booking.no), companions });
        }
    }
    Ok(parties)
}

/// Whether somebody was checked in: only that leaves a moment on a booking that was paid and is not cancelled.
fn was_let_in(booking: &Booking) -> bool {
    matches!(booking.state, BookingState::CheckedIn | BookingState::Leaving | BookingState::Completed)
        && booking.changed_at.get() != 0
}

impl StaffActView {
    fn of(desk: &Desk, world: &World, entry: &AuditEntry) -> Self {
        Self {
            at: city_moment(world.catalogue.zone(), entry.at),
            what: entry.what.clone().into_owned(),
            subject: match &entry.subject {
                Subject::Named(code) => Some(code.as_str().to_owned()),
                Subject::Booking(no) => Some(desk.ids.booking(*no).as_str().to_owned()),
                Subject::Account(no) => Some(desk.ids.resident(*no).as_str().to_owned()),
                Subject::City => None,
            },
            before: entry.before.clone(),
            after: entry.after.clone(),
        }
    }
}
