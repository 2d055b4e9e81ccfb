//! Looks at the server's processor time and memory while it is loaded, where it runs on this machine.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::record::Seen;
use crate::{memory, processor};

/// The number of no process.
const NOBODY: u32 = 0;

/// Which process the server is at this moment: another one after each start.
#[derive(Debug, Default)]
pub(super) struct ServerPid(AtomicU32);

impl ServerPid {
    pub(super) fn set(&self, pid: Option<u32>) {
        // ORDERING: Relaxed, a number by itself.
        self.0.store(pid.unwrap_or(NOBODY), Ordering::Relaxed);
    }

    fn get(&self) -> Option<u32> {
        // ORDERING: Relaxed, a number by itself.
        match self.0.load(Ordering::Relaxed) {
            NOBODY => None,
            pid => Some(pid),
        }
    }
}

pub(super) struct Watch<'a> {
    pid: &'a ServerPid,
    last: Option<(u32, Duration)>,
    client: Duration,
}

impl<'a> Watch<'a> {
    pub(super) fn begin(pid: &'a ServerPid) -> Self {
        let mut watch = Self { pid, last: None, client: Duration::ZERO };
        let _ = watch.look();
        watch
    }

    /// What was used since the last look. Of a server that is away, or far away, nothing is seen.
    pub(super) fn look(&mut self) -> Seen {
        let client = processor::time_of(std::process::id()).unwrap_or(self.client);
        let client_time = client.saturating_sub(self.client);
        self.client = client;
        let Some(pid) = self.pid.get() else {
            self.last = None;
            return Seen { server_time: None, memory_bytes: None, client_time };
        };
        let Ok(time) = processor::time_of(pid) else {
            self.last = None;
            return Seen { server_time: None, memory_bytes: None, client_time };
        };
        let before = self.last.filter(|(last, _)| *last == pid).map_or(Duration::ZERO, |(_, time)| time);
        self.last = Some((pid, time));
        let server_time = Some(time.saturating_sub(before));
        Seen { server_time, memory_bytes: memory::resident_bytes(pid).ok(), client_time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_seen_while_it_lives_and_not_afterwards() {
        let pid = ServerPid::default();
        assert_eq!(Watch::begin(&pid).look().memory_bytes, None, "nobody is watched");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("a child");
        pid.set(Some(child.id()));
        let mut watch = Watch::begin(&pid);
        let seen = watch.look();
        assert!(seen.server_time.is_some() && seen.memory_bytes.is_some_and(|bytes| bytes > 0), "{seen:?}");
        child.kill().expect("killed");
        child.wait().expect("ended");
        assert_eq!(watch.look().server_time, None);
    }
}
