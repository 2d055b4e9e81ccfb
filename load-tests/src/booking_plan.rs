//! Which resident books which slot: every booking of a plan can succeed, whatever the order in which they arrive.
//!
//! A slot of a pitch is in it once; a session as often as it has places, and no more often than needed. No resident has
//! more bookings in it than the quota lets through on one day of play, whatever the days are.

use crate::draw::Draw;
use crate::http::request::{Request, Requests};
use crate::residents::{BOOKINGS_A_RESIDENT_MAX, Tokens};
use crate::statistics::weights;
use crate::stock::{Sold, StockItem};

/// The same bookings in the same order, run by run.
const SEED: u64 = 1;
/// What a request takes at most with its head.
const REQUEST_BYTES: usize = 448;

#[derive(Debug)]
pub(crate) struct BookingPlan {
    stock: Vec<StockItem>,
    /// The index of what is booked.
    bookings: Vec<usize>,
    /// By whom.
    residents: Vec<usize>,
    tokens: Tokens,
}

impl BookingPlan {
    /// As many bookings as are wished for, or as many as the city and its residents allow.
    pub(crate) fn draw(stock: Vec<StockItem>, tokens: Tokens, wished: usize) -> Self {
        let wished = wished.min(tokens.len() * BOOKINGS_A_RESIDENT_MAX);
        let places_max = places_of_a_session(&stock, wished);
        let mut bookings = Vec::with_capacity(wished);
        for (index, item) in stock.iter().enumerate() {
            bookings.extend(std::iter::repeat_n(index, item.sold.places().min(places_max)));
        }
        Draw::new(SEED).shuffle(&mut bookings);
        bookings.truncate(wished);
        Self::in_turn(stock, bookings, tokens)
    }

    /// The residents take turns.
    fn in_turn(stock: Vec<StockItem>, bookings: Vec<usize>, tokens: Tokens) -> Self {
        let residents = (0..tokens.len()).cycle().take(bookings.len()).collect();
        Self { stock, bookings, residents, tokens }
    }

    /// One slot after the other, each as often as it has places.
    pub(crate) fn in_order(stock: Vec<StockItem>, tokens: Tokens, wished: usize) -> Self {
        let wished = wished.min(tokens.len() * BOOKINGS_A_RESIDENT_MAX);
        let all = stock.iter().enumerate();
        let bookings =
            all.flat_map(|(index, item)| std::iter::repeat_n(index, item.sold.places())).take(wished);
        let bookings = bookings.collect();
        Self::in_turn(stock, bookings, tokens)
    }

    /// Everybody wants slots, so many each and one right after the other, out of about so many places of slots drawn by lot, some of
    /// them more than others.
    pub(crate) fn everybody_wants(
        mut stock: Vec<StockItem>,
        tokens: Tokens,
        each: usize,
        places: usize,
        skew: f64,
    ) -> Self {
        let mut draw = Draw::new(SEED);
        draw.shuffle(&mut stock);
        // Where there are enough slots that are sold once, none is a session's, whose places would be as many as a hundred slots.
        stock.sort_by_key(|item| !item.is_sold_once());
        let mut left = places;
        let chosen = stock.iter().take_while(|item| {
            let is_wanted = left > 0;
            left = left.saturating_sub(item.sold.places());
            is_wanted
        });
        let chosen = chosen.count();
        stock.truncate(chosen);
        let bookings = draw.by_weight(weights(stock.len(), skew), tokens.len() * each);
        let residents = (0..bookings.len()).map(|booking| booking / each).collect();
        Self { stock, bookings, residents, tokens }
    }

    /// All that can be booked, planned or not.
    pub(crate) fn stock(&self) -> impl Iterator<Item = &StockItem> {
        self.stock.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.bookings.len()
    }

    pub(crate) fn slot(&self, booking: usize) -> &StockItem {
        &self.stock[self.bookings[booking]]
    }

    pub(crate) fn stock_item(&self, slot_index: usize) -> &StockItem {
        &self.stock[slot_index]
    }

    /// The index of the slot: equal for bookings of the same one.
    pub(crate) fn slot_index(&self, booking: usize) -> usize {
        self.bookings[booking]
    }

    pub(crate) fn token(&self, booking: usize) -> &str {
        self.tokens.get(self.residents[booking])
    }

    pub(crate) fn resident(&self, booking: usize) -> usize {
        self.residents[booking]
    }

    pub(crate) const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// One more, which is the last.
    pub(crate) fn push(&mut self, resident: usize, slot: usize) -> usize {
        self.residents.push(resident);
        self.bookings.push(slot);
        self.len() - 1
    }

    /// The requests, in the plan's order.
    pub(crate) fn encode(&self) -> Requests {
        self.encode_first(self.len())
    }

    /// All of them, with keys that begin with this.
    pub(crate) fn encode_with(&self, keys: &str) -> Requests {
        self.encode_as(0..self.len(), keys, |resident| resident)
    }

    /// The first of them.
    pub(crate) fn encode_first(&self, count: usize) -> Requests {
        self.encode_as(0..count, "kaichang-load-booking", |resident| resident)
    }

    /// For what the first bookings take that is sold once: requests by others, who have booked nothing when these were all that was
    /// booked.
    pub(crate) fn encode_late(&self, first: usize) -> Requests {
        let sold = (0..first).filter(|booking| self.slot(*booking).is_sold_once());
        self.encode_as(sold, "kaichang-load-comes-late", |resident| resident + first)
    }

    fn encode_as(
        &self,
        bookings: impl Iterator<Item = usize>,
        keys: &str,
        by: impl Fn(usize) -> usize,
    ) -> Requests {
        let mut requests = Requests::with_capacity(self.len(), self.len() * REQUEST_BYTES);
        for booking in bookings {
            let token = self.tokens.get(by(self.residents[booking]) % self.tokens.len());
            self.encode_one(booking, token, keys, &mut requests);
        }
        requests
    }

    /// One of them, with a key of its own that begins with this.
    pub(crate) fn encode_one(&self, booking: usize, token: &str, keys: &str, into: &mut Requests) {
        let StockItem { pitch, start, end, .. } = self.slot(booking);
        let body = format!(
            r#"{{"pitch":"{pitch}","start":"{start}","end":"{end}","party_size":1,"pay_with":"wallet"}}"#
        );
        // As long as what clients send who make them of UUIDs.
        let key = format!("{keys}-{booking:014}");
        into.push(&Request {
            method: "POST",
            path: "/v1/bookings",
            token: Some(token),
            idempotency_key: Some(&key),
            body: Some(&body),
        });
    }
}

/// The least number of places that must be taken of each session, so that all is as many as wished for: so the load is spread
/// over the city rather than over a few large pools.
fn places_of_a_session(stock: &[StockItem], wished: usize) -> usize {
    let bookings = |places: usize| -> usize { stock.iter().map(|item| item.sold.places().min(places)).sum() };
    let most = stock.iter().map(|item| item.sold.places()).max().unwrap_or(0);
    let (mut low, mut high) = (1, most.max(1));
    while low < high {
        let middle = usize::midpoint(low, high);
        if bookings(middle) < wished {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

impl StockItem {
    /// The venue's own date: what stands before the T.
    pub(crate) fn day(&self) -> &str {
        self.start.split_once('T').map_or(&*self.start, |(day, _)| day)
    }

    pub(crate) const fn is_sold_once(&self) -> bool {
        matches!(self.sold, Sold::Once)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    pub(crate) fn stock(once: usize, sessions: &[u32]) -> Vec<StockItem> {
        let item = |number: usize, sold| StockItem {
            venue: "venue".into(),
            pitch: format!("pitch-{number}").into(),
            start: "2026-11-25T09:00:00+08:00".into(),
            end: "2026-11-25T10:00:00+08:00".into(),
            sold,
        };
        let sessions = sessions.iter().enumerate().map(|(at, left)| item(once + at, Sold::Places(*left)));
        (0..once).map(|number| item(number, Sold::Once)).chain(sessions).collect()
    }

    fn times_booked(plan: &BookingPlan) -> BTreeMap<usize, usize> {
        let mut times = BTreeMap::new();
        for booking in 0..plan.len() {
            *times.entry(plan.slot_index(booking)).or_default() += 1;
        }
        times
    }

    #[test]
    fn no_slot_is_planned_more_often_than_it_can_be_sold() {
        let plan = BookingPlan::draw(stock(5, &[3, 100]), Tokens::invented(1000), 1000);
        assert_eq!(plan.len(), 108, "all there is");
        let expected = BTreeMap::from([(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 3), (6, 100)]);
        assert_eq!(times_booked(&plan), expected);
    }

    #[test]
    fn sessions_give_no_more_places_than_are_needed() {
        let plan = BookingPlan::draw(stock(10, &[50, 50]), Tokens::invented(1000), 15);
        assert_eq!(plan.len(), 15);
        assert!(times_booked(&plan).values().all(|times| *times <= 3), "3 of each session are enough");
        assert_eq!(places_of_a_session(&stock(10, &[50, 50]), 5), 1);
        assert_eq!(places_of_a_session(&[], 5), 1);
    }

    #[test]
    fn no_resident_has_more_bookings_than_the_quota_of_one_day() {
        let plan = BookingPlan::draw(stock(100, &[]), Tokens::invented(7), 100);
        assert_eq!(plan.len(), 28);
        let mut times = BTreeMap::new();
        for booking in 0..plan.len() {
            *times.entry(plan.token(booking)).or_insert(0) += 1;
        }
        assert_eq!(times.len(), 7);
        assert!(times.values().all(|times| *times == BOOKINGS_A_RESIDENT_MAX));
    }

    #[test]
    fn who_comes_late_wants_what_others_have_and_has_nothing_yet() {
        let plan = BookingPlan::draw(stock(8, &[2]), Tokens::invented(20), 10);
        let (first, late) = (plan.encode_first(8), plan.encode_late(8));
        let once = (0..8).filter(|booking| plan.slot(*booking).is_sold_once());
        assert_eq!((first.len(), late.len()), (8, once.clone().count()));
        for (at, booking) in once.enumerate() {
            let text = String::from_utf8_lossy(late.get(at));
            assert!(text.contains(&*plan.slot(booking).pitch) && text.contains("comes-late"), "{text}");
            assert!(text.contains(&format!("Bearer {}\r\n", plan.tokens.get(booking + 8))), "{text}");
        }
    }

    #[test]
    fn everybody_wants_one_of_few_slots_and_the_first_ones_most() {
        let wanted = |skew| {
            let plan = BookingPlan::everybody_wants(stock(50, &[5]), Tokens::invented(1000), 2, 20, skew);
            assert_eq!(plan.len(), 2000, "two requests each");
            assert!((0..1000).all(|resident| plan.token(2 * resident) == plan.token(2 * resident + 1)));
            let places: usize = plan.stock().map(|item| item.sold.places()).sum();
            assert!((20..=24).contains(&places), "{places}");
            times_booked(&plan)
        };
        assert!(wanted(0.0).values().all(|times| (50..200).contains(times)), "{:?}", wanted(0.0));
        assert!(wanted(1.0)[&0] > 5 * wanted(1.0)[&10], "{:?}", wanted(1.0));
    }

    #[test]
    fn in_order_means_one_session_after_the_other() {
        let plan = BookingPlan::in_order(stock(0, &[3, 3]), Tokens::invented(5), 5);
        let slots: Vec<usize> = (0..plan.len()).map(|booking| plan.slot_index(booking)).collect();
        assert_eq!(slots, [0, 0, 0, 1, 1]);
    }

    #[test]
    fn requests_carry_what_the_plan_says_each_with_a_key_of_its_own() {
        let plan = BookingPlan::draw(stock(3, &[]), Tokens::invented(3), 3);
        let requests = plan.encode();
        assert_eq!(requests.len(), 3);
        for booking in 0..3 {
            let text = String::from_utf8_lossy(requests.get(booking));
            let pitch = &plan.slot(booking).pitch;
            assert!(text.contains(&format!("{{\"pitch\":\"{pitch}\",")), "{text}");
            assert!(text.contains(&format!("authorization: Bearer {}\r\n", plan.token(booking))), "{text}");
            assert!(
                text.contains(&format!("idempotency-key: kaichang-load-booking-{booking:014}\r\n")),
                "{text}"
            );
            assert!(text.len() <= REQUEST_BYTES);
        }
    }
}
