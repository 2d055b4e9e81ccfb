//! What pages use: the same desk, doorkeeper and views as the API's routes, in this process.

use std::sync::Arc;

use axum::extract::FromRef;

use super::forgery::FormTokens;
use crate::api::doorkeeper::Doorkeeper;
use crate::api::open_data::OpenData;
use crate::api::operator::Operators;
use crate::api::ops::Readiness;
use crate::api::resident::{Desk, Residents};
use crate::api::vital_signs::VitalSigns;

/// What pages use. Each worker has one of its own.
#[derive(Clone)]
pub struct Pages {
    pub residents: Residents,
    pub open_data: OpenData,
    pub vital_signs: Arc<VitalSigns>,
    pub readiness: Readiness,
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

impl FromRef<Pages> for Operators {
    fn from_ref(pages: &Pages) -> Self {
        let Residents { doorkeeper, desk } = pages.residents.clone();
        Self { doorkeeper, desk }
    }
}

impl FromRef<Pages> for Arc<VitalSigns> {
    fn from_ref(pages: &Pages) -> Self {
        Self::clone(&pages.vital_signs)
    }
}

impl FromRef<Pages> for Readiness {
    fn from_ref(pages: &Pages) -> Self {
        pages.readiness.clone()
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
