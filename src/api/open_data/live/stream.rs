//! One stream: the body of an answer that goes on, written when its connection asks for more.
//!
//! A scan goes over the pitches and writes, a pitch a time, the slots that are others than those that were sent. Each event but the last of a
//! scan has the id that the scan began with, the last one the position that the scan began at: whoever breaks off in between comes
//! back for all of it.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;
use serde::Serialize;

use super::event_id::EventId;
use super::hub::Membership;
use super::shown::Shown;
use crate::api::open_data::slots::SlotView;
use crate::domain::ids::{PitchNo, VenueNo};
use crate::domain::time::LocalDay;
use crate::engine::changes::Change;
use crate::engine::view::Slot;
use crate::engine::world::World;

/// How long a browser waits before it comes again.
const RETRY: &[u8] = b"retry: 2000\n\n";
const HEARTBEAT: &[u8] = b": still here\n\n";
/// What an event takes, about.
const EVENT_BYTES: usize = 256;

/// Whose slots are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Pitch(PitchNo),
    /// All pitches of a venue, wholes and parts; its events say which.
    Venue(VenueNo),
}

/// A day's events, without an end of their own.
pub struct EventStream {
    membership: Membership,
    subject: Subject,
    day: LocalDay,
    shown: Vec<Shown>,
    /// All that changed before this position was sent, by this stream or an earlier one; nothing was when there is none.
    sent: Option<u64>,
    scan: Option<Scan>,
    /// A look was asked for while a scan was under way.
    is_asked_again: bool,
    has_begun: bool,
}

/// A scan under way.
struct Scan {
    /// The ring's head when it began.
    position: u64,
    /// The first pitch that may have something to send.
    next: usize,
}

/// A slot of a venue's pitch.
#[derive(Serialize)]
struct VenueSlotView<'a> {
    pitch: &'a str,
    #[serde(flatten)]
    slot: SlotView,
}

impl EventStream {
    /// The events of a day, from the whole of it on or from a position that its listener knows.
    #[must_use]
    pub const fn new(membership: Membership, subject: Subject, day: LocalDay, known: Option<u64>) -> Self {
        Self {
            membership,
            subject,
            day,
            shown: Vec::new(),
            sent: known,
            scan: None,
            is_asked_again: true,
            has_begun: false,
        }
    }

    fn begin_scan(&mut self, world: &World) {
        self.is_asked_again = false;
        let position = self.membership.hub.engine().changes().head();
        self.note_new_pitches(world);
        if let Some(sent) = self.sent
            && self.shown.iter().any(Shown::is_of_earlier)
        {
            let (mut is_everything, mut wholes) = (false, Vec::new());
            let read = self.membership.hub.engine().changes().read(sent, position, |change| match change {
                Change::Everything => is_everything = true,
                Change::PitchDay(whole, day) if day == self.day => wholes.push(whole),
                Change::PitchDay(..) => {}
            });
            is_everything |= read.is_err();
            for shown in &mut self.shown {
                let whole = world.catalogue.pitch(shown.pitch).map(|pitch| pitch.whole);
                if is_everything || whole.is_some_and(|whole| wholes.contains(&whole)) {
                    shown.forget_earlier();
                }
            }
        }
        self.scan = Some(Scan { position, next: 0 });
    }

    /// Pitches are never taken out of a catalogue, so there are others only when there are more.
    fn note_new_pitches(&mut self, world: &World) {
        let catalogue = &world.catalogue;
        let of_venue: Vec<PitchNo> = match self.subject {
            Subject::Pitch(pitch) => vec![pitch],
            Subject::Venue(venue) => {
                let wholes = catalogue.venue(venue).map_or(&[][..], |venue| &venue.pitches);
                let with_parts = |whole: &PitchNo| {
                    let parts = catalogue.pitch(*whole).map_or(0..0, |pitch| pitch.parts.clone());
                    std::iter::once(*whole).chain(parts.map(PitchNo::new))
                };
                wholes.iter().flat_map(with_parts).collect()
            }
        };
        let is_first = self.shown.is_empty();
        let new = of_venue.into_iter().skip(self.shown.len());
        let is_known = is_first && self.sent.is_some();
        self.shown
            .extend(new.map(|pitch| if is_known { Shown::earlier(pitch) } else { Shown::nothing(pitch) }));
    }

    /// The next events of the scan that is under way, or of the one that was asked for meanwhile.
    fn next_events(&mut self) -> Option<Vec<u8>> {
        loop {
            let world = self.membership.hub.engine().world().clone();
            if self.scan.is_none() && self.is_asked_again {
                self.begin_scan(&world);
            }
            let Scan { position, next } = self.scan.take()?;
            let Some((at, slots)) = self.first_differing(&world, next) else {
                self.sent = Some(position);
                continue;
            };
            // Whether another pitch follows is looked up now, so that the last event gets the id that says so.
            let following = self.first_differing(&world, at + 1).map(|(following, _)| following);
            let before = self.id(self.sent);
            let last = match following {
                Some(next) => {
                    self.scan = Some(Scan { position, next });
                    before
                }
                None => {
                    self.sent = Some(position);
                    self.id(self.sent)
                }
            };
            return Some(self.events(&world, at, &slots, (before, last)));
        }
    }

    fn first_differing(&self, world: &World, from: usize) -> Option<(usize, Vec<Slot>)> {
        let hub = &self.membership.hub;
        let (clock, now) = (world.clock_of(self.day), hub.clock().now());
        self.shown.iter().enumerate().skip(from).find_map(|(at, shown)| {
            let slots = shown.differing(hub.engine(), world, &clock, now);
            (!slots.is_empty()).then_some((at, slots))
        })
    }

    fn id(&self, position: Option<u64>) -> EventId {
        let epoch = self.membership.hub.epoch();
        position.map_or(EventId::NOTHING, |position| EventId { epoch, position })
    }

    /// One event for each slot, the last one with an id of its own.
    fn events(
        &mut self,
        world: &World,
        at: usize,
        slots: &[Slot],
        (id, last): (EventId, EventId),
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(slots.len() * EVENT_BYTES);
        let Some(shown) = self.shown.get_mut(at) else { return out };
        let Some(pitch) = world.catalogue.pitch(shown.pitch) else { return out };
        shown.note(pitch, slots);
        let clock = world.clock_of(self.day);
        let currency = world.catalogue.city().currency;
        for (index, slot) in slots.iter().enumerate() {
            let id = if index + 1 == slots.len() { last } else { id };
            out.extend_from_slice(format!("id: {id}\ndata: ").as_bytes());
            let slot = SlotView::of(*slot, &clock, currency);
            // Plain values: to write them into memory can't fail.
            let written = match self.subject {
                Subject::Pitch(_) => serde_json::to_writer(&mut out, &slot),
                Subject::Venue(_) => {
                    serde_json::to_writer(&mut out, &VenueSlotView { pitch: pitch.code.as_str(), slot })
                }
            };
            debug_assert!(written.is_ok(), "a slot is written");
            out.extend_from_slice(b"\n\n");
        }
        out
    }
}

impl HttpBody for EventStream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let asked = self.membership.pulse.answer(cx);
        if asked.end {
            return Poll::Ready(None);
        }
        self.is_asked_again |= asked.look;
        let mut out = Vec::new();
        if !self.has_begun {
            self.has_begun = true;
            out.extend_from_slice(RETRY);
        }
        match self.next_events() {
            Some(events) if out.is_empty() => out = events,
            Some(events) => out.extend_from_slice(&events),
            None if asked.beat => out.extend_from_slice(HEARTBEAT),
            None => {}
        }
        if out.is_empty() { Poll::Pending } else { Poll::Ready(Some(Ok(Frame::data(out.into())))) }
    }
}
