//! Every refusal and fault that the API can answer: RFC 9457, in one enum, mapped in one place.
//!
//! A handler returns a `Problem`; its response carries it to `front`, which knows the request's language and id and
//! writes it there. Texts for people come from a fixed table (`name`); what a problem carries besides is only what the
//! contract names. A fault of ours says nothing but its request id; what went wrong stands in the log.

use std::fmt::Display;

use axum::body::Body;
use axum::http::header::{
    CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::answer::{Money, Rfc3339};
use super::language::Language;
use crate::domain::entitlement::Lack;

pub mod field_fault;
pub mod name;
mod of_refusal;
pub mod page;
pub mod text;

pub use field_fault::{FieldFault, FieldFaults};
pub use name::ProblemName;
pub use page::{AskedForPage, ProblemPage, ToShow};
pub use text::Text;

/// The media type of a problem.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What `instance` begins with; the request id follows.
const INSTANCE_PREFIX: &str = "urn:kaichang:request:";

/// A refusal, or a fault of ours, with what the contract says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    PayloadTooLarge,
    UnsupportedMediaType,
    MethodNotAllowed,
    /// With the reason where one is told, as at `/readyz`.
    Overloaded {
        retry_after_s: u32,
        reason: Option<Text>,
    },
    RateLimited {
        retry_after_s: u32,
    },
    Unauthenticated,
    InvalidRequest(Vec<FieldFault>),
    Forbidden,
    NotFound,
    IdempotencyMismatch,
    SlotClosed,
    NotReleased {
        releases_at: Rfc3339,
        retry_after_s: u32,
        /// Where one queues for it, and what is to be done there.
        queue: Option<Box<QueueTold>>,
    },
    TooEarly,
    SlotTaken,
    SoldOut,
    QuotaExceeded {
        quota: String,
        limit: u64,
        used: u64,
    },
    InsufficientFunds {
        balance: Money,
        price: Money,
    },
    HoldExpired,
    TooLate,
    AlreadyCancelled,
    /// With the moment, where that is known.
    AlreadyUsed {
        used_at: Option<Rfc3339>,
    },
    PhoneTaken,
    TicketInvalid,
    /// With what he lacks.
    NotEntitled(Lack),
    /// What went wrong goes to the log, with the request's id, and nowhere else.
    Internal {
        fault: String,
    },
}

/// What is told of a queue to whom it isn't the turn of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueTold {
    /// The release's id.
    pub release: String,
    pub detail: Text,
}

impl Problem {
    /// Overloaded, to be tried again in a second.
    pub const OVERLOADED: Self = Self::Overloaded { retry_after_s: 1, reason: None };

    /// Overloaded, because the disk nears its limit: nobody expects that to pass in a moment.
    pub const SHORT_OF_ROOM: Self = Self::Overloaded {
        retry_after_s: 30,
        reason: Some(Text::fixed(
            "the disk is nearly full: nothing new is taken, cancelling and looking go on",
            "磁盘空间即将用尽:暂停新的预订、充值和注册,取消和查询照常",
        )),
    };

    /// A fault of ours: logged as an error with what is known of it, answered without any of that.
    #[must_use]
    pub fn internal(fault: &dyn Display) -> Self {
        Self::Internal { fault: fault.to_string() }
    }

    #[must_use]
    pub const fn name(&self) -> ProblemName {
        match self {
            Self::PayloadTooLarge => ProblemName::PayloadTooLarge,
            Self::UnsupportedMediaType => ProblemName::UnsupportedMediaType,
            Self::MethodNotAllowed => ProblemName::MethodNotAllowed,
            Self::Overloaded { .. } => ProblemName::Overloaded,
            Self::RateLimited { .. } => ProblemName::RateLimited,
            Self::Unauthenticated => ProblemName::Unauthenticated,
            Self::InvalidRequest(_) => ProblemName::InvalidRequest,
            Self::Forbidden => ProblemName::Forbidden,
            Self::NotFound => ProblemName::NotFound,
            Self::IdempotencyMismatch => ProblemName::IdempotencyMismatch,
            Self::SlotClosed => ProblemName::SlotClosed,
            Self::NotReleased { .. } => ProblemName::NotReleased,
            Self::TooEarly => ProblemName::TooEarly,
            Self::SlotTaken => ProblemName::SlotTaken,
            Self::SoldOut => ProblemName::SoldOut,
            Self::QuotaExceeded { .. } => ProblemName::QuotaExceeded,
            Self::InsufficientFunds { .. } => ProblemName::InsufficientFunds,
            Self::HoldExpired => ProblemName::HoldExpired,
            Self::TooLate => ProblemName::TooLate,
            Self::AlreadyCancelled => ProblemName::AlreadyCancelled,
            Self::AlreadyUsed { .. } => ProblemName::AlreadyUsed,
            Self::PhoneTaken => ProblemName::PhoneTaken,
            Self::TicketInvalid => ProblemName::TicketInvalid,
            Self::NotEntitled(_) => ProblemName::NotEntitled,
            Self::Internal { .. } => ProblemName::Internal,
        }
    }

    /// Writes the problem into the response that carried it: media type, language, body, and the headers of its kind.
    pub(crate) fn render(&self, response: &mut Response, language: Language, request_id: &str) {
        let body = serde_json::to_vec(&Written { problem: self, language, request_id });
        let headers = response.headers_mut();
        // The router took the empty body's length.
        headers.remove(CONTENT_LENGTH);
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if *self == Self::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Strings, numbers and maps of them: there is nothing in a problem that JSON can't write.
        *response.body_mut() = Body::from(body.unwrap_or_default());
    }

    /// Writes the problem for a person into the response that carried it, with the headers of its kind.
    pub(crate) fn show(
        &self,
        response: &mut Response,
        page: ProblemPage,
        asked: &AskedForPage,
        request_id: &str,
    ) {
        response.headers_mut().remove(CONTENT_LENGTH);
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        page(&ToShow::Met { problem: self, request_id }, asked, response);
    }

    /// What happened, in words.
    #[must_use]
    pub fn detail(&self) -> Text {
        if let Self::NotReleased { queue: Some(told), .. } = self {
            told.detail.clone()
        } else {
            self.name().detail()
        }
    }

    /// After how many seconds it may be tried again, where that is known.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u32> {
        if let Self::Overloaded { retry_after_s, .. }
        | Self::RateLimited { retry_after_s }
        | Self::NotReleased { retry_after_s, .. } = self
        {
            Some(*retry_after_s)
        } else {
            None
        }
    }
}

/// A problem on its way from a handler to `front`.
#[derive(Clone)]
pub(crate) struct Carried(pub(crate) Problem);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.name().status().into_response();
        response.extensions_mut().insert(Carried(self));
        response
    }
}

/// A problem as it is written.
struct Written<'a> {
    problem: &'a Problem,
    language: Language,
    request_id: &'a str,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.problem.name();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("/problems/{}", name.as_str()))?;
        map.serialize_entry("title", name.title().in_language(self.language))?;
        map.serialize_entry("status", &name.status().as_u16())?;
        map.serialize_entry("detail", self.problem.detail().in_language(self.language))?;
        map.serialize_entry("instance", &format_args!("{INSTANCE_PREFIX}{}", self.request_id))?;
        self.members(&mut map)?;
        map.end()
    }
}

impl Written<'_> {
    /// What some problems say besides.
    fn members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match self.problem {
            Problem::Overloaded { reason: Some(reason), .. } => {
                map.serialize_entry("reason", reason.in_language(self.language))
            }
            Problem::InvalidRequest(faults) => {
                let errors: Vec<WrittenFault<'_>> = faults
                    .iter()
                    .map(|fault| WrittenFault {
                        field: &fault.field,
                        message: fault.message.in_language(self.language),
                    })
                    .collect();
                map.serialize_entry("errors", &errors)
            }
            Problem::NotReleased { releases_at, queue, .. } => {
                if let Some(told) = queue {
                    map.serialize_entry("queue", &format_args!("/v1/releases/{}/queue", told.release))?;
                }
                map.serialize_entry("releases_at", releases_at)
            }
            Problem::NotEntitled(lack) => {
                let lacks = match lack {
                    Lack::RealName => "real_name",
                    Lack::Age => "age",
                    Lack::District => "district",
                    Lack::Concession => "concession",
                };
                map.serialize_entry("lacks", lacks)
            }
            Problem::AlreadyUsed { used_at: Some(used_at) } => map.serialize_entry("used_at", used_at),
            Problem::QuotaExceeded { quota, limit, used } => {
                map.serialize_entry("quota", quota)?;
                map.serialize_entry("limit", limit)?;
                map.serialize_entry("used", used)
            }
            Problem::InsufficientFunds { balance, price } => {
                map.serialize_entry("balance", balance)?;
                map.serialize_entry("price", price)
            }
            Problem::PayloadTooLarge
            | Problem::UnsupportedMediaType
            | Problem::MethodNotAllowed
            | Problem::Overloaded { reason: None, .. }
            | Problem::RateLimited { .. }
            | Problem::Unauthenticated
            | Problem::Forbidden
            | Problem::NotFound
            | Problem::IdempotencyMismatch
            | Problem::SlotClosed
            | Problem::TooEarly
            | Problem::SlotTaken
            | Problem::SoldOut
            | Problem::HoldExpired
            | Problem::TooLate
            | Problem::AlreadyCancelled
            | Problem::AlreadyUsed { used_at: None }
            | Problem::PhoneTaken
            | Problem::TicketInvalid
            | Problem::Internal { .. } => Ok(()),
        }
    }
}

#[derive(Serialize)]
struct WrittenFault<'a> {
    field: &'a str,
    message: &'a str,
}
