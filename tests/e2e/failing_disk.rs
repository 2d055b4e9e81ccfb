//! A disk that fails under the real binary, by calls that a tracer makes fail (I2): after a failed sync nothing is acknowledged and
//! the process ends; a lack of room refuses what comes and passes.

use std::collections::HashMap;

use crate::books::{Books, groups};
use crate::city::{City, Ground, booking, text};
use crate::client::Request;
use crate::disk_trace::{DiskTrace, Of};
use crate::kill::{Load, lines, wanted};
use crate::server::{Server, serve, with_bug};

/// What a failed sync came to: whatever is wrong, by the books, after all that was not synced is lost.
///
/// The same check runs on a build with a planted bug, which it must find.
pub(crate) fn findings_after_a_failed_sync(failing: u32, planted: Option<&str>) -> Vec<String> {
    let ground = Ground::demo();
    let trace = DiskTrace::new();
    let inject = format!("fdatasync:error=EIO:when={failing}");
    let command = serve(trace.command(Of::LastSegment(&ground), Some(&inject)), ground.path());
    let command = with_bug(command, planted);
    let city = ground.open_with(command);
    let (groups, slots) = (groups(&city, 6, 12), wanted(&city));
    let mut books = Books::default();
    books.note(Load::start(&city, &groups, &slots, u64::from(failing)).deeds());
    let City { ground, server, .. } = city;
    let ended = server.ended();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("the journal has failed: could not sync"), "{}", ended.said);
    assert!(ended.said.contains("Input/output error"), "{}", ended.said);
    assert!(trace.injected("fdatasync") > 0, "no sync failed");
    assert!(trace.lose_unsynced() > 0, "the sync that failed was of nothing");
    let city = ground.open();
    let findings = books.check(&city);
    assert!(books.acknowledged > 0, "nothing was acknowledged before the failure");
    findings
}

#[test]
fn nothing_is_acknowledged_after_a_failed_sync_and_the_process_ends() {
    // Long after those of the start, whose number depends on how quick the machine is.
    for failing in [40, 60, 110] {
        let findings = findings_after_a_failed_sync(failing, None);
        assert!(findings.is_empty(), "sync {failing} failed: {}", lines(&findings));
    }
}

#[test]
fn a_start_whose_syncs_fail_is_refused_and_harms_nothing() {
    let mut refused = 0;
    for failing in 1..=4 {
        let ground = Ground::demo();
        let trace = DiskTrace::new();
        let inject = format!("fdatasync:error=EIO:when={failing}");
        let command = serve(trace.command(Of::AllFiles, Some(&inject)), ground.path());
        match Server::start(command, ground.path()) {
            Ok(server) => server.kill(),
            Err(ended) => {
                refused += 1;
                assert!(matches!(ended.code, Some(1 | 2)), "{ended:?}");
                let said = &ended.said;
                assert!(said.contains("Input/output error") && !said.contains("panicked"), "{said}");
            }
        }
        trace.lose_unsynced();
        assert_eq!(ground.verify().code, Some(0));
        let city = ground.open();
        let (resident, slot) = (city.resident(), city.free_courts(2).remove(0));
        assert_eq!(city.book(&resident, "afterwards", &slot.order()).status, 201);
    }
    assert!(refused > 0, "no start was refused: the syncs of a start are elsewhere now");
}

#[test]
fn a_lack_of_room_refuses_bookings_and_passes_without_a_restart() {
    // By thread, every second write of the committer's: the one between blots out what may stand there. It begins long after the
    // writes of the start, which are more or fewer as the machine is quick, and which are tried again until there is room.
    let ground = Ground::demo();
    let trace = DiskTrace::new();
    let inject = "pwrite64:error=ENOSPC:when=50..80+2";
    let command = serve(trace.command(Of::LastSegment(&ground), Some(inject)), ground.path());
    let city = ground.open_with(command);
    let mut client = city.client();
    let mut statuses: HashMap<u16, usize> = HashMap::new();
    let mut confirmed = Vec::new();
    let mut after_a_refusal = 0;
    for (number, slot) in city.free_courts(3).into_iter().take(120).enumerate() {
        let resident = city.resident();
        let answer = client.ask(&booking(&resident, &format!("full-{number}"), &slot.order()));
        *statuses.entry(answer.status).or_default() += 1;
        let balance = city.balance(&resident);
        if answer.status == 201 {
            after_a_refusal += usize::from(statuses.contains_key(&503));
            assert_eq!(balance, crate::city::BALANCE - slot.price);
            confirmed.push((resident, text(&answer.json()["id"])));
            continue;
        }
        crate::problems::check(&answer, "overloaded", "a booking on a full disk");
        assert_eq!(balance, crate::city::BALANCE, "reads go on, and nothing was taken");
        let free =
            city.free_courts(3).iter().any(|free| free.pitch == slot.pitch && free.start == slot.start);
        assert!(free, "{slot:?} is free again");
    }
    assert!(statuses.get(&503).is_some_and(|refused| *refused > 2), "{statuses:?}");
    assert!(after_a_refusal > 2, "bookings go on when there is room again: {statuses:?}");
    assert!(trace.injected("pwrite64") > 0);
    assert_eq!(city.get("/readyz")["status"], "ready");

    let ground = city.kill();
    trace.lose_unsynced();
    assert_eq!(ground.verify().code, Some(0));
    let city = ground.open();
    for (resident, id) in confirmed {
        let booking =
            city.ask(&Request::get(&format!("/v1/bookings/{id}")).token(&resident.token)).expect(200, &id);
        assert_eq!(booking.json()["status"], "confirmed");
    }
}
