//! Every scenario against the real server, and against one with a bug built in, which the audit must find.
//!
//! The server is built here, with its known bugs, so this is run when it is asked for: `cargo test -p kaichang-load --test scenarios`.

#[expect(dead_code, reason = "it serves the project's other tests too, which use all of it")]
#[path = "../../tests/shared/postgres.rs"]
mod postgres;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The server with bugs that can be switched on.
fn server() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's root");
        let arguments = ["build", "--locked", "--features", "planted-bugs", "--bin", "kaichang"];
        let status = Command::new(env!("CARGO")).args(arguments).current_dir(root).status();
        assert!(status.expect("cargo runs").success(), "the server can't be built");
        Path::new(env!("CARGO_BIN_EXE_kaichang-load")).with_file_name("kaichang")
    })
}

fn play(scenario: &str, arguments: &[&str]) -> Output {
    let work_dir = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaichang-load"));
    command.arg(scenario).arg("--server").arg(server()).arg("--work-dir").arg(work_dir.path());
    command.args(["--connections", "64"]).args(arguments);
    command.output().expect("the harness runs")
}

#[track_caller]
fn check(output: &Output, code: i32, expected: &[&str]) {
    let said =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    for words in expected {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn an_honest_server_passes_every_scenario() {
    let dir = tempfile::tempdir().expect("a directory");
    for (scenario, arguments, expected) in [
        ("steady", &["--seconds", "2", "--residents", "3000"][..], "90 of 100"),
        ("grab", &["--residents", "2000", "--retries", "1", "--think-time", "50"], "409: "),
        ("soldout", &["--seconds", "1", "--residents", "6000"], "409: "),
        ("browse", &["--seconds", "1", "--residents", "10", "--rate", "500"], "open loop, 500 a second"),
        ("soak", &["--seconds", "6", "--residents", "3000", "--rate", "1000"], "memory grew"),
        ("chaos", &["--seconds", "5", "--every", "2", "--residents", "3000", "--rate", "1000"], "was killed"),
    ] {
        let (json, html) = (dir.path().join("figures"), dir.path().join("page"));
        let files = ["--json", json.to_str().expect("text"), "--html", html.to_str().expect("text")];
        let output = play(scenario, &[arguments, &files].concat());
        check(&output, 0, &[expected, "audit: 0 findings", "kaichang verify was content"]);
        let figures = std::fs::read_to_string(&json).expect("the figures");
        let figures: serde_json::Value = serde_json::from_str(&figures).expect("JSON");
        assert_eq!((&figures["scenario"], &figures["audit"]["findings"]), (&scenario.into(), &0.into()));
        assert!(std::fs::read_to_string(&html).expect("the page").ends_with("</html>\n"));
    }
}

#[test]
fn what_is_sold_in_a_burst_a_grab_and_under_kills_stands_in_postgres_afterwards() {
    let postgres = postgres::Postgres::start();
    for (scenario, arguments) in [
        ("steady", &["--seconds", "2", "--residents", "3000"][..]),
        ("grab", &["--residents", "2000", "--retries", "1", "--think-time", "50"]),
        ("chaos", &["--seconds", "5", "--every", "2", "--residents", "3000", "--rate", "1000"]),
    ] {
        let _ = postgres.sql_in("postgres", &format!("CREATE DATABASE {scenario}"));
        let url = postgres.url_of(scenario);
        let output = play(scenario, &[arguments, &["--database-url", &url]].concat());
        let in_balance = "confirmed bookings, and its books are in balance";
        check(&output, 0, &["audit: 0 findings", in_balance, "kaichang verify was content"]);
        let sold = postgres.sql_in(scenario, "SELECT count(*) > 0 FROM booking");
        assert_eq!(sold, "t", "{scenario} has sold nothing");
    }
}

#[test]
fn a_server_that_looks_at_a_quota_before_it_adds_to_it_is_found() {
    // Everybody asks for thirty slots at once and may have four a day.
    let everybody = ["--residents", "300", "--each", "30", "--slots", "9000", "--skew", "0"];
    check(&play("grab", &everybody), 0, &["403: ", "audit: 0 findings"]);
    let bug = ["--planted-bug", "check-then-add-quota"];
    let output = play("grab", &[&everybody[..], &bug].concat());
    check(&output, 1, &["AUDIT: ", "bookings", "at one moment"]);
}

#[test]
fn robots_gain_nothing_where_a_queue_or_a_draw_decides() {
    let dir = tempfile::tempdir().expect("a directory");
    for (mode, residents) in [("queue", "600"), ("lottery", "600"), ("first_come", "300")] {
        let (json, html) = (dir.path().join("figures"), dir.path().join("page"));
        let files = ["--json", json.to_str().expect("text"), "--html", html.to_str().expect("text")];
        let arguments = ["--mode", mode, "--robots", "50", "--residents", residents];
        let output = play("grab", &[&arguments[..], &files].concat());
        check(&output, 0, &["audit: 0 findings", "kaichang verify was content", "standard errors"]);
        let figures = std::fs::read_to_string(&json).expect("the figures");
        let figures: serde_json::Value = serde_json::from_str(&figures).expect("JSON");
        assert_eq!((&figures["mode"], &figures["audit"]["findings"]), (&mode.into(), &0.into()));
        let fairness = &figures["fairness"];
        assert_eq!(fairness["taking_part"], figures["residents"], "everybody arrived: {figures}");
        assert!(fairness["winners"].as_u64() > Some(0) && fairness["robots_taking_part"].as_u64() > Some(0));
        assert!(std::fs::read_to_string(&html).expect("the page").ends_with("</html>\n"));
    }
}

#[test]
fn a_server_that_lets_robots_pass_the_line_is_found() {
    let bug = ["--mode", "queue", "--robots", "50", "--residents", "600", "--planted-bug", "pass-the-line"];
    check(&play("grab", &bug), 1, &["AUDIT: ", "findings"]);
}

#[test]
fn a_running_server_is_loaded_and_its_directory_made_new_between_runs() {
    let dir = tempfile::tempdir().expect("a directory");
    let city = dir.path().join("city");
    let reset = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaichang-load"));
        command.args(["reset", "--residents", "500", "--data-dir"]).arg(&city).arg("--server").arg(server());
        let output = command.output().expect("the harness runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let tokens = dir.path().join("city.tokens");
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let address = port.to_string();
    for _ in 0..2 {
        reset();
        let mut serving = Command::new(server());
        serving.args(["serve", "--listen", &address, "--data-dir"]).arg(&city);
        let mut serving = serving.stderr(std::process::Stdio::null()).spawn().expect("the server starts");
        let started = (0..600).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            std::net::TcpStream::connect(&address).is_ok()
        });
        assert!(started, "the server does not listen");
        let pid = serving.id().to_string();
        let (tokens, city) = (tokens.to_str().expect("text"), city.to_str().expect("text"));
        let arguments = ["--target", &address, "--tokens", tokens, "--data-dir", city, "--pid", &pid];
        let output = play("steady", &[&arguments[..], &["--seconds", "1"]].concat());
        serving.kill().expect("killed");
        serving.wait().expect("ended");
        check(&output, 0, &["audit: 0 findings", "kaichang verify was content", "MiB at most"]);
    }
}
