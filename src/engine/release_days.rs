//! What is kept of each release for each day of play, while the day may be open: days share a ring, and whoever keeps something says of which
//! day it speaks.

use super::slab::Slab;
use crate::domain::ids::ReleaseNo;
use crate::domain::time::LocalDay;

const RELEASES_MAX: usize = 1 << 16;
/// More than days can be open.
pub(super) const RING: i32 = 32;
/// The day of which a place speaks that nobody has used.
pub(super) const NEVER: i64 = i64::MIN;

/// A place for each release and each day of the ring, made when a release's first is asked for.
pub(super) struct ReleaseDays<P> {
    slab: Slab<Ring<P>, 64>,
}

struct Ring<P>([P; RING as usize]);

impl<P: Default> Default for Ring<P> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| P::default()))
    }
}

impl<P: Default> ReleaseDays<P> {
    pub(super) fn new() -> Self {
        Self { slab: Slab::new(RELEASES_MAX) }
    }

    /// The place, when the release has some.
    pub(super) fn get(&self, release: ReleaseNo, day: LocalDay) -> Option<&P> {
        self.slab.get(release.index())?.0.get(place(day))
    }

    /// The place, made when it isn't there.
    pub(super) fn get_or_make(&self, release: ReleaseNo, day: LocalDay) -> Option<&P> {
        self.slab.get_or_make(release.index())?.0.get(place(day))
    }
}

fn place(day: LocalDay) -> usize {
    usize::try_from(day.get().rem_euclid(RING)).unwrap_or(0)
}
