//! The real binary for a test that fetches a tool of its own: how it is called, and a server on a free port.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

/// What the binary says when it takes requests.
const OPEN: &str = "the city is open at ";

/// A server that ends with its holder.
pub(super) struct Server {
    child: Child,
    pub(super) address: String,
    /// Kept open, or what it says next would end it.
    said: BufReader<ChildStderr>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub(super) fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[])
    }

    /// With these arguments beside.
    pub(super) fn start_with(data_dir: &Path, arguments: &[&str]) -> Self {
        let mut command = kaichang();
        command
            .arg("serve")
            .arg("--data-dir")
            .arg(data_dir)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("a server");
        let said = BufReader::new(child.stderr.take().expect("piped"));
        // From here on it is ended with the value, also when nothing comes of it.
        let mut server = Self { child, address: String::new(), said };
        while server.address.is_empty() {
            let mut line = String::new();
            assert_ne!(server.said.read_line(&mut line).expect("text"), 0, "the server ended");
            if let Some((_, address)) = line.split_once(OPEN) {
                address.trim().clone_into(&mut server.address);
            }
        }
        server
    }
}

/// The binary, without this process's settings.
pub(super) fn kaichang() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaichang"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KAICHANG_") {
            command.env_remove(name);
        }
    }
    command.env("RUST_LOG", "off");
    command
}

/// Runs to a good end.
pub(super) fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
