//! Pages for people.

pub mod home;
