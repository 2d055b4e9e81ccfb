//! `/operator/holidays`: days that go by the hours and prices of another kind of day, in the whole city: from one day to another at once.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use super::venues::Choice;
use crate::api::operator::holidays::set_apart;
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::calendar::local_day;
use crate::domain::definition::SpecialDay;
use crate::domain::hours::DayKind;
use crate::domain::time::LocalDay;
use crate::web::field::{Faults, Field, Kind, told_over};
use crate::web::form::Form;
use crate::web::format;
use crate::web::manager::frame::Head;
use crate::web::manager::week::{field, name};
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

const FIRST: &str = "first_day";
const LAST: &str = "last_day";
const GOES_BY: &str = "goes_by";
/// A day that is as its weekday is.
const OWN: &str = "own";

#[derive(Debug, Deserialize)]
pub struct HolidaysQuery {
    #[serde(default)]
    done: String,
}

/// Days as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HolidaysForm {
    first_day: String,
    last_day: String,
    goes_by: String,
}

#[derive(Template)]
#[template(path = "operator/holidays.html")]
struct HolidaysPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    is_done: bool,
    rows: Vec<HolidayRow>,
    days: Vec<Field>,
    kinds: Vec<Choice>,
    kind_fault: Option<String>,
}

struct HolidayRow {
    day: String,
    goes_by: String,
}

/// What is set apart from today on, with a form for more.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<HolidaysQuery>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let form = HolidaysForm { goes_by: field(DayKind::Holiday).to_owned(), ..HolidaysForm::default() };
    let mut page = page_of(&city, &visitor, &form, &Faults::default());
    page.is_done = query.done == "changed";
    page::own(StatusCode::OK, &page)
}

fn page_of(city: &City, visitor: &Visitor, form: &HolidaysForm, faults: &Faults) -> HolidaysPage {
    let words = visitor.words;
    let catalogue = &city.world.catalogue;
    let today = local_day(catalogue.zone(), city.now);
    // A day that goes by its own weekday is special no more.
    let is_apart =
        |special: &SpecialDay| special.day >= today && special.goes_by != DayKind::of(special.day.weekday());
    let row = |special: SpecialDay| HolidayRow {
        day: words.tell(
            "day-of-year",
            &[
                ("day", format::day(words, special.day).into()),
                ("year", special.day.date().year().to_string().into()),
            ],
        ),
        goes_by: name(words, special.goes_by),
    };
    let mut days = vec![
        Field::new(FIRST, words.say("first-day"), &form.first_day, Kind::Day),
        Field::new(LAST, words.say("last-day"), &form.last_day, Kind::Day)
            .with_hint(words.say("one-day-hint"))
            .optional(),
    ];
    faults.tell(&mut days);
    let own = Choice {
        value: OWN.to_owned(),
        text: words.say("own-weekday").into_owned(),
        is_chosen: form.goes_by == OWN,
    };
    // What is set most comes first.
    let kinds = [DayKind::Holiday]
        .into_iter()
        .chain(DayKind::ALL.into_iter().filter(|kind| *kind != DayKind::Holiday));
    let choice = |kind| Choice {
        value: field(kind).to_owned(),
        text: name(words, kind),
        is_chosen: field(kind) == form.goes_by,
    };
    let (shell, head) = around(city, visitor, Here::Holidays, words.say("operator-holidays"));
    HolidaysPage {
        shell,
        head,
        told: None,
        is_done: false,
        rows: catalogue.special_days().into_iter().filter(is_apart).map(row).collect(),
        days,
        kinds: kinds.map(choice).chain([own]).collect(),
        kind_fault: faults.at(GOES_BY),
    }
}

/// Sets the days apart.
///
/// # Errors
/// As `show`; what can't be is told at its field.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    Form(form): Form<HolidaysForm>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let done = match form.days() {
        Ok(days) => set_apart(&desk, city.who, days).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(()) => Ok(see_other("/operator/holidays?done=changed")),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let mut page = page_of(&city, &visitor, &form, &Faults::of(visitor.words, &problem));
            page.told = Some(told_over(visitor.words, &problem, &[FIRST, LAST, GOES_BY]));
            page::own(problem.name().status(), &page)
        }
    }
}

impl HolidaysForm {
    /// Each day from the first to the last, or the first alone.
    fn days(&self) -> Result<Vec<SpecialDay>, Problem> {
        let mut faults = FieldFaults::new();
        let mut read = |name: &'static str, text: &str| {
            let day = LocalDay::parse(text.trim());
            if day.is_none() {
                faults.add(FieldFault::new(name, Text::fixed("must be a day", "必须是日期")));
            }
            day
        };
        let first = read(FIRST, &self.first_day);
        let last = if self.last_day.trim().is_empty() { first } else { read(LAST, &self.last_day) };
        let kind = DayKind::ALL.into_iter().find(|kind| field(*kind) == self.goes_by);
        if kind.is_none() && self.goes_by != OWN {
            faults.add(FieldFault::new(GOES_BY, Text::fixed("is no kind of day", "不是日期类型")));
        }
        // Longer than may be set at once is told as such, without a list of all those days.
        let length = first.zip(last).map_or(0, |(first, last)| last.days_since(first).min(1_000));
        if length < 0 {
            faults.add(FieldFault::new(
                LAST,
                Text::fixed("must not be before the first day", "不能早于开始日期"),
            ));
        }
        let first = faults.check_read(first)?;
        let day = |after| {
            let day = first.plus_days(after);
            SpecialDay { day, goes_by: kind.unwrap_or(DayKind::of(day.weekday())) }
        };
        Ok((0..=length).map(day).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(first: &str, last: &str, goes_by: &str) -> HolidaysForm {
        let [first_day, last_day, goes_by] = [first, last, goes_by].map(str::to_owned);
        HolidaysForm { first_day, last_day, goes_by }
    }

    #[test]
    fn a_span_is_each_of_its_days_and_one_day_is_one() {
        let days = form("2030-02-03", "2030-02-05", "holiday").days().expect("days");
        let told: Vec<_> = days.iter().map(|special| (special.day.to_string(), special.goes_by)).collect();
        let holiday = |day: &str| (day.to_owned(), DayKind::Holiday);
        assert_eq!(told, [holiday("2030-02-03"), holiday("2030-02-04"), holiday("2030-02-05")]);
        let own = form("2030-02-03", "", "own").days().expect("a day");
        assert_eq!((own.len(), own[0].goes_by), (1, DayKind::Sunday));
    }

    #[test]
    fn what_is_no_span_of_days_is_told_at_its_field() {
        for (first, last, goes_by, field) in [
            ("soon", "", "holiday", FIRST),
            ("2030-02-03", "x", "holiday", LAST),
            ("2030-02-03", "2030-02-02", "holiday", LAST),
            ("2030-02-03", "", "feast", GOES_BY),
        ] {
            let Err(Problem::InvalidRequest(faults)) = form(first, last, goes_by).days() else {
                panic!("{first} {last} {goes_by} was read")
            };
            let told: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
            assert_eq!(told, [field]);
        }
    }
}
