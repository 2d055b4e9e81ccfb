//! The process's own figures, under the names that Prometheus has for them: read from Linux when somebody asks. Elsewhere, and where
//! /proc is hidden, they are absent.

use std::fs;

use metrics::{Gauge, gauge};

/// Handles to the process's figures.
pub struct ProcessFigures {
    cpu_seconds: Gauge,
    resident_bytes: Gauge,
    open_files: Gauge,
}

impl ProcessFigures {
    #[must_use]
    pub fn new() -> Self {
        gauge!("kaichang_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        if let Some(started) = started() {
            gauge!("process_start_time_seconds").set(started);
        }
        Self {
            // A gauge, since a counter of the recorder's has whole seconds only.
            cpu_seconds: gauge!("process_cpu_seconds_total"),
            resident_bytes: gauge!("process_resident_memory_bytes"),
            open_files: gauge!("process_open_fds"),
        }
    }

    /// Brings the figures up to date.
    #[expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "figures for people")]
    pub fn update(&self) {
        if let Some([user, system, _]) = stat() {
            self.cpu_seconds.set((user + system) as f64 / ticks_a_second());
        }
        if let Some(pages) = resident_pages() {
            self.resident_bytes.set((pages * rustix::param::page_size() as u64) as f64);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // One of them is the directory that is being read.
            self.open_files.set(files.count().saturating_sub(1) as f64);
        }
    }
}

impl Default for ProcessFigures {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a hundred, mostly")]
fn ticks_a_second() -> f64 {
    rustix::param::clock_ticks_per_second().max(1) as f64
}

/// Processor time in user mode and in the kernel, and when the process was started after the machine: in ticks.
fn stat() -> Option<[u64; 3]> {
    ticks_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Fields 14, 15 and 22. The second field is the program's name in brackets, which may itself hold brackets and blanks.
fn ticks_in(stat: &str) -> Option<[u64; 3]> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind_name.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse().ok();
    Some([field(14)?, field(15)?, field(22)?])
}

fn resident_pages() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// In seconds since 1970.
#[expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "a figure for people")]
fn started() -> Option<f64> {
    let [_, _, after_boot] = stat()?;
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let booted: u64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted as f64 + after_boot as f64 / ticks_a_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_with_brackets_and_blanks_misleads_nobody() {
        let stat = "7 (a) 1 b) S 1 7 7 0 -1 4194560 100 0 0 0 31 12 0 0 20 0 9 0 4711 1000 200";
        assert_eq!(ticks_in(stat), Some([31, 12, 4711]));
        assert_eq!(ticks_in("7 (a) S 1"), None);
    }

    #[test]
    fn the_systems_own_figures_are_read() {
        assert!(stat().is_some() && resident_pages().is_some_and(|pages| pages > 0));
        let started = started().expect("a moment");
        let made = tempfile::tempfile().and_then(|file| file.metadata()?.modified()).expect("a file");
        let now = made.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
        assert!(started > now - 3600.0 && started < now + 2.0, "{started} {now}");
    }
}
