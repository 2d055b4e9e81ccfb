//! A journal that was changed behind the server's back: refused with the place, by `verify` and by a start, never believed.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::city::{City, FIRST_SEGMENT, Ground};
use crate::server::{self, Server, kaichang, serve};

const BLOCK_BYTES: usize = 4096;
const FRAME_HEADER_BYTES: usize = 64;

/// Where the frames of a segment begin, and how many bytes header and records of each have.
fn frames(segment: &Path) -> Vec<(u64, usize)> {
    let bytes = std::fs::read(segment).expect("a segment");
    let blocks = (0u64..).step_by(BLOCK_BYTES).zip(bytes.chunks(BLOCK_BYTES));
    let frames = blocks.filter(|(_, block)| block.starts_with(b"KCF1")).map(|(offset, block)| {
        let length = block[4..8].try_into().map(u32::from_le_bytes).expect("four bytes");
        (offset, usize::try_from(length).expect("a frame's length"))
    });
    frames.collect()
}

/// Flips bits of an acknowledged booking, then verifies and starts: whatever is not refused is a finding, and the last one.
///
/// The same check runs on a build with a planted bug, which it must find.
pub(crate) fn flips_that_nobody_notices(planted: Option<&str>) -> Vec<String> {
    let city = City::demo();
    for slot in city.free_courts(3).into_iter().take(6) {
        let _ = city.booked(&city.resident(), &slot);
    }
    let ground = city.kill();
    let segment = ground.last_segment();
    let all = frames(&segment);
    // Of the last frames, but not the very last, whose damage can't be told from a torn tail.
    let (offset, length) = all[all.len() - 4];
    let place = format!("is damaged at byte {offset}");
    let file = OpenOptions::new().read(true).write(true).open(&segment).expect("a segment");
    for at in (FRAME_HEADER_BYTES..length).step_by(5) {
        let changed = offset + at as u64;
        let mut byte = [0];
        file.read_exact_at(&mut byte, changed).expect("a byte");
        file.write_all_at(&[byte[0] ^ 1], changed).expect("written");
        let verified = ground.verify();
        if verified.code != Some(1) || !verified.said.contains(&place) {
            return vec![format!("byte {changed} was changed, and verify says {verified:?}")];
        }
        match Server::start(server::with_bug(serve(kaichang(), ground.path()), planted), ground.path()) {
            Ok(_) => return vec![format!("byte {changed} was changed, and the city opens")],
            Err(ended) => assert_eq!(ended.code, Some(2), "{}", ended.said),
        }
        file.write_all_at(&byte, changed).expect("written");
    }
    assert_eq!(ground.verify().code, Some(0), "as it was it is whole");
    Vec::new()
}

#[test]
fn no_flipped_bit_of_a_booking_goes_unnoticed() {
    let findings = flips_that_nobody_notices(None);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn a_damaged_journal_refuses_the_start_names_the_place_and_is_left_alone() {
    let ground = Ground::demo();
    let segment = ground.path().join(FIRST_SEGMENT);
    let (offset, _) = frames(&segment)[3];
    let file = OpenOptions::new().read(true).write(true).open(&segment).expect("a segment");
    file.write_all_at(&[0xff; 16], offset + 100).expect("written");
    let before = std::fs::read(&segment).expect("a segment");
    let ended = ground.refuses_to_open(serve(kaichang(), ground.path()));
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains(&format!("is damaged at byte {offset}")), "{}", ended.said);
    assert!(std::fs::read(&segment).expect("a segment") == before, "not a byte is changed");
}

#[test]
fn a_torn_tail_is_cut_and_what_stands_before_it_stays() {
    let city = City::demo();
    let resident = city.resident();
    let booked = city.booked(&resident, &city.free_court(3));
    let ground = city.kill();
    let segment = ground.last_segment();
    let last = *frames(&segment).last().expect("a frame");
    let file = OpenOptions::new().write(true).open(&segment).expect("a segment");
    let behind = last.0 + last.1.next_multiple_of(BLOCK_BYTES) as u64;
    file.write_all_at(b"KCF1 the beginning of a frame that was never finished", behind).expect("written");
    let city = ground.open();
    let id = crate::city::text(&booked["id"]);
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}")), booked);
}
