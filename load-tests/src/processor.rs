//! How much processor time was had: by a process with all its threads, and by all that runs on the machine.

use std::fs;
use std::time::Duration;

use crate::Failure;

/// Of a running process. The kernel rounds to ticks, of which a second has a hundred: nothing beside a run of seconds.
pub(crate) fn time_of(pid: u32) -> Result<Duration, Failure> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|error| format!("read {path}: {error}"))?;
    let ticks = ticks_in(&text).ok_or_else(|| format!("{path} is not of the form that Linux writes"))?;
    Ok(of_ticks(ticks))
}

/// Of running processes, with those that each has started and that run or have ended: a database has one a connection.
pub(crate) fn time_of_families(pids: &[u32]) -> Result<Duration, Failure> {
    let mut ticks = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/stat");
        let text = fs::read_to_string(&path).map_err(|error| format!("read {path}: {error}"))?;
        ticks += fields_of(&text)
            .ok_or_else(|| format!("{path} is not of the form that Linux writes"))?
            .with_ended;
    }
    for entry in fs::read_dir("/proc")? {
        // Others end while they are looked at, and most entries are no processes.
        let Ok(text) = fs::read_to_string(entry?.path().join("stat")) else { continue };
        let Some(fields) = fields_of(&text) else { continue };
        if pids.contains(&fields.parent) {
            ticks += fields.with_ended;
        }
    }
    Ok(of_ticks(ticks))
}

/// Of everything since the machine's start: what isn't idle, waiting for a disk, or a guest's, which counts elsewhere.
pub(crate) fn time_of_all() -> Result<Duration, Failure> {
    let text = fs::read_to_string("/proc/stat").map_err(|error| format!("read /proc/stat: {error}"))?;
    let ticks = busy_ticks_in(&text).ok_or("/proc/stat is not of the form that Linux writes")?;
    Ok(of_ticks(ticks))
}

fn of_ticks(ticks: u64) -> Duration {
    let a_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_micros(ticks * 1_000_000 / a_second)
}

/// Of the first line, which sums the processors up: user, nice, system, idle, waiting, interrupts, soft interrupts, stolen.
fn busy_ticks_in(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line.split_ascii_whitespace().map_while(|field| field.parse().ok()).collect();
    let [user, nice, system, _idle, _waiting, interrupts, soft, stolen, ..] = fields[..] else { return None };
    Some(user + nice + system + interrupts + soft + stolen)
}

struct Fields {
    parent: u32,
    /// Its own time and that of processes of its that have ended.
    with_ended: u64,
}

/// Fields 4 and 14 to 17.
fn fields_of(stat: &str) -> Option<Fields> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind_name.split_ascii_whitespace().collect();
    let times = fields.get(11..15)?.iter().map(|time| time.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some(Fields { parent: fields.get(1)?.parse().ok()?, with_ended: times })
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
    fn a_family_has_its_own_time_and_that_of_its_children() {
        let fields =
            fields_of("7 (a b) S 1 7 7 0 -1 4194560 100 0 0 0 31 12 5 2 20 0 9 0 4711").expect("a line");
        assert_eq!((fields.parent, fields.with_ended), (1, 50));
        let own = std::process::id();
        let mut child = std::process::Command::new("sleep").arg("5").spawn().expect("a child");
        let of_itself = time_of(own).expect("it runs");
        assert!(time_of_families(&[own]).expect("it runs") >= of_itself);
        child.kill().expect("killed");
        child.wait().expect("ended");
        time_of_families(&[u32::MAX]).expect_err("there is no such process");
        assert_eq!(time_of_families(&[]).expect("nobody"), Duration::ZERO);
    }

    #[test]
    fn the_machine_is_busy_with_all_but_idling_and_waiting() {
        let stat = "cpu  1 20 300 4000 50000 600000 7000000 80000000 900000000 5\ncpu0 1 1 1 1 1 1 1 1\n";
        assert_eq!(busy_ticks_in(stat), Some(87_600_321));
        assert_eq!(busy_ticks_in("cpu  1 2 3 4\n"), None);
        assert_eq!(busy_ticks_in("intr 1\n"), None);
        assert!(time_of_all().expect("it runs") >= time_of(std::process::id()).expect("this process runs"));
    }

    #[test]
    fn this_process_has_a_time_and_no_process_has_none() {
        time_of(std::process::id()).expect("this process runs");
        time_of(u32::MAX).expect_err("there is no such process");
    }
}
