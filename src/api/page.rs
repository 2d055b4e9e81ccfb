//! Lists in pages: a cursor is the position of the last element that was answered, sealed so that nobody builds on its form.

use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::Items;
use super::problem::{FieldFault, Problem, Text};
use super::query::PageLimit;
use crate::identity::public_id::{ListNo, Position, PublicIds};

/// The lists that have cursors; one's cursor is no cursor of another.
pub mod list {
    use super::ListNo;

    pub const SPORTS: ListNo = ListNo::new(1);
    pub const VENUES: ListNo = ListNo::new(2);
    pub const AVAILABILITY: ListNo = ListNo::new(3);
    pub const BOOKINGS: ListNo = ListNo::new(4);
    pub const WALLET_ENTRIES: ListNo = ListNo::new(5);
    pub const RELEASES: ListNo = ListNo::new(6);
    pub const MANAGED_VENUES: ListNo = ListNo::new(20);
    pub const MANAGED_PITCHES: ListNo = ListNo::new(21);
    pub const CLOSURES: ListNo = ListNo::new(22);
    pub const VENUE_RELEASES: ListNo = ListNo::new(23);
    pub const DAY_BOOKINGS: ListNo = ListNo::new(24);
    pub const AUDIT: ListNo = ListNo::new(25);
    pub const STAFF: ListNo = ListNo::new(7);
    pub const DISTRICTS: ListNo = ListNo::new(8);
    pub const ROOTS: ListNo = ListNo::new(9);
    pub const COMPANIONS: ListNo = ListNo::new(10);
    pub const BOOKING_COMPANIONS: ListNo = ListNo::new(11);
}

/// Which part of a list is asked for.
pub struct Page<'a> {
    ids: &'a PublicIds,
    list: ListNo,
    limit: usize,
    after: Option<Position>,
}

/// The query of a list that has nothing to choose by.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: PageLimit,
    cursor: Option<String>,
}

impl ListQuery {
    /// # Errors
    /// `invalid-request` when the cursor is none of this list.
    pub fn page<'a>(&self, ids: &'a PublicIds, list: ListNo) -> Result<Page<'a>, Problem> {
        Page::new(ids, list, self.limit, self.cursor.as_deref())
    }
}

impl<'a> Page<'a> {
    /// # Errors
    /// `invalid-request` when the cursor is none of this list.
    pub fn new(
        ids: &'a PublicIds,
        list: ListNo,
        limit: PageLimit,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let after = match cursor {
            None => None,
            Some(text) => Some(ids.read_cursor(list, text).ok_or_else(|| {
                Problem::from(FieldFault::new(
                    "cursor",
                    Text::fixed("is no cursor of this list", "不是此列表的游标"),
                ))
            })?),
        };
        Ok(Self { ids, list, limit: limit.get(), after })
    }

    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Where the page before ended.
    #[must_use]
    pub const fn after(&self) -> Option<Position> {
        self.after
    }

    /// The cursor of a position.
    #[must_use]
    pub fn cursor(&self, position: Position) -> String {
        self.ids.cursor(self.list, position).as_str().to_owned()
    }

    /// The page of elements that come in the order of their positions, each shown by `show`.
    pub fn of<T, S>(
        &self,
        elements: impl Iterator<Item = (Position, T)>,
        mut show: impl FnMut(T) -> S,
    ) -> Items<S> {
        let mut rest = elements.skip_while(|(position, _)| !self.is_behind(*position));
        let mut items = Vec::new();
        let mut last = None;
        for (position, element) in rest.by_ref().take(self.limit) {
            items.push(show(element));
            last = Some(position);
        }
        let next = last.filter(|_| rest.next().is_some()).map(|last| self.cursor(last));
        Items { items, next }
    }

    /// Whether an element stands behind the page before.
    #[must_use]
    pub fn is_behind(&self, position: Position) -> bool {
        self.after.is_none_or(|after| (after.sort, after.number) < (position.sort, position.number))
    }

    /// The page of the first elements of a list whose others can't be read now: it goes on behind them, whatever is there.
    pub fn of_first<T, S>(
        &self,
        elements: impl Iterator<Item = (Position, T)>,
        mut show: impl FnMut(T) -> S,
    ) -> Items<S> {
        let mut last = None;
        let items = elements.take(self.limit).map(|(position, element)| {
            last = Some(position);
            show(element)
        });
        let items = items.collect();
        Items { items, next: last.map(|last| self.cursor(last)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gap_or_repeat() {
        let ids = PublicIds::new(&[3; 16]);
        let all = || (0..7u32).map(|n| (Position { sort: u64::from(n / 2), number: n }, n));
        let limit: PageLimit = serde_json::from_str("3").expect("a limit");
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = Page::new(&ids, list::VENUES, limit, cursor.as_deref()).expect("a page");
            let answer = page.of(all(), |n| n);
            seen.extend(answer.items);
            match answer.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
        let foreign = Page::new(&ids, list::SPORTS, limit, cursor.as_deref());
        assert!(foreign.is_err(), "another list's cursor");
    }
}
