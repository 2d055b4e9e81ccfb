//! What pages use: the same desk, doorkeeper and views as the API's routes, in this process.

use std::sync::Arc;

use axum::extract::FromRef;

use super::forgery::FormTokens;
use crate::api::doorkeeper::Doorkeeper;
use crate::api::open_data::OpenData;
use crate::api::resident::{Desk, Residents};

/// What pages use. Each worker has one of its own.
#[derive(Clone)]
pub struct Pages {
    pub residents: Residents,
    pub open_data: OpenData,
    pub form_tokens: FormTokens,
}

impl FromRef<Pages> for Arc<Doorkeeper> {
    fn from_ref(pages: &Pages) -> Self {
        Self::clone(&pages.residents.doorkeeper)
    }
}

impl FromRef<Pages> for Arc<Desk> {
    fn from_ref(pages: &Pages) -> Self {
        Self::clone(&pages.residents.desk)
    }
}

impl FromRef<Pages> for Residents {
    fn from_ref(pages: &Pages) -> Self {
        pages.residents.clone()
    }
}

impl FromRef<Pages> for OpenData {
    fn from_ref(pages: &Pages) -> Self {
        pages.open_data.clone()
    }
}

impl FromRef<Pages> for FormTokens {
    fn from_ref(pages: &Pages) -> Self {
        pages.form_tokens.clone()
    }
}
