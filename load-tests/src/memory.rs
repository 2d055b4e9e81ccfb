//! How much memory a running process has in hand.

use std::fs;

use crate::Failure;

/// What lies in the machine's memory of it at this moment.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64, Failure> {
    of(pid, "VmRSS:")
}

/// The most that it ever was since its start, or since that was forgotten.
pub(crate) fn peak_bytes(pid: u32) -> Result<u64, Failure> {
    of(pid, "VmHWM:")
}

/// From now on the peak is that of what comes.
pub(crate) fn forget_peak(pid: u32) -> Result<(), Failure> {
    let path = format!("/proc/{pid}/clear_refs");
    fs::write(&path, "5").map_err(|error| format!("write {path}: {error}").into())
}

fn of(pid: u32, name: &str) -> Result<u64, Failure> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|error| format!("read {path}: {error}"))?;
    bytes_in(&text, name).ok_or_else(|| format!("{path} has no {name}").into())
}

fn bytes_in(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_found_in_what_linux_writes() {
        let status = "Name:\tkaichang\nVmHWM:\t  193000 kB\nVmRSS:\t   12 kB\nThreads:\t5\n";
        assert_eq!(bytes_in(status, "VmRSS:"), Some(12 * 1024));
        assert_eq!(bytes_in(status, "VmHWM:"), Some(193_000 * 1024));
        assert_eq!(bytes_in("Name:\tx\n", "VmRSS:"), None);
    }

    #[test]
    fn a_peak_that_was_forgotten_is_what_comes_afterwards() {
        let own = std::process::id();
        let large = vec![1_u8; 64 << 20];
        let with = peak_bytes(own).expect("it runs");
        assert_eq!(large.iter().map(|byte| usize::from(*byte)).sum::<usize>(), large.len());
        drop(large);
        forget_peak(own).expect("one's own");
        let without = peak_bytes(own).expect("it runs");
        assert!(without + (32 << 20) < with, "{without} {with}");
        assert!(resident_bytes(own).expect("it runs") <= peak_bytes(own).expect("it runs"));
        resident_bytes(u32::MAX).expect_err("there is no such process");
    }
}
