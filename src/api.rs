//! HTTP: how the city is spoken to.
//!
//! `runtime` runs the threads and connections, `front` is what every request and every answer goes through, `problem` is
//! everything that can be refused, `extract` reads bodies, queries and paths strictly. Routes stand in a file an audience,
//! each with a small state of its own; `compose` puts them together and describes them in OpenAPI from the same
//! declarations.
//!
//! Always: an answer has an `x-request-id`; a refusal is a problem of the contract's table; a body is read in one place,
//! bounded in size and time, before any handler runs; nothing of a body, a query or a token is logged.

pub mod admission;
pub mod answer;
pub mod compose;
pub mod connection;
pub mod doorkeeper;
pub mod entrance;
pub mod etag;
pub mod extract;
pub mod figures;
pub mod front;
pub mod gate;
mod handler_time;
pub mod headers;
pub mod language;
pub mod lasting;
pub mod manager;
pub mod open_data;
pub mod openapi;
pub mod operator;
pub mod ops;
pub mod page;
pub mod past;
pub mod person;
pub mod problem;
pub mod process_figures;
pub mod proxies;
pub mod query;
pub mod rate_limit;
pub mod request_id;
pub mod resident;
pub mod runtime;
pub mod settled;
pub mod tls;
pub mod vital_signs;
pub mod written_names;
pub mod written_time;
