//! Who has booked, as the staff see it: a name, and the end of a telephone number to tell people apart by.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::domain::event::StaffActed;
use crate::domain::ids::ResidentNo;
use crate::engine::residents::Resident;
use crate::identity::personal::PersonalData;
use crate::identity::public_id::PublicId;

/// How many digits of a telephone number the staff see.
const DIGITS_SHOWN: usize = 4;
/// What the import of a city's files is called, which no account does.
const THE_IMPORT: &str = "import";

/// Who has booked.
#[derive(Clone, Serialize, ToSchema)]
pub struct PersonView {
    #[schema(value_type = String)]
    pub id: PublicId,
    /// Null where nothing is known of the person, or nothing any more.
    pub name: Option<String>,
    /// The last four digits.
    pub phone_end: Option<String>,
    /// Whether the person has deleted the account: then nothing else is known.
    pub is_deleted: bool,
}

/// Many people, each looked up once.
pub struct People {
    known: HashMap<ResidentNo, PersonView>,
}

impl People {
    /// Reads what is known of these people: their keys stand in a file.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn look_up(desk: &Desk, wanted: impl Iterator<Item = ResidentNo>) -> Result<Self, Problem> {
        let nobody_known = |no| {
            let name = (no == StaffActed::THE_IMPORT).then(|| THE_IMPORT.to_owned());
            let is_deleted = desk.engine.residents().get(no).is_some_and(Resident::is_erased);
            (no, PersonView { id: desk.ids.resident(no), name, phone_end: None, is_deleted })
        };
        let mut known: HashMap<ResidentNo, PersonView> = wanted.map(nobody_known).collect();
        let sealed: Vec<_> = known.keys().filter_map(|no| Some((*no, desk.engine.sealed_of(*no)?))).collect();
        let read = desk.with_keys(move |keys| {
            // A key that was erased since leaves a person without a name.
            let open = |no, sealed: &[u8]| PersonalData::open(no, &keys.get(no).ok()?, sealed).ok();
            Ok(sealed.iter().filter_map(|(no, sealed)| Some((*no, open(*no, sealed)?))).collect::<Vec<_>>())
        });
        for (no, data) in read.await? {
            if let Some(person) = known.get_mut(&no) {
                let phone = data.phone.as_str();
                person.phone_end = phone.get(phone.len().saturating_sub(DIGITS_SHOWN)..).map(str::to_owned);
                person.name = Some(data.name);
            }
        }
        Ok(Self { known })
    }

    /// What is known of one of them.
    #[must_use]
    pub fn get(&self, no: ResidentNo) -> Option<PersonView> {
        self.known.get(&no).cloned()
    }
}
