//! How long the list of what is free in the whole city takes: the p99 of each run, in milliseconds.

use super::{COPY, Comparison};
use crate::audit::Findings;
use crate::city::CopiedCity;
use crate::listing::{self, Listing, SLOTS_A_PAGE};
use crate::machine::Machine;
use crate::reach::AVAILABILITY;
use crate::report::{self, Figure, RunFigures};
use crate::statistics::{ms, per_second, us_each};
use crate::{Failure, print};

/// Pages of a run.
const PAGES: usize = 5_000;

pub(super) fn of_kaichang(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let Machine { cpus, model, kernel, .. } = &comparison.machine;
    print(&format!(
        "free slots of a sport and a day in the whole city, {SLOTS_A_PAGE} a page, {PAGES} pages a run, one after the other; \
         {cpus} x {model}, Linux {kernel}\n{:>4} {:>9} {:>9} {:>12}",
        "run", "p50 ms", "p99 ms", "longest ms"
    ));
    let mut runs = Vec::new();
    for number in 1..=comparison.pairs {
        let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
        let Listing { took, server_time, whole, .. } = listing::measure(&copy.server, PAGES)?;
        comparison.close(copy, Findings::default())?;
        print(&format!(
            "{number:>4} {:>9.3} {:>9.3} {:>12.3}",
            ms(took.p50_us()),
            ms(took.p99_us()),
            ms(took.max_us())
        ));
        runs.push(RunFigures {
            per_second: per_second(PAGES as u64, whole),
            p50_us: took.p50_us(),
            p99_us: took.p99_us(),
            server_cpu_us: us_each(server_time, PAGES as u64),
            ..RunFigures::default()
        });
    }
    let figure = Figure::of_runs(AVAILABILITY, &runs, |run| ms(run.p99_us)).ok_or("nothing was measured")?;
    print(&report::summary(&figure));
    Ok(figure)
}
