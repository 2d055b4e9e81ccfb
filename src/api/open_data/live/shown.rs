//! What a stream has shown of a pitch's day, and what is another by now.

use crate::domain::calendar::DayClock;
use crate::domain::catalogue::Pitch;
use crate::domain::ids::PitchNo;
use crate::domain::time::UtcMillis;
use crate::engine::Engine;
use crate::engine::view::Slot;
use crate::engine::world::World;

/// A pitch's day as its listener knows it.
pub struct Shown {
    pub pitch: PitchNo,
    knowledge: Knowledge,
    /// Each slot as it was sent, in the grid's order.
    slots: Vec<Option<Slot>>,
}

/// What a listener knows of slots that this stream hasn't sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    /// Nothing.
    None,
    /// All that the ring tells nothing of, from an earlier stream; but not what time has closed since.
    BeforeRing,
}

impl Shown {
    /// Nothing is known.
    #[must_use]
    pub const fn nothing(pitch: PitchNo) -> Self {
        Self { pitch, knowledge: Knowledge::None, slots: Vec::new() }
    }

    /// An earlier stream has shown all, as of a position in the ring.
    #[must_use]
    pub const fn earlier(pitch: PitchNo) -> Self {
        Self { pitch, knowledge: Knowledge::BeforeRing, slots: Vec::new() }
    }

    /// The ring tells of a change since.
    pub const fn forget_earlier(&mut self) {
        self.knowledge = Knowledge::None;
    }

    #[must_use]
    pub fn is_of_earlier(&self) -> bool {
        self.knowledge == Knowledge::BeforeRing
    }

    /// The slots that are to be sent.
    #[must_use]
    pub fn differing(&self, engine: &Engine, world: &World, clock: &DayClock, now: UtcMillis) -> Vec<Slot> {
        let Some(pitch) = world.catalogue.pitch(self.pitch) else { return Vec::new() };
        let mut slots = engine.slots(world, pitch, clock.day, now);
        slots.retain(|slot| {
            let is_news = match self.knowledge {
                Knowledge::None => true,
                Knowledge::BeforeRing => clock.start(slot.span) <= now,
            };
            is_news && self.sent(pitch, slot) != Some(*slot)
        });
        slots
    }

    /// Notes what is sent.
    pub fn note(&mut self, pitch: &Pitch, slots: &[Slot]) {
        self.slots.resize(usize::from(pitch.grid.slots_per_day()), None);
        for slot in slots {
            if let Some(sent) = self.slots.get_mut(usize::from(pitch.grid.slot_index(slot.span))) {
                *sent = Some(*slot);
            }
        }
    }

    fn sent(&self, pitch: &Pitch, slot: &Slot) -> Option<Slot> {
        self.slots.get(usize::from(pitch.grid.slot_index(slot.span))).copied().flatten()
    }
}
