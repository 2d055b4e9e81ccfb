//! Signing up: `POST /v1/residents`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Residents};
use crate::api::answer::{Rfc3339, city_moment, json};
use crate::api::extract::JsonBody;
use crate::api::front::Peer;
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::rate_limit::Limited;
use crate::api::settled::{durably, with_lane};
use crate::domain::event::{AccountOpened, PhoneHash, Role};
use crate::domain::ids::ResidentNo;
use crate::engine::accounts::FIRST_SESSION;
use crate::engine::{CommandLane, Engine};
use crate::identity::password::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Password, PasswordFault};
use crate::identity::personal::PersonalData;
use crate::identity::phone::Phone;
use crate::identity::public_id::PublicId;
use crate::identity::token::{TokenClaims, TokenText, Tokens};

/// The longest name.
const NAME_CHARS_MAX: usize = 64;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpBody {
    /// In E.164, or the 11 digits of a Chinese mobile number.
    #[schema(example = "+8613800138000")]
    phone: String,
    /// 8 to 1024 bytes, taken as they are.
    #[schema(min_length = 8)]
    password: String,
    #[schema(min_length = 1, max_length = 64)]
    name: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    #[schema(value_type = String)]
    id: PublicId,
    #[schema(value_type = String)]
    token: TokenText,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Rfc3339,
}

impl SessionView {
    /// A token for a session that is durable.
    pub(super) fn begin(desk: &Desk, tokens: &Tokens, claims: TokenClaims) -> Self {
        let minted = tokens.mint(claims, desk.clock.now());
        Self {
            id: desk.ids.resident(claims.resident),
            token: minted.token,
            expires_at: city_moment(desk.engine.world().catalogue.zone(), minted.expires_at),
        }
    }
}

/// Opens an account, and begins its first session.
#[utoipa::path(
    post,
    path = "/v1/residents",
    tag = "residents",
    request_body = SignUpBody,
    responses((status = 201, body = SessionView))
)]
pub async fn sign_up(
    State(state): State<Residents>,
    Peer(peer): Peer,
    _none: QueryOf<NoParameters>,
    body: JsonBody<SignUpBody>,
) -> Result<Response, Problem> {
    let desk = &state.desk;
    // Counted first, as the contract orders: also what is malformed.
    state.doorkeeper.limits.check(Limited::SignUpsFrom(peer))?;
    let SignUpBody { phone, password, name } = body.value;
    let mut faults = FieldFaults::new();
    let phone = read_phone(&phone).map_err(|fault| faults.add(fault)).ok();
    let password = Password::new(password).map_err(|_| faults.add(password_fault())).ok();
    if let Some(fault) = name_fault(&name) {
        faults.add(fault);
    }
    faults.check()?;
    let (Some(phone), Some(password)) = (phone, password) else {
        return Err(Problem::internal(&"a fault was not told"));
    };
    let hash = PhoneHash(phone.hash(desk.keys.phone()).bytes());
    let no = desk.engine.reserve_phone(hash).map_err(|refusal| desk.refuse(refusal))?;
    // Whatever goes wrong from here on, or if nobody waits any more, the number is given up.
    let kept = KeptPhone { engine: &desk.engine, hash, no, is_kept: true };
    let password_hash = desk.passwords.hash(password).await.map_err(|fault| password_problem(&fault))?;
    let data = PersonalData { phone, name, password_hash: Some(password_hash) };
    let sealed = seal(desk, no, data).await?;
    let account = AccountOpened { resident: no, role: Role::Resident, phone: hash, sealed: sealed.into() };
    let ticket = kept.hand_over(|| {
        with_lane(|lane: &CommandLane| desk.engine.open_account(lane, account))
            .map_err(|refusal| desk.refuse(refusal))
    })?;
    durably(ticket).await?;
    let (slot, generation) = FIRST_SESSION;
    let claims = TokenClaims { resident: no, slot, generation };
    Ok(json(StatusCode::CREATED, &SessionView::begin(desk, &state.doorkeeper.tokens, claims)))
}

/// Makes the resident's key, which is synced, and seals the personal data under it: off the threads that serve.
async fn seal(desk: &Desk, no: ResidentNo, data: PersonalData) -> Result<Vec<u8>, Problem> {
    let keys = Arc::clone(&desk.resident_keys);
    let sealing = tokio::task::spawn_blocking(move || -> Result<Vec<u8>, String> {
        let key = keys.create(no).map_err(|fault| fault.to_string())?;
        data.seal(no, &key).map_err(|fault| fault.to_string())
    });
    match sealing.await {
        Ok(Ok(sealed)) => Ok(sealed),
        Ok(Err(fault)) => Err(Problem::internal(&fault)),
        Err(fault) => Err(Problem::internal(&fault)),
    }
}

/// A telephone number that is kept for a sign-up, and given up unless the sign-up's record is queued.
struct KeptPhone<'a> {
    engine: &'a Engine,
    hash: PhoneHash,
    no: ResidentNo,
    is_kept: bool,
}

impl KeptPhone<'_> {
    /// From here on the number is the command's, which gives it up itself when it is refused.
    fn hand_over<T>(mut self, command: impl FnOnce() -> T) -> T {
        self.is_kept = false;
        command()
    }
}

impl Drop for KeptPhone<'_> {
    fn drop(&mut self) {
        if self.is_kept {
            self.engine.release_phone(self.hash, self.no);
        }
    }
}

/// Reads a telephone number.
pub(super) fn read_phone(text: &str) -> Result<Phone, FieldFault> {
    Phone::parse(text).map_err(|_| {
        FieldFault::new(
            "phone",
            Text::fixed(
                "must be + with 8 to 15 digits, or the 11 digits of a Chinese mobile number",
                "必须是 + 加 8 至 15 位数字,或 11 位中国大陆手机号",
            ),
        )
    })
}

fn password_fault() -> FieldFault {
    FieldFault::new(
        "password",
        Text::new(
            format!("must have {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes"),
            format!("长度必须为 {PASSWORD_BYTES_MIN} 至 {PASSWORD_BYTES_MAX} 字节"),
        ),
    )
}

fn name_fault(name: &str) -> Option<FieldFault> {
    if name.trim().is_empty() {
        return Some(FieldFault::new("name", Text::fixed("must not be empty", "不能为空")));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Some(FieldFault::too_long("name", NAME_CHARS_MAX));
    }
    name.chars()
        .any(char::is_control)
        .then(|| FieldFault::new("name", Text::fixed("must not have control characters", "不能包含控制字符")))
}

/// What is answered when passwords can't be worked on.
pub(super) fn password_problem(fault: &PasswordFault) -> Problem {
    match fault {
        PasswordFault::Overloaded => Problem::OVERLOADED,
        PasswordFault::Hash(_) | PasswordFault::Random(_) | PasswordFault::Thread => Problem::internal(fault),
    }
}
