//! The demo's special days: China's public holidays of 2026 and 2027 and the weekend days worked in their stead.
//!
//! These are the demo's and no official calendar. 2026 is as it was announced, as best known; of 2027, which is not
//! announced yet, only the statutory days are here, by the calendar. A city in earnest sets its own.

use jiff::civil::Date;

use crate::domain::definition::SpecialDay;
use crate::domain::hours::DayKind;
use crate::domain::time::LocalDay;

/// A month and its first and last day off.
type DaysOff = (i8, i8, i8);

/// New Year, Spring Festival, Qingming, Labour Day, Dragon Boat, Mid-Autumn, National Day.
const OFF_2026: [DaysOff; 7] =
    [(1, 1, 3), (2, 15, 23), (4, 4, 6), (5, 1, 5), (6, 19, 21), (9, 25, 27), (10, 1, 7)];
/// The same of 2027, statutory days only: the new lunar year begins on 6 February, its eve is off too.
const OFF_2027: [DaysOff; 7] =
    [(1, 1, 1), (2, 5, 8), (4, 5, 5), (5, 1, 2), (6, 9, 9), (9, 15, 15), (10, 1, 3)];
/// Saturdays and Sundays of 2026 that are worked.
const WORKED_2026: [(i8, i8); 6] = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)];

pub(super) fn special_days() -> Vec<SpecialDay> {
    let mut days = Vec::new();
    for (year, off) in [(2026, OFF_2026), (2027, OFF_2027)] {
        for (month, first, last) in off {
            for day in first..=last {
                days.push(special(year, month, day, DayKind::Holiday));
            }
        }
    }
    for (month, day) in WORKED_2026 {
        // Only that it is a workday matters: no pitch of the demo tells one from another.
        days.push(special(2026, month, day, DayKind::Monday));
    }
    days.sort_by_key(|special| special.day);
    days
}

fn special(year: i16, month: i8, day: i8, goes_by: DayKind) -> SpecialDay {
    SpecialDay { day: LocalDay::from_date(Date::constant(year, month, day)), goes_by }
}
