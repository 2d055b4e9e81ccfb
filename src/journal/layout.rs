//! Sizes and names that everything in the journal agrees on. `docs/journal.md` draws them.

/// What the disk writes whole or not at all as far as frames rely on it: no two frames share a block.
pub const BLOCK_BYTES: usize = 4096;

/// A frame with its header and padding.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;

/// What stands before a frame's records.
pub const FRAME_HEADER_BYTES: usize = 64;

/// What stands before each record: its length.
pub const RECORD_HEADER_BYTES: usize = 4;

/// The longest record that the journal takes; a longer one is refused alone, and its neighbours are not.
pub const RECORD_BYTES_MAX: usize = 60 * 1024;

/// Of a segment's file, unless set otherwise.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// A header and the longest frame have room in the smallest segment.
pub const SEGMENT_BYTES_MIN: u64 = (BLOCK_BYTES + FRAME_BYTES_MAX) as u64;

/// A frame's place is counted in blocks by 32 bits; no segment comes near that.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 40;

/// The format of segments that are written on.
pub const FORMAT_VERSION: u32 = 1;

/// The format of segments that are sealed and packed, and the newest that is read.
pub const FORMAT_VERSION_PACKED: u32 = 2;

/// The file to which a start writes the good prefix of the last segment.
pub const REWRITE_NAME: &str = "rewrite.tmp";

const SEGMENT_PREFIX: &str = "segment-";
const SEGMENT_SUFFIX: &str = ".kcj";
const SPARE_PREFIX: &str = "spare-";
const REPACK_PREFIX: &str = "repack-";
const TEMPORARY_SUFFIX: &str = ".tmp";

const _: () = assert!(RECORD_BYTES_MAX + RECORD_HEADER_BYTES + FRAME_HEADER_BYTES <= FRAME_BYTES_MAX);
const _: () = assert!(FRAME_BYTES_MAX.is_multiple_of(BLOCK_BYTES));
const _: () = assert!(usize::BITS == 64, "file offsets are used as indices");

/// An offset that is known to lie inside a buffer.
#[must_use]
pub(super) const fn index(offset: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "both have 64 bits, asserted above")]
    {
        offset as usize
    }
}

/// So many bytes with the padding to whole blocks.
#[must_use]
pub(super) const fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(BLOCK_BYTES)
}

/// The file name of a segment; names sort as numbers do.
#[must_use]
pub fn segment_name(number: u64) -> String {
    format!("{SEGMENT_PREFIX}{number:020}{SEGMENT_SUFFIX}")
}

/// The number in a segment's file name, or nothing when it is another file.
#[must_use]
pub fn segment_number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(SEGMENT_PREFIX)?.strip_suffix(SEGMENT_SUFFIX)?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// The file name of a segment that is prepared and has no number yet.
#[must_use]
pub(super) fn spare_name(count: u64) -> String {
    format!("{SPARE_PREFIX}{count}{TEMPORARY_SUFFIX}")
}

/// The file to which a sealed segment is packed: no other process has the same, even one that its server left behind.
#[must_use]
pub(super) fn repack_name(number: u64) -> String {
    format!("{REPACK_PREFIX}{number}-{}{TEMPORARY_SUFFIX}", std::process::id())
}

/// Whether a file is a left-over of an earlier run that nothing refers to.
#[must_use]
pub(super) fn is_left_over(name: &str) -> bool {
    let is_numbered = name.starts_with(SPARE_PREFIX) || name.starts_with(REPACK_PREFIX);
    name == REWRITE_NAME || (is_numbered && name.ends_with(TEMPORARY_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_names_are_read_back_and_others_are_not() {
        for number in [1, 2, 1_000_000, u64::MAX] {
            assert_eq!(segment_number(&segment_name(number)), Some(number));
        }
        for other in [
            "segment-1.kcj",
            "segment-.kcj",
            "spare-1.tmp",
            "rewrite.tmp",
            "lock",
            "segment-+0000000000000000001.kcj",
        ] {
            assert_eq!(segment_number(other), None, "{other}");
        }
        assert!(
            is_left_over(REWRITE_NAME)
                && is_left_over(&spare_name(3))
                && is_left_over(&repack_name(3))
                && !is_left_over("lock")
        );
    }
}
