//! Events of queues as bytes.

use super::{Fields, UnknownEvent, kind, put};
use crate::domain::draw::Seed;
use crate::domain::event::{OfQueue, QueueJoined, QueueLeft, QueueOpened, QueueServed};
use crate::domain::ids::ResidentNo;

pub(super) fn of_queue(out: &mut Vec<u8>, event: &OfQueue) {
    let release = event.release().get().to_le_bytes();
    match event {
        OfQueue::Joined(event) => {
            put(out, kind::QUEUE_JOINED, &[&release, &event.resident.get().to_le_bytes()]);
        }
        OfQueue::Left(event) => put(out, kind::QUEUE_LEFT, &[&release, &event.resident.get().to_le_bytes()]),
        OfQueue::Opened(event) => {
            put(out, kind::QUEUE_OPENED, &[&release, &event.early.to_le_bytes(), &event.seed.0]);
        }
        OfQueue::Served(event) => put(out, kind::QUEUE_SERVED, &[&release, &event.up_to.to_le_bytes()]),
    }
}

impl Fields<'_> {
    pub(super) fn queue_joined(&mut self) -> Result<OfQueue, UnknownEvent> {
        let (release, resident) = (self.release_no()?, ResidentNo::new(self.u32()?));
        Ok(OfQueue::Joined(QueueJoined { release, resident }))
    }

    pub(super) fn queue_left(&mut self) -> Result<OfQueue, UnknownEvent> {
        let (release, resident) = (self.release_no()?, ResidentNo::new(self.u32()?));
        Ok(OfQueue::Left(QueueLeft { release, resident }))
    }

    pub(super) fn queue_opened(&mut self) -> Result<OfQueue, UnknownEvent> {
        let (release, early) = (self.release_no()?, self.u32()?);
        Ok(OfQueue::Opened(QueueOpened { release, early, seed: Seed(*self.take()?) }))
    }

    pub(super) fn queue_served(&mut self) -> Result<OfQueue, UnknownEvent> {
        let (release, up_to) = (self.release_no()?, self.u32()?);
        Ok(OfQueue::Served(QueueServed { release, up_to }))
    }
}
