//! The contract's table of problems, and what every problem's answer looks like.

use serde_json::Value;

use crate::client::Answer;

/// Every problem that there is, with its status.
pub(crate) const PROBLEMS: [(&str, u16); 25] = [
    ("payload-too-large", 413),
    ("unsupported-media-type", 415),
    ("method-not-allowed", 405),
    ("overloaded", 503),
    ("rate-limited", 429),
    ("unauthenticated", 401),
    ("invalid-request", 400),
    ("forbidden", 403),
    ("not-found", 404),
    ("idempotency-mismatch", 422),
    ("slot-closed", 409),
    ("not-released", 425),
    ("not-entitled", 403),
    ("too-early", 425),
    ("slot-taken", 409),
    ("sold-out", 409),
    ("quota-exceeded", 403),
    ("insufficient-funds", 402),
    ("hold-expired", 410),
    ("too-late", 409),
    ("already-cancelled", 409),
    ("already-used", 409),
    ("phone-taken", 409),
    ("ticket-invalid", 422),
    ("internal", 500),
];

/// The problem of an answer, which must be one of the contract's in the contract's form.
#[track_caller]
pub(crate) fn problem(answer: &Answer, asked: &str) -> Value {
    let shown = format!("{asked}: {}{}", answer.head, answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{shown}");
    let problem = answer.json();
    let name = problem["type"].as_str().and_then(|of| of.strip_prefix("/problems/")).unwrap_or_default();
    let status = PROBLEMS.iter().find(|(known, _)| *known == name).map(|(_, status)| *status);
    assert_eq!(Some(answer.status), status, "{shown}");
    assert_eq!(problem["status"], answer.status, "{shown}");
    for field in ["title", "detail", "instance"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {shown}");
    }
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "{shown}");
    if matches!(name, "overloaded" | "rate-limited" | "not-released") {
        let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "{shown}");
    }
    if name == "invalid-request" {
        let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let said = |error: &Value| error["field"].is_string() && error["message"].is_string();
        assert!(!errors.is_empty() && errors.iter().all(said), "{shown}");
    }
    problem
}

/// The answer is this problem.
#[track_caller]
pub(crate) fn check(answer: &Answer, name: &str, asked: &str) -> Value {
    let problem = problem(answer, asked);
    assert_eq!(problem["type"], format!("/problems/{name}"), "{asked}: {problem}");
    problem
}
