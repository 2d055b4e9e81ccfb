//! No open files left: who is connected goes on and the journal too, who comes then waits, and is served when there is room.

use crate::city::{Ground, text};
use crate::client::{Connection, Request};
use crate::server::{PATIENCE, poll, serve, with_open_files};

/// Enough for a city and some dozens who are connected.
const FILES: u32 = 96;
const MANY: usize = 200;

#[test]
fn without_open_files_bookings_go_on_and_nothing_acknowledged_is_lost() {
    let ground = Ground::demo();
    let mut command = serve(with_open_files(FILES), ground.path());
    command.args(["--workers", "2"]);
    let city = ground.open_with(command);
    let slots = city.free_courts(3);
    let mut client = city.client();
    let mut booked = Vec::new();
    let mut book = |client: &mut crate::client::Client, nth: usize| {
        let resident = city.resident();
        let order = crate::city::booking(&resident, "k", &slots[nth].order());
        let booking = client.ask(&order).expect(201, "a booking").json();
        booked.push((resident, text(&booking["id"])));
    };
    book(&mut client, 0);
    // The system takes them, the server can't take all from it.
    let asks = Request::get("/healthz").encode();
    let crowd: Vec<Connection> = (0..MANY)
        .filter_map(|_| {
            let mut connection = Connection::open(city.address())?;
            connection.write(&asks);
            Some(connection)
        })
        .collect();
    assert_eq!(crowd.len(), MANY);
    let out_of_files = poll(PATIENCE, || (open_files(city.server.pid()) >= FILES as usize).then_some(()));
    assert!(out_of_files.is_some(), "{} files are open", open_files(city.server.pid()));
    for nth in 1..20 {
        book(&mut client, nth);
    }
    drop(crowd);
    let mut late = city.client();
    assert_eq!(late.ask(&Request::get("/readyz")).status, 200, "there is room again");
    book(&mut late, 20);
    let booked = booked;
    let city = city.kill().open();
    for (resident, id) in booked {
        assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["status"], "confirmed");
    }
}

fn open_files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}
