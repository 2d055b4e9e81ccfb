//! The program that is measured, by its command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Server, free_address};
use crate::Failure;

/// What a server is told beside its address and its data directory.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Serving<'a> {
    /// Of Postgres.
    pub(crate) database: Option<&'a str>,
    /// How many claims it judges a second.
    pub(crate) admission_bound: Option<NonZeroU32>,
    /// A known bug, in a server that was built with them.
    pub(crate) planted_bug: Option<&'a str>,
}

pub(crate) struct Kaichang {
    binary: PathBuf,
}

impl Kaichang {
    /// The binary that was named, or the one beside this one.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, Failure> {
        let binary = match named {
            Some(path) => path.to_owned(),
            None => std::env::current_exe()?.with_file_name("kaichang"),
        };
        if binary.is_file() {
            return Ok(Self { binary });
        }
        let shown = binary.display();
        Err(format!("there is no server at {shown}: build it with `cargo build --release` in the project's root, or name it with --server").into())
    }

    /// Without what the environment would set: a measurement says itself what it measures.
    fn command(&self, arguments: &[&str], data_dir: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KAICHANG_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).arg("--data-dir").arg(data_dir);
        command
    }

    /// Makes the demo city with residents.
    pub(crate) fn make_city(&self, data_dir: &Path, residents: usize, tokens: &Path) -> Result<(), Failure> {
        let mut command = self.command(&["demo", "--residents", &residents.to_string()], data_dir);
        let output = command.arg("--tokens").arg(tokens).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!("the demo city could not be made ({}): {said}", output.status).into())
    }

    /// Makes a database's tables anew from a city at rest.
    pub(crate) fn reproject(&self, data_dir: &Path, database: &str) -> Result<(), Failure> {
        let mut command = self.command(&["reproject", "--database-url", database], data_dir);
        let output = command.stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!("the city could not be written into Postgres ({}): {said}", output.status).into())
    }

    pub(crate) fn serve(&self, data_dir: &Path, log: &Path, serving: Serving<'_>) -> Result<Server, Failure> {
        self.serve_at(free_address()?, data_dir, log, serving)
    }

    /// The same at an address of one's own choice.
    pub(crate) fn serve_at(
        &self,
        address: SocketAddr,
        data_dir: &Path,
        log: &Path,
        serving: Serving<'_>,
    ) -> Result<Server, Failure> {
        let Serving { database, admission_bound, planted_bug } = serving;
        // An empty directory here would be a mistake of the harness.
        let arguments = ["serve", "--empty", "refuse", "--listen", &address.to_string()];
        let mut command = self.command(&arguments, data_dir);
        command.args(database.into_iter().flat_map(|database| ["--database-url", database]));
        if let Some(bound) = admission_bound {
            command.args(["--admission-bound", &bound.to_string()]);
        }
        if let Some(bug) = planted_bug {
            command.env("KAICHANG_PLANTED_BUG", bug);
        }
        Server::start_ready(command, address, log)
    }

    /// What is wrong with a draw's published file, by `kaichang draw-verify`.
    pub(crate) fn verify_draw(&self, file: &Path) -> Result<Vec<String>, Failure> {
        let output = Command::new(&self.binary).arg("draw-verify").arg(file).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(Vec::new());
        }
        let said = [output.stdout, output.stderr].concat();
        Ok(vec![format!("draw-verify: {}", String::from_utf8_lossy(&said).trim())])
    }

    /// What `kaichang verify` finds in a data directory at rest, and in its database if it has one.
    pub(crate) fn verify(&self, data_dir: &Path, database: Option<&str>) -> Result<Vec<String>, Failure> {
        let mut command = self.command(&["verify"], data_dir);
        command.args(database.into_iter().flat_map(|database| ["--database-url", database]));
        let output = command.stdin(Stdio::null()).output()?;
        let lines = |bytes: &[u8]| -> Vec<String> {
            String::from_utf8_lossy(bytes).lines().map(|line| format!("verify: {line}")).collect()
        };
        let said = [lines(&output.stdout), lines(&output.stderr)].concat();
        match output.status.code() {
            Some(0) => Ok(Vec::new()),
            Some(1) if !said.is_empty() => Ok(said),
            Some(1) => Ok(vec!["verify: differences, without a word".to_owned()]),
            Some(_) | None => {
                Err(format!("kaichang verify ended with {}: {}", output.status, said.join("; ")).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_not_there_is_said_with_how_to_build_it() {
        let Err(failure) = Kaichang::find(Some(Path::new("/nowhere/kaichang"))) else {
            panic!("there is nothing at all")
        };
        assert!(failure.to_string().contains("cargo build --release"), "{failure}");
    }
}
