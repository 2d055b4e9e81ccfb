//! A Redis of the harness's own: append-only file on the disk that is measured, nothing shared with one that may run already.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::find;
use crate::{Failure, clock};

const START_MAX: Duration = Duration::from_secs(10);

/// When what was written is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    Always,
    EverySecond,
}

/// A running server with nothing in it. It is killed when this is dropped: what it holds is thrown away.
pub(crate) struct Redis {
    child: Child,
    port: u16,
    dir: PathBuf,
}

impl Redis {
    pub(crate) fn start(dir: &Path, sync: Sync) -> Result<Self, Failure> {
        let program = find("redis-server")?;
        fs::create_dir_all(dir)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let fsync = match sync {
            Sync::Always => "always",
            Sync::EverySecond => "everysec",
        };
        let log = File::create(dir.join("log"))?;
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(dir);
        // The append-only file alone, not rewritten in the middle of a run, and answers sent by a second thread.
        command.args(["--appendonly", "yes", "--appendfsync", fsync, "--save", ""]);
        command.args(["--auto-aof-rewrite-percentage", "0", "--no-appendfsync-on-rewrite", "no"]);
        let child = command.stdin(Stdio::null()).stdout(log).stderr(Stdio::null()).spawn()?;
        let mut redis = Self { child, port, dir: dir.to_owned() };
        redis.wait_until_it_listens()?;
        Ok(redis)
    }

    fn wait_until_it_listens(&mut self) -> Result<(), Failure> {
        let until = clock::now() + START_MAX;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if self.child.try_wait()?.is_some() || clock::now() > until {
                let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
                return Err(format!("redis-server did not start: {log}").into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It has ended already, or nothing more can be done about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}
