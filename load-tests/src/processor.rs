//! How much processor time a process has had: user and system time, all its threads.

use std::fs;
use std::time::Duration;

use crate::Failure;

/// Of a running process. The kernel rounds to ticks, of which a second has a hundred: nothing beside a run of seconds.
pub(crate) fn time_of(pid: u32) -> Result<Duration, Failure> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|error| format!("read {path}: {error}"))?;
    let ticks = ticks_in(&text).ok_or_else(|| format!("{path} is not of the form that Linux writes"))?;
    let a_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_micros(ticks * 1_000_000 / a_second))
}

/// utime and stime, the 14th and 15th field. The second is the program's name in brackets, which may itself hold brackets
/// and blanks.
fn ticks_in(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_moves_no_field() {
        let rest = "S 1 2 3 0 -1 4194560 500 0 3 0 700 41 0 0 20 0 5 0 100 1000000 200";
        for name in ["(kaichang)", "(a) 1 2 (b)", "(x y)"] {
            assert_eq!(ticks_in(&format!("4321 {name} {rest}")), Some(741), "{name}");
        }
        assert_eq!(ticks_in("4321 (kaichang) S 1 2"), None);
        assert_eq!(ticks_in(""), None);
    }

    #[test]
    fn this_process_has_a_time_and_no_process_has_none() {
        time_of(std::process::id()).expect("this process runs");
        time_of(u32::MAX).expect_err("there is no such process");
    }
}
