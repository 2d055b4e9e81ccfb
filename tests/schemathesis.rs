//! The description at `/openapi.json` against what the real binary answers: schemathesis makes requests of it, good and bad ones, as a
//! resident, a manager and the operator. No server error, no answer that the description doesn't have.
//!
//! Not among what `cargo test` runs, for it fetches a tool of its own: `cargo test --test schemathesis`, a step of `./test`.

#![cfg(not(feature = "loom"))]

#[path = "shared/demo_server.rs"]
mod demo_server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use demo_server::{Server, kaichang, run};
use serde_json::{Value, json};

/// The release whose checks are known to hold.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// What each asks of each operation in each phase.
const EXAMPLES: &str = "12";
/// Under what an account may ask all the time.
const RATE_LIMIT: &str = "19/s";
/// How long each may take: what is not tried by then is left.
const SECONDS_MAX: &str = "75";
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

fn log_in(server: &Server, account: &Value) -> String {
    let body = json!({ "phone": account["phone"], "password": account["password"] });
    let mut answer = ureq::post(format!("{}/v1/logins", server.address)).send_json(&body).expect("a log-in");
    let session: Value = answer.body_mut().read_json().expect("JSON");
    session["token"].as_str().expect("a token").to_owned()
}

/// The tool in an environment of its own, made when it isn't there.
fn schemathesis() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(SCHEMATHESIS.replace("==", "-"));
    let tool = home.join("bin/schemathesis");
    if !tool.exists() {
        let _ = fs::remove_dir_all(&home);
        run(Command::new("python3").args(["-m", "venv"]).arg(&home));
        let pip = home.join("bin/pip");
        run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]));
    }
    tool
}

/// A new demo city, its accounts of the staff, and the token of one of its residents.
fn city(dir: &Path) -> (PathBuf, Vec<Value>, String) {
    let (data_dir, tokens) = (dir.join("data"), dir.join("tokens"));
    let mut command = kaichang();
    command.arg("demo").arg("--data-dir").arg(&data_dir).args(["--residents", "1", "--tokens"]).arg(&tokens);
    run(&mut command);
    let accounts = fs::read(data_dir.join("demo-accounts.json")).expect("the accounts");
    let tokens = fs::read_to_string(tokens).expect("the tokens");
    let token = tokens.split_whitespace().nth(1).expect("a token").to_owned();
    (data_dir, serde_json::from_slice(&accounts).expect("JSON"), token)
}

#[test]
fn every_answer_is_one_that_the_api_describes() {
    let tool = schemathesis();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let (data_dir, accounts, resident) = city(dir.path());
    let server = Server::start(&data_dir);
    let staff = |role: &str| {
        let account = accounts.iter().find(|account| account["role"] == role);
        log_in(&server, account.expect("such an account"))
    };
    // At once, for each is counted by itself.
    let runs = [("resident", resident), ("manager", staff("manager")), ("operator", staff("operator"))];
    let runs: Vec<(&str, Child)> = runs
        .into_iter()
        .map(|(role, token)| {
            let mut command = Command::new(&tool);
            command.arg("run").arg(format!("{}/openapi.json", server.address));
            command.arg("--header").arg(format!("Authorization: Bearer {token}"));
            // It would end the session that all others come with.
            command.args(["--exclude-path", "/v1/logins/current"]);
            command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
            command.args(["--max-examples", EXAMPLES, "--rate-limit", RATE_LIMIT, "--max-time", SECONDS_MAX]);
            command.args(["--generation-deterministic", "--continue-on-failure", "--no-color"]);
            command.args(["--warnings", "off"]);
            command.current_dir(dir.path()).stdin(Stdio::null()).stderr(Stdio::null());
            let said = fs::File::create(dir.path().join(role)).expect("a file");
            (role, command.stdout(said).spawn().expect("the tool"))
        })
        .collect();
    let mut failed = Vec::new();
    for (role, mut run) in runs {
        let status = run.wait().expect("a process that can be waited for");
        if !status.success() {
            let said = fs::read_to_string(dir.path().join(role)).expect("what it said");
            failed.push(format!("as {role}: {status}\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
