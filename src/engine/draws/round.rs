//! One release's entries, and how far its draw has come.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::list::SealedList;
use super::prizes::{Drawn, PublicDraw};
use crate::domain::draw::{Choices, EntryId, Hash, Outcome};
use crate::domain::event::{EntryChanged, EntryMade, EntryWithdrawn, RequestKey};
use crate::domain::ids::ResidentNo;
use crate::domain::lottery::Wish;
use crate::domain::time::UtcMillis;

/// Whether an entry takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entered {
    Yes,
    Withdrawn,
}

/// An entry, with whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub id: EntryId,
    pub resident: ResidentNo,
    pub party: u16,
    /// Places in the round's list of wishes.
    pub choices: Choices,
    pub made_at: UtcMillis,
    pub entered: Entered,
}

/// How far a draw has come.
#[derive(Debug, Clone)]
pub enum Stage {
    Open { count: usize },
    Sealed(Arc<SealedList>),
    Drawn(Arc<SealedList>, Arc<PublicDraw>),
}

/// A release's round.
pub struct Round {
    pub(in crate::engine) until: UtcMillis,
    rows: Vec<Row>,
    /// How many take part.
    count: usize,
    /// The latest entry of each resident.
    of: HashMap<ResidentNo, u32>,
    wishes: Vec<Wish>,
    numbers: HashMap<Wish, u32>,
    /// Whose entry is being made, changed or withdrawn.
    under_way: HashSet<ResidentNo>,
    is_closing: bool,
    /// What is being sealed.
    pub(in crate::engine) sealing: Option<Arc<SealedList>>,
    sealed: Option<Arc<SealedList>>,
    /// What is being drawn.
    pub(in crate::engine) drawing: Option<Arc<Outcome>>,
    drawn: Option<Drawn>,
}

impl Round {
    pub(super) fn new(until: UtcMillis) -> Self {
        Self {
            until,
            rows: Vec::new(),
            count: 0,
            of: HashMap::new(),
            wishes: Vec::new(),
            numbers: HashMap::new(),
            under_way: HashSet::new(),
            is_closing: false,
            sealing: None,
            sealed: None,
            drawing: None,
            drawn: None,
        }
    }

    /// A resident's latest entry, withdrawn or not.
    pub(in crate::engine) fn entry_of(&self, resident: ResidentNo) -> Option<&Row> {
        self.row(*self.of.get(&resident)?)
    }

    fn row(&self, at: u32) -> Option<&Row> {
        self.rows.get(usize::try_from(at).ok()?)
    }

    fn row_of(&mut self, resident: ResidentNo) -> Option<&mut Row> {
        let at = *self.of.get(&resident)?;
        self.rows.get_mut(usize::try_from(at).ok()?)
    }

    /// What an entry asks for, the dearest first.
    pub(in crate::engine) fn wishes_of(&self, row: &Row) -> Vec<Wish> {
        let wish = |at: u32| self.wishes.get(usize::try_from(at).ok()?).copied();
        row.choices.iter().filter_map(wish).collect()
    }

    pub(in crate::engine) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(in crate::engine) fn wishes(&self) -> &[Wish] {
        &self.wishes
    }

    /// How many entries take part.
    pub(in crate::engine) const fn count(&self) -> usize {
        self.count
    }

    /// Announces a change of somebody's entry. Returns whether it may be made: the window is open, and no other is under way.
    pub(in crate::engine) fn begin(&mut self, resident: ResidentNo) -> bool {
        !self.is_closing && self.under_way.insert(resident)
    }

    /// The change has come to something, or to nothing.
    pub(in crate::engine) fn end(&mut self, resident: ResidentNo) {
        self.under_way.remove(&resident);
    }

    pub(in crate::engine) fn is_under_way(&self, resident: ResidentNo) -> bool {
        self.under_way.contains(&resident)
    }

    pub(in crate::engine) const fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Lets nobody enter any more. Returns whether all changes have come to an end.
    pub(in crate::engine) fn close(&mut self) -> bool {
        self.is_closing = true;
        self.under_way.is_empty()
    }

    /// Adds an entry. By the committer, as all that follow.
    pub(in crate::engine) fn enter(&mut self, at: UtcMillis, event: &EntryMade) {
        let Some(choices) = self.choices(&event.wishes) else { return };
        let EntryMade { id, resident, party, .. } = *event;
        self.put(Row { id, resident, party, choices, made_at: at, entered: Entered::Yes });
    }

    pub(in crate::engine) fn put(&mut self, row: Row) {
        if let Ok(at) = u32::try_from(self.rows.len()) {
            self.of.insert(row.resident, at);
            self.count += usize::from(row.entered == Entered::Yes);
            self.rows.push(row);
        }
    }

    pub(in crate::engine) fn change(&mut self, event: &EntryChanged) {
        let Some(choices) = self.choices(&event.wishes) else { return };
        if let Some(row) = self.row_of(event.resident) {
            row.party = event.party;
            row.choices = choices;
        }
    }

    pub(in crate::engine) fn withdraw(&mut self, event: EntryWithdrawn) {
        let row = self.row_of(event.resident).filter(|row| row.entered == Entered::Yes);
        if let Some(row) = row {
            row.entered = Entered::Withdrawn;
            self.count -= 1;
        }
    }

    fn choices(&mut self, wishes: &[Wish]) -> Option<Choices> {
        let numbers: Vec<u32> = wishes.iter().filter_map(|wish| self.number(*wish)).collect();
        Choices::of(&numbers).ok()
    }

    /// The number of a wish, which it has from now on.
    pub(in crate::engine) fn number(&mut self, wish: Wish) -> Option<u32> {
        if let Some(no) = self.numbers.get(&wish) {
            return Some(*no);
        }
        let no = u32::try_from(self.wishes.len()).ok()?;
        self.numbers.insert(wish, no);
        self.wishes.push(wish);
        Some(no)
    }

    /// The list is settled.
    pub(in crate::engine) fn seal(&mut self, list: Arc<SealedList>) {
        self.is_closing = true;
        self.sealing = None;
        self.sealed = Some(list);
    }

    pub(in crate::engine) const fn sealed(&self) -> Option<&Arc<SealedList>> {
        self.sealed.as_ref()
    }

    /// It is drawn.
    pub(in crate::engine) fn finish(&mut self, public: Arc<PublicDraw>) {
        self.drawing = None;
        self.drawn = Some(Drawn::new(public));
    }

    pub(in crate::engine) const fn drawn(&self) -> Option<&Drawn> {
        self.drawn.as_ref()
    }

    pub(in crate::engine) const fn drawn_mut(&mut self) -> Option<&mut Drawn> {
        self.drawn.as_mut()
    }

    pub(in crate::engine) fn stage(&self) -> Stage {
        match (&self.sealed, &self.drawn) {
            (Some(list), Some(drawn)) => Stage::Drawn(Arc::clone(list), Arc::clone(&drawn.public)),
            (Some(list), None) => Stage::Sealed(Arc::clone(list)),
            (None, _) => Stage::Open { count: self.count() },
        }
    }

    /// Where a resident's entry stands in the settled list.
    pub(in crate::engine) fn place_in_list(&self, resident: ResidentNo) -> Option<u32> {
        self.sealed.as_ref()?.entry_of_row(*self.of.get(&resident)?)
    }

    /// Whose an entry of the settled list is.
    pub(in crate::engine) fn owner_of(&self, entry: u32) -> Option<&Row> {
        self.row(self.sealed.as_ref()?.row_of_entry(entry)?)
    }

    /// The entry whose prize a hold with this request may be, and the option that it then got.
    pub(in crate::engine) fn prize_of(&self, request: RequestKey, wish: Wish) -> Option<(u32, u32)> {
        let (sealed, drawn) = (self.sealed.as_ref()?, self.drawn.as_ref()?);
        let entry = u32::try_from(request.body).ok()?;
        let listed = sealed.list.entries.get(usize::try_from(entry).ok()?)?;
        if listed.id.get() != request.key {
            return None;
        }
        let means = |option: &u32| sealed.wish(*option) == Some(wish);
        let option = listed.choices.iter().find(means)?;
        drawn.may_get(entry, option).then_some((entry, option))
    }

    /// The hash that binds all entries as they stand, for comparing two states.
    pub(in crate::engine) fn root(&self) -> Option<Hash> {
        self.sealed.as_ref().map(|sealed| sealed.root)
    }
}
