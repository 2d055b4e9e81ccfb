//! Events of who comes along with a resident. What they carry is personal: sealed under the resident's own key, so that it ends with the key.

use crate::domain::ids::{BookingNo, ResidentNo};

/// Something that a resident has said of his companions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfCompanions {
    Listed(CompanionsListed),
    Named(CompanionsNamed),
}

/// The resident's whole list from now on; without any bytes when nobody stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionsListed {
    pub resident: ResidentNo,
    pub sealed: Box<[u8]>,
}

/// All who come along to a booking from now on; without any bytes when nobody is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionsNamed {
    pub no: BookingNo,
    pub sealed: Box<[u8]>,
}
