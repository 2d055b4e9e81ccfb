//! The pages in a real browser: residents' journeys, and what a machine can judge of each page (`tests/browser/`).
//!
//! Not among what `cargo test` runs, for it fetches tools of its own: `cargo test --test browser`, the last step of `./test`. Node 20
//! or later with npm must be there. With `KAICHANG_PICTURES=DIR` it takes a picture of every page instead, at two sizes, in both languages, in light and in dark.

#![cfg(not(feature = "loom"))]

#[path = "shared/demo_server.rs"]
mod demo_server;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use demo_server::{Server, kaichang, run};

/// Where a directory is named for pictures.
const PICTURES: &str = "KAICHANG_PICTURES";
/// Debian's packages, each with a file that shows that it is there.
const PACKAGES: [(&str, &str); 2] = [
    ("chromium", "/usr/bin/chromium"),
    ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
];

/// Whether one is root is seen by whose this process is.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.trim_ascii() == b"0"
}

fn as_root(arguments: &[&str]) -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut command = Command::new("sudo");
        command.arg("apt-get");
        command
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The browser and the letters that its pictures need, from Debian where they are not there.
fn debian() {
    let wanted: Vec<&str> = PACKAGES
        .into_iter()
        .filter(|(_, file)| !Path::new(file).exists())
        .map(|(package, _)| package)
        .collect();
    if !wanted.is_empty() {
        run(&mut as_root(&["update", "-qq"]));
        run(as_root(&["install", "-y", "-qq", "--no-install-recommends"]).args(&wanted));
    }
    for (package, file) in PACKAGES {
        assert!(Path::new(file).exists(), "{package} brought no {file}");
    }
}

/// The tools in a folder of their own, exactly those of the lock file: installed anew when that has changed.
fn tools(sources: &Path) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-tools");
    let lock = fs::read(sources.join("package-lock.json")).expect("a lock file");
    if fs::read(home.join("installed")).is_ok_and(|installed| installed == lock) {
        return home;
    }
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).expect("a folder");
    for name in ["package.json", "package-lock.json"] {
        fs::copy(sources.join(name), home.join(name)).expect("a copy");
    }
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&home));
    fs::write(home.join("installed"), lock).expect("a note");
    home
}

/// Node's own runner on the tests, or the maker of pictures.
fn node(sources: &Path, pictures: Option<OsString>) -> Command {
    let mut command = Command::new("node");
    if let Some(dir) = pictures {
        command.arg("shoot.js").arg(env::current_dir().expect("a directory").join(dir));
    } else {
        let mut tests: Vec<PathBuf> = fs::read_dir(sources)
            .expect("the tests")
            .map(|entry| entry.expect("a file").path())
            .filter(|path| path.to_string_lossy().ends_with(".test.js"))
            .collect();
        tests.sort();
        assert!(!tests.is_empty(), "no tests");
        command
            .args(["--test", "--test-concurrency=2", "--test-timeout=240000", "--test-reporter=spec"])
            .args(tests);
    }
    command
}

#[test]
fn the_pages_hold_in_a_real_browser() {
    debian();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let tools = tools(&sources);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let data_dir = dir.path().join("data");
    run(kaichang().arg("demo").arg("--data-dir").arg(&data_dir));
    let server = Server::start(&data_dir);
    // A city of its own that fares badly: it lets in one claim a second, and a test takes its keys away.
    let troubled_dir = dir.path().join("troubled");
    run(kaichang().arg("demo").arg("--data-dir").arg(&troubled_dir));
    let troubled = Server::start_with(&troubled_dir, &["--admission-bound", "1"]);
    let mut command = node(&sources, env::var_os(PICTURES));
    command.current_dir(&sources);
    command.env("KAICHANG_BROWSER_TOOLS", tools);
    command.env("KAICHANG_BROWSER_ADDRESS", &server.address);
    command.env("KAICHANG_BROWSER_ACCOUNTS", data_dir.join("demo-accounts.json"));
    command.env("KAICHANG_BROWSER_TROUBLED", &troubled.address);
    command.env("KAICHANG_BROWSER_TROUBLED_DIR", &troubled_dir);
    let status = command.status().expect("node");
    assert!(status.success(), "{status}");
}
