//! A demo city on a directory of its own, served by the real binary.
//!
//! The city is made once for all tests of the process; each test gets a copy and its own server.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::Date;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, Client, Request};
use crate::server::{self, Ended, Server, kaichang};

/// How many residents the city has who can book at once.
pub(crate) const RESIDENTS: usize = 2000;
/// What each of them has in the wallet.
pub(crate) const BALANCE: i64 = 1_000_000;

/// The journal's first segment, which is sealed when the demo city is made.
pub(crate) const FIRST_SEGMENT: &str = "journal/segment-00000000000000000001.kcj";

/// The password of all who sign up.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Somebody who may book.
#[derive(Debug, Clone)]
pub(crate) struct Resident {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// A time that can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FreeSlot {
    pub(crate) pitch: String,
    pub(crate) venue: String,
    pub(crate) kind: String,
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) price: i64,
    pub(crate) left: u64,
}

impl FreeSlot {
    /// What a resident sends to book it.
    pub(crate) fn order(&self) -> Value {
        json!({ "pitch": self.pitch, "start": self.start, "end": self.end, "pay_with": "wallet" })
    }
}

/// A directory with a copy of the demo city in it. It goes with its test.
pub(crate) struct Ground {
    dir: TempDir,
    residents: &'static [Resident],
    next: AtomicUsize,
}

impl Ground {
    pub(crate) fn demo() -> Self {
        let pristine = pristine();
        let dir = empty_dir();
        copy(&pristine.dir, dir.path());
        Self { dir, residents: &pristine.residents, next: AtomicUsize::new(0) }
    }

    /// A copy of this city on another disk. Both have the same residents.
    pub(crate) fn copied_to(&self, disk: &Path) -> Self {
        let dir = tempfile::Builder::new().prefix("city-").tempdir_in(disk).expect("a directory");
        copy(self.path(), dir.path());
        Self { dir, residents: self.residents, next: AtomicUsize::new(self.next.load(Ordering::Relaxed)) }
    }

    /// A directory with nothing in it.
    pub(crate) fn bare() -> Self {
        Self { dir: empty_dir(), residents: &[], next: AtomicUsize::new(0) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The journal's last segment, in which all of a short test takes place.
    pub(crate) fn last_segment(&self) -> PathBuf {
        let files = fs::read_dir(self.path().join("journal")).expect("a journal");
        let paths = files.map(|file| file.expect("a file").path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "kcj")).max().expect("a segment")
    }

    /// A resident whom nobody in this city has had before.
    pub(crate) fn resident(&self) -> Resident {
        self.residents[self.next.fetch_add(1, Ordering::Relaxed)].clone()
    }

    /// `kaichang verify`.
    pub(crate) fn verify(&self) -> Ended {
        server::run(&mut verify_command(self.path()))
    }

    /// Opens the city.
    #[track_caller]
    pub(crate) fn open(self) -> City {
        let command = server::serve(kaichang(), self.path());
        self.open_with(command)
    }

    /// Opens the city with more workers than most machines have cores, and with a known bug if one is named.
    #[track_caller]
    pub(crate) fn open_with_bug(self, planted: Option<&str>) -> City {
        let mut command = server::with_bug(server::serve(kaichang(), self.path()), planted);
        command.args(["--workers", "4"]);
        self.open_with(command)
    }

    /// Opens the city with a command of one's own, which must come to serve it.
    #[track_caller]
    pub(crate) fn open_with(self, command: Command) -> City {
        match Server::start(command, self.path()) {
            Ok(server) => City::new(self, server),
            Err(ended) => panic!("the city did not open: {ended:?}"),
        }
    }

    /// Tries to open the city, and says how that ended; to be used when it shall not come to serve.
    #[track_caller]
    pub(crate) fn refuses_to_open(&self, command: Command) -> Ended {
        match Server::start(command, self.path()) {
            Ok(server) => panic!("it opened: {}", server.said()),
            Err(ended) => ended,
        }
    }
}

pub(crate) fn verify_command(data_dir: &Path) -> Command {
    let mut command = kaichang();
    command.arg("verify").arg("--data-dir").arg(data_dir);
    command
}

/// An open city.
pub(crate) struct City {
    pub(crate) ground: Ground,
    pub(crate) server: Server,
    today: Date,
}

impl City {
    pub(crate) fn demo() -> Self {
        Ground::demo().open()
    }

    fn new(ground: Ground, server: Server) -> Self {
        let now = Client::new(server.address()).ask(&Request::get("/v1/time")).json();
        let today = now["now"].as_str().and_then(|now| now.get(..10)).expect("a time");
        Self { ground, server, today: today.parse().expect("a date") }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// A connection of one's own.
    pub(crate) const fn client(&self) -> Client {
        Client::new(self.address())
    }

    pub(crate) fn resident(&self) -> Resident {
        self.ground.resident()
    }

    /// Asks on a connection of its own.
    #[track_caller]
    pub(crate) fn ask(&self, request: &Request) -> Answer {
        self.client().ask(request)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        self.ask(&Request::get(path)).expect(200, path).json()
    }

    /// As a resident.
    #[track_caller]
    pub(crate) fn get_as(&self, resident: &Resident, path: &str) -> Value {
        self.ask(&Request::get(path).token(&resident.token)).expect(200, path).json()
    }

    /// Kills the server and opens the city again.
    #[track_caller]
    pub(crate) fn kill_and_reopen(self) -> Self {
        let Self { ground, server, .. } = self;
        server.kill();
        ground.open()
    }

    /// Kills the server.
    pub(crate) fn kill(self) -> Ground {
        let Self { ground, server, .. } = self;
        server.kill();
        ground
    }

    /// A day of play so many days ahead.
    pub(crate) fn day(&self, ahead: i32) -> String {
        use jiff::ToSpan;
        self.today.checked_add(ahead.days()).expect("a date").to_string()
    }

    /// What is free of a sport on a day, by start. One page is enough for any test.
    #[track_caller]
    pub(crate) fn free(&self, sport: &str, day: &str) -> Vec<FreeSlot> {
        let page = self.get(&format!("/v1/availability?sport={sport}&date={day}&limit=500"));
        items(&page).iter().map(free_slot).collect()
    }

    /// Free slots of exclusive pitches, no two of them on one pitch.
    #[track_caller]
    pub(crate) fn free_courts(&self, ahead: i32) -> Vec<FreeSlot> {
        let mut slots: Vec<FreeSlot> = Vec::new();
        for sport in ["table-tennis", "tennis", "badminton", "basketball", "volleyball"] {
            for slot in self.free(sport, &self.day(ahead)) {
                if slot.kind == "exclusive" && slots.iter().all(|other| other.pitch != slot.pitch) {
                    slots.push(slot);
                }
            }
        }
        assert!(!slots.is_empty(), "nothing is free {ahead} days ahead");
        slots
    }

    /// A free slot of an exclusive pitch.
    #[track_caller]
    pub(crate) fn free_court(&self, ahead: i32) -> FreeSlot {
        self.free_courts(ahead).remove(0)
    }

    /// Books, under a key of this name.
    #[track_caller]
    pub(crate) fn book(&self, resident: &Resident, key: &str, order: &Value) -> Answer {
        self.ask(&booking(resident, key, order))
    }

    /// Books what can be booked.
    #[track_caller]
    pub(crate) fn booked(&self, resident: &Resident, slot: &FreeSlot) -> Value {
        let key = format!("{}-{}", slot.pitch, slot.start);
        self.book(resident, &key, &slot.order()).expect(201, "a booking of what is free").json()
    }

    #[track_caller]
    pub(crate) fn cancel(&self, resident: &Resident, id: &str) -> Answer {
        self.ask(&Request::delete(&format!("/v1/bookings/{id}")).token(&resident.token))
    }

    /// Somebody new, with an empty wallet. Each has a number of his own.
    #[track_caller]
    pub(crate) fn newcomer(&self, phone: &str) -> Resident {
        let body = json!({ "phone": phone, "password": PASSWORD, "name": "王小明" });
        let session = self.ask(&Request::post("/v1/residents", &body)).expect(201, "a sign-up").json();
        Resident { id: text(&session["id"]), token: text(&session["token"]) }
    }

    #[track_caller]
    pub(crate) fn top_up(&self, resident: &Resident, amount: i64) {
        let body = json!({ "amount": amount, "provider": "sandbox" });
        let request = Request::post("/v1/wallet/top-ups", &body).token(&resident.token);
        let _ = self.ask(&request).expect(201, "a top-up");
    }

    /// A manager of some venue, logged in.
    #[track_caller]
    pub(crate) fn manager(&self) -> Resident {
        self.staff_of_demo("manager")
    }

    /// The demo's operator, logged in.
    #[track_caller]
    pub(crate) fn operator(&self) -> Resident {
        self.staff_of_demo("operator")
    }

    #[track_caller]
    fn staff_of_demo(&self, role: &str) -> Resident {
        let file = fs::read(self.ground.path().join("demo-accounts.json")).expect("the demo's accounts");
        let accounts: Vec<Value> = serde_json::from_slice(&file).expect("JSON");
        let account = accounts.iter().find(|account| account["role"] == role).expect("such an account");
        self.log_in(&account["phone"], &account["password"])
    }

    #[track_caller]
    pub(crate) fn log_in(&self, phone: &Value, password: &Value) -> Resident {
        let body = json!({ "phone": phone, "password": password });
        let session = self.ask(&Request::post("/v1/logins", &body)).expect(201, "a log-in").json();
        Resident { id: text(&session["id"]), token: text(&session["token"]) }
    }

    /// The slots of a pitch on a day.
    #[track_caller]
    pub(crate) fn slots(&self, pitch: &str, day: &str) -> Vec<Value> {
        let answer = self.get(&format!("/v1/pitches/{pitch}/slots?date={day}"));
        answer["slots"].as_array().expect("slots").clone()
    }

    /// One slot of a pitch, as it stands.
    #[track_caller]
    pub(crate) fn slot(&self, slot: &FreeSlot) -> Value {
        let day = slot.start.get(..10).expect("a date");
        let slots = self.slots(&slot.pitch, day);
        slots.into_iter().find(|one| one["start"] == slot.start).expect("the slot")
    }

    #[track_caller]
    pub(crate) fn balance(&self, resident: &Resident) -> i64 {
        amount(&self.get_as(resident, "/v1/wallet")["balance"])
    }
}

/// A request to book.
pub(crate) fn booking(resident: &Resident, key: &str, order: &Value) -> Request {
    Request::post("/v1/bookings", order).token(&resident.token).key(key)
}

/// A page's elements.
#[track_caller]
pub(crate) fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap_or_else(|| panic!("not a list: {page}"))
}

/// An amount of money in an answer, in minor units.
#[track_caller]
pub(crate) fn amount(money: &Value) -> i64 {
    assert_eq!(money["currency"], "CNY", "{money}");
    money["amount"].as_i64().unwrap_or_else(|| panic!("not money: {money}"))
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

fn free_slot(item: &Value) -> FreeSlot {
    FreeSlot {
        pitch: text(&item["pitch"]),
        venue: text(&item["venue"]),
        kind: text(&item["kind"]),
        start: text(&item["start"]),
        end: text(&item["end"]),
        price: amount(&item["price"]),
        left: item["left"].as_u64().expect("a count"),
    }
}

/// An empty directory that goes with its holder.
pub(crate) fn empty_dir() -> TempDir {
    tempfile::Builder::new().prefix("city-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory")
}

/// The city that all copies are made of.
struct Pristine {
    dir: PathBuf,
    residents: Vec<Resident>,
    /// Held while this process lives: another run of the tests makes its city when this one is over.
    _lock: File,
}

fn pristine() -> &'static Pristine {
    static PRISTINE: OnceLock<Pristine> = OnceLock::new();
    PRISTINE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let lock = File::create(root.join("e2e-city.lock")).expect("a lock file");
        lock.lock().expect("the lock");
        let (dir, tokens) = (root.join("e2e-city"), root.join("e2e-city.tokens"));
        // Of an earlier run: its days may be over.
        let _ = fs::remove_dir_all(&dir);
        let mut command = kaichang();
        command.arg("demo").arg("--data-dir").arg(&dir).arg("--tokens").arg(&tokens);
        command.args(["--residents", &RESIDENTS.to_string()]);
        let ended = server::run(&mut command);
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        let tokens = fs::read_to_string(&tokens).expect("the tokens");
        let residents: Vec<Resident> = tokens.lines().map(resident_of).collect();
        assert_eq!(residents.len(), RESIDENTS);
        Pristine { dir, residents, _lock: lock }
    })
}

fn resident_of(line: &str) -> Resident {
    let (id, token) = line.split_once(' ').expect("ID TOKEN");
    Resident { id: id.to_owned(), token: token.to_owned() }
}

/// Copies a directory. What the journal only keeps in reserve stays behind, and zeros become holes: most of a segment is
/// empty, and every test has one.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            fs::create_dir(&target).expect("a directory");
            copy(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().starts_with("spare-") {
            copy_file(&entry.path(), &target);
        }
    }
}

fn copy_file(from: &Path, to: &Path) {
    let mut source = File::open(from).expect("a file");
    let mut target = File::create(to).expect("a copy");
    let metadata = source.metadata().expect("metadata");
    target.set_permissions(metadata.permissions()).expect("the same rights");
    let mut piece = vec![0; 1 << 18];
    let mut offset = 0;
    loop {
        let read = source.read(&mut piece).expect("a piece");
        if read == 0 {
            break;
        }
        if piece[..read].iter().any(|byte| *byte != 0) {
            target.seek(SeekFrom::Start(offset)).expect("a place");
            target.write_all(&piece[..read]).expect("a copy");
        }
        offset += read as u64;
    }
    target.set_len(metadata.len()).expect("the same length");
}
