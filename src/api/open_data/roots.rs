//! `GET /v1/journal/roots`: what is published of the journal each day, so that everybody can see later that nothing of it was changed.

use std::sync::{PoisonError, RwLock};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::OpenData;
use crate::api::answer::Items;
use crate::api::etag::json_with_etag;
use crate::api::page::{ListQuery, list};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::domain::time::LocalDay;
use crate::identity::public_id::Position;

/// A root as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRoot {
    pub day: LocalDay,
    /// The journal's UUID.
    pub journal: String,
    pub behind: u64,
    pub root: [u8; 32],
}

/// All that were published, the earliest first.
#[derive(Default)]
pub struct PublishedRoots(RwLock<Vec<PublishedRoot>>);

impl PublishedRoots {
    /// What is published from now on.
    pub fn set(&self, roots: Vec<PublishedRoot>) {
        // A list is set whole or not at all.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = roots;
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<PublishedRoot> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The journal's root of a day.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RootView {
    /// The day up to whose end it binds everything.
    #[schema(format = Date)]
    pub date: String,
    /// The journal's UUID.
    pub journal: String,
    /// The record behind which it was taken.
    pub sequence: u64,
    /// 64 hexadecimal digits.
    pub root: String,
}

impl RootView {
    fn of(root: &PublishedRoot) -> Self {
        Self {
            date: root.day.to_string(),
            journal: root.journal.clone(),
            sequence: root.behind,
            root: HEXLOWER.encode(&root.root),
        }
    }
}

/// The roots of the journal's hash chain, one for each day, the newest first. Who keeps one can see later, with `kaichang verify --roots`, that
/// nothing of what was booked up to that day was changed.
#[utoipa::path(get, path = "/v1/journal/roots", tag = "everyone", params(ListQuery), responses((status = 200, body = Items<RootView>)))]
pub async fn roots(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&state.ids, list::ROOTS)?;
    let roots = state.roots.all();
    let newest_first = roots.iter().enumerate().rev().filter_map(|(number, root)| {
        let number = u32::try_from(number).ok()?;
        Some((Position { sort: u64::from(u32::MAX - number), number }, root))
    });
    Ok(json_with_etag(&headers, &page.of(newest_first, RootView::of)))
}
