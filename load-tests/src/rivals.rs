//! What people would use instead, installed from Debian's packages, tuned as its documentation advises for durable writes, and started
//! for a run of the harness on a free port in a directory of its own.

pub(crate) mod redis_server;
pub(crate) mod stock_file;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::{Failure, say};

/// The packages, each with a program that is there when it is installed.
const PACKAGES: [(&str, &[&str]); 3] = [
    ("redis-server", &["/usr/bin/redis-server"]),
    ("redis-tools", &["/usr/bin/redis-benchmark"]),
    (
        "postgresql",
        &[
            "/usr/lib/postgresql/15/bin/postgres",
            "/usr/lib/postgresql/16/bin/postgres",
            "/usr/lib/postgresql/17/bin/postgres",
        ],
    ),
];

/// `kaichang-load setup`: installs what is missing. Debian starts neither for a machine that has no init running; where it does, they
/// are left alone, since the harness starts its own.
pub(crate) fn set_up() -> Result<ExitCode, Failure> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, programs)| !programs.iter().any(|program| Path::new(program).exists()))
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        say("Redis and Postgres are there");
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("installing {}", missing.join(" and ")));
    apt_get(&["update", "-qq"])?;
    apt_get(&[&["install", "-y", "-qq", "--no-install-recommends"], missing.as_slice()].concat())?;
    Ok(ExitCode::SUCCESS)
}

fn apt_get(arguments: &[&str]) -> Result<(), Failure> {
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("apt-get")
    } else {
        let mut command = Command::new("sudo");
        command.arg("apt-get");
        command
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    let status = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("apt-get {} ended with {status}", arguments.join(" ")).into())
    }
}

/// Where a program is, or how to get it.
pub(crate) fn find(program: &str) -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file());
    found.ok_or_else(|| format!("{program} is not installed: run `kaichang-load setup`").into())
}
