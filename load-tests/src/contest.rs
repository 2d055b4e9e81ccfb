//! `kaichang-load grab --mode queue|lottery`, and `first_come` with robots: a release instant of a city of one's own, where programs are among
//! the people, and afterwards who got what, and whether that was fair.
//!
//! Everybody has one wish that counts: a slot, of which each may have one. Robots have accounts like others, and send more: they ask again and
//! again, under new keys and old ones, past the line, with others' proofs and tokens that are none. All come from one address. What is judged is
//! whether limits and order were kept, and in the modes that promise it whether robots, or who came earlier, got more than chance gives them.

mod declare;
mod judge;
mod people;
mod play_draw;
mod play_first_come;
mod play_queue;
mod together;
mod told;

use std::process::ExitCode;

use crate::arguments::{GrabArguments, Mode};
use crate::audit::Findings;
use crate::city::{City, CopiedCity};
use crate::machine::Machine;
use crate::server::kaichang::{Kaichang, Serving};
use crate::workplace::Workplace;
use crate::{Failure, print, say};

use declare::Contest;
use people::People;

const COPY: &str = "contest";
/// The fewest who make a statistic.
const RESIDENTS_MIN: usize = 100;

/// What everybody came to.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// By resident, how many-th he arrived, as the server has it; nothing for who didn't.
    arrived: Vec<Option<usize>>,
    /// By resident, which slot he got.
    won: Vec<Option<usize>>,
    /// Requests, of residents and of robots.
    sent: [usize; 2],
    by_status: std::collections::BTreeMap<u16, u64>,
    findings: Findings,
}

/// Whether this is a contest: everything but everybody honest and first come.
pub(crate) fn is_one(grab: &GrabArguments) -> bool {
    grab.mode != Mode::FirstCome || grab.robots > 0
}

pub(crate) fn run(grab: &GrabArguments) -> Result<ExitCode, Failure> {
    if grab.play.target.is_some() {
        return Err("queues, draws and robots are played against a server of one's own".into());
    }
    let residents = grab.play.residents;
    if residents < RESIDENTS_MIN {
        return Err(format!("a contest needs {RESIDENTS_MIN} residents").into());
    }
    let program = Kaichang::find(grab.play.server.server.as_deref())?;
    let mut place = Workplace::create(grab.play.server.work_dir.as_deref())?;
    let machine = Machine::of(place.root());
    let tokens = City::make(&program, &place, residents)?;
    let serving = Serving { planted_bug: grab.play.planted_bug.as_deref(), ..Serving::default() };
    let copy = CopiedCity::start_with(&program, &place, COPY, serving)?;
    let people = People::of(tokens, grab.robots, grab.robot_residents);
    let slots = grab.slots.unwrap_or((residents / 10).max(1));
    let contest = Contest::declare(&copy, grab.mode, slots)?;
    say(&format!(
        "{}: {} residents, {} of them robots' accounts that send {} % of the requests, want {} slots",
        grab.mode.name(),
        people.count(),
        people.robots,
        grab.robots,
        contest.slots.len()
    ));
    let connections = usize::from(grab.play.connections);
    let mut played = match grab.mode {
        Mode::FirstCome => play_first_come::play(&copy, &contest, &people, connections)?,
        Mode::Queue => play_queue::play(&copy, &contest, &people, connections)?,
        Mode::Lottery => play_draw::play(&program, &copy, &contest, &people, connections)?,
    };
    judge::limits(&contest, &played.won, &mut played.findings);
    copy.server.stop()?;
    match program.verify(&copy.data_dir, None) {
        Ok(said) => said.into_iter().for_each(|said| played.findings.add(said)),
        // A journal that breaks a rule isn't even replayed.
        Err(failure) => played.findings.add(failure),
    }
    let fairness = judge::Fairness::of(grab.mode, &people, &played);
    for unfair in fairness.findings() {
        played.findings.add(unfair);
    }
    let told = told::Told::of(grab, &machine, &people, &contest, &played, &fairness);
    print(&told.lines());
    told.write(grab.play.server.json.as_deref(), grab.play.html.as_deref())?;
    if played.findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    place.keep();
    say(&format!("AUDIT: {}", played.findings));
    Ok(ExitCode::FAILURE)
}
