//! How what is given back comes back to sale, as a body writes it.

use super::releases::ReleaseBody;
use super::written_rules::read_number;
use crate::api::problem::FieldFaults;
use crate::domain::draw::Hash;
use crate::domain::lottery::Salt;
use crate::domain::returned::{RETURN_MINUTES_MAX, ReturnDef};

/// The terms, as yet without their seed. What is wrong is gathered.
pub(super) fn read_returned(body: &ReleaseBody, faults: &mut FieldFaults) -> Option<ReturnDef> {
    let minutes = body.returned_within_minutes?;
    let bounds = (1, i64::from(RETURN_MINUTES_MAX));
    Some(ReturnDef {
        within_minutes: read_number("returned_within_minutes", minutes, bounds, faults),
        // Put in when the release's name is known.
        salt: Salt([0; 16]),
        commitment: Hash([0; 32]),
    })
}
