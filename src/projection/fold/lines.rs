//! The steps of queues and draws: a row for each record, so that anybody who may read the tables can repeat an order.

use super::{Changes, Record};
use crate::domain::event::{Event, OfQueue};
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::projection::tables::{DRAW_STEP, QUEUE_STEP};

/// A step of a draw, with what it has.
#[derive(Default)]
struct DrawStep<'a> {
    resident: Option<ResidentNo>,
    entry: Option<[u8; 16]>,
    party: Option<u16>,
    choices: Option<usize>,
    entries: Option<u32>,
    hash: Option<[u8; 32]>,
    seed: Option<[u8; 32]>,
    value: Option<&'a str>,
}

impl Changes {
    pub(super) fn add_queue_step(&mut self, record: &Record, event: &OfQueue) {
        let (step, resident, place, seed) = match event {
            OfQueue::Joined(event) => ("came", Some(event.resident), None, None),
            OfQueue::Left(event) => ("left", Some(event.resident), None, None),
            OfQueue::Opened(event) => ("opened", None, Some(event.early), Some(event.seed.0)),
            OfQueue::Served(event) => ("served", None, Some(event.up_to), None),
        };
        self.queue_step
            .row(QUEUE_STEP.width())
            .int8(record.number())
            .time(record.at.get())
            .int4(event.release().get().into())
            .text(step)
            .maybe(resident, |rows, no| rows.int8(no.get().into()))
            .maybe(place, |rows, place| rows.int4(place.cast_signed()))
            .maybe(seed, |rows, seed| rows.blob(&seed));
    }

    pub(super) fn add_draw_step(&mut self, record: &Record, event: &Event) {
        if let Event::EntryMade(event) = event {
            let made = DrawStep {
                resident: Some(event.resident),
                entry: Some(event.id.get().to_be_bytes()),
                party: Some(event.party),
                choices: Some(event.wishes.len()),
                ..DrawStep::default()
            };
            self.put_draw_step(record, event.release, "entered", &made);
        } else if let Event::EntryChanged(event) = event {
            let changed = DrawStep {
                resident: Some(event.resident),
                party: Some(event.party),
                choices: Some(event.wishes.len()),
                ..DrawStep::default()
            };
            self.put_draw_step(record, event.release, "changed", &changed);
        } else if let Event::EntryWithdrawn(event) = event {
            let withdrawn = DrawStep { resident: Some(event.resident), ..DrawStep::default() };
            self.put_draw_step(record, event.release, "withdrawn", &withdrawn);
        } else if let Event::DrawSealed(event) = event {
            let sealed =
                DrawStep { entries: Some(event.count), hash: Some(event.root.0), ..DrawStep::default() };
            self.put_draw_step(record, event.release, "sealed", &sealed);
        } else if let Event::DrawDone(event) = event {
            let drawn = DrawStep {
                hash: Some(event.outcome.0),
                seed: Some(event.seed.0),
                value: Some(&event.value),
                ..DrawStep::default()
            };
            self.put_draw_step(record, event.release, "drawn", &drawn);
        } else if let Event::PrizeLapsed(event) = event {
            let lapsed = DrawStep { entry: Some(event.id.get().to_be_bytes()), ..DrawStep::default() };
            self.put_draw_step(record, event.release, "lapsed", &lapsed);
        }
    }

    fn put_draw_step(&mut self, record: &Record, release: ReleaseNo, name: &str, step: &DrawStep<'_>) {
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        self.draw_step
            .row(DRAW_STEP.width())
            .int8(record.number())
            .time(record.at.get())
            .int4(release.get().into())
            .text(name)
            .maybe(step.resident, |rows, no| rows.int8(no.get().into()))
            .maybe(step.entry, |rows, id| rows.blob(&id))
            .maybe(step.party, |rows, party| rows.int4(party.into()))
            .maybe(step.choices, |rows, choices| rows.int4(count(choices)))
            .maybe(step.entries, |rows, entries| rows.int4(entries.cast_signed()))
            .maybe(step.hash, |rows, hash| rows.blob(&hash))
            .maybe(step.seed, |rows, seed| rows.blob(&seed))
            .maybe(step.value, |rows, value| rows.text(value));
    }
}
