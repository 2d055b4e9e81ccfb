//! Events of draws as bytes.

use super::{Fields, UnknownEvent, kind, put, put_request};
use crate::domain::draw::{CHOICES_MAX, EntryId, Hash, Seed};
use crate::domain::event::{
    DrawDone, DrawSealed, EntryChanged, EntryMade, EntryWithdrawn, PrizeLapsed, Stock,
};
use crate::domain::ids::{PitchNo, ReleaseNo, ResidentNo};
use crate::domain::lottery::Wish;

pub(super) fn made(out: &mut Vec<u8>, event: &EntryMade) {
    put(out, kind::ENTRY_MADE, &[&event.release.get().to_le_bytes(), &event.resident.get().to_le_bytes()]);
    put_request(out, event.request);
    out.extend_from_slice(&event.id.get().to_be_bytes());
    asked_for(out, event.party, &event.wishes);
}

pub(super) fn changed(out: &mut Vec<u8>, event: &EntryChanged) {
    put(out, kind::ENTRY_CHANGED, &[&event.release.get().to_le_bytes(), &event.resident.get().to_le_bytes()]);
    asked_for(out, event.party, &event.wishes);
}

pub(super) fn withdrawn(out: &mut Vec<u8>, event: EntryWithdrawn) {
    put(
        out,
        kind::ENTRY_WITHDRAWN,
        &[&event.release.get().to_le_bytes(), &event.resident.get().to_le_bytes()],
    );
}

pub(super) fn sealed(out: &mut Vec<u8>, event: &DrawSealed) {
    put(
        out,
        kind::DRAW_SEALED,
        &[&event.release.get().to_le_bytes(), &event.count.to_le_bytes(), &event.root.0],
    );
    let Stock { half_hours, places } = &event.stock;
    out.extend_from_slice(&u32::try_from(half_hours.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(half_hours);
    out.extend_from_slice(&u32::try_from(places.len()).unwrap_or(u32::MAX).to_le_bytes());
    for places in places {
        out.extend_from_slice(&places.to_le_bytes());
    }
}

pub(super) fn done(out: &mut Vec<u8>, event: &DrawDone) {
    put(
        out,
        kind::DRAW_DONE,
        &[
            &event.release.get().to_le_bytes(),
            &event.seed.0,
            &event.outcome.0,
            &u32::try_from(event.value.len()).unwrap_or(u32::MAX).to_le_bytes(),
            event.value.as_bytes(),
        ],
    );
}

pub(super) fn lapsed(out: &mut Vec<u8>, event: PrizeLapsed) {
    put(out, kind::PRIZE_LAPSED, &[&event.release.get().to_le_bytes(), &event.id.get().to_be_bytes()]);
}

/// The party, how many slots, and the slots.
fn asked_for(out: &mut Vec<u8>, party: u16, wishes: &[Wish]) {
    out.extend_from_slice(&party.to_le_bytes());
    out.push(u8::try_from(wishes.len()).unwrap_or(u8::MAX));
    for wish in wishes {
        out.extend_from_slice(&wish.pitch.get().to_le_bytes());
        out.extend_from_slice(&wish.day.get().to_le_bytes());
        out.extend_from_slice(&[wish.span().first(), wish.span().count()]);
    }
}

impl Fields<'_> {
    pub(super) fn made(&mut self) -> Result<EntryMade, UnknownEvent> {
        let (release, resident) = (self.release_no()?, ResidentNo::new(self.u32()?));
        let request = self.optional_request()?;
        let id = self.entry_id()?;
        let (party, wishes) = self.asked_for()?;
        Ok(EntryMade { release, resident, id, party, wishes, request })
    }

    pub(super) fn changed(&mut self) -> Result<EntryChanged, UnknownEvent> {
        let (release, resident) = (self.release_no()?, ResidentNo::new(self.u32()?));
        let (party, wishes) = self.asked_for()?;
        Ok(EntryChanged { release, resident, party, wishes })
    }

    pub(super) fn withdrawn(&mut self) -> Result<EntryWithdrawn, UnknownEvent> {
        Ok(EntryWithdrawn { release: self.release_no()?, resident: ResidentNo::new(self.u32()?) })
    }

    pub(super) fn sealed(&mut self) -> Result<DrawSealed, UnknownEvent> {
        let (release, count, root) = (self.release_no()?, self.u32()?, Hash(*self.take()?));
        let half_hours = self.counted_bytes(1)?.to_vec();
        let places = self.counted_bytes(2)?.chunks_exact(2);
        let places = places.filter_map(|pair| pair.try_into().ok()).map(u16::from_le_bytes).collect();
        Ok(DrawSealed { release, count, root, stock: Stock { half_hours, places } })
    }

    /// Bytes behind how many things of so many bytes they are.
    fn counted_bytes(&mut self, bytes_each: usize) -> Result<&[u8], UnknownEvent> {
        let count = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        let (taken, rest) =
            self.bytes.split_at_checked(count.saturating_mul(bytes_each)).ok_or_else(|| self.senseless())?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn done(&mut self) -> Result<DrawDone, UnknownEvent> {
        let (release, seed, outcome) = (self.release_no()?, Seed(*self.take()?), Hash(*self.take()?));
        let value = self.counted_bytes(1)?.to_vec();
        let value = String::from_utf8(value).map_err(|_| self.senseless())?.into();
        Ok(DrawDone { release, seed, outcome, value })
    }

    pub(super) fn lapsed(&mut self) -> Result<PrizeLapsed, UnknownEvent> {
        Ok(PrizeLapsed { release: self.release_no()?, id: self.entry_id()? })
    }

    pub(super) fn release_no(&mut self) -> Result<ReleaseNo, UnknownEvent> {
        Ok(ReleaseNo::new(u16::from_le_bytes(*self.take()?)))
    }

    fn entry_id(&mut self) -> Result<EntryId, UnknownEvent> {
        Ok(EntryId::new(u128::from_be_bytes(*self.take()?)))
    }

    fn asked_for(&mut self) -> Result<(u16, Vec<Wish>), UnknownEvent> {
        let party = u16::from_le_bytes(*self.take()?);
        let [count] = *self.take()?;
        if !(1..=CHOICES_MAX).contains(&usize::from(count)) {
            return Err(self.senseless());
        }
        let mut wishes = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let (pitch, day) = (PitchNo::new(self.u32()?), self.day()?);
            wishes.push(Wish::new(pitch, day, self.span()?));
        }
        Ok((party, wishes))
    }
}
