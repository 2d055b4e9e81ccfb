//! A disk that is full to the last byte, under the real binary: what comes is refused and nothing is lost, and when there is room again
//! all goes on without a restart.

use std::time::Duration;

use crate::city::{BALANCE, City, FreeSlot, Ground, Resident, text};
use crate::client::Request;
use crate::problems::check;
use crate::server::{PATIENCE, kaichang, poll, serve};
use crate::small_disk::{SmallDisk, in_short_segments, with_short_segments};

/// Many times what the segment in use and the one that is ready take.
const BOOKINGS_MAX: usize = 1000;

/// Books and cancels, each time as somebody else, until the disk takes no more; who met that, and what was confirmed.
fn until_refused(city: &City, slot: &FreeSlot) -> (Resident, Vec<(Resident, String)>) {
    let mut client = city.client();
    let mut cancelled = Vec::new();
    for number in 0..BOOKINGS_MAX {
        let resident = city.resident();
        let booked = client.ask(&crate::city::booking(&resident, &format!("k{number}"), &slot.order()));
        if booked.status == 503 {
            check(&booked, "overloaded", "a booking on a full disk");
            return (resident, cancelled);
        }
        let id = text(&booked.expect(201, "a booking").json()["id"]);
        let again = client.ask(&Request::delete(&format!("/v1/bookings/{id}")).token(&resident.token));
        if again.status == 503 {
            check(&again, "overloaded", "a cancellation on a full disk");
            let kept = city.get_as(&resident, &format!("/v1/bookings/{id}"));
            assert_eq!(kept["status"], "confirmed", "nothing was changed");
            // What it holds is let go when there is room.
            return (resident, cancelled);
        }
        let _ = again.expect(200, "a cancellation");
        cancelled.push((resident, id));
    }
    panic!("{BOOKINGS_MAX} bookings fitted on a full disk");
}

/// A start removes what was made ready and not used, and may find enough room in its place.
fn remove_spares(ground: &Ground) {
    for entry in std::fs::read_dir(ground.path().join("journal")).expect("a journal") {
        let entry = entry.expect("an entry");
        if entry.file_name().to_string_lossy().starts_with("spare-") {
            std::fs::remove_file(entry.path()).expect("removed");
        }
    }
}

#[test]
fn a_disk_that_is_really_full_refuses_what_comes_loses_nothing_and_opens_again_without_a_restart() {
    let disk = SmallDisk::new(48);
    let ground = with_short_segments().copied_to(disk.path());
    // Nothing is reserved, so that it fills to the last byte.
    let command = in_short_segments(&ground, &["--disk-reserve", "0"]);
    let city = ground.open_with(command);
    let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a price");
    disk.fill();
    assert!(disk.free() < 4096, "{} bytes are left", disk.free());

    let (refused, cancelled) = until_refused(&city, &slot);
    assert!(cancelled.len() > 20, "what was made ready before is used: {}", cancelled.len());
    assert!([BALANCE, BALANCE - slot.price].contains(&city.balance(&refused)), "reads go on");
    assert!(city.server.said().contains("no room"), "{}", city.server.said());

    disk.free_up(None);
    let other = city.free_courts(4).remove(0);
    let after = city.resident();
    let taken = poll(PATIENCE, || {
        // As often as an account may ask.
        std::thread::sleep(Duration::from_millis(100));
        let answer = city.book(&after, "there-is-room", &other.order());
        (answer.status == 201).then(|| text(&answer.json()["id"]))
    });
    let id = taken.unwrap_or_else(|| panic!("no booking though there is room: {}", city.server.said()));

    // A start on a full disk says so, harms nothing, and opens when there is room.
    let ground = city.kill();
    remove_spares(&ground);
    disk.fill();
    let ended = ground.refuses_to_open(serve(kaichang(), ground.path()));
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("No space left on device"), "{}", ended.said);
    disk.free_up(None);
    assert_eq!(ground.verify().code, Some(0));
    let command = in_short_segments(&ground, &["--disk-reserve", "0"]);
    let city = ground.open_with(command);
    let booking = city.get_as(&after, &format!("/v1/bookings/{id}"));
    assert_eq!(booking["status"], "confirmed");
    for (resident, id) in &cancelled {
        let booking = city.get_as(resident, &format!("/v1/bookings/{id}"));
        assert_eq!(booking["status"], "cancelled");
    }
    drop(city);
}
