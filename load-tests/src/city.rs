//! A city made ready once, of which each run gets a fresh copy: the same stock, the same residents, the same requests.

use std::path::PathBuf;

use crate::booking_plan::BookingPlan;
use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;
use crate::outcome::CREATED;
use crate::residents::{BOOKINGS_A_RESIDENT_MAX, Tokens};
use crate::server::Server;
use crate::server::kaichang::{Kaichang, Serving};
use crate::workplace::Workplace;
use crate::{Failure, say, stock};

const PRISTINE: &str = "pristine";
const TOKENS: &str = "tokens.txt";
const SCOUT: &str = "scout";
/// What `kaichang demo` is made for.
const RESIDENTS_MAX: usize = 1_000_000;

pub(crate) struct City {
    pub(crate) plan: BookingPlan,
    pub(crate) requests: Requests,
    /// How long the body of an answer is that confirms a booking.
    pub(crate) answer_bytes: usize,
}

impl City {
    /// Makes the city and plans so many bookings, or as many as it has room for.
    pub(crate) fn prepare(program: &Kaichang, place: &Workplace, bookings: usize) -> Result<Self, Failure> {
        let tokens = Self::make(program, place, bookings)?;
        let scout = CopiedCity::start(program, place, SCOUT)?;
        let mut client = PlainClient::connect(scout.server.address())?;
        let stock = stock::read(&mut client)?;
        let plan = BookingPlan::draw(stock, tokens, bookings);
        if plan.len() < bookings {
            say(&format!(
                "the city has room for {} of the {bookings} bookings that may be needed",
                plan.len()
            ));
        }
        let requests = plan.encode();
        if requests.len() == 0 {
            return Err("nothing can be booked in this city".into());
        }
        let answer = client.ask_encoded(requests.get(0))?;
        if answer.status != CREATED {
            let (status, body) = (answer.status, String::from_utf8_lossy(answer.body));
            return Err(format!("the first booking was answered {status}: {body}").into());
        }
        let answer_bytes = answer.body.len();
        drop(client);
        scout.server.stop()?;
        place.remove(SCOUT)?;
        Ok(Self { plan, requests, answer_bytes })
    }

    /// Where the city is that others are copies of.
    pub(crate) fn pristine(place: &Workplace) -> PathBuf {
        place.path(PRISTINE)
    }

    /// The file of its residents' tokens.
    pub(crate) fn tokens(place: &Workplace) -> PathBuf {
        place.path(TOKENS)
    }

    /// Makes a city that was changed the one that others are copies of.
    pub(crate) fn replace_pristine(place: &Workplace, changed: &str) -> Result<(), Failure> {
        place.remove(PRISTINE)?;
        std::fs::rename(place.path(changed), place.path(PRISTINE))?;
        Ok(())
    }

    /// Makes the city that others are copies of, with residents for so many bookings.
    pub(crate) fn make(program: &Kaichang, place: &Workplace, bookings: usize) -> Result<Tokens, Failure> {
        // A resident each, as long as there are enough: nobody is in a processor's cache from the last booking.
        let residents = bookings.min(RESIDENTS_MAX).max(bookings.div_ceil(BOOKINGS_A_RESIDENT_MAX)).max(1);
        say(&format!("making the demo city with {residents} residents"));
        program.make_city(&place.path(PRISTINE), residents, &place.path(TOKENS))?;
        Tokens::read(&place.path(TOKENS))
    }
}

/// A server on a fresh copy of the city.
pub(crate) struct CopiedCity {
    pub(crate) server: Server,
    pub(crate) data_dir: PathBuf,
}

impl CopiedCity {
    pub(crate) fn start(program: &Kaichang, place: &Workplace, name: &str) -> Result<Self, Failure> {
        Self::start_with(program, place, name, Serving::default())
    }

    /// The same, with what it is told beside.
    pub(crate) fn start_with(
        program: &Kaichang,
        place: &Workplace,
        name: &str,
        serving: Serving<'_>,
    ) -> Result<Self, Failure> {
        let data_dir = place.copy(PRISTINE, name)?;
        let server = program.serve(&data_dir, &place.path(&format!("{name}.log")), serving)?;
        Ok(Self { server, data_dir })
    }
}
