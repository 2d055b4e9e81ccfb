//! Entering for a release that is drawn by lot: an entry for each resident, changed or withdrawn until the window closes.

use super::claim::off_grid;
use super::draws::{Entered, Prize, Row};
use super::known_requests::{CameTo, Known};
use super::lane::Ticket;
use super::quota::QuotaExceeded;
use super::refusal::{FieldError, Refusal, Wrong};
use super::state::{CommandLane, Engine};
use super::when::{self, Judged, WrittenTime};
use super::world::World;
use crate::domain::catalogue::Release;
use crate::domain::draw::EntryId;
use crate::domain::event::{EntryChanged, EntryMade, EntryWithdrawn, Event, RequestKey, Role};
use crate::domain::ids::{BookingNo, ReleaseNo, ResidentNo};
use crate::domain::lottery::{LotteryDef, Wish};
use crate::domain::time::UtcMillis;

/// A slot that is asked for, as it was written.
#[derive(Debug, Clone, Copy)]
pub struct WrittenWish<'a> {
    pub pitch: &'a str,
    pub start: WrittenTime,
    pub end: WrittenTime,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct EntryRequest<'a> {
    pub resident: ResidentNo,
    pub release: &'a str,
    /// The dearest first.
    pub choices: &'a [WrittenWish<'a>],
    pub party_size: i64,
}

/// What became of it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entering {
    Queued(Ticket),
    /// The same request came before. It may be under way still.
    Before,
}

/// An entry as its resident sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEntry {
    pub id: EntryId,
    pub party: u16,
    pub wishes: Vec<Wish>,
    pub made_at: UtcMillis,
    pub standing: Standing,
}

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It takes part, and can be changed while the window is open.
    Entered,
    Withdrawn,
    /// It got this; the hold to pay is being placed.
    Won(Wish),
    /// It got this, and here is the hold, or what became of it.
    Held(Wish, BookingNo),
    /// It got nothing so far; so many are before it, itself counted.
    Reserve(u32),
    /// It got something that couldn't be given to it: a limit stood in the way, or the pitch was closed.
    Lapsed,
}

/// A slot that was asked for, as far as it is one.
struct Judgement {
    wish: Option<Wish>,
    is_closed: bool,
}

/// A release that is drawn by lot, with its terms.
struct Lottery<'a> {
    release: &'a Release,
    terms: &'a LotteryDef,
}

impl Engine {
    /// Enters. On success the entry belongs to the committer, whatever becomes of the caller.
    ///
    /// # Errors
    /// Why nobody entered.
    pub fn enter(
        &self,
        lane: &CommandLane,
        request: &EntryRequest<'_>,
        (id, key): (EntryId, Option<RequestKey>),
        now: UtcMillis,
    ) -> Result<Entering, Refusal> {
        let entered = self.try_enter(lane, request, (id, key), now);
        self.count(entered)
    }

    fn try_enter(
        &self,
        lane: &CommandLane,
        request: &EntryRequest<'_>,
        (id, key): (EntryId, Option<RequestKey>),
        now: UtcMillis,
    ) -> Result<Entering, Refusal> {
        let _command = lane.owner.begin_command();
        let known = key.and_then(|key| self.known.look_up(key));
        let world = self.world.load();
        let lottery = lottery(&world, request.release);
        if let (Some(Known::Same(CameTo::Entry(release))), Some(lottery)) = (known, &lottery)
            && lottery.release.no == release
        {
            return Ok(Entering::Before);
        }
        let (lottery, wishes, party) = self.judge_entry(&world, request, known.is_some(), now)?;
        let release = lottery.release.no;
        let permit = lane.owner.permit()?;
        if let Some(key) = key {
            match self.known.begin(key, CameTo::Entry(release)) {
                Ok(()) => {}
                Err(Known::Same(CameTo::Entry(before))) if before == release => return Ok(Entering::Before),
                Err(_) => return Err(Refusal::OtherBody),
            }
        }
        let begun = self.draws.with(release, |round| {
            let is_there = round.entry_of(request.resident).is_some_and(|row| row.entered == Entered::Yes);
            if round.is_closing() {
                Err(Refusal::TooLate)
            } else if is_there || !round.begin(request.resident) {
                let exceeded = QuotaExceeded { quota: "entries".to_owned(), limit: 1, used: 1 };
                Err(Refusal::from(exceeded))
            } else {
                Ok(())
            }
        });
        if let Err(refusal) = begun.unwrap_or(Err(Refusal::NotFound)) {
            if let Some(key) = key {
                self.known.forget(key);
            }
            return Err(refusal);
        }
        let event = EntryMade { release, resident: request.resident, id, party, wishes, request: key };
        Ok(Entering::Queued(permit.push(Event::EntryMade(Box::new(event)))))
    }

    /// Changes one's own entry: what it asks for from now on.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn change_entry(
        &self,
        lane: &CommandLane,
        request: &EntryRequest<'_>,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let changed = self.try_change(lane, request, now);
        self.count(changed)
    }

    fn try_change(
        &self,
        lane: &CommandLane,
        request: &EntryRequest<'_>,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let world = self.world.load();
        let (lottery, wishes, party) = self.judge_entry(&world, request, false, now)?;
        let (release, resident) = (lottery.release.no, request.resident);
        let permit = lane.owner.permit()?;
        self.begin_change(release, resident)?;
        let event = EntryChanged { release, resident, party, wishes };
        Ok(permit.push(Event::EntryChanged(Box::new(event))))
    }

    /// Withdraws one's own entry.
    ///
    /// # Errors
    /// Why it stays.
    pub fn withdraw_entry(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        release: &str,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let world = self.world.load();
        let withdrawn = lottery(&world, release).ok_or(Refusal::NotFound).and_then(|lottery| {
            let release = lottery.release.no;
            if self.draws.with(release, |round| round.entry_of(resident).is_none()) != Some(false) {
                return Err(Refusal::NotFound);
            }
            lottery.check_open(now)?;
            let permit = lane.owner.permit()?;
            self.begin_change(release, resident)?;
            Ok(permit.push(Event::EntryWithdrawn(EntryWithdrawn { release, resident })))
        });
        self.count(withdrawn)
    }

    fn begin_change(&self, release: ReleaseNo, resident: ResidentNo) -> Result<(), Refusal> {
        let begun = self.draws.with(release, |round| match round.entry_of(resident).map(|row| row.entered) {
            None => Err(Refusal::NotFound),
            Some(_) if round.is_closing() => Err(Refusal::TooLate),
            Some(Entered::Withdrawn) => Err(Refusal::AlreadyCancelled),
            Some(Entered::Yes) if round.begin(resident) => Ok(()),
            // Another change of the same entry is being written: in a moment this one may follow.
            Some(Entered::Yes) => Err(Refusal::Overloaded),
        });
        begun.unwrap_or(Err(Refusal::NotFound))
    }

    /// Judges what is asked for, in the order in which problems are answered.
    fn judge_entry<'a>(
        &self,
        world: &'a World,
        request: &EntryRequest<'_>,
        is_other_body: bool,
        now: UtcMillis,
    ) -> Result<(Lottery<'a>, Vec<Wish>, u16), Refusal> {
        let mut errors = Vec::new();
        let lottery = lottery(world, request.release);
        let party = u16::try_from(request.party_size).ok().filter(|party| {
            let most = lottery.as_ref().map_or(u16::MAX, Lottery::party_max);
            (1..=most).contains(party)
        });
        if party.is_none() {
            errors.push(FieldError { field: "party_size", wrong: Wrong::PartySize });
        }
        let most = lottery.as_ref().map_or(u8::MAX, |lottery| lottery.terms.choices_max);
        if request.choices.is_empty() || request.choices.len() > usize::from(most) {
            errors.push(FieldError { field: "choices", wrong: Wrong::Choices });
        }
        let mut wishes: Vec<Wish> = Vec::new();
        let (mut is_unknown, mut is_closed) = (false, false);
        for choice in request.choices {
            match self.judge_wish(world, lottery.as_ref(), *choice, party.unwrap_or(1), now) {
                Ok(Judgement { wish: Some(wish), .. }) if wishes.contains(&wish) => {
                    errors.push(FieldError { field: "choices", wrong: Wrong::Choices });
                }
                Ok(judgement) => {
                    wishes.extend(judgement.wish);
                    is_closed |= judgement.is_closed;
                }
                Err(Refusal::Invalid(wrong)) => {
                    let named = |error: FieldError| match error.wrong {
                        Wrong::PartySize => error,
                        Wrong::OffGrid
                        | Wrong::EndsBeforeStart
                        | Wrong::OverMidnight
                        | Wrong::TooFarAhead
                        | Wrong::TooManySlots
                        | Wrong::Amount
                        | Wrong::Refund
                        | Wrong::Choices
                        | Wrong::NotOfRelease => FieldError { field: "choices", ..error },
                    };
                    errors.extend(wrong.into_iter().map(named));
                }
                Err(_) => is_unknown = true,
            }
        }
        let resident = self.residents.get(request.resident).ok_or(Refusal::NotFound)?;
        let Some(party) = party.filter(|_| errors.is_empty()) else { return Err(Refusal::Invalid(errors)) };
        if resident.role() != Some(Role::Resident) {
            return Err(Refusal::Forbidden);
        }
        let lottery = lottery.filter(|_| !is_unknown).ok_or(Refusal::NotFound)?;
        if is_other_body {
            return Err(Refusal::OtherBody);
        }
        if is_closed {
            return Err(Refusal::SlotClosed);
        }
        lottery.check_open(now)?;
        for wish in &wishes {
            self.expect_entitled(Some(lottery.release), request.resident, wish.day)?;
        }
        Ok((lottery, wishes, party))
    }

    fn judge_wish(
        &self,
        world: &World,
        lottery: Option<&Lottery<'_>>,
        wish: WrittenWish<'_>,
        party: u16,
        now: UtcMillis,
    ) -> Result<Judgement, Refusal> {
        let judged =
            when::judge(world, wish.start, wish.end, now).map_err(|error| Refusal::Invalid(vec![error]))?;
        let pitch = world.catalogue.pitch_by_code(wish.pitch).ok_or(Refusal::NotFound)?;
        let (when, has_begun) = match judged {
            Judged::When(when) => (when, false),
            Judged::Begun(when) => (when, true),
            Judged::Closed => return Ok(Judgement { wish: None, is_closed: true }),
        };
        if let Some(error) = off_grid(pitch, &when) {
            return Err(Refusal::Invalid(vec![error]));
        }
        if party > pitch.party_max {
            return Err(Refusal::invalid("party_size", Wrong::PartySize));
        }
        let lottery = lottery.ok_or(Refusal::NotFound)?;
        let governs = world.catalogue.release_of(pitch, when.day).map(|release| release.no);
        if governs != Some(lottery.release.no) || lottery.release.keeps(pitch) {
            return Err(Refusal::invalid("choices", Wrong::NotOfRelease));
        }
        let on_day = self.pitch_days.on(pitch, when.day);
        let is_open = on_day.is_some_and(|on_day| on_day.check_open(when.span).is_ok());
        let wish = Some(Wish::new(pitch.no, when.day, when.span));
        Ok(Judgement { wish, is_closed: has_begun || !is_open })
    }

    /// Whether a request to enter that came before is under way still.
    #[must_use]
    pub fn is_entering(&self, resident: ResidentNo, release: ReleaseNo) -> bool {
        self.draws.with(release, |round| round.is_under_way(resident)) == Some(true)
    }

    /// A resident's own entry, as it stands.
    #[must_use]
    pub fn own_entry(&self, resident: ResidentNo, release: ReleaseNo) -> Option<OwnEntry> {
        self.draws.with(release, |round| {
            let row: Row = *round.entry_of(resident)?;
            let standing = match (row.entered, round.place_in_list(resident), round.sealed(), round.drawn()) {
                (Entered::Withdrawn, _, _, _) => Standing::Withdrawn,
                (Entered::Yes, Some(entry), Some(sealed), Some(drawn)) => match drawn.prize(entry)? {
                    Prize::Due(option) => Standing::Won(sealed.wish(option)?),
                    Prize::Held { option, booking } => Standing::Held(sealed.wish(option)?, booking),
                    Prize::Reserve => Standing::Reserve(drawn.rank_in_reserve(entry)?),
                    Prize::Lapsed => Standing::Lapsed,
                },
                (Entered::Yes, _, _, _) => Standing::Entered,
            };
            let wishes = round.wishes_of(&row);
            Some(OwnEntry { id: row.id, party: row.party, wishes, made_at: row.made_at, standing })
        })?
    }
}

impl Lottery<'_> {
    /// How many an entry may be for.
    fn party_max(&self) -> u16 {
        let of_release = self.release.def.who.as_deref().and_then(|who| who.party_max);
        self.terms.party_max.min(of_release.unwrap_or(u16::MAX))
    }

    /// Whether one may enter, change and withdraw.
    fn check_open(&self, now: UtcMillis) -> Result<(), Refusal> {
        if now < self.terms.from {
            Err(Refusal::NotReleased { releases_at: self.terms.from })
        } else if now >= self.terms.until {
            Err(Refusal::TooLate)
        } else {
            Ok(())
        }
    }
}

fn lottery<'a>(world: &'a World, code: &str) -> Option<Lottery<'a>> {
    let release = world.catalogue.release_by_code(code)?;
    let terms = release.def.lottery.as_deref()?;
    Some(Lottery { release, terms })
}
