//! Refusals a second of what is sold out: the most frequent answer of a release hour.

use std::cell::Cell;
use std::time::Duration;

use super::{Asking, COPY, Comparison, figure};
use crate::Failure;
use crate::audit::Findings;
use crate::baselines::Baseline;
use crate::city::CopiedCity;
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;
use crate::load::{Keep, Load, WhenUsedUp};
use crate::outcome::{CREATED, Outcome};
use crate::reach::SOLD_OUT_LIMIT;
use crate::report::{Figure, Pair};
use crate::server::Server;

/// How many bookings are made before, of which all others want one.
const SOLD: usize = 30_000;
const CONFLICT: u16 = 409;
/// The buying ends with its requests, and not before.
const BUYING_MAX: Duration = Duration::from_secs(600);

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let sold = SOLD.min(comparison.city.plan.len() / 2);
    let buying = comparison.city.plan.encode_first(sold);
    let late = comparison.city.plan.encode_late(sold);
    // The server has its turn first, so its answer's length is known when the limit is to give one as long.
    let answer_bytes = Cell::new(0);
    let pairs = comparison.in_turn(
        "sold out",
        Baseline::Limit,
        |comparison| {
            let (outcome, bytes) = of_kaichang(comparison, &buying, &late)?;
            answer_bytes.set(bytes);
            Ok(outcome)
        },
        |comparison| {
            let server = Server::baseline(Baseline::Limit, answer_bytes.get(), None)?;
            comparison.load(&server, &[], asking(&late, CREATED))
        },
    )?;
    figure(SOLD_OUT_LIMIT, &pairs, Pair::ratio, Vec::new())
}

fn asking(requests: &Requests, counts: u16) -> Asking<'_> {
    Asking { requests, counts, when_used_up: WhenUsedUp::Repeat, keep: Keep::Nothing, pace: Pace::AsAnswered }
}

/// The refusals, and how long one is.
fn of_kaichang(
    comparison: &mut Comparison,
    buying: &Requests,
    late: &Requests,
) -> Result<(Outcome, usize), Failure> {
    let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
    let load = Load {
        address: copy.server.address(),
        server_pids: &[],
        connections: comparison.connections,
        pace: Pace::AsAnswered,
        requests: buying,
        counts: CREATED,
        when_used_up: WhenUsedUp::End,
        keep: Keep::Nothing,
        warm_up: Duration::ZERO,
        measured: BUYING_MAX,
    };
    let bought = load.run().map_err(|failure| copy.server.with_log(&failure.to_string()))?;
    let mut findings = Findings::default();
    if bought.by_status.len() != 1 || !bought.by_status.contains_key(&CREATED) {
        findings.add(format_args!("of bookings that can all be made came {:?}", bought.by_status));
    }
    let outcome = comparison.load(&copy.server, &[], asking(late, CONFLICT))?;
    if outcome.by_status.contains_key(&CREATED) {
        findings.add("something that was sold out was sold again");
    }
    let bytes = PlainClient::connect(copy.server.address())?.ask_encoded(late.get(0))?.body.len();
    comparison.close(copy, findings)?;
    Ok((outcome, bytes))
}
