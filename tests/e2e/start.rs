//! Starts and ends: exit codes and messages that operators script against.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::city::{City, FIRST_SEGMENT, Ground, empty_dir, items, verify_command};
use crate::client::{Connection, Request};
use crate::server::{self, Ended, PATIENCE, Server, kaichang, poll, serve, traced};

/// It did not start, and says why in its last words.
#[track_caller]
fn check_refused(ended: &Ended, says: &[&str]) {
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    let last = ended.said.rfind("kaichang: ").map_or("", |at| &ended.said[at..]);
    for part in says {
        assert!(last.contains(part), "{part:?} is not in {last:?}; all of it: {}", ended.said);
    }
    assert!(!ended.said.contains("panicked"), "{}", ended.said);
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

#[test]
fn a_city_lives_and_is_ready() {
    let city = City::demo();
    assert_eq!(city.get("/healthz")["status"], "alive");
    assert_eq!(city.get("/readyz")["status"], "ready");
    assert!(city.server.said().contains("\"message\":\"ready\""), "{}", city.server.said());
    let figures = city.ask(&Request::get("/metrics")).expect(200, "/metrics");
    assert!(figures.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    for figure in
        ["kaichang_journal_records_total", "kaichang_journal_sync_seconds", "kaichang_http_answers_total"]
    {
        assert!(figures.text().contains(figure), "{figure}: {}", figures.text());
    }
}

#[test]
fn figures_can_have_an_address_of_their_own() {
    let ground = Ground::demo();
    // A port that was free a moment ago.
    let apart =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let mut command = serve(kaichang(), ground.path());
    command.args(["--metrics-listen", &apart.to_string()]);
    let city = ground.open_with(command);
    assert_eq!(city.ask(&Request::get("/metrics")).status, 404);
    let mut client = crate::client::Client::new(apart);
    assert!(
        client.ask(&Request::get("/metrics")).expect(200, "/metrics").text().contains("kaichang_journal")
    );
    assert_eq!(client.ask(&Request::get("/v1/sports")).status, 404, "and nothing else is there");
}

#[test]
fn a_directory_that_another_process_serves_is_refused_and_its_holder_named() {
    let city = City::demo();
    let ended = city.ground.refuses_to_open(serve(kaichang(), city.ground.path()));
    let holder = fs::read_to_string(city.ground.path().join("lock")).expect("a lock");
    check_refused(&ended, &["in use by another process", holder.trim(), path(city.ground.path())]);
    assert_eq!(city.get("/readyz")["status"], "ready", "and the first goes on");
    let mut demo = kaichang();
    demo.arg("demo").arg("--data-dir").arg(city.ground.path());
    check_refused(&server::run(&mut demo), &["in use by another process"]);
}

#[test]
fn of_many_that_start_at_once_one_opens() {
    let ground = Ground::demo();
    let starts: Vec<_> = (0..100)
        .map(|_| {
            let command = serve(kaichang(), ground.path());
            let data_dir = ground.path().to_owned();
            std::thread::spawn(move || Server::start(command, &data_dir))
        })
        .collect();
    let mut open = Vec::new();
    for start in starts {
        match start.join().expect("no panic") {
            Ok(server) => open.push(server),
            Err(ended) => check_refused(&ended, &["in use by another process"]),
        }
    }
    assert_eq!(open.len(), 1);
}

#[test]
fn a_server_that_stands_still_keeps_its_directory() {
    let city = City::demo();
    city.server.stop();
    let ended = city.ground.refuses_to_open(serve(kaichang(), city.ground.path()));
    check_refused(&ended, &["in use by another process"]);
    city.server.go_on();
    let (resident, slot) = (city.resident(), city.free_court(2));
    let _ = city.booked(&resident, &slot);
}

#[test]
fn a_journal_of_a_newer_format_is_refused_and_left_alone() {
    let ground = Ground::demo();
    let segment = ground.path().join(FIRST_SEGMENT);
    let file = OpenOptions::new().read(true).write(true).open(&segment).expect("a segment");
    let mut header = [0; 4096];
    file.read_exact_at(&mut header, 0).expect("a header");
    header[8..12].copy_from_slice(&9u32.to_le_bytes());
    let checksum = crc32c::crc32c(&header[..4092]);
    header[4092..].copy_from_slice(&checksum.to_le_bytes());
    file.write_all_at(&header, 0).expect("written");
    let before = fs::read(&segment).expect("a segment");

    let ended = ground.refuses_to_open(serve(kaichang(), ground.path()));
    check_refused(&ended, &["format 9", "run a newer version", "segment-00000000000000000001.kcj"]);
    check_refused(&server::run(&mut verify_command(ground.path())), &["format 9"]);
    assert!(fs::read(&segment).expect("a segment") == before, "not a byte is changed");
}

#[test]
fn a_directory_that_cant_be_written_is_refused_and_named() {
    // Where a file stands, nobody can make a directory, the superuser neither.
    let dir = empty_dir();
    let file = dir.path().join("file");
    fs::write(&file, "").expect("a file");
    let ended = server::run(&mut serve(kaichang(), &file.join("city")));
    check_refused(&ended, &["could not create", path(&file)]);

    // Rights and read-only file systems mean nothing to the superuser, so their errors are made by the tracer.
    let absent = dir.path().join("absent");
    let read_only = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=mkdir,mkdirat",
        "-e",
        "inject=mkdir,mkdirat:error=EROFS",
    ];
    let ended = server::run(&mut serve(traced(&read_only), &absent));
    check_refused(&ended, &["could not create", path(&absent), "Read-only file system"]);

    let ground = Ground::demo();
    let lock = ground.path().join("lock");
    let no_rights = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        path(&lock),
        "-e",
        "trace=openat",
        "-e",
        "inject=openat:error=EACCES",
    ];
    let ended = ground.refuses_to_open(serve(traced(&no_rights), ground.path()));
    check_refused(&ended, &["could not open the lock", path(ground.path()), "Permission denied"]);

    let rewritten = ground.path().join("journal/rewrite.tmp");
    let no_rights = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        path(&rewritten),
        "-e",
        "trace=openat",
        "-e",
        "inject=openat:error=EACCES",
    ];
    let ended = ground.refuses_to_open(serve(traced(&no_rights), ground.path()));
    check_refused(&ended, &["could not create rewrite.tmp", "Permission denied"]);
    assert_eq!(ground.verify().code, Some(0), "and the city is as it was");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let dir = empty_dir();
    let data_dir = dir.path().join("city");
    for (arguments, says) in [
        (&["serve", "--nonsense"][..], "--nonsense"),
        (&["nonsense"], "nonsense"),
        (&["serve", "--workers", "0"], "workers"),
        (&["serve", "--workers", "1000"], "workers"),
        (&["serve", "--listen", "nowhere"], "nowhere"),
        (&["serve", "--empty", "maybe"], "maybe"),
        (&["serve", "--config", "/nonexistent.toml"], "/nonexistent.toml"),
        (&["serve", "--empty", "create", "--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (&["serve", "--empty", "create", "--currency", "yuan"], "currency"),
        (&["demo", "--residents", "5"], "--tokens"),
    ] {
        let ended = server::run(kaichang().env("KAICHANG_DATA_DIR", &data_dir).args(arguments));
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.said);
        assert!(ended.said.contains(says), "{arguments:?}: {}", ended.said);
        assert!(!data_dir.join("journal").exists(), "{arguments:?} made a city");
    }
    let config = dir.path().join("kaichang.toml");
    fs::write(&config, "lisen = \"127.0.0.1:0\"\n").expect("written");
    let ended = server::run(serve(kaichang(), &data_dir).arg("--config").arg(&config));
    check_refused(&ended, &["lisen", path(&config)]);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let city = City::demo();
    let other = Ground::demo();
    let mut command = kaichang();
    command.arg("serve").arg("--data-dir").arg(other.path());
    let ended = other.refuses_to_open({
        command.args(["--listen", &city.address().to_string()]);
        command
    });
    check_refused(&ended, &[&city.address().to_string()]);
}

#[test]
fn an_unmounted_disk_does_not_sell_a_demo() {
    let dir = empty_dir();
    for data_dir in [dir.path().to_owned(), dir.path().join("absent")] {
        let ended = server::run(serve(kaichang(), &data_dir).args(["--empty", "refuse"]));
        check_refused(&ended, &["there is no city", path(&data_dir)]);
        assert!(!data_dir.join("journal").exists());
        check_refused(&server::run(&mut verify_command(&data_dir)), &["there is no city"]);
    }
    let mut command = kaichang();
    command.env("KAICHANG_EMPTY", "refuse").env("KAICHANG_DATA_DIR", dir.path());
    check_refused(&server::run(command.args(["serve", "--listen", "127.0.0.1:0"])), &["there is no city"]);
}

#[test]
fn a_city_without_venues_opens_and_opens_again() {
    let dir = empty_dir();
    let create = || {
        let mut command = serve(kaichang(), dir.path());
        command.args(["--empty", "create", "--timezone", "Europe/Berlin", "--currency", "EUR"]);
        command
    };
    for _ in 0..2 {
        let server = Server::start(create(), dir.path()).unwrap_or_else(|ended| panic!("{ended:?}"));
        let mut client = crate::client::Client::new(server.address());
        let venues = client.ask(&Request::get("/v1/venues")).expect(200, "/v1/venues").json();
        assert!(items(&venues).is_empty(), "{venues}");
        let now = client.ask(&Request::get("/v1/time")).json();
        let now = now["now"].as_str().expect("a time").to_owned();
        assert!(now.ends_with("+01:00") || now.ends_with("+02:00"), "{now}");
        server.terminate();
        assert_eq!(server.ended().code, Some(0));
    }
    assert_eq!(server::run(&mut verify_command(dir.path())).code, Some(0));
}

#[test]
fn a_city_is_never_made_over_another() {
    let ground = Ground::demo();
    let before = fs::read(ground.path().join(FIRST_SEGMENT)).expect("a segment");
    let mut demo = kaichang();
    demo.arg("demo").arg("--data-dir").arg(ground.path());
    check_refused(&server::run(&mut demo), &["has a city already", path(ground.path())]);
    assert!(fs::read(ground.path().join(FIRST_SEGMENT)).expect("a segment") == before);
}

#[test]
fn a_key_that_is_missing_refuses_the_start_instead_of_losing_everyone() {
    let ground = Ground::demo();
    fs::remove_file(ground.path().join("keys/master.key")).expect("a key");
    let ended = ground.refuses_to_open(serve(kaichang(), ground.path()));
    check_refused(&ended, &["master.key"]);
    assert!(!ground.path().join("keys/master.key").exists(), "no other key is made");
}

#[test]
fn a_city_that_is_told_to_end_finishes_what_is_under_way() {
    let city = City::demo();
    let resident = city.resident();
    let slot = city.free_courts(3).remove(0);
    // The server says 100 when it waits for the body: from then on the request is under way.
    let order =
        crate::city::booking(&resident, "under-way", &slot.order()).header("expect", "100-continue").encode();
    let body_at = order.len() - slot.order().to_string().len();
    let mut busy = Connection::open(city.address()).expect("a connection");
    busy.write(&order[..body_at]);
    assert_eq!(busy.answer().expect("to go on").status, 100);

    city.server.terminate();
    let address = city.address();
    let closed = poll(PATIENCE, || std::net::TcpStream::connect(address).is_err().then_some(()));
    assert!(closed.is_some(), "nobody new is let in");
    busy.write(&order[body_at..]);
    let answer = busy.answer().expect("what was under way is answered").expect(201, "the booking under way");
    assert!(busy.answer().is_none(), "and then the connection is closed");
    let id = crate::city::text(&answer.json()["id"]);

    let City { ground, server, .. } = city;
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let city = ground.open();
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["status"], "confirmed");
}

#[test]
fn a_city_that_is_told_to_end_waits_for_nobody_forever() {
    let city = City::demo();
    let resident = city.resident();
    let mut idle = city.client();
    assert_eq!(idle.ask(&Request::get("/readyz")).status, 200);
    let mut stuck = Connection::open(city.address()).expect("a connection");
    let head = Request::new("POST", "/v1/bookings").token(&resident.token).header("content-length", "10");
    stuck.write(&head.header("expect", "100-continue").encode());
    assert_eq!(stuck.answer().expect("to go on").status, 100);
    city.server.terminate();
    let ended = city.server.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}

#[test]
fn a_city_can_be_verified_while_it_serves() {
    let city = City::demo();
    let ended = city.ground.verify();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("all rules hold"), "{}", ended.said);
}
