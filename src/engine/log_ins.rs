//! An account's log-in sessions: eight slots, each with a generation that is odd while somebody is logged in.
//!
//! A token names slot and generation, so to end one session is to raise one number. Log-ins at once get slots or generations of
//! their own: what was handed out is noted beside what is durable.

use super::sync::{AtomicU32, AtomicU64, Ordering};

/// How many devices may be logged in at once.
pub const SESSION_SLOTS: u8 = 8;

const SLOTS: usize = SESSION_SLOTS as usize;

/// The sessions of one account.
#[derive(Default)]
pub struct LogIns {
    durable: [AtomicU32; SLOTS],
    /// The low byte of the generation that was handed out last, slot by slot.
    handed_out: AtomicU64,
}

impl LogIns {
    /// Whether a token of this slot and generation is alive.
    #[must_use]
    pub fn is_alive(&self, slot: u8, generation: u32) -> bool {
        generation % 2 == 1 && self.generation(slot) == generation
    }

    /// The generation of a slot, as durable records have it.
    #[must_use]
    pub fn generation(&self, slot: u8) -> u32 {
        // ORDERING: Acquire pairs with the AcqRel in `set`; nothing but the generation is read, so Relaxed would do too.
        self.durable.get(usize::from(slot)).map_or(0, |durable| durable.load(Ordering::Acquire))
    }

    /// Sets the generation of a slot; an older one changes nothing. By the committer.
    pub fn set(&self, slot: u8, generation: u32) {
        if let Some(durable) = self.durable.get(usize::from(slot)) {
            // ORDERING: AcqRel pairs with the Acquire of those who read the generation.
            durable.fetch_max(generation, Ordering::AcqRel);
        }
    }

    /// A slot for a new log-in with its next odd generation: a slot that is free, else the one that was used least. Nobody else
    /// is given the same.
    #[must_use]
    pub fn hand_out(&self) -> (u8, u32) {
        // ORDERING: Relaxed, the word is all that is shared.
        let mut before = self.handed_out.load(Ordering::Relaxed);
        loop {
            let bytes = before.to_le_bytes();
            let latest: [u32; SLOTS] =
                std::array::from_fn(|slot| latest(self.durable[slot].load(Ordering::Acquire), bytes[slot]));
            let slot = (0..SLOTS).min_by_key(|slot| (latest[*slot] % 2, latest[*slot])).unwrap_or(0);
            let generation = latest[slot] + 1 + latest[slot] % 2;
            let mut after = bytes;
            after[slot] = low_byte(generation);
            let after = u64::from_le_bytes(after);
            match self.handed_out.compare_exchange_weak(before, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return (u8::try_from(slot).unwrap_or(0), generation),
                Err(now) => before = now,
            }
        }
    }
}

/// The later of what is durable and what was handed out: at most a few generations apart, so that a byte tells.
fn latest(durable: u32, handed_out: u8) -> u32 {
    let ahead = handed_out.wrapping_sub(low_byte(durable)).cast_signed();
    durable + u32::from(ahead.max(0).unsigned_abs())
}

const fn low_byte(generation: u32) -> u8 {
    generation.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_ins_at_once_share_no_session() {
        let log_ins = LogIns::default();
        let begun: Vec<_> = (0..10).map(|_| log_ins.hand_out()).collect();
        let mut different = begun.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), begun.len());
        for (slot, generation) in begun {
            assert!(!log_ins.is_alive(slot, generation), "not durable yet");
            log_ins.set(slot, generation);
        }
        assert!(log_ins.is_alive(2, 1));
        assert!(log_ins.is_alive(0, 3), "the ninth took the first one's slot");
        assert!(!log_ins.is_alive(0, 1));
    }

    #[test]
    fn a_slot_is_free_again_when_its_session_has_ended() {
        let log_ins = LogIns::default();
        for _ in 0..300 {
            let (slot, generation) = log_ins.hand_out();
            log_ins.set(slot, generation);
            assert!(log_ins.is_alive(slot, generation));
            log_ins.set(slot, generation + 1);
            assert!(!log_ins.is_alive(slot, generation), "logged out");
        }
        assert!((0..SESSION_SLOTS).all(|slot| log_ins.generation(slot) % 2 == 0));
    }

    #[test]
    fn a_log_in_that_came_to_nothing_blocks_no_slot_for_ever() {
        let log_ins = LogIns::default();
        for _ in 0..1000 {
            let (slot, _) = log_ins.hand_out();
            assert!(slot < SESSION_SLOTS);
        }
        let (slot, generation) = log_ins.hand_out();
        log_ins.set(slot, generation);
        assert!(log_ins.is_alive(slot, generation));
    }
}
