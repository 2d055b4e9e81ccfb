//! A server as a process: started on a free port, waited for, and ended however the harness ends.

pub(crate) mod kaichang;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::baselines::Baseline;
use crate::http::plain_client::PlainClient;
use crate::http::request::Request;
use crate::{Failure, clock};

/// A city is replayed before it is ready.
const READY_MAX: Duration = Duration::from_secs(120);
/// It drains what is in flight and syncs.
const STOP_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a rival books in, what can be booked there, and by whom.
pub(crate) struct Selling<'a> {
    pub(crate) store: &'a str,
    pub(crate) stock: &'a Path,
    pub(crate) tokens: &'a Path,
}

/// A running server. What isn't stopped is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    /// What it writes to standard error.
    log: Option<PathBuf>,
    /// A baseline ends when this is closed.
    _stdin: Option<ChildStdin>,
}

impl Server {
    /// Waits until it is ready.
    fn start_ready(mut command: Command, address: SocketAddr, log: &Path) -> Result<Self, Failure> {
        let file = std::fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let child = command.spawn()?;
        let mut server = Self { child, address, log: Some(log.to_owned()), _stdin: None };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// A baseline of its own, and what it sells when it sells anything.
    pub(crate) fn baseline(
        baseline: Baseline,
        answer_bytes: usize,
        selling: Option<&Selling<'_>>,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["baseline", baseline.name(), "--listen", "127.0.0.1:0"]);
        command.args(["--answer-bytes", &answer_bytes.to_string()]);
        if let Some(Selling { store, stock, tokens }) = selling {
            command.args(["--store", store]).arg("--stock").arg(stock).arg("--tokens").arg(tokens);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut server = Self { child, address: (Ipv4Addr::LOCALHOST, 0).into(), log: None, _stdin: stdin };
        let mut line = String::new();
        BufReader::new(stdout.ok_or("no standard output")?).read_line(&mut line)?;
        server.address =
            line.trim().parse().map_err(|_| format!("the baseline {} didn't start", baseline.name()))?;
        Ok(server)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let until = clock::now() + READY_MAX;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(self.with_log(&format!("the server ended at its start ({status})")));
            }
            if is_ready(self.address) {
                return Ok(());
            }
            if clock::now() > until {
                return Err(self.with_log(&format!("the server was not ready after {READY_MAX:?}")));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Asks it to end, and waits until it has: with exit code 0, as a service should that was asked.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        let status = self.terminate()?;
        if status.success() {
            return Ok(());
        }
        Err(self.with_log(&format!("the server ended with {status} when it was asked to stop")))
    }

    fn terminate(&mut self) -> Result<ExitStatus, Failure> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or("no process id")?;
        kill_process(pid, Signal::TERM)?;
        let until = clock::now() + STOP_MAX;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if clock::now() > until {
                return Err(self.with_log(&format!("the server had not ended after {STOP_MAX:?}")));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// A failure, with the last that the server wrote.
    pub(crate) fn with_log(&self, what: &str) -> Failure {
        let text = self.log.as_ref().and_then(|log| std::fs::read_to_string(log).ok()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(5)..].join("\n  ");
        if last.is_empty() { what.into() } else { format!("{what}; it wrote last:\n  {last}").into() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, or nothing more can be done about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut client) = PlainClient::connect(address) else { return false };
    client.ask(&Request::get("/readyz")).is_ok_and(|answer| answer.status == 200)
}

/// Free at this moment: the system doesn't give it away again soon.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
