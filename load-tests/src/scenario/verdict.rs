//! The audit after a scenario, in words and findings.

use super::Scenario;
use super::claims::Claims;
use super::inquest::{self, Before};
use super::postgres_books;
use super::record::{Kind, Record};
use super::stage::Stage;
use crate::Failure;
use crate::audit::Findings;
use crate::lag::wait_until_caught_up;
use crate::statistics::{growth, mib};

/// What the memory may grow by in the second half of a soak beside what is remembered of each booking and cancelling for a day.
const GROWTH_BYTES_MAX: u64 = 32 << 20;
const BYTES_A_BOOKING: u64 = 1024;

pub(super) struct Verdict {
    pub(super) findings: Findings,
    /// What was looked at, a sentence each.
    pub(super) looked: Vec<String>,
}

impl Verdict {
    pub(super) fn of(
        scenario: Scenario<'_>,
        stage: &Stage,
        claims: &Claims,
        record: &Record,
        before: &Before,
    ) -> Result<Self, Failure> {
        let mut verdict = Self { findings: Findings::default(), looked: Vec::new() };
        verdict.answers(scenario, stage, claims, record);
        if matches!(scenario, Scenario::Soak(_)) {
            verdict.memory(record);
        }
        let looked = inquest::hold(claims, before, stage.address, &mut verdict.findings)?;
        verdict.looked.push(format!(
            "{} residents were asked what they have: {} bookings, their wallets and their quotas",
            looked.residents, looked.bookings
        ));
        if looked.happened + looked.did_not > 0 {
            verdict.looked.push(format!(
                "of their bookings that were never answered {} had been made and {} had not",
                looked.happened, looked.did_not
            ));
        }
        if let Some(database) = &stage.database {
            verdict.postgres(stage, claims, database)?;
        }
        match stage.close()? {
            None => {
                verdict.looked.push("the data directory was not looked at: it is somewhere else".to_owned())
            }
            Some(said) => {
                let content = if said.is_empty() { "content" } else { "NOT content" };
                verdict.looked.push(format!("kaichang verify was {content} with the data directory"));
                said.into_iter().for_each(|line| verdict.findings.add(line));
            }
        }
        Ok(verdict)
    }

    /// What shows in the answers alone.
    fn answers(&mut self, scenario: Scenario<'_>, stage: &Stage, claims: &Claims, record: &Record) {
        self.findings.extend(&claims.findings);
        claims.examine(&mut self.findings);
        if stage.own.is_some() {
            claims.examine_refusals(&mut self.findings);
        }
        for of_kind in &record.of_kinds {
            let expected: &[u16] = match of_kind.kind {
                Kind::Browse | Kind::Cancel => &[200, 429, 503],
                Kind::Book if matches!(scenario, Scenario::SoldOut(_)) => &[409, 429, 503],
                Kind::Book => &[201, 402, 403, 409, 425, 429, 503],
            };
            for (status, count) in of_kind.by_status.iter().filter(|(status, _)| !expected.contains(status)) {
                let name = of_kind.kind.name();
                self.findings.add(format_args!("{count} answers of {status} to what {name} asks for"));
            }
        }
        let (confirmed, unknown) = claims.confirmed_and_unknown();
        self.looked.push(format!(
            "{confirmed} bookings were confirmed and {unknown} have no answer: slot by slot and resident by resident it was looked at how many \
             were live at one moment"
        ));
    }

    /// The slope over the second half, when caches and tables have their size.
    fn memory(&mut self, record: &Record) {
        let later = &record.seconds[record.seconds.len() / 2..];
        let points: Vec<(u64, u64)> = later
            .iter()
            .filter_map(|second| Some((u64::try_from(second.at.as_millis()).ok()?, second.memory_bytes?)))
            .collect();
        let Some(grown) = growth(&points) else {
            return self.looked.push("the server's memory could not be seen".to_owned());
        };
        let book = &record.of_kinds[Kind::Book as usize];
        let booked = (book.by_status.get(&201).copied().unwrap_or(0)) / 2;
        self.looked.push(format!(
            "the server's memory grew by {:.1} MiB in the second half, while {booked} bookings were made",
            mib(grown)
        ));
        if grown > GROWTH_BYTES_MAX + booked * BYTES_A_BOOKING {
            self.findings
                .add(format_args!("the server's memory grows: {:.1} MiB in the second half", mib(grown)));
        }
    }

    fn postgres(&mut self, stage: &Stage, claims: &Claims, database: &str) -> Result<(), Failure> {
        wait_until_caught_up(stage.address)?;
        let there = postgres_books::examine(database, &mut self.findings)?;
        self.looked.push(format!("Postgres has {there} confirmed bookings, and its books are in balance"));
        if stage.own.is_some() {
            let (at_least, at_most) = claims.live_in_the_end();
            if !(at_least..=at_most).contains(&there) {
                self.findings.add(format_args!(
                    "Postgres has {there} confirmed bookings, and between {at_least} and {at_most} there should be"
                ));
            }
        }
        Ok(())
    }
}
