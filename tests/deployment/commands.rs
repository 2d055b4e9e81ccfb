//! The unit, the Containerfile and the composition give the program nothing that it doesn't know.

use std::collections::BTreeSet;
use std::process::Command;

use crate::text_of;

const UNIT: &str = "deploy/kaichang.service";
const CONTAINER: &str = "Containerfile";
const COMPOSITION: &str = "compose.yaml";
const INSTALLED: &str = "/usr/local/bin/kaichang";

fn kaichang() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaichang"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KAICHANG_") {
            command.env_remove(name);
        }
    }
    command
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// The settings of the environment that a text names.
fn settings(text: &str) -> BTreeSet<&str> {
    let words = text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
    words.filter(|word| word.starts_with("KAICHANG_")).collect()
}

/// The words behind a program's name in the command that a unit starts.
fn command_of(unit: &str) -> Vec<&str> {
    let line =
        unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a unit starts something");
    let rest = line.strip_prefix(INSTALLED).expect("it starts what is installed");
    rest.split_whitespace().collect()
}

#[test]
fn every_setting_that_they_name_is_one_that_the_program_reads() {
    let help = said(kaichang().args(["serve", "--help"]));
    let known = settings(&help);
    assert!(known.len() > 8, "{known:?}");
    for path in [UNIT, CONTAINER, COMPOSITION] {
        let text = text_of(path);
        let named = settings(&text);
        assert!(!named.is_empty(), "{path} names none");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
        assert!(!path.ends_with("yaml") || text.contains("KAICHANG_EMPTY: refuse"), "{path}");
    }
}

#[test]
fn the_commands_of_unit_and_container_are_understood_and_sell_no_demo_in_an_empty_directory() {
    let unit = text_of(UNIT);
    let dir = tempfile::tempdir().expect("a directory");
    let place = dir.path().to_str().expect("text");
    let arguments = command_of(&unit).into_iter();
    let here = arguments.map(|word| if word == "/var/lib/kaichang" { place } else { word });
    let of_unit = said(kaichang().args(here));
    assert!(of_unit.contains("no city") && !of_unit.contains("Usage"), "{of_unit}");

    let container = text_of(CONTAINER);
    assert!(container.contains(&format!("ENTRYPOINT [\"{INSTALLED}\"]")), "{container}");
    let line = container.lines().find_map(|line| line.strip_prefix("ENV ")).expect("settings");
    let mut command = kaichang();
    for (name, value) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
        command.env(name, if value == "/data" { place } else { value });
    }
    // Another port than the container's, which may be taken here.
    let of_container = said(command.env("KAICHANG_LISTEN", "127.0.0.1:0"));
    assert!(of_container.contains("no city") && !of_container.contains("Usage"), "{of_container}");
}

#[test]
fn the_unit_is_one_that_systemd_takes() {
    let unit = text_of(UNIT);
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("kaichang.service");
    let verify = |unit: &str| {
        // Only a program that is there can be started.
        std::fs::write(&file, unit.replace(INSTALLED, env!("CARGO_BIN_EXE_kaichang"))).expect("written");
        let mut command = Command::new("systemd-analyze");
        let output = command.args(["verify", "--man=no"]).arg(&file).output();
        let output =
            output.expect("this test asks systemd-analyze, which is not there: apt-get install systemd");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // Of other units on the machine it may say what it likes.
        said.lines().filter(|line| line.contains("kaichang.service")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(verify(&unit), Vec::<String>::new());
    assert!(
        !verify(&unit.replace("ProtectHome=", "ProtectHouse=")).is_empty(),
        "what it doesn't know is told"
    );
}

#[test]
fn the_composition_is_one_that_compose_takes() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("secrets")).expect("a directory");
    for secret in ["kaichang.toml", "postgres-password"] {
        std::fs::write(dir.path().join("secrets").join(secret), "").expect("written");
    }
    let is_taken = |composition: &str| {
        std::fs::write(dir.path().join(COMPOSITION), composition).expect("written");
        // Reads and judges it; no daemon is asked.
        let mut command = Command::new("docker-compose");
        let output = command.args(["config", "--quiet"]).current_dir(dir.path()).output();
        let output = output
            .expect("this test asks docker-compose, which is not there: apt-get install docker-compose");
        output.status.success()
    };
    let composition = text_of(COMPOSITION);
    assert!(is_taken(&composition), "{COMPOSITION}");
    assert!(!is_taken(&composition.replace("read_only:", "written_never:")), "what it doesn't know is told");
}
