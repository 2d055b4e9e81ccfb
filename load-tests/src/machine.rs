//! What the figures were measured on.

use std::fs;
use std::path::Path;

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpus: usize,
    pub(crate) model: String,
    pub(crate) kernel: String,
    pub(crate) memory_bytes: u64,
    /// Of the disk that is synced to.
    pub(crate) file_system: String,
}

impl Machine {
    pub(crate) fn of(work_dir: &Path) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let work_dir = work_dir.canonicalize().unwrap_or_else(|_| work_dir.to_owned());
        Self {
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            model: model_in(&read("/proc/cpuinfo")).unwrap_or("unknown").to_owned(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            memory_bytes: memory_in(&read("/proc/meminfo")).unwrap_or(0),
            file_system: file_system_in(&read("/proc/self/mounts"), &work_dir)
                .unwrap_or("unknown")
                .to_owned(),
        }
    }

    /// Whether a sync there reaches no disk at all.
    pub(crate) fn syncs_nothing(&self) -> bool {
        matches!(self.file_system.as_str(), "tmpfs" | "ramfs")
    }
}

fn model_in(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim())
}

fn memory_in(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The last mount whose place leads to the path is the one that shows: of equal places the later covers the earlier.
fn file_system_in<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let of_mount = |line: &'a str| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    };
    mounts
        .lines()
        .filter_map(of_mount)
        .filter(|(place, _)| path.starts_with(place))
        .max_by_key(|(place, _)| place.len())
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_found_in_what_linux_writes() {
        assert_eq!(model_in("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t: x\n"), Some("AMD EPYC"));
        assert_eq!(model_in("processor : 0\n"), None);
        assert_eq!(memory_in("MemTotal:       24000 kB\nMemFree: 5 kB\n"), Some(24_000 * 1024));
    }

    #[test]
    fn the_longest_mount_above_a_path_is_its_file_system() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/disk xfs rw 0 0\n";
        for (path, kind) in
            [("/srv/x", "ext4"), ("/tmp/x", "tmpfs"), ("/tmp/disk/x", "xfs"), ("/tmpfoo", "ext4")]
        {
            assert_eq!(file_system_in(mounts, Path::new(path)), Some(kind), "{path}");
        }
    }
}
