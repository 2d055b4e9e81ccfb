//! Types and rules without I/O: what a city, a slot and a booking are, and what may happen to them.
//!
//! Everything here is a plain value or a pure function. Nothing below this module knows a socket, a file, a
//! clock or a thread; whoever needs the present moment is handed one.

pub mod calendar;
pub mod catalogue;
pub mod change;
pub mod clock;
pub mod definition;
pub mod draw;
pub mod entitlement;
pub mod event;
pub mod grid;
pub mod hours;
pub mod ids;
pub mod invariant;
pub mod lottery;
pub mod money;
pub mod names;
pub mod policy;
pub mod queue;
pub mod release;
pub mod returned;
pub mod tariff;
pub mod time;
pub mod units;
