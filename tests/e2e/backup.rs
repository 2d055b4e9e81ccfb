//! Copies of a city that are made while it serves: `kaichang backup` has all that was acknowledged before it began, and whatever else was
//! copied, in whatever order, either has it too or is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::city::{City, FreeSlot, Ground, Resident, booking, empty_dir, text};
use crate::client::Request;
use crate::server::{self, Ended, Server, kaichang, serve};
use crate::small_disk::{in_short_segments, with_short_segments};
use crate::snapshots::{began_behind, snapshots};

const MANIFEST: &str = "backup-manifest";

fn back_up(city: &Path, into: &Path, arguments: &[&str]) -> Ended {
    let mut command = kaichang();
    command.arg("backup").arg("--data-dir").arg(city).arg("--into").arg(into).args(arguments);
    server::run(&mut command)
}

/// What somebody does with a backup who needs it.
fn restored(backup: &Path) -> Ground {
    let ground = Ground::bare();
    let copied = Command::new("cp").arg("-a").arg(backup.join(".")).arg(ground.path()).status();
    assert!(copied.expect("cp").success());
    ground
}

/// A city that makes a snapshot each second, and packs and gives up what it may.
fn busy_city() -> City {
    let ground = with_short_segments();
    let command = in_short_segments(&ground, &["--snapshot-every", "1", "--keep-days", "0"]);
    ground.open_with(command)
}

/// Somebody who books and cancels without a pause until he is told to stop.
struct Bustle {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Bustle {
    fn of(city: &City) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let slots = city.free_courts(4);
        let bustle = |nth: usize| {
            let (mut client, is_over) = (city.client(), Arc::clone(&is_over));
            let residents: Vec<Resident> = (0..100).map(|_| city.resident()).collect();
            let slot = slots[nth].clone();
            std::thread::spawn(move || {
                for number in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let resident = &residents[number % residents.len()];
                    let answer = client.ask(&booking(resident, &format!("b{number}"), &slot.order()));
                    if answer.status == 201 {
                        let path = format!("/v1/bookings/{}", text(&answer.json()["id"]));
                        let _ = client.ask(&Request::delete(&path).token(&resident.token));
                    }
                }
            })
        };
        let threads = (0..2).map(bustle).collect();
        Self { is_over, threads }
    }

    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("no panic");
        }
    }
}

/// Books some, so that there is something to lose.
fn book_some(city: &City, slots: &mut Vec<FreeSlot>, booked: &mut Vec<(Resident, String)>) {
    for _ in 0..5 {
        let (resident, slot) = (city.resident(), slots.pop().expect("a slot"));
        let booking = city.booked(&resident, &slot);
        booked.push((resident, text(&booking["id"])));
    }
}

fn check_has(city: &City, booked: &[(Resident, String)]) {
    for (resident, id) in booked {
        assert_eq!(city.get_as(resident, &format!("/v1/bookings/{id}"))["status"], "confirmed", "{id}");
    }
}

#[test]
fn a_backup_of_a_busy_city_has_all_that_was_acknowledged_before_and_serves_as_it_is() {
    let city = busy_city();
    let (mut slots, mut booked) = (city.free_courts(2), Vec::new());
    let bustle = Bustle::of(&city);
    let into = empty_dir();
    for round in 0..3 {
        book_some(&city, &mut slots, &mut booked);
        let newcomer = city.newcomer(&format!("+861391234600{round}"));
        let path = into.path().join(format!("backup-{round}"));
        let ended = back_up(city.ground.path(), &path, &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        assert!(ended.said.contains("all rules hold"), "{}", ended.said);
        let restored = restored(&path).open();
        check_has(&restored, &booked);
        assert_eq!(restored.get_as(&newcomer, "/v1/wallet")["balance"]["amount"], 0);
        // The newcomer's own key is there too: without it nobody could log in.
        let phone = format!("+861391234600{round}").into();
        let _ = restored.log_in(&phone, &crate::city::PASSWORD.into());
        let (resident, slot) = (city.resident(), restored.free_court(3));
        let _ = restored.booked(&resident, &slot);
        let restored = restored.kill_and_reopen();
        assert_eq!(restored.slot(&slot)["status"], "taken", "it goes on like any city");
    }
    bustle.end();
    // From the last of them a start went on behind a snapshot, unless none was made in all that time.
    let again = restored(&into.path().join("backup-2")).open();
    assert_eq!(began_behind(&again) > 0, !snapshots(&into.path().join("backup-2")).is_empty());
}

#[test]
fn of_a_backup_all_belongs_together_or_the_start_is_refused_and_names_what_does_not() {
    let city = City::demo();
    let (resident, slot) = (city.resident(), city.free_court(2));
    let _ = city.booked(&resident, &slot);
    let into = empty_dir();
    let (backup, older) = (into.path().join("backup"), into.path().join("older"));
    assert_eq!(back_up(city.ground.path(), &older, &[]).code, Some(0));
    let _ = city.booked(&city.resident(), &city.free_court(3));
    assert_eq!(back_up(city.ground.path(), &backup, &[]).code, Some(0));
    let last = |dir: &Path| -> PathBuf {
        let names = fs::read_dir(dir.join("journal")).expect("a journal");
        names.map(|name| name.expect("a name").path()).max().expect("a segment")
    };
    type Change<'a> = &'a dyn Fn(&Path);
    let changes: [(Change<'_>, &str); 4] = [
        (&|dir| fs::remove_file(last(dir)).expect("removed"), "is missing"),
        (
            &|dir| {
                fs::copy(last(&older), last(dir)).expect("copied");
            },
            "is not as it was backed up",
        ),
        (&|dir| fs::remove_file(dir.join("keys/residents.keys")).expect("removed"), "is missing"),
        (
            &|dir| fs::write(dir.join("journal/segment-00000000000000000009.kcj"), "").expect("written"),
            "none of the backup's files",
        ),
    ];
    for (change, says) in changes {
        let ground = restored(&backup);
        change(ground.path());
        for _ in 0..2 {
            let ended = ground.refuses_to_open(serve(kaichang(), ground.path()));
            assert_eq!(ended.code, Some(2), "{}", ended.said);
            assert!(ended.said.contains(says), "{says}: {}", ended.said);
        }
    }
    let ground = restored(&backup);
    let city = ground.open();
    assert!(!city.ground.path().join(MANIFEST).exists(), "it is a city of its own now");
}

#[test]
fn a_backup_never_writes_over_anything_and_has_no_name_before_it_is_whole() {
    let city = City::demo();
    let into = empty_dir();
    let ended = back_up(city.ground.path(), into.path(), &[]);
    assert!(ended.code == Some(2) && ended.said.contains("is there already"), "{}", ended.said);
    let path = into.path().join("backup");
    let mut command = kaichang();
    command.arg("backup").arg("--data-dir").arg(city.ground.path()).arg("--into").arg(&path);
    let mut child = command.spawn().expect("a process");
    let _ = child.kill();
    let _ = child.wait();
    assert!(!path.exists() || path.join(MANIFEST).exists());

    let apart = into.path().join("apart");
    assert_eq!(back_up(city.ground.path(), &apart, &["--without-master-key"]).code, Some(0));
    let ground = restored(&apart);
    assert!(!ground.path().join("keys/master.key").exists());
    let ended = ground.refuses_to_open(serve(kaichang(), ground.path()));
    assert!(ended.code == Some(2) && ended.said.contains("master.key"), "{}", ended.said);
    fs::copy(city.ground.path().join("keys/master.key"), ground.path().join("keys/master.key"))
        .expect("copied");
    drop(ground.open());
}

#[test]
fn what_a_plain_copy_of_a_busy_city_holds_is_all_that_was_acknowledged_before_or_it_is_refused() {
    let city = busy_city();
    let (mut slots, mut booked) = (city.free_courts(2), Vec::new());
    let bustle = Bustle::of(&city);
    let (mut opened, mut refused) = (0, 0);
    for _ in 0..5 {
        book_some(&city, &mut slots, &mut booked);
        let copy = Ground::bare();
        // Files come and go meanwhile, and cp says so; what it left out must be noticed by who starts.
        let _ = Command::new("cp").arg("-r").arg(city.ground.path().join(".")).arg(copy.path()).output();
        match Server::start(serve(kaichang(), copy.path()), copy.path()) {
            Ok(server) => {
                opened += 1;
                server.kill();
                let copied = copy.open();
                check_has(&copied, &booked);
            }
            Err(ended) => {
                refused += 1;
                assert_eq!(ended.code, Some(2), "{}", ended.said);
                assert!(!ended.said.contains("panicked"), "{}", ended.said);
            }
        }
    }
    bustle.end();
    assert_eq!(opened + refused, 5);
}
