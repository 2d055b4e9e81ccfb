//! What is planned for each scenario.

use clap::Parser;

use super::*;
use crate::arguments::{Arguments, Command};
use crate::stock::Sold;

fn stock(count: usize) -> Vec<StockItem> {
    let item = |number: usize| StockItem {
        venue: "v".into(),
        pitch: format!("p{number}").into(),
        start: "2026-11-25T09:00:00+08:00".into(),
        end: "2026-11-25T10:00:00+08:00".into(),
        sold: Sold::Once,
    };
    (0..count).map(item).collect()
}

fn parse(line: &str) -> Result<Command, String> {
    Arguments::try_parse_from(line.split(' ')).map(|parsed| parsed.command).map_err(|error| error.to_string())
}

#[test]
fn a_grab_plans_what_was_asked_for() {
    let Ok(Command::Grab(grab)) = parse("x grab --slots 5 --each 2 --skew 0 --retries 3 --think-time 250")
    else {
        panic!("a grab")
    };
    let (plan, script) = plan(Scenario::Grab(&grab), stock(50), Tokens::invented(100), None);
    assert_eq!((plan.len(), plan.stock().count()), (200, 5));
    let Script::Grab { retries, think_time, alternatives } = script else { panic!("{script:?}") };
    assert_eq!((retries, think_time), (3, Duration::from_millis(250)));
    assert!(alternatives.iter().all(|slot| *slot < 5));
}

#[test]
fn an_open_loop_plans_as_many_bookings_as_it_will_ask_for() {
    let Ok(Command::Steady(steady)) = parse("x steady --rate 1000") else { panic!("steady") };
    let of =
        |measured| plan(Scenario::Steady(&steady), stock(5000), Tokens::invented(5000), measured).0.len();
    assert_eq!(of(Some(Duration::from_secs(10))), 1200, "eight of a hundred, and half as many again");
    let Ok(Command::Browse(browse)) = parse("x browse") else { panic!("browse") };
    assert_eq!(plan(Scenario::Browse(&browse), stock(9), Tokens::invented(9), None).0.len(), 0);
}

#[test]
fn a_target_needs_its_residents_and_a_server_of_ones_own_takes_none() {
    assert!(parse("x steady --target 127.0.0.1:8080 --tokens t").is_ok());
    for wrong in [
        "x steady --target 127.0.0.1:8080",
        "x steady --tokens t",
        "x steady --spawn --target 127.0.0.1:8080 --tokens t",
        "x steady --pid 7",
        "x chaos --every 0",
        "x grab --skew 9",
        "x soak --rate 0",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
