//! A Postgres cluster of a test's own: made from what the system has installed, on a socket in its own directory and a free port,
//! under a user that is not root, and surely ended with its test.
//!
//! The server itself never starts one: this is for tests and benches.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Who owns the cluster where root may not: Debian's user of Postgres, else nobody.
const USERS: [&str; 2] = ["postgres", "nobody"];
const START_MAX: Duration = Duration::from_secs(60);

/// A running cluster with one empty database, `city`.
pub(crate) struct Postgres {
    dir: TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub(crate) fn start() -> Self {
        Self::start_with("max_connections = 20\nmax_wal_size = 4GB\n")
    }

    /// The same with settings of one's own, a line each.
    pub(crate) fn start_with(own: &str) -> Self {
        let programs = programs();
        let user = is_root().then(unprivileged_user);
        // Short: the path of a Unix socket has little room.
        let dir = tempfile::Builder::new().prefix("pg-").tempdir_in("/tmp").expect("a directory");
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).expect("root may");
        }
        let rights = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.path(), rights).expect("the directory is ours");
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.expect("a port").port();
        let mut postgres = Self { dir, programs, user, port, server: None };
        let data = postgres.data();
        let made = postgres
            .run("initdb", &["-D", text(&data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        check(&made);
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\n\
             logging_collector = off\n{own}",
            postgres.dir.path().display()
        );
        let file = data.join("postgresql.conf");
        let before = fs::read_to_string(&file).expect("initdb made it");
        fs::write(&file, before + &settings).expect("written");
        postgres.start_server();
        check(&postgres.run(
            "createdb",
            &["-h", text(postgres.dir.path()), "-p", &port.to_string(), "-U", "postgres", "city"],
        ));
        postgres
    }

    /// What `--database-url` takes.
    pub(crate) fn url(&self) -> String {
        self.url_of("city")
    }

    pub(crate) fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Of the running server, whose children serve the connections.
    pub(crate) fn pid(&self) -> u32 {
        self.server.as_ref().expect("a running server").id()
    }

    /// Where the cluster's files are.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Starts the server of a cluster that is stopped.
    pub(crate) fn start_server(&mut self) {
        let mut command = self.command("postgres");
        let log = fs::File::create(self.dir.path().join("log")).expect("a file for the log");
        command.arg("-D").arg(self.data()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.server = Some(command.spawn().expect("postgres starts"));
        let mut waited = Duration::ZERO;
        while !self.try_sql("postgres", "SELECT 1").status.success() {
            assert!(waited < START_MAX, "no Postgres: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
            waited += Duration::from_millis(50);
        }
    }

    /// What the server has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Stops the server, in a way of `pg_ctl`: `fast`, or `immediate`, which is a crash.
    pub(crate) fn stop_server(&mut self, mode: &str) {
        let data = self.data();
        let stopped = self.run("pg_ctl", &["stop", "-D", text(&data), "-m", mode, "-w"]);
        if let Some(mut server) = self.server.take() {
            if !stopped.status.success() {
                let _ = server.kill();
            }
            let _ = server.wait();
        }
    }

    /// Stops all of its processes where they stand, or lets them go on.
    pub(crate) fn signal_all(&self, name: &str) {
        let server = self.pid();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &server.to_string()]).output();
        let children = String::from_utf8(children.expect("ps").stdout).expect("numbers");
        for pid in children.split_whitespace().chain([server.to_string().as_str()]) {
            // Of those that have ended meanwhile there is nothing to say.
            let _ = Command::new("kill").args(["-s", name, pid]).stderr(Stdio::null()).status();
        }
    }

    /// Runs SQL in a database and gives what it answers, fields apart by `|`.
    #[track_caller]
    pub(crate) fn sql_in(&self, database: &str, sql: &str) -> String {
        let output = self.try_sql(database, sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    }

    /// Runs SQL in the city's database.
    #[track_caller]
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.sql_in("city", sql)
    }

    fn try_sql(&self, database: &str, sql: &str) -> Output {
        let port = self.port.to_string();
        let arguments = ["-h", text(self.dir.path()), "-p", &port, "-U", "postgres", "-d", database];
        let mut command = self.command("psql");
        command.env("PGOPTIONS", "-c search_path=kaichang");
        command.args(arguments).args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        command.output().expect("psql runs")
    }

    /// A session that runs SQL and stays until it is dropped.
    pub(crate) fn session(&self, sql: &str) -> Session {
        let port = self.port.to_string();
        let mut command = self.command("psql");
        command.env("PGOPTIONS", "-c search_path=kaichang");
        command.args(["-h", text(self.dir.path()), "-p", &port, "-U", "postgres", "-d", "city", "-X", "-q"]);
        // It idles on an open input, so that its end is seen at once.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut psql = command.spawn().expect("psql runs");
        let input = psql.stdin.as_mut().expect("piped");
        writeln!(input, "{sql};").expect("psql listens");
        Session(psql)
    }

    /// Runs one of Postgres's programs.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        // Where its user may be, whoever started the test.
        command.current_dir(self.dir.path()).env("LC_ALL", "C.UTF-8").env_remove("PGOPTIONS");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.signal_all("CONT");
            self.stop_server("immediate");
        }
    }
}

/// A session of psql.
pub(crate) struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

#[track_caller]
fn check(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a cluster is made, run and asked with.
const PROGRAMS: [&str; 5] = ["initdb", "postgres", "pg_ctl", "createdb", "psql"];

/// Where all of them are: in one place of the path, or where Debian hides them.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    versions.sort();
    places.extend(versions.into_iter().rev());
    let has_all = |place: &PathBuf| PROGRAMS.iter().all(|program| place.join(program).is_file());
    let found = places.into_iter().find(has_all);
    found.expect("this test starts a Postgres, which is not there: apt-get install postgresql")
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn is_root() -> bool {
    id(&["-u"]) == Some(0)
}

fn unprivileged_user() -> (u32, u32) {
    let found = USERS.iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)));
    found.expect("root may not run Postgres, and there is no other user to run it")
}
