//! `/v1/operator/staff`: who manages a venue, who sits at its front desk, who else operates the city. They log in at `/v1/logins`.
//!
//! Whoever is removed may do nothing from the answer on, but his telephone number stays his.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, Operators, created};
use crate::api::answer::Items;
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::page::{ListQuery, list as lists};
use crate::api::person::{KeptPhone, Person, open, password_problem, seal};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::rate_limit::{Limited, RateLimits};
use crate::api::resident::Desk;
use crate::api::settled::{durably, until, with_lane};
use crate::domain::catalogue::Catalogue;
use crate::domain::event::{AccountOpened, PhoneHash, Role};
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::refusal::Refusal;
use crate::identity::personal::PersonalData;
use crate::identity::public_id::{Position, PublicId};

/// What one of the staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    Manager,
    FrontDesk,
    Operator,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    pub role: StaffRole,
    /// The venue of a manager or a front desk; an operator has none.
    pub venue: Option<String>,
    /// In E.164, or the 11 digits of a Chinese mobile number.
    #[schema(example = "+8613800138000")]
    pub phone: String,
    /// 8 to 1024 bytes, taken as they are.
    #[schema(min_length = 8)]
    pub password: String,
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
}

/// One of the staff.
#[derive(Serialize, ToSchema)]
pub struct StaffView {
    #[schema(value_type = String)]
    id: PublicId,
    role: StaffRole,
    /// Null for an operator.
    venue: Option<String>,
    name: String,
}

impl StaffView {
    fn of(desk: &Desk, catalogue: &Catalogue, (no, role): (ResidentNo, Role), name: String) -> Self {
        let (role, venue) = match role {
            Role::VenueManager(venue) => (StaffRole::Manager, Some(venue)),
            Role::FrontDesk(venue) => (StaffRole::FrontDesk, Some(venue)),
            // A resident is none of the staff and never shown here.
            Role::Operator | Role::Resident => (StaffRole::Operator, None),
        };
        let venue = venue.and_then(|venue| catalogue.venue(venue));
        Self {
            id: desk.ids.resident(no),
            role,
            venue: venue.map(|venue| venue.def.code.as_str().to_owned()),
            name,
        }
    }
}

/// Makes somebody one of the staff.
#[utoipa::path(
    post,
    path = "/v1/operator/staff",
    tag = "operator",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = NewStaff,
    responses((status = 201, body = StaffView))
)]
pub async fn add(
    State(state): State<Operators>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<NewStaff>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let (made, view) = added(&state, who, key, body.value).await?;
    Ok(created(made, &view))
}

/// Makes somebody one of the staff, for whoever asks: the API or a page.
///
/// # Errors
/// Why nobody was made; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn added(
    state: &Operators,
    who: SignedIn,
    key: Option<&str>,
    wanted: NewStaff,
) -> Result<(Made, StaffView), Problem> {
    let desk = &state.desk;
    let NewStaff { role, venue, phone, password, name } = wanted;
    let mut faults = FieldFaults::new();
    let person = Person::read(&phone, password, name, &mut faults);
    match (role, &venue) {
        (StaffRole::Manager | StaffRole::FrontDesk, None) => faults.add(FieldFault::missing("venue")),
        (StaffRole::Operator, Some(_)) => {
            faults.add(FieldFault::new("venue", Text::fixed("an operator has none", "运营人员不属于场馆")));
        }
        (StaffRole::Manager | StaffRole::FrontDesk, Some(_)) | (StaffRole::Operator, None) => {}
    }
    let person = faults.check_read(person)?;
    let by = who.operator()?;
    let role = meant(&desk.engine.world().catalogue, role, venue.as_deref())?;
    let (made, no) = loop {
        let hash = PhoneHash(person.phone.hash(desk.keys.phone()).bytes());
        match desk.engine.reserve_phone(hash) {
            Ok(no) => {
                let kept = KeptPhone::new(&desk.engine, hash, no);
                open_account(desk, by, (hash, no), role, &person, kept).await?;
                break (Made::Now, no);
            }
            Err(Refusal::PhoneTaken) if key.is_some() => {
                if let Some(no) = opened_before(desk, &state.doorkeeper.limits, role, &person).await? {
                    break (Made::Before, no);
                }
            }
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    };
    let world = desk.engine.world();
    Ok((made, StaffView::of(desk, &world.catalogue, (no, role), person.name)))
}

fn meant(catalogue: &Catalogue, role: StaffRole, venue: Option<&str>) -> Result<Role, Problem> {
    let venue = || venue.and_then(|code| catalogue.venue_by_code(code)).ok_or(Problem::NotFound);
    Ok(match role {
        StaffRole::Manager => Role::VenueManager(venue()?.no),
        StaffRole::FrontDesk => Role::FrontDesk(venue()?.no),
        StaffRole::Operator => Role::Operator,
    })
}

async fn open_account(
    desk: &Desk,
    by: ResidentNo,
    (phone, resident): (PhoneHash, ResidentNo),
    role: Role,
    person: &Person,
    kept: KeptPhone<'_>,
) -> Result<(), Problem> {
    let hashed = desk.passwords.hash(person.password.clone()).await;
    let password_hash = hashed.map_err(|fault| password_problem(&fault))?;
    let data = PersonalData {
        phone: person.phone.clone(),
        name: person.name.clone(),
        password_hash: Some(password_hash),
    };
    let sealed = seal(&desk.resident_keys, resident, data).await?;
    let account = AccountOpened { resident, role, phone, sealed };
    let ticket = kept.hand_over(|| {
        with_lane(|lane: &CommandLane| desk.engine.open_staff_account(lane, by, account))
            .map_err(|refusal| desk.refuse(refusal))
    })?;
    durably(ticket).await
}

/// The account that this request asks for, when it was opened before just so: the same role, name and password. Nothing when
/// whoever was about to take the number has given it up.
async fn opened_before(
    desk: &Desk,
    limits: &RateLimits,
    role: Role,
    person: &Person,
) -> Result<Option<ResidentNo>, Problem> {
    let hash = person.phone.hash(desk.keys.phone());
    // Who asks this way can try passwords, as who logs in can.
    limits.check(Limited::LoginsTo(hash))?;
    let phone = PhoneHash(hash.bytes());
    let account = until(|| match desk.engine.account_by_phone(phone) {
        Some(account) => Some(Some(account)),
        None => (!desk.engine.is_phone_taken(phone)).then_some(None),
    });
    let Some((no, sealed)) = account.await? else { return Ok(None) };
    if desk.engine.staff_role(no) != Some(role) {
        return Err(Problem::PhoneTaken);
    }
    let data = open(&desk.resident_keys, vec![(no, sealed)]).await?.pop();
    let data = data.filter(|data| data.name == person.name).ok_or(Problem::PhoneTaken)?;
    let kept = data.password_hash.map(Arc::from);
    let verified = desk.passwords.verify(person.password.clone(), kept).await;
    if verified.map_err(|fault| password_problem(&fault))? { Ok(Some(no)) } else { Err(Problem::PhoneTaken) }
}

/// The staff, in the order in which they came.
#[utoipa::path(
    get,
    path = "/v1/operator/staff",
    tag = "operator",
    security(("token" = [])),
    params(ListQuery),
    responses((status = 200, body = Items<StaffView>))
)]
pub async fn list(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, lists::STAFF)?;
    who.operator()?;
    let after = page.after().map(|position| ResidentNo::new(position.number));
    // One more than is shown, so that the page knows whether it is the last.
    let staff = desk.engine.staff_after(after, page.limit() + 1);
    let sealed = staff.iter().filter_map(|(no, _)| Some((*no, desk.engine.sealed_of(*no)?))).collect();
    let names = open(&desk.resident_keys, sealed).await?.into_iter().map(|data| data.name);
    let world = desk.engine.world();
    let shown = staff.into_iter().zip(names).map(|((no, role), name)| {
        let view = StaffView::of(&desk, &world.catalogue, (no, role), name);
        (Position { sort: 0, number: no.get() }, view)
    });
    Ok(own_with_etag(&headers, &page.of(shown, |view| view)))
}

/// Takes all rights from one of the staff: the sessions are dead when this is answered. Nobody removes himself.
#[utoipa::path(
    delete,
    path = "/v1/operator/staff/{staff}",
    tag = "operator",
    security(("token" = [])),
    params(("staff" = String, Path)),
    responses((status = 204))
)]
pub async fn remove(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
) -> Result<Response, Problem> {
    removed(&desk, who, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes all rights from one of the staff, for whoever asks: the API or a page.
///
/// # Errors
/// Why he keeps them: `forbidden` for oneself, `not-found` for who is none of the staff.
pub async fn removed(desk: &Desk, who: SignedIn, id: &str) -> Result<(), Problem> {
    let by = who.operator()?;
    let account = desk.ids.read_resident(id).ok_or(Problem::NotFound)?;
    if account == by {
        return Err(Problem::Forbidden);
    }
    let ticket = with_lane(|lane: &CommandLane| desk.engine.disable_account(lane, by, account))
        .map_err(|refusal| desk.refuse(refusal))?;
    durably(ticket).await
}
