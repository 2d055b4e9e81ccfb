//! Rows of what there is to book.

use super::copy::Rows;
use super::tables::{DISTRICT, PITCH, PITCH_DAY, RELEASE, SPORT, VENUE};
use crate::domain::calendar::DayClock;
use crate::domain::catalogue::{Catalogue, Pitch, PitchKind, Release, Venue};
use crate::domain::change::{Admission, Named, Offered};
use crate::domain::ids::{DistrictNo, SportNo};
use crate::domain::release::ReleaseWhen;
use crate::domain::units::UnitMask;

/// A district or a sport, as it is called now.
pub(super) fn named(rows: &mut Rows, catalogue: &Catalogue, named: Named) {
    let Ok((code, name)) = catalogue.name_of(named) else { return };
    let row = match named {
        Named::District(no) => rows.row(DISTRICT.width()).int4(no.get().into()),
        Named::Sport(no) => rows.row(SPORT.width()).int4(no.get().into()),
    };
    row.text(code.as_str()).text(&name.zh_hans).text(&name.en);
}

/// All districts.
pub(super) fn districts(rows: &mut Rows, catalogue: &Catalogue) {
    let count = catalogue.districts().len();
    (0u16..).take(count).for_each(|no| named(rows, catalogue, Named::District(DistrictNo::new(no))));
}

/// All sports.
pub(super) fn sports(rows: &mut Rows, catalogue: &Catalogue) {
    let count = catalogue.sports().len();
    (0u16..).take(count).for_each(|no| named(rows, catalogue, Named::Sport(SportNo::new(no))));
}

pub(super) fn venue(rows: &mut Rows, venue: &Venue) {
    let def = &venue.def;
    rows.row(VENUE.width())
        .int4(venue.no.get().cast_signed())
        .text(def.code.as_str())
        .int4(def.district.get().into())
        .text(&def.name.zh_hans)
        .text(&def.name.en)
        .text(&def.address.zh_hans)
        .text(&def.address.en)
        .int4(def.location.latitude_e6)
        .int4(def.location.longitude_e6)
        .text(match venue.admission {
            Admission::Open => "open",
            Admission::Checked => "checked",
        });
}

pub(super) fn pitch(rows: &mut Rows, pitch: &Pitch) {
    let (kind, capacity) = match pitch.kind {
        PitchKind::Exclusive => ("exclusive", None),
        PitchKind::Divisible => ("divisible", None),
        PitchKind::Part => ("part", None),
        PitchKind::Session { capacity, .. } => ("session", Some(capacity)),
    };
    rows.row(PITCH.width())
        .int8(pitch.no.get().into())
        .text(pitch.code.as_str())
        .int4(pitch.venue.get().cast_signed())
        .int8(pitch.whole.get().into())
        .int4(pitch.sport.get().into())
        .text(kind)
        .text(&pitch.name.zh_hans)
        .text(&pitch.name.en)
        .int8(pitch.leaves.start.into())
        .int4(leaves(pitch))
        .maybe(capacity, |rows, capacity| rows.int4(capacity.into()))
        .int2(pitch.max_slots)
        .int4(pitch.party_max.into())
        .bool(pitch.offered == Offered::Yes);
}

fn leaves(pitch: &Pitch) -> i32 {
    i32::try_from(pitch.leaves.len()).unwrap_or(i32::MAX)
}

/// What a whole offered on a day that is over; nothing when nothing of it was open.
pub(super) fn pitch_day(rows: &mut Rows, catalogue: &Catalogue, whole: &Pitch, clock: &DayClock) {
    let open = whole.leaves.clone().fold(UnitMask::EMPTY, |open, leaf| {
        open.union(catalogue.closed(whole, leaf, clock.day).union(clock.skipped).complement())
    });
    if open.is_empty() {
        return;
    }
    let places = match whole.kind {
        PitchKind::Session { capacity, .. } => i32::from(capacity),
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => leaves(whole),
    };
    rows.row(PITCH_DAY.width())
        .date(clock.day.get())
        .int8(whole.no.get().into())
        .int4(places)
        .int8(open.bits().cast_signed());
}

pub(super) fn release(rows: &mut Rows, release: &Release) {
    let def = &release.def;
    let pitches: Vec<i64> = def.pitches.iter().map(|pitch| i64::from(pitch.get())).collect();
    let (days_before, minute, once_at) = match def.when {
        ReleaseWhen::Daily { days_before, minute } => (Some(days_before), Some(minute), None),
        ReleaseWhen::Once { at } => (None, None, Some(at)),
    };
    rows.row(RELEASE.width())
        .int4(release.no.get().into())
        .text(def.code.as_str())
        .maybe(def.venue, |rows, venue| rows.int4(venue.get().cast_signed()))
        .text(&def.name.zh_hans)
        .text(&def.name.en)
        .time(release.declared_at.get())
        .date(def.first_day.get())
        .maybe(def.last_day, |rows, day| rows.date(day.get()))
        .maybe(days_before, |rows, days| rows.int4(days.into()))
        .maybe(minute, |rows, minute| rows.int4(minute.into()))
        .maybe(once_at, |rows, at| rows.time(at.get()))
        .maybe(def.limit_per_resident, |rows, limit| rows.int4(limit.into()))
        .int4(def.counter_share_percent.into())
        .int8s(&pitches);
}
