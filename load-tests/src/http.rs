//! As much of HTTP/1.1 as the harness speaks: requests encoded beforehand, answers read only as far as needed.

pub(crate) mod answer;
pub(crate) mod plain_client;
pub(crate) mod request;
