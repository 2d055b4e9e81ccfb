//! Giving up the first segments, when snapshots say all that they said and nobody else needs them.

use std::io;

use super::disk::Disk;
use super::error::JournalError;
use super::layout::segment_name;
use super::listing::all_segments;

/// Removes the segments up to this one, the oldest first, and says how many there were. The last one stays in any case.
///
/// The caller has a durable snapshot whose position is not before that segment, and keeps it; a start without one is refused
/// afterwards. Each removal is durable before the next: whenever the power fails, what is left has no gaps.
///
/// # Errors
/// What the disk says; what was removed until then stays removed, and the next call goes on.
pub fn retire<D: Disk>(disk: &D, up_to_segment: u64) -> Result<u64, JournalError> {
    let numbers = all_segments(disk)?;
    let Some((_, sealed)) = numbers.split_last() else { return Ok(0) };
    let mut removed = 0;
    for &number in sealed.iter().take_while(|&&number| number <= up_to_segment) {
        let name = segment_name(number);
        match disk.remove(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(JournalError::io("remove", &name)(error));
            }
            Ok(()) | Err(_) => removed += 1,
        }
        disk.sync_dir().map_err(JournalError::io("sync the directory of", &name))?;
    }
    Ok(removed)
}
