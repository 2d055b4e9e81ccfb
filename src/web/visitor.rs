//! Who looks at a page, in which language, and whether he wants all of it.
//!
//! The session comes in a cookie, which pages alone take, and is checked where every token is checked (`api::doorkeeper`).
//! Whoever has none looks at what everybody may see. The language is the address's (`lang`), else the cookie's, else the
//! browser's.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderName};
use axum::http::request::Parts;

use super::forgery::FormTokens;
use super::i18n::{Words, language_of_tag};
use super::turned::Turned;
use crate::api::doorkeeper::{Doorkeeper, SignedIn};
use crate::api::headers::{SESSION_COOKIE, cookie};
use crate::api::language::Language;
use crate::api::problem::Problem;
use crate::domain::event::Role;
use crate::domain::ids::ResidentNo;

/// The cookie that keeps the language.
pub const LANGUAGE_COOKIE: &str = "lang";
/// The cookie that keeps the size of the text.
pub const TEXT_COOKIE: &str = "text";
/// What the cookie says where the text is large.
pub const TEXT_LARGE: &str = "large";

const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");

/// Who looks at a page.
#[derive(Clone)]
pub struct Visitor {
    pub words: Words,
    pub who: Option<SignedIn>,
    pub text_size: TextSize,
    pub wants: Wants,
    /// The path and the query of the page.
    pub here: String,
    session: String,
    tokens: FormTokens,
}

/// How large text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextSize {
    Normal,
    Large,
}

/// How much of a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    Page,
    /// What changes of it: by a script that is on the page.
    Fragment,
}

impl Visitor {
    /// Somebody without a session, looking at this address.
    #[must_use]
    pub fn nobody(words: Words, here: &str, tokens: FormTokens) -> Self {
        Self {
            words,
            who: None,
            text_size: TextSize::Normal,
            wants: Wants::Page,
            here: here.to_owned(),
            session: String::new(),
            tokens,
        }
    }

    /// The account, if there is one.
    ///
    /// # Errors
    /// The way to the sign-in, and back here.
    pub fn signed_in(&self) -> Result<SignedIn, Turned> {
        self.who.ok_or_else(|| Turned::ToSignIn { back_to: self.here.clone() })
    }

    /// The resident, if that is what the account is.
    ///
    /// # Errors
    /// As `signed_in`, or `forbidden` for staff.
    pub fn resident(&self) -> Result<ResidentNo, Turned> {
        Ok(self.signed_in()?.resident()?)
    }

    /// The resident, where there may be none: staff look at a resident's pages as everybody does.
    #[must_use]
    pub fn resident_if_any(&self) -> Option<ResidentNo> {
        self.who.and_then(|who| who.resident().ok())
    }

    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.who.map(|who| who.role)
    }

    /// A token for this page's forms; empty for who has no session.
    #[must_use]
    pub fn form_token(&self) -> String {
        if self.session.is_empty() { String::new() } else { self.tokens.make(&self.session) }
    }
}

/// The language of a request.
#[must_use]
pub fn language_of(query: Option<&str>, headers: &HeaderMap) -> Language {
    let asked = chosen_language(query).or_else(|| language_of_tag(cookie(headers, LANGUAGE_COOKIE)?));
    asked.unwrap_or_else(|| {
        let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        header.map_or_else(Language::default, Language::negotiate)
    })
}

/// The language that the address names.
#[must_use]
pub fn chosen_language(query: Option<&str>) -> Option<Language> {
    query?.split('&').find_map(|pair| language_of_tag(pair.strip_prefix("lang=")?))
}

/// The size of text that a request's cookie names.
#[must_use]
pub fn text_size_of(headers: &HeaderMap) -> TextSize {
    if cookie(headers, TEXT_COOKIE) == Some(TEXT_LARGE) { TextSize::Large } else { TextSize::Normal }
}

/// Whether a script asks for a part of a page.
#[must_use]
pub fn wants_of(headers: &HeaderMap) -> Wants {
    if headers.contains_key(HX_REQUEST) { Wants::Fragment } else { Wants::Page }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor
where
    Arc<Doorkeeper>: FromRef<S>,
    FormTokens: FromRef<S>,
{
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Turned> {
        let headers = &parts.headers;
        let session = cookie(headers, SESSION_COOKIE);
        let who = match session.map(|token| Arc::<Doorkeeper>::from_ref(state).admit(Some(token))) {
            Some(Ok(who)) => Some(who),
            // A session that has ended is none: its cookie is replaced at the next sign-in.
            Some(Err(Problem::Unauthenticated)) | None => None,
            Some(Err(problem)) => return Err(problem.into()),
        };
        let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
        Ok(Self {
            words: Words::of(language_of(parts.uri.query(), headers)),
            who,
            text_size: text_size_of(headers),
            wants: wants_of(headers),
            here: here.to_owned(),
            session: session.filter(|_| who.is_some()).unwrap_or_default().to_owned(),
            tokens: FormTokens::from_ref(state),
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::COOKIE;

    use super::*;

    #[test]
    fn the_address_goes_before_the_cookie_and_the_cookie_before_the_browser() {
        for (query, kept, accepted, language) in [
            (Some("a=b&lang=en"), Some("lang=zh-Hans"), "zh", Language::En),
            (Some("lang=ZH-hans"), None, "en", Language::ZhHans),
            (Some("lang=xx"), Some("lang=zh-Hans"), "en", Language::ZhHans),
            (None, Some("lang=nonsense"), "zh-CN", Language::ZhHans),
            (None, None, "", Language::En),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
            if let Some(kept) = kept {
                headers.insert(COOKIE, HeaderValue::from_static(kept));
            }
            assert_eq!(language_of(query, &headers), language, "{query:?} {kept:?} {accepted}");
        }
    }
}
