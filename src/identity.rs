//! Who somebody is, and how that is kept: keys, tokens, opaque ids, passwords, phones and personal data.
//!
//! All keys come from one master key (`city_keys`). A person's own data is sealed under a key of that person alone
//! (`resident_keys`), so that erasing the key erases the person from journal, snapshots and backups. Nothing here knows
//! what a booking is, and nothing here prints a secret: `Debug` of everything that holds one says only what it is.

pub mod challenge;
pub mod city_keys;
pub mod companions;
pub mod password;
pub mod personal;
pub mod phone;
pub mod public_id;
pub mod queue_number;
pub mod resident_keys;
pub mod sealing;
pub mod ticket;
pub mod token;
