//! Events come back from their bytes as they were, and other bytes are no events.

use super::*;
use crate::domain::change::{NameChange, Named, PitchChange, VenueChange};
use crate::domain::definition::{Location, SpecialDay};
use crate::domain::draw::{EntryId, Hash, Seed};
use crate::domain::entitlement::{Concession, Verified};
use crate::domain::event::{
    CompanionsListed, CompanionsNamed, DrawDone, DrawSealed, EntryChanged, EntryMade, EntryWithdrawn,
    Household, HouseholdJoined, OfCompanions, OfPeople, OfQueue, OfReturn, PrizeLapsed, QueueJoined,
    QueueLeft, QueueOpened, QueueServed, ResidentVerified, ReturnSeedShown, SlotReturned, Stock,
};
use crate::domain::hours::DayKind;
use crate::domain::ids::{DistrictNo, ReturnNo};
use crate::domain::lottery::Wish;
use crate::domain::names::Names;

fn wish(pitch: u32) -> Wish {
    let span = UnitSpan::new(38, 4).expect("a span");
    Wish::new(PitchNo::new(pitch), LocalDay::new(20_000), span)
}

fn events() -> Vec<Event> {
    let request = RequestKey { key: u128::MAX - 7, body: 9 };
    let resident = ResidentNo::new(77);
    let step = BookingStep { no: BookingNo::new(4) };
    let booking = NewBooking {
        no: BookingNo::new(4),
        resident,
        pitch: PitchNo::new(6),
        day: LocalDay::new(20_000),
        span: UnitSpan::new(38, 4).expect("a span"),
        party_size: 10,
        price: Minor::new(3000),
        release: None,
        request,
    };
    vec![
        Event::SpecialDaysSet(vec![SpecialDay { day: LocalDay::new(20_000), goes_by: DayKind::Holiday }]),
        Event::ClosureFinished(ClosureFinished { no: 3 }),
        Event::DaysOpened(DaysOpened { first: LocalDay::new(-1), last: LocalDay::new(6) }),
        Event::AccountOpened(Box::new(AccountOpened {
            resident,
            role: Role::VenueManager(VenueNo::new(5)),
            phone: PhoneHash([7; 16]),
            sealed: Box::from(*b"sealed"),
        })),
        Event::ResidentsEnrolled(ResidentsEnrolled { first: resident, count: 9, balance: Minor::new(5) }),
        Event::LoggedIn(SessionChanged { resident, slot: 7, generation: 1 }),
        Event::LoggedOut(SessionChanged { resident, slot: 7, generation: 2 }),
        Event::WalletToppedUp(WalletToppedUp {
            no: TopUpNo::new(1),
            resident,
            amount: Minor::new(10_000_000),
            provider: Provider::Sandbox,
            request: Some(request),
        }),
        Event::BookingConfirmed(booking),
        Event::BookingCancelled(BookingCancelled {
            no: BookingNo::new(4),
            refund: Minor::new(3000),
            reason: CancelReason::Closure,
        }),
        Event::BookingCompleted(step),
        Event::BookingMissed(step),
        Event::BookingCheckedIn(BookingCheckedIn { no: BookingNo::new(4), request: Some(request) }),
        Event::BookingMoved(BookingMoved {
            no: BookingNo::new(4),
            place: BookingNo::new(9),
            pitch: PitchNo::new(7),
            day: LocalDay::new(20_001),
            span: UnitSpan::new(40, 2).expect("a span"),
            price: Minor::new(1),
            release: Some(ReleaseNo::new(2)),
        }),
        Event::CounterBooked(NewBooking { release: Some(ReleaseNo::new(0)), ..booking }),
        Event::HoldPlaced(HoldPlaced { booking, expires_at: UtcMillis::new(1 << 40) }),
        Event::HoldConfirmed(HoldConfirmed { no: BookingNo::new(4), request: None }),
        Event::HoldConfirmed(HoldConfirmed { no: BookingNo::new(4), request: Some(request) }),
        Event::HoldGivenUp(step),
        Event::HoldExpired(step),
        Event::ReleaseOpened(ReleaseOpened { no: ReleaseNo::new(3), day: LocalDay::new(20_000) }),
        Event::PitchChanged(Box::new(PitchChange { capacity: Some(9), ..PitchChange::of(PitchNo::new(6)) })),
        Event::VenueChanged(Box::new(VenueChange {
            district: Some(DistrictNo::new(1)),
            location: Some(Location { latitude_e6: -33_900_000, longitude_e6: 1 }),
            ..VenueChange::of(VenueNo::new(4))
        })),
        Event::NameChanged(Box::new(NameChange {
            of: Named::District(DistrictNo::new(1)),
            name: Names::new("南山", "Nanshan"),
        })),
        Event::EntryMade(Box::new(EntryMade {
            release: ReleaseNo::new(3),
            resident,
            id: EntryId::new(u128::MAX - 5),
            party: 4,
            wishes: vec![wish(6), wish(7)],
            request: Some(request),
        })),
        Event::EntryChanged(Box::new(EntryChanged {
            release: ReleaseNo::new(3),
            resident,
            party: 1,
            wishes: vec![wish(8)],
        })),
        Event::EntryWithdrawn(EntryWithdrawn { release: ReleaseNo::new(3), resident }),
        Event::DrawSealed(Box::new(DrawSealed {
            release: ReleaseNo::new(3),
            count: 2,
            root: Hash([5; 32]),
            stock: Stock { half_hours: vec![255, 1], places: vec![40, 0] },
        })),
        Event::DrawDone(Box::new(DrawDone {
            release: ReleaseNo::new(3),
            seed: Seed([6; 32]),
            outcome: Hash([7; 32]),
            value: "第 3 期".into(),
        })),
        Event::PrizeLapsed(PrizeLapsed { release: ReleaseNo::new(3), id: EntryId::new(9) }),
        Event::OfQueue(OfQueue::Joined(QueueJoined { release: ReleaseNo::new(3), resident })),
        Event::OfQueue(OfQueue::Left(QueueLeft { release: ReleaseNo::new(3), resident })),
        Event::OfQueue(OfQueue::Opened(QueueOpened {
            release: ReleaseNo::new(3),
            early: 70_000,
            seed: Seed([8; 32]),
        })),
        Event::OfQueue(OfQueue::Served(QueueServed { release: ReleaseNo::new(3), up_to: 70_001 })),
        Event::BookingsForgotten(BookingsForgotten {
            before: LocalDay::new(19_955),
            below: BookingNo::new(512),
            told_by: 1 << 40,
            is_kept: true,
        }),
        Event::OfReturn(OfReturn::Returned(SlotReturned {
            no: ReturnNo::new(70_000),
            day: LocalDay::new(20_000),
        })),
        Event::OfReturn(OfReturn::Shown(ReturnSeedShown { release: ReleaseNo::new(3), seed: Seed([9; 32]) })),
        Event::OfPeople(OfPeople::Verified(ResidentVerified {
            resident,
            verified: Verified::default().born_in(Some(1950)).with_real_name().with(Concession::Senior),
        })),
        Event::OfPeople(OfPeople::Household(HouseholdJoined {
            resident,
            household: Some(Household { no: 70_000, with: ResidentNo::new(8) }),
        })),
        Event::OfPeople(OfPeople::Household(HouseholdJoined { resident, household: None })),
        Event::OfCompanions(OfCompanions::Listed(CompanionsListed {
            resident,
            sealed: Box::from([1, 2, 3]),
        })),
        Event::OfCompanions(OfCompanions::Named(CompanionsNamed {
            no: BookingNo::new(4),
            sealed: Box::from([1, 2, 3]),
        })),
        Event::AccountDisabled(AccountDisabled { account: resident }),
        Event::AccountCompleted(Box::new(AccountCompleted { resident, sealed: Box::from([1, 2, 3]) })),
        Event::AccountErased(AccountErased {
            resident,
            phone: PhoneHash([7; 16]),
            paid_back: Minor::new(3000),
            provider: Provider::Sandbox,
        }),
        Event::StaffActed(StaffActed {
            by: resident,
            action: Box::new(Event::BookingCheckedIn(BookingCheckedIn {
                no: BookingNo::new(4),
                request: None,
            })),
        }),
        Event::StaffActed(StaffActed { by: resident, action: Box::new(Event::CounterBooked(booking)) }),
        Event::StaffActed(StaffActed {
            by: resident,
            action: Box::new(Event::AccountOpened(Box::new(AccountOpened {
                resident: ResidentNo::new(9),
                role: Role::FrontDesk(VenueNo::new(4)),
                phone: PhoneHash([9; 16]),
                sealed: (*b"sealed").into(),
            }))),
        }),
    ]
}

#[test]
fn an_event_is_read_as_it_was_written() {
    for event in events() {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        assert_eq!(Event::decode(&bytes).expect("an event"), event);
    }
}

/// The slow way to what a look at the bytes tells.
fn told(event: &Event) -> Peeked {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a kind that is not named here has no request")]
    match event {
        Event::BookingConfirmed(new) | Event::CounterBooked(new) => Peeked::MadeBooking(new.request, new.no),
        Event::HoldPlaced(held) => Peeked::MadeBooking(held.booking.request, held.booking.no),
        Event::HoldConfirmed(HoldConfirmed { no, request: Some(request) }) => {
            Peeked::MadeBooking(*request, *no)
        }
        Event::WalletToppedUp(WalletToppedUp { no, request: Some(request), .. }) => {
            Peeked::MadeTopUp(*request, *no)
        }
        Event::EntryMade(made) => {
            made.request.map_or(Peeked::Nothing, |request| Peeked::MadeEntry(request, made.release))
        }
        Event::DaysOpened(_) | Event::BookingCheckedIn(_) => Peeked::AsksForRequests,
        Event::StaffActed(acted) => told(&acted.action),
        _ => Peeked::Nothing,
    }
}

#[test]
fn a_look_at_the_bytes_tells_of_each_event_what_its_fields_say() {
    for event in events() {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        assert_eq!(Peeked::at(&bytes), told(&event), "{event:?}");
        let places =
            |new: &NewBooking| Places { no: new.no, resident: new.resident, pitch: new.pitch, day: new.day };
        let confirmed = if let Event::BookingConfirmed(new) = &event { Some(places(new)) } else { None };
        assert_eq!(Places::at(&bytes), confirmed, "{event:?}");
        let booking = NewBooking::confirmed_by(&bytes).expect("an event").map(Event::BookingConfirmed);
        assert_eq!(booking, confirmed.map(|_| event.clone()));
        for cut in 0..bytes.len() {
            let _ = (Peeked::at(&bytes[..cut]), Places::at(&bytes[..cut]));
        }
    }
}

#[test]
fn bytes_that_are_cut_or_too_long_are_no_event() {
    for event in events() {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        // What is sealed has no length of its own: any rest of it is as good as another here.
        let is_sealed = |event: &Event| {
            matches!(event, Event::AccountOpened(_) | Event::AccountCompleted(_) | Event::OfCompanions(_))
        };
        let open_ended =
            is_sealed(&event) || matches!(&event, Event::StaffActed(acted) if is_sealed(&acted.action));
        for cut in 0..bytes.len() {
            assert!(open_ended || Event::decode(&bytes[..cut]).is_err(), "{event:?} cut to {cut}");
        }
        for cut in 0..bytes.len() {
            assert!(
                !matches!(NewBooking::confirmed_by(&bytes[..cut]), Ok(Some(_))),
                "{event:?} cut to {cut}"
            );
        }
        bytes.push(0xff);
        assert!(!matches!(NewBooking::confirmed_by(&bytes), Ok(Some(_))), "{event:?} with a byte too many");
        assert!(open_ended || Event::decode(&bytes).is_err(), "{event:?} with a byte too many");
    }
}

#[test]
fn nobody_acts_for_one_of_the_staff_who_acts() {
    let mut bytes = vec![64, 0, 1, 0, 0, 0];
    bytes.extend_from_slice(&[64, 0, 2, 0, 0, 0, 35, 0, 4, 0, 0, 0]);
    assert!(Event::decode(&bytes).is_err());
}

#[test]
fn an_event_of_a_kind_that_is_not_known_is_refused() {
    assert!(matches!(Event::decode(&[0xff, 0x7f]), Err(UnknownEvent::Kind(0x7fff))));
    assert!(Event::decode(&[]).is_err());
}

#[test]
fn an_erased_account_keeps_its_bytes_for_ever() {
    let erased = events().into_iter().find(|event| matches!(event, Event::AccountErased(_)));
    let mut bytes = Vec::new();
    erased.expect("one of them").encode(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "17004d00000007070707070707070707070707070707b80b00000000000000");
}

#[test]
fn a_confirmed_booking_keeps_its_bytes_for_ever() {
    let mut bytes = Vec::new();
    events()[8].encode(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "2100040000004d00000006000000204e000026040a00b80b000000000000fffff8ffffffffffffffffffffffffffffff0900000000000000"
    );
}
