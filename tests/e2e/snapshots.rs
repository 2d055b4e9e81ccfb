//! Snapshots: a start from one comes to the same as a start from the whole journal, and one that is damaged or another city's is
//! never believed.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use kaichang::engine::snapshot::Section;
use kaichang::journal::{DirLock, FileDisk, Position, read_snapshot, retire, write_snapshot};
use serde_json::Value;

use crate::city::{City, Ground, Resident, items};
use crate::server::{self, Ended, PATIENCE, kaichang, poll, serve};

/// `kaichang snapshot`.
pub(crate) fn make_snapshot(dir: &Path) -> Ended {
    let mut command = kaichang();
    command.arg("snapshot").arg("--data-dir").arg(dir);
    server::run(&mut command)
}

/// The snapshots, the oldest first.
pub(crate) fn snapshots(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir.join("snapshots")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "kcs")).collect();
    paths.sort_unstable();
    paths
}

fn bytes_of_first_segment(ground: &Ground) -> u64 {
    let first = ground.path().join("journal/segment-00000000000000000001.kcj");
    std::fs::metadata(first).expect("a segment").len()
}

/// Ends a server in order, which seals its journal.
pub(crate) fn closed(city: City) -> Ground {
    let City { ground, server, .. } = city;
    server.terminate();
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    ground
}

/// The record behind which the last start went on.
pub(crate) fn began_behind(city: &City) -> u64 {
    let said = city.server.said();
    let line = said.lines().rfind(|line| line.contains("journal replayed")).expect("a line");
    let after = line.split("snapshot").nth(1).expect("which snapshot");
    let digits: String =
        after.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

/// What a resident sees of his own, and everybody of a pitch.
fn seen(city: &City, resident: &Resident, pitch: &str, day: &str) -> [Value; 4] {
    [
        city.get_as(resident, "/v1/bookings"),
        city.get_as(resident, "/v1/wallet"),
        city.get_as(resident, "/v1/wallet/entries"),
        city.get(&format!("/v1/pitches/{pitch}/slots?date={day}")),
    ]
}

#[test]
fn a_start_from_a_snapshot_shows_and_knows_all_that_was_there() {
    let city = City::demo();
    let (resident, other) = (city.resident(), city.resident());
    let slots: Vec<_> = city.free_courts(3).into_iter().take(4).collect();
    let day = city.day(3);
    let key = "kept-over-a-snapshot";
    let first = city.book(&resident, key, &slots[0].order());
    assert_eq!(first.status, 201, "{first:?}");
    let cancelled = city.booked(&resident, &slots[1]);
    assert_eq!(city.cancel(&resident, cancelled["id"].as_str().expect("an id")).status, 200);
    city.top_up(&resident, 500);
    let newcomer = city.newcomer("+8613900000077");
    let operator = city.operator();
    let log = city.get_as(&operator, "/v1/operator/audit");
    let before = seen(&city, &resident, &slots[0].pitch, &day);
    let ground = closed(city);

    let made = make_snapshot(ground.path());
    assert_eq!((made.code, snapshots(ground.path()).len()), (Some(0), 1), "{}", made.said);
    assert!(bytes_of_first_segment(&ground) < 4 << 20, "what is sealed is packed");
    let again = make_snapshot(ground.path());
    assert_eq!(again.code, Some(0));
    assert!(again.said.contains("no segment was sealed"), "{}", again.said);

    let city = ground.open();
    assert!(began_behind(&city) > 0, "{}", city.server.said());
    assert_eq!(seen(&city, &resident, &slots[0].pitch, &day), before);
    let retried = city.book(&resident, key, &slots[0].order());
    assert_eq!((retried.status, &retried.body), (201, &first.body), "I6");
    assert_eq!(city.book(&other, "taken", &slots[0].order()).status, 409);
    // Both are still logged in, and the staff's log is what it was.
    city.get_as(&newcomer, "/v1/wallet");
    assert_eq!(city.get_as(&operator, "/v1/operator/audit"), log);
    let second = city.booked(&other, &slots[2]);

    // What comes behind the snapshot is there after a kill too.
    let city = city.kill_and_reopen();
    assert!(began_behind(&city) > 0, "{}", city.server.said());
    let bookings = city.get_as(&other, "/v1/bookings");
    assert_eq!(items(&bookings)[0]["id"], second["id"]);
    let ground = closed(city);
    assert_eq!(ground.verify().code, Some(0));
}

#[test]
fn a_damaged_snapshot_falls_back_to_the_older_and_then_to_the_whole_journal() {
    let mut ground = Ground::demo();
    let mut booked = Vec::new();
    for _ in 0..3 {
        let city = ground.open();
        let (resident, slot) = (city.resident(), city.free_court(2));
        city.booked(&resident, &slot);
        booked.push((resident, slot));
        ground = closed(city);
        let made = make_snapshot(ground.path());
        assert_eq!(made.code, Some(0), "{}", made.said);
    }
    let two = snapshots(ground.path());
    assert_eq!(two.len(), 2, "two are kept");
    let mut behind = u64::MAX;
    for damaged in two.iter().rev() {
        let city = ground.open();
        assert!(began_behind(&city) < behind);
        behind = began_behind(&city);
        for (resident, slot) in &booked {
            assert_eq!(items(&city.get_as(resident, "/v1/bookings")).len(), 1);
            assert_eq!(city.slot(slot)["status"], "taken");
        }
        ground = closed(city);
        let mut bytes = std::fs::read(damaged).expect("a snapshot");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        std::fs::write(damaged, bytes).expect("written");
    }
    let city = ground.open();
    assert_eq!(began_behind(&city), 0, "from the journal's first record");
    assert!(city.server.said().contains("can't be used"), "it says so: {}", city.server.said());
    for (resident, slot) in &booked {
        assert_eq!(items(&city.get_as(resident, "/v1/bookings")).len(), 1);
        assert_eq!(city.slot(slot)["status"], "taken");
    }
}

/// Writes a snapshot again without some section: whole by every checksum, and of a city that has forgotten something.
fn forget(snapshot: &Path, forgotten: Section) {
    let disk = FileDisk::existing(snapshot.parent().expect("a directory")).expect("there");
    let name = snapshot.file_name().and_then(|name| name.to_str()).expect("a name");
    let mut pieces = Vec::new();
    let head = read_snapshot(&disk, name, |tag, piece| -> Result<(), Infallible> {
        pieces.push((tag, piece.to_vec()));
        Ok(())
    });
    let had = pieces.len();
    pieces.retain(|(tag, _)| *tag != forgotten.tag());
    assert!(pieces.len() < had, "there was something to forget");
    write_snapshot(&disk, name, &head.expect("whole"), |give| {
        pieces.iter().try_for_each(|(tag, piece)| give(*tag, piece))
    })
    .expect("written");
}

/// Removes the segments that stand before a snapshot, as they are given up.
fn give_up_before(snapshot: &Path) {
    let disk = FileDisk::existing(snapshot.parent().expect("a directory")).expect("there");
    let name = snapshot.file_name().and_then(|name| name.to_str()).expect("a name");
    let head = read_snapshot(&disk, name, |_, _| -> Result<(), Infallible> { Ok(()) }).expect("whole");
    let position = Position::decode(&head).expect("a position");
    let journal = FileDisk::existing(snapshot.with_file_name("../journal")).expect("there");
    assert!(retire(&journal, position.segment()).expect("removed") > 0);
}

#[test]
fn verify_judges_the_snapshots_and_begins_behind_the_older_one_where_the_journal_does() {
    let mut ground = Ground::demo();
    for _ in 0..2 {
        let city = ground.open();
        city.booked(&city.resident(), &city.free_court(2));
        ground = closed(city);
        assert_eq!(make_snapshot(ground.path()).code, Some(0));
    }
    let verified = ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
    let two = snapshots(ground.path());
    let [older, newer] = &two[..] else { panic!("two are kept: {two:?}") };
    let kept = std::fs::read(newer).expect("a snapshot");

    let mut damaged = kept.clone();
    damaged[kept.len() / 2] ^= 0x10;
    std::fs::write(newer, damaged).expect("written");
    let verified = ground.verify();
    assert_eq!(verified.code, Some(1), "{}", verified.said);
    assert!(verified.said.contains("is damaged"), "{}", verified.said);

    std::fs::write(newer, &kept).expect("written");
    forget(newer, Section::Requests);
    let verified = ground.verify();
    assert_eq!(verified.code, Some(1), "{}", verified.said);
    assert!(verified.said.contains("not the city that the journal tells"), "{}", verified.said);

    give_up_before(older);
    let verified = ground.verify();
    assert_eq!(verified.code, Some(1), "behind the older one too: {}", verified.said);
    assert!(verified.said.contains("not the city that the journal tells"), "{}", verified.said);
    std::fs::write(newer, &kept).expect("written");
    let verified = ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
    assert!(verified.said.contains("were given up"), "{}", verified.said);
    assert!(verified.said.contains(older.file_name().and_then(|name| name.to_str()).expect("a name")));
}

#[test]
fn a_snapshot_of_another_city_is_refused() {
    let one = closed(City::demo());
    assert_eq!(make_snapshot(one.path()).code, Some(0));
    let other = Ground::bare();
    let mut made = kaichang();
    made.args(["demo", "--seed", "2", "--data-dir"]).arg(other.path());
    assert_eq!(server::run(&mut made).code, Some(0));
    std::fs::create_dir(other.path().join("snapshots")).expect("made");
    let stranger = &snapshots(one.path())[0];
    std::fs::copy(stranger, other.path().join("snapshots").join(stranger.file_name().expect("a name")))
        .expect("copied");
    let ended = other.refuses_to_open(serve(kaichang(), other.path()));
    assert_eq!(ended.code, Some(2), "{}", ended.said);
}

#[test]
fn a_running_server_has_snapshots_made() {
    let ground = Ground::demo();
    let mut command = serve(kaichang(), ground.path());
    command.args(["--snapshot-every", "1"]);
    let city = ground.open_with(command);
    let slot = city.free_court(2);
    city.booked(&city.resident(), &slot);
    let made = poll(PATIENCE, || snapshots(city.ground.path()).pop());
    assert!(made.is_some(), "no snapshot was made: {}", city.server.said());
    let city = city.kill_and_reopen();
    assert!(began_behind(&city) > 0);
    assert_eq!(city.slot(&slot)["status"], "taken");
}

#[test]
fn while_somebody_copies_the_snapshots_none_is_made_and_that_is_no_fault() {
    let ground = Ground::demo();
    let copying = DirLock::acquire(&ground.path().join("snapshots")).expect("free");
    let mut command = serve(kaichang(), ground.path());
    command.args(["--snapshot-every", "1"]);
    let city = ground.open_with(command);
    let waited = poll(PATIENCE, || {
        city.server.said().contains("the snapshots are in use, so none is made now").then_some(())
    });
    assert!(waited.is_some(), "{}", city.server.said());
    let by_hand = make_snapshot(city.ground.path());
    assert_eq!(by_hand.code, Some(3), "{}", by_hand.said);
    assert!(by_hand.said.contains("no snapshot is made now"), "{}", by_hand.said);
    assert_eq!(snapshots(city.ground.path()), Vec::<PathBuf>::new());
    drop(copying);
    let made = poll(PATIENCE, || (!snapshots(city.ground.path()).is_empty()).then_some(()));
    assert!(made.is_some(), "{}", city.server.said());
    let said = city.server.said();
    assert!(!said.contains("ERROR") && !said.contains("no snapshot could be made"), "{said}");
}
