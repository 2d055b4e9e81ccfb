//! `hours.csv`: when whole pitches are open, by the kind of day.

use super::cells_of_time::times;
use super::files::DAY_COLUMNS;
use super::keyed::{Keyed, Line};
use super::plan::Work;
use super::table::{Row, Table};
use crate::domain::hours::{DayKind, DayKinds, WeeklyHours};

/// The hours that the file says.
pub(super) struct HoursOfAll<'a>(Keyed<'a, WeeklyHours>);

impl<'a> HoursOfAll<'a> {
    pub(super) fn read(work: &mut Work<'_>, table: Option<&'a Table>) -> Self {
        let mut keyed = Keyed::none();
        for row in table.into_iter().flat_map(Table::rows) {
            let hours = read_week(work, &row);
            keyed.add(work, row, hours);
        }
        for lines in keyed.groups() {
            let Some((first, others)) = lines.split_first() else { continue };
            for line in others {
                let text = format!("line {} says its hours already", first.row.line);
                let column = if line.row.text("pitch").is_empty() { "venue" } else { "pitch" };
                line.row.fault(column, text, &mut work.faults);
            }
        }
        Self(keyed)
    }

    /// The line about a whole pitch, if there is one: its own, or its venue's.
    pub(super) fn of(&self, venue: &str, pitch: &str) -> Option<&Line<'a, WeeklyHours>> {
        self.0.own(pitch).or_else(|| self.0.of_venue(venue))?.first()
    }

    /// What the lines are about is there, when all pitches are, and is no part: a part is open when its whole is.
    pub(super) fn check(&self, work: &mut Work<'_>) {
        self.0.check_keys(work);
        for line in self.0.groups().flatten() {
            let part = work.catalogue.pitch_by_code(line.row.text("pitch"));
            let Some(part) = part.filter(|pitch| pitch.whole != pitch.no) else { continue };
            let whole = work.catalogue.pitch(part.whole).map_or("", |whole| whole.code.as_str());
            let text = format!("a part has the hours of its whole, {whole}");
            line.row.fault("pitch", text, &mut work.faults);
        }
    }

    pub(super) const fn lines(&self) -> &Keyed<'a, WeeklyHours> {
        &self.0
    }
}

fn read_week(work: &mut Work<'_>, row: &Row<'_>) -> Option<WeeklyHours> {
    let mut open = Vec::new();
    let mut is_good = true;
    for (kind, column) in DayKind::ALL.into_iter().zip(DAY_COLUMNS) {
        match row.read(column, &mut work.faults, times) {
            Some(mask) => open.push((DayKinds::of(&[kind]), mask)),
            None => is_good = false,
        }
    }
    is_good.then(|| WeeklyHours::of(&open))
}
