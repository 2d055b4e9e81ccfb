//! Letting in: `POST /v1/gate/check-ins`, by the ticket that somebody shows or by the code that somebody says.
//!
//! The signature says that the ticket is ours; whether it still lets in is the engine's to say, by how the booking stands now and
//! where it lies now. Who is let in is let in once, and who asked is told so again under the same key.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::answer::{NamesView, Rfc3339, city_moment, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::JsonBody;
use crate::api::headers::idempotency_key;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingView;
use crate::api::resident::ordering::Replayed;
use crate::api::resident::party::party_of;
use crate::api::settled::{durably, until, with_lane};
use crate::domain::calendar::local_day;
use crate::domain::event::{RequestKey, Role};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::engine::CommandLane;
use crate::engine::bookings::{Booking, BookingState};
use crate::engine::check_in::{CheckedIn, CheckedInBefore, EARLY_MS};
use crate::engine::refusal::Refusal;
use crate::identity::companions::Companion;
use crate::identity::personal::PersonalData;
use crate::identity::ticket::TicketCode;

const PATH: &str = "/v1/gate/check-ins";

/// Either a ticket, or a venue and a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInBody {
    /// The text of a ticket, as its QR code shows it.
    pub ticket: Option<String>,
    /// The venue's id, with a code.
    pub venue: Option<String>,
    /// The eight signs of a booking of this day.
    #[schema(example = "K7QD93FM")]
    pub code: Option<String>,
}

/// Who was let in, and where to.
#[derive(Serialize, ToSchema)]
pub struct CheckInView<'a> {
    booking: BookingView<'a>,
    /// The resident's name; null where none is known.
    name: Option<String>,
    venue_name: NamesView,
    pitch_name: NamesView,
    party_size: u16,
    /// Who was named to come along.
    companions: Vec<CompanionAtGate>,
    #[schema(value_type = String, format = DateTime)]
    checked_in_at: Rfc3339,
}

/// Somebody who comes along, as a gate sees him.
#[derive(Serialize, ToSchema)]
pub struct CompanionAtGate {
    name: String,
    birth_year: Option<u16>,
}

/// What somebody shows or says.
enum Shown<'a> {
    Ticket(&'a str),
    Code { venue: &'a str, code: &'a str },
}

/// Lets somebody in, once. By a manager or the front desk of the venue, or an operator.
#[utoipa::path(
    post,
    path = "/v1/gate/check-ins",
    tag = "gate",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = CheckInBody,
    responses((status = 200, body = CheckInView))
)]
pub async fn check_in(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<CheckInBody>,
) -> Result<Response, Problem> {
    let (no, replayed) = checked_in(&desk, who, &body.value, idempotency_key(&headers)).await?;
    let_in(&desk, no, replayed).await
}

/// Lets somebody in, once; durable when this returns.
///
/// # Errors
/// Why nobody is let in.
pub async fn checked_in(
    desk: &Desk,
    who: SignedIn,
    body: &CheckInBody,
    key: Result<Option<&str>, Problem>,
) -> Result<(BookingNo, Replayed), Problem> {
    let shown = body.shown()?;
    let key = key?;
    let gate = Gate::of(who.role)?;
    let (found, venue) = find(desk, gate, &shown)?;
    let request = key.map(|key| desk.request_key(who.no, "POST", PATH, key, &shown.asks_for()));
    loop {
        if let Some(request) = request {
            match until(|| decided(desk, request)).await? {
                CheckedInBefore::LetIn(no) => return Ok((no, Replayed::Yes)),
                CheckedInBefore::OtherBody => return Err(Problem::IdempotencyMismatch),
                CheckedInBefore::Never | CheckedInBefore::UnderWay => {}
            }
        }
        let no = found.ok_or(Problem::TicketInvalid)?;
        let now = desk.clock.now();
        let checked_in = with_lane(|lane: &CommandLane| match request {
            Some(request) => desk.engine.check_in_by_request(lane, who.no, (venue, no), request, now),
            None => desk.engine.check_in(lane, who.no, venue, no, now).map(CheckedIn::Queued),
        });
        match checked_in {
            Ok(CheckedIn::Queued(ticket)) => {
                durably(ticket).await?;
                return Ok((no, Replayed::No));
            }
            Ok(CheckedIn::Before) => {}
            Err(Refusal::AlreadyUsed) => return Err(Problem::AlreadyUsed { used_at: used_at(desk, no) }),
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
}

impl CheckInBody {
    fn shown(&self) -> Result<Shown<'_>, Problem> {
        match (&self.ticket, &self.venue, &self.code) {
            (Some(ticket), None, None) => Ok(Shown::Ticket(ticket)),
            (None, Some(venue), Some(code)) => Ok(Shown::Code { venue, code }),
            (None, None, None) => Err(FieldFault::missing("ticket").into()),
            (None, Some(_), None) => Err(FieldFault::missing("code").into()),
            (None, None, Some(_)) => Err(FieldFault::missing("venue").into()),
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(FieldFault::new(
                "ticket",
                Text::fixed("stands alone, without venue and code", "不能与 venue、code 同时提供"),
            )
            .into()),
        }
    }
}

impl Shown<'_> {
    /// What a retry is compared by. Neither a ticket nor a venue's id has a NUL in it.
    fn asks_for(&self) -> Vec<u8> {
        let parts = match self {
            Self::Ticket(ticket) => [*ticket, "", ""],
            Self::Code { venue, code } => [venue, "\0", code],
        };
        parts.concat().into_bytes()
    }
}

/// Where somebody may let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Venue(VenueNo),
    Anywhere,
}

impl Gate {
    const fn of(role: Role) -> Result<Self, Problem> {
        match role {
            Role::VenueManager(venue) | Role::FrontDesk(venue) => Ok(Self::Venue(venue)),
            Role::Operator => Ok(Self::Anywhere),
            Role::Resident => Err(Problem::Forbidden),
        }
    }

    fn check(self, venue: Option<VenueNo>) -> Result<(), Problem> {
        match (self, venue) {
            (Self::Venue(own), Some(venue)) if own != venue => Err(Problem::Forbidden),
            (Self::Venue(_) | Self::Anywhere, _) => Ok(()),
        }
    }
}

/// The booking that is meant, if there is one, and the venue whose gate this is.
fn find(desk: &Desk, gate: Gate, shown: &Shown<'_>) -> Result<(Option<BookingNo>, VenueNo), Problem> {
    match *shown {
        Shown::Ticket(text) => {
            let ticket = desk.tickets.read(text);
            let no = ticket.map(|ticket| ticket.booking);
            // Where the booking lies now: it may have been moved since.
            let venue = no.and_then(|no| venue_of(desk, no));
            gate.check(venue)?;
            match (gate, venue) {
                (Gate::Venue(own), _) => Ok((no, own)),
                (Gate::Anywhere, Some(venue)) => Ok((no, venue)),
                // It was used or missed long ago, wherever that was.
                (Gate::Anywhere, None) if no.is_some_and(|no| desk.engine.bookings().is_forgotten(no)) => {
                    Ok((no, VenueNo::new(u32::MAX)))
                }
                // Nobody's gate is asked for a booking that there is not.
                (Gate::Anywhere, None) => Ok((None, VenueNo::new(u32::MAX))),
            }
        }
        Shown::Code { venue, code } => {
            let venue = desk.engine.world().catalogue.venue_by_code(venue).map(|venue| venue.no);
            match (gate, venue) {
                (Gate::Venue(own), Some(venue)) if own == venue => Ok((by_code(desk, venue, code), venue)),
                (Gate::Venue(_), _) => Err(Problem::Forbidden),
                (Gate::Anywhere, Some(venue)) => Ok((by_code(desk, venue, code), venue)),
                (Gate::Anywhere, None) => Err(Problem::NotFound),
            }
        }
    }
}

fn venue_of(desk: &Desk, no: BookingNo) -> Option<VenueNo> {
    let booking = desk.engine.bookings().get(no)?;
    desk.engine.world().catalogue.pitch(booking.terms.pitch).map(|pitch| pitch.venue)
}

/// The venue's booking with this code, among those of today; also of tomorrow, when that is less than the early half hour away.
fn by_code(desk: &Desk, venue: VenueNo, code: &str) -> Option<BookingNo> {
    let code = TicketCode::read(code)?;
    let world = desk.engine.world();
    let (catalogue, now) = (&world.catalogue, desk.clock.now());
    let today = local_day(catalogue.zone(), now);
    let soon = local_day(catalogue.zone(), now.plus_ms(EARLY_MS));
    let days = [Some(today), Some(soon).filter(|soon| *soon != today)];
    for day in days.into_iter().flatten() {
        for whole in catalogue.wholes().filter(|whole| whole.venue == venue) {
            let bookings = desk.engine.bookings_of_day(&world, whole, day).unwrap_or_default();
            if let Some(booking) = bookings.into_iter().find(|booking| desk.tickets.code(booking.no) == code)
            {
                return Some(booking.no);
            }
        }
    }
    None
}

/// What is known of a request, unless it is under way.
fn decided(desk: &Desk, request: RequestKey) -> Option<CheckedInBefore> {
    Some(desk.engine.checked_in_before(request)).filter(|before| *before != CheckedInBefore::UnderWay)
}

/// When a booking was used, if that is durable.
fn used_at(desk: &Desk, no: BookingNo) -> Option<Rfc3339> {
    let booking = desk.engine.bookings().get(no)?;
    let is_used = booking.state.settled() == BookingState::CheckedIn;
    is_used.then(|| city_moment(desk.engine.world().catalogue.zone(), booking.changed_at))
}

async fn let_in(desk: &Desk, no: BookingNo, replayed: Replayed) -> Result<Response, Problem> {
    let gone = || Problem::internal(&"somebody who was let in can't be shown");
    let booking = desk.engine.bookings().get(no).ok_or_else(gone)?;
    let name = name_of(desk, booking.terms.resident).await;
    let party = party_at_gate(desk, &booking).await;
    let world = desk.engine.world();
    let pitch = world.catalogue.pitch(booking.terms.pitch).ok_or_else(gone)?;
    let venue = world.catalogue.venue(pitch.venue).ok_or_else(gone)?;
    let view = CheckInView {
        booking: BookingView::of(&world, &desk.ids, &booking).ok_or_else(gone)?,
        name,
        venue_name: NamesView::of(&venue.def.name),
        pitch_name: NamesView::of(&pitch.name),
        party_size: booking.terms.party_size,
        companions: party
            .into_iter()
            .map(|Companion { name, birth_year, .. }| CompanionAtGate { name, birth_year })
            .collect(),
        checked_in_at: city_moment(world.catalogue.zone(), booking.changed_at),
    };
    let mut response = json(StatusCode::OK, &view);
    replayed.mark(&mut response);
    Ok(response)
}

/// Who was named to come along, for the staff of a gate that has let the booking in. As with the name, what can't be read is a warning.
pub async fn party_at_gate(desk: &Desk, booking: &Booking) -> Vec<Companion> {
    match party_of(desk, booking.terms.resident, booking.no).await {
        Ok(party) => party,
        Err(problem) => {
            tracing::warn!(problem = problem.name().as_str(), "companions could not be read at a gate");
            Vec::new()
        }
    }
}

/// A resident's name, read off the threads that serve. Who is let in is let in: a name that can't be read is a warning in the log.
async fn name_of(desk: &Desk, no: ResidentNo) -> Option<String> {
    let sealed = desk.engine.sealed_of(no)?;
    let keys = Arc::clone(&desk.resident_keys);
    let reading = tokio::task::spawn_blocking(move || -> Result<String, String> {
        let key = keys.get(no).map_err(|fault| fault.to_string())?;
        PersonalData::open(no, &key, &sealed).map(|data| data.name).map_err(|fault| fault.to_string())
    });
    match reading.await {
        Ok(Ok(name)) => Some(name),
        Ok(Err(fault)) => {
            tracing::warn!(%fault, "a name could not be read at a gate");
            None
        }
        Err(fault) => {
            tracing::warn!(%fault, "a name could not be read at a gate");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_gates() {
        let (own, other) = (VenueNo::new(3), VenueNo::new(4));
        assert_eq!(Gate::of(Role::Resident), Err(Problem::Forbidden));
        for role in [Role::VenueManager(own), Role::FrontDesk(own)] {
            let gate = Gate::of(role).expect("a gate");
            assert_eq!(gate.check(Some(own)), Ok(()));
            assert_eq!(gate.check(Some(other)), Err(Problem::Forbidden), "{role:?}");
            assert_eq!(gate.check(None), Ok(()), "what is no ticket is nobody's");
        }
        let anywhere = Gate::of(Role::Operator).expect("a gate");
        assert_eq!((anywhere.check(Some(own)), anywhere.check(Some(other))), (Ok(()), Ok(())));
    }
}
