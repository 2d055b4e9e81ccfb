//! What anybody may read, asked for over and over, beside the limit with answers as long as these are on average.

use std::cell::Cell;

use super::{Asking, COPY, Comparison, figure};
use crate::Failure;
use crate::audit::Findings;
use crate::baselines::Baseline;
use crate::city::CopiedCity;
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;
use crate::load::{Keep, WhenUsedUp};
use crate::outcome::Outcome;
use crate::reach::Asked;
use crate::report::{Figure, Pair};
use crate::server::Server;

const OK: u16 = 200;
/// How many of the answers are measured for their length.
const SAMPLE: usize = 500;

/// The ratio for these requests, each run after the copy of the city was prepared for them.
pub(super) fn beside_the_limit(
    comparison: &mut Comparison,
    (what, asked): (&str, Asked),
    requests: &Requests,
    prepare: impl Fn(&Comparison, &CopiedCity) -> Result<(), Failure>,
) -> Result<Figure, Failure> {
    let asking = Asking {
        requests,
        counts: OK,
        when_used_up: WhenUsedUp::Repeat,
        keep: Keep::Nothing,
        pace: Pace::AsAnswered,
    };
    let answer_bytes = Cell::new(0);
    let pairs = comparison.in_turn(
        what,
        Baseline::Limit,
        |comparison| {
            let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
            prepare(comparison, &copy)?;
            let outcome = comparison.load(&copy.server, &[], asking)?;
            let mut client = PlainClient::connect(copy.server.address())?;
            let sample = SAMPLE.min(requests.len());
            let mut bytes = 0;
            for request in 0..sample {
                bytes += client.ask_encoded(requests.get(request))?.body.len();
            }
            answer_bytes.set(bytes / sample.max(1));
            drop(client);
            comparison.close(copy, Findings::default())?;
            Ok(outcome)
        },
        |comparison| -> Result<Outcome, Failure> {
            let server = Server::baseline(Baseline::Limit, answer_bytes.get(), None)?;
            comparison.load(&server, &[], asking)
        },
    )?;
    figure(asked, &pairs, Pair::ratio, Vec::new())
}
