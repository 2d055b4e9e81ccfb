//! The journal's first segments go when they are over the operator's limits and both snapshots stand behind them, and the city goes on
//! as if they were there.

use std::path::{Path, PathBuf};

use crate::city::{City, FIRST_SEGMENT, FreeSlot, Ground, Resident, items};
use crate::client::Request;
use crate::server::{self, PATIENCE, kaichang, poll, serve};
use crate::snapshots::{began_behind, closed, make_snapshot, snapshots};

/// Serves with a snapshot every second and these limits.
fn open_with_limits(ground: Ground, limits: &[&str]) -> City {
    let mut command = serve(kaichang(), ground.path());
    command.args(["--snapshot-every", "1"]).args(limits);
    ground.open_with(command)
}

/// Books now and then, until `is_so`.
fn live_until(city: &City, booked: &mut Vec<(Resident, FreeSlot)>, mut is_so: impl FnMut(&Path) -> bool) {
    let mut slots = city.free_courts(2);
    let found = poll(PATIENCE, || {
        if is_so(city.ground.path()) {
            return Some(());
        }
        let (resident, slot) = (city.resident(), slots.pop().expect("a slot"));
        let _ = city.booked(&resident, &slot);
        booked.push((resident, slot));
        // Each snapshot needs records behind the one before.
        std::thread::sleep(std::time::Duration::from_millis(250));
        None
    });
    assert!(found.is_some(), "it never came to that: {}", city.server.said());
}

fn check_booked(city: &City, booked: &[(Resident, FreeSlot)]) {
    for (resident, slot) in booked {
        assert_eq!(items(&city.get_as(resident, "/v1/bookings")).len(), 1);
        assert_eq!(city.slot(slot)["status"], "taken");
    }
}

fn damage(snapshot: &PathBuf) {
    let mut bytes = std::fs::read(snapshot).expect("a snapshot");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(snapshot, bytes).expect("written");
}

#[test]
fn what_is_over_a_limit_goes_and_the_city_goes_on_from_its_snapshots_or_not_at_all() {
    let city = open_with_limits(Ground::demo(), &["--keep-days", "0"]);
    let mut booked = Vec::new();
    live_until(&city, &mut booked, |dir| !dir.join(FIRST_SEGMENT).exists());
    let figures = city.ask(&Request::get("/metrics")).expect(200, "/metrics").text();
    assert!(figures.contains("kaichang_journal_retired_segments_total"), "{figures}");
    check_booked(&city, &booked);
    let city = city.kill_and_reopen();
    assert!(began_behind(&city) > 0);
    check_booked(&city, &booked);

    // Its files can be read and changed as before.
    let ground = closed(city);
    let files = ground.path().join("files");
    let mut export = kaichang();
    export.arg("export").arg(&files).arg("--data-dir").arg(ground.path());
    assert_eq!(server::run(&mut export).code, Some(0));
    let districts = files.join("districts.csv");
    let changed = std::fs::read_to_string(&districts).expect("a file") + "newtown,新城区,Newtown\n";
    std::fs::write(&districts, changed).expect("written");
    let mut import = kaichang();
    import.arg("import").arg(&files).arg("--data-dir").arg(ground.path());
    let ended = server::run(&mut import);
    assert!(ended.code == Some(0) && ended.said.contains("done: the city stands in"), "{}", ended.said);
    let city = ground.open();
    check_booked(&city, &booked);
    let ground = closed(city);

    let two = snapshots(ground.path());
    assert_eq!(two.len(), 2);
    damage(&two[1]);
    let city = ground.open();
    check_booked(&city, &booked);
    assert!(city.server.said().contains("an older one is tried"), "{}", city.server.said());
    let ground = city.kill();

    damage(&two[0]);
    let ended = ground.refuses_to_open(serve(kaichang(), ground.path()));
    assert_eq!(ended.code, Some(2), "half a city is none: {}", ended.said);
    assert!(ended.said.contains("and none before: what stood there is in a snapshot"), "{}", ended.said);
    assert!(!ended.said.contains("panicked"), "{}", ended.said);
}

/// Lives until the limits were looked at behind two snapshots: when there is a third, that was done.
fn keeps_its_first_segment(limits: &[&str]) -> bool {
    let city = open_with_limits(Ground::demo(), limits);
    let (mut newest, mut made) = (None, 0);
    live_until(&city, &mut Vec::new(), |dir| {
        let last = snapshots(dir).pop();
        made += usize::from(last != newest);
        newest = last;
        made > 2
    });
    city.ground.path().join(FIRST_SEGMENT).exists()
}

#[test]
fn without_limits_all_is_kept_and_under_a_limit_what_fits() {
    std::thread::scope(|scope| {
        for (limits, is_kept) in [
            (&[][..], true),
            (&["--keep-days", "1"], true),
            (&["--keep-bytes", "1T"], true),
            (&["--keep-bytes", "1M"], false),
        ] {
            scope.spawn(move || assert_eq!(keeps_its_first_segment(limits), is_kept, "{limits:?}"));
        }
    });
}

#[test]
fn a_damaged_snapshot_keeps_the_segments_that_a_start_would_need() {
    let mut ground = Ground::demo();
    for _ in 0..2 {
        let city = ground.open();
        let (resident, slot) = (city.resident(), city.free_court(2));
        let _ = city.booked(&resident, &slot);
        ground = closed(city);
        assert_eq!(make_snapshot(ground.path()).code, Some(0));
    }
    // No other snapshot is made while nothing is booked, so the limits are looked at with these two. By days something would be forgotten.
    damage(&snapshots(ground.path())[0]);
    let city = open_with_limits(ground, &["--keep-bytes", "1M"]);
    let told =
        poll(PATIENCE, || city.server.said().contains("the journal is kept beyond its limits").then_some(()));
    assert!(told.is_some(), "{}", city.server.said());
    assert!(city.ground.path().join(FIRST_SEGMENT).exists());
}
