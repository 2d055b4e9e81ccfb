//! Events are what the engine gives the log to keep.

use super::log::Record;
use crate::domain::event::Event;

impl Record for Event {
    fn encode(&self, out: &mut Vec<u8>) {
        Self::encode(self, out);
    }
}
