//! The real binary as a process of its own: started, waited for, told to end, killed. Nobody outlives its test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use kaichang::app::SystemClock;
use kaichang::domain::clock::Clock;

/// Longer than any start or end takes, even under a tracer on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the binary says when it takes requests.
const OPEN: &str = "the city is open at ";

/// The program, without any setting from the test's own environment.
pub(crate) fn kaichang() -> Command {
    without_settings(Command::new(env!("CARGO_BIN_EXE_kaichang")))
}

/// The program with a tracer around it.
///
/// # Panics
/// Where there is no strace: these faults can't be made without it, and to pass without them would say what isn't so.
pub(crate) fn traced(tracer_arguments: &[&str]) -> Command {
    let found = Command::new("strace").arg("--version").output();
    let is_there = found.is_ok_and(|output| output.status.success());
    assert!(
        is_there,
        "this test makes system calls fail with strace, which is not there: apt-get install strace"
    );
    let mut command = Command::new("strace");
    command.args(tracer_arguments).arg("--").arg(env!("CARGO_BIN_EXE_kaichang"));
    without_settings(command)
}

/// The program on a clock of its own: what the system says and so much more or less, as `clock` says at each moment. Monotonic time
/// is the machine's.
///
/// # Panics
/// Where there is no libfaketime: to pass without it would say what isn't so.
pub(crate) fn on_a_clock(clock: &Path) -> Command {
    let places = std::fs::read_dir("/usr/lib").map(|dirs| dirs.flatten().collect::<Vec<_>>());
    let libraries = places.unwrap_or_default();
    let mut libraries = libraries.iter().map(|dir| dir.path().join("faketime/libfaketimeMT.so.1"));
    let library = libraries.find(|library| library.is_file());
    let library = library
        .expect("this test sets clocks with libfaketime, which is not there: apt-get install faketime");
    let mut command = kaichang();
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", clock);
    command.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_NO_CACHE", "1").env("NO_FAKE_STAT", "1");
    command
}

/// The program with so many open files at most.
pub(crate) fn with_open_files(files: u32) -> Command {
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={files}:{files}")).arg(env!("CARGO_BIN_EXE_kaichang"));
    without_settings(command)
}

fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KAICHANG_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// `serve` on a port that the system picks.
pub(crate) fn serve(mut command: Command, data_dir: &Path) -> Command {
    command.arg("serve").arg("--data-dir").arg(data_dir).args(["--listen", "127.0.0.1:0"]);
    command
}

/// The same with one of the known bugs switched on, if one is named; the build must have them.
pub(crate) fn with_bug(mut command: Command, planted: Option<&str>) -> Command {
    if let Some(bug) = planted {
        command.env("KAICHANG_PLANTED_BUG", bug);
    }
    command
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    Ended { code: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// Of the server itself, whoever traces it.
    pid: u32,
    address: SocketAddr,
    said: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server and waits until it takes requests.
    ///
    /// # Errors
    /// How it ended, when it ended instead.
    pub(crate) fn start(mut command: Command, data_dir: &Path) -> Result<Self, Ended> {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said = Arc::new(Mutex::new(String::new()));
        let (opened, open) = channel();
        let listener = {
            let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    let url = line.split_once(OPEN).and_then(|(_, url)| url.split_once("://"));
                    let address = url.and_then(|(_, address)| address.trim().parse().ok());
                    let mut said = said.lock().expect("not poisoned");
                    said.push_str(&line);
                    said.push('\n');
                    if let Some(address) = address {
                        // Nobody listens any more when the test has given up.
                        let _ = opened.send(address);
                    }
                }
            })
        };
        match address_of(&open) {
            Some(address) => {
                let pid = pid_in(data_dir).unwrap_or_else(|| child.id());
                Ok(Self { child, pid, address, said, listener: Some(listener) })
            }
            None => {
                let status = child.wait().expect("a child that can be waited for");
                let _ = listener.join();
                let said = said.lock().expect("not poisoned").clone();
                Err(Ended { code: status.code(), said })
            }
        }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has said so far on its standard error.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("not poisoned").clone()
    }

    pub(crate) const fn pid(&self) -> u32 {
        self.pid
    }

    /// How much memory it has.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
        kib * 1024
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.end_at_once();
    }

    /// SIGTERM, without waiting for the end.
    pub(crate) fn terminate(&self) {
        signal("TERM", self.pid);
    }

    /// Stops it where it stands.
    pub(crate) fn stop(&self) {
        signal("STOP", self.pid);
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        signal("CONT", self.pid);
    }

    /// Waits for the end.
    pub(crate) fn ended(mut self) -> Ended {
        let status = self.wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        Ended { code: status.code(), said: self.said() }
    }

    fn wait(&mut self) -> ExitStatus {
        let ended = poll(PATIENCE, || self.child.try_wait().expect("a child that can be waited for"));
        ended.unwrap_or_else(|| panic!("the server has not ended in {PATIENCE:?}: {}", self.said()))
    }

    fn end_at_once(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if self.pid == self.child.id() {
                let _ = self.child.kill();
            } else {
                // The tracer ends with whom it traces.
                signal("KILL", self.pid);
            }
            let _ = self.child.wait();
        }
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end_at_once();
    }
}

fn address_of(open: &Receiver<SocketAddr>) -> Option<SocketAddr> {
    match open.recv_timeout(PATIENCE) {
        Ok(address) => Some(address),
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("no server in {PATIENCE:?}"),
    }
}

/// Who holds the lock on a data directory.
fn pid_in(data_dir: &Path) -> Option<u32> {
    std::fs::read_to_string(data_dir.join("lock")).ok()?.trim().parse().ok()
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &pid.to_string()]).status();
    assert!(sent.expect("a shell").success(), "no process {pid} to send {name} to");
}

/// Looks again and again until there is something or the time is over.
pub(crate) fn poll<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let clock = SystemClock::new();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if clock.monotonic() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
