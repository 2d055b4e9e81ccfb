//! A problem as a person reads it: what happened, which rule with its numbers, and the nearest way on.

use askama::Template;
use axum::body::Body;
use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, VARY};
use axum::response::Response;

use super::address::is_local;
use super::field_names::label;
use super::format;
use super::i18n::Words;
use super::policy;
use super::shell::Shell;
use super::visitor::{Wants, language_of, text_size_of, wants_of};
use crate::api::language::Language;
use crate::api::problem::{AskedForPage, FieldFault, Problem, ProblemName, ToShow};
use crate::engine::world::World;

/// The page of a problem.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    shell: Shell,
    told: Told,
    request: Option<String>,
    /// The same address, where it may answer better in a moment.
    again: Option<String>,
}

/// The same as a part of a page.
#[derive(Template)]
#[template(path = "problem_fragment.html")]
struct ProblemFragment {
    words: Words,
    told: Told,
    request: Option<String>,
}

/// What is said of a problem.
#[derive(Debug, Clone)]
pub struct Told {
    pub name: &'static str,
    pub title: String,
    pub text: String,
    /// What else is known of it, each a sentence.
    pub more: Vec<String>,
}

impl Told {
    /// What everybody is told of a kind of problem.
    #[must_use]
    pub fn of_name(words: Words, name: ProblemName) -> Self {
        let name = name.as_str();
        Self {
            name,
            title: words.say(&format!("problem-title-{name}")).into_owned(),
            text: words.say(&format!("problem-text-{name}")).into_owned(),
            more: Vec::new(),
        }
    }

    /// What is told of a kind where nobody has met it: how long to wait would stand there otherwise.
    fn explained(words: Words, name: ProblemName) -> Self {
        let mut told = Self::of_name(words, name);
        if matches!(name, ProblemName::Overloaded | ProblemName::RateLimited) {
            told.more.push(words.say("problem-wait-soon").into_owned());
        }
        told
    }

    /// What is told of this one.
    #[must_use]
    pub fn of(words: Words, problem: &Problem) -> Self {
        let mut told = Self::of_name(words, problem.name());
        if let Problem::InvalidRequest(faults) = problem {
            let is_foreign = faults.iter().any(|fault| fault.field == super::forgery::FIELD);
            if is_foreign {
                told.text = words.say("problem-foreign").into_owned();
            } else {
                let line = |fault: &FieldFault| {
                    let fault_told = fault.message.in_language(words.language());
                    if fault.field.is_empty() {
                        return fault_told.to_owned();
                    }
                    let args = [
                        ("field", label(words, &fault.field).into_owned().into()),
                        ("fault", fault_told.into()),
                    ];
                    words.tell("field-told", &args)
                };
                told.more.extend(faults.iter().map(line));
            }
        }
        if let Problem::QuotaExceeded { limit, used, .. } = problem {
            let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            told.more.push(
                words
                    .tell("problem-limit", &[("limit", count(*limit).into()), ("used", count(*used).into())]),
            );
        }
        if let Some(seconds) =
            problem.retry_after_s().filter(|_| !matches!(problem, Problem::NotReleased { .. }))
        {
            told.more.push(words.tell("problem-wait", &[("seconds", i64::from(seconds.max(1)).into())]));
        }
        told
    }
}

impl Told {
    /// With the numbers that a problem carries, as the city writes them.
    #[must_use]
    pub fn with_details(mut self, words: Words, world: &World, problem: &Problem) -> Self {
        if let Problem::InsufficientFunds { balance, price } = problem {
            let args = [
                ("balance", format::money(balance.amount(), balance.currency()).into()),
                ("price", format::money(price.amount(), price.currency()).into()),
            ];
            self.more.push(words.tell("problem-balance", &args));
        }
        if let Problem::NotReleased { releases_at, .. } = problem {
            let moment = format::moment(words, world.catalogue.zone(), releases_at.moment());
            self.more.push(words.tell("opens-at", &[("moment", moment.into())]));
        }
        self
    }
}

/// Where to ask once more: what was only looked at, and what may pass.
fn again(shown: &ToShow<'_>, asked: &AskedForPage) -> Option<String> {
    let ToShow::Met { problem, .. } = shown else { return None };
    let may_pass = problem.retry_after_s().is_some() || matches!(problem, Problem::Internal { .. });
    let address =
        asked.query.as_ref().map_or_else(|| asked.path.clone(), |query| format!("{}?{query}", asked.path));
    (may_pass && asked.method == Method::GET && is_local(&address)).then_some(address)
}

/// Writes a page about a problem into the response that carried it.
pub fn write(shown: &ToShow<'_>, asked: &AskedForPage, response: &mut Response) {
    let language = language_of(asked.query.as_deref(), &asked.headers);
    let words = Words::of(language);
    let (told, request) = match shown {
        ToShow::Met { problem, request_id } => {
            // Only what we must look into is looked for by its number.
            let is_ours = matches!(problem, Problem::Internal { .. });
            (Told::of(words, problem), is_ours.then(|| (*request_id).to_owned()))
        }
        ToShow::Explained(name) => (Told::explained(words, *name), None),
    };
    let written = match wants_of(&asked.headers) {
        Wants::Page => {
            let size = text_size_of(&asked.headers);
            let shell = Shell::of_problem(words, asked, told.title.clone(), size);
            ProblemPage { shell, told, request, again: again(shown, asked) }.render()
        }
        Wants::Fragment => ProblemFragment { words, told, request }.render(),
    };
    // Texts of ours only: there is nothing that could not be written.
    *response.body_mut() = Body::from(written.unwrap_or_default());
    let out = response.headers_mut();
    policy::add(out);
    out.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    out.insert(CONTENT_LANGUAGE, HeaderValue::from_static(Language::tag(language)));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    out.insert(VARY, HeaderValue::from_static("accept, accept-language, cookie, hx-request"));
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::ACCEPT_LANGUAGE;

    use super::*;

    fn page(problem: &Problem, method: Method, language: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        let query = Some("date=2026-11-25".to_owned());
        let asked = AskedForPage { method, path: "/find".to_owned(), query, headers };
        let mut response = Response::new(Body::empty());
        write(&ToShow::Met { problem, request_id: "request-7" }, &asked, &mut response);
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        assert_eq!(kind, Some("text/html; charset=utf-8"));
        let body = http_body_util::BodyExt::collect(response.into_body());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let bytes = runtime.block_on(body).expect("a body").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[test]
    fn what_may_pass_is_told_in_both_languages_with_the_way_to_try_again() {
        let fault = Problem::internal(&"the disk is gone");
        let busy = Problem::Overloaded { retry_after_s: 3, reason: None };
        let often = Problem::RateLimited { retry_after_s: 2 };
        for (problem, en, zh_hans) in [
            (&fault, "Our fault", "系统出现问题"),
            (&busy, "Try again in 3 s.", "请 3 秒后再试。"),
            (&often, "Try again in 2 s.", "请 2 秒后再试。"),
        ] {
            for (language, told) in [("en", en), ("zh-CN", zh_hans)] {
                let page = page(problem, Method::GET, language);
                assert!(page.contains(told), "{page}");
                assert!(page.contains("class=\"button\" href=\"/find?date=2026-11-25\""), "{page}");
                let is_fault = problem == &fault;
                assert_eq!(page.contains("request-7"), is_fault, "only what we look into has a number");
                assert!(!page.contains("the disk is gone"), "what broke is for the log");
            }
            let sent = self::page(problem, Method::POST, "en");
            assert!(
                !sent.contains("href=\"/find?date=2026-11-25\""),
                "what was sent is not sent again by a link"
            );
        }
        assert!(
            !self::page(&Problem::NotFound, Method::GET, "en").contains("Try again"),
            "it will not be there"
        );
    }
}
