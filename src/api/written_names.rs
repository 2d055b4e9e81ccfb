//! Names in the city's languages and codes, as bodies give them.

use serde::Deserialize;
use utoipa::ToSchema;

use super::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::domain::ids::Code;
use crate::domain::names::{InvalidName, NAME_CHARS_MAX, Names, check_name};

/// What a thing is called, by language.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenNames {
    #[serde(rename = "zh-Hans")]
    #[schema(min_length = 1, max_length = 200)]
    pub zh_hans: String,
    #[schema(min_length = 1, max_length = 200)]
    pub en: String,
}

impl WrittenNames {
    /// The names of a field. What is wrong with them is added to the faults, and there are none then.
    pub fn read(self, field: &str, faults: &mut FieldFaults) -> Option<Names> {
        let wrong = [("zh-Hans", &self.zh_hans), ("en", &self.en)].map(|(language, name)| {
            name_fault(format!("{field}.{language}"), name).map(|fault| faults.add(fault)).is_some()
        });
        (wrong == [false, false]).then_some(Names { zh_hans: self.zh_hans, en: self.en })
    }
}

fn name_fault(field: String, name: &str) -> Option<FieldFault> {
    match check_name(name).err()? {
        InvalidName::Empty => Some(FieldFault::new(field, Text::fixed("must not be empty", "不能为空"))),
        InvalidName::TooLong => Some(FieldFault::too_long(field, NAME_CHARS_MAX)),
        InvalidName::Control => {
            let text = Text::fixed("must not have control characters", "不能包含控制字符");
            Some(FieldFault::new(field, text))
        }
    }
}

/// The code of a new thing. What is wrong with it is added to the faults.
pub fn read_code(field: &'static str, text: &str, faults: &mut FieldFaults) -> Option<Code> {
    let wrong = Text::fixed("must have 1 to 64 of a-z, 0-9 and -", "必须是 1 至 64 个 a-z、0-9 或 - 字符");
    Code::new(text).map_err(|_| faults.add(FieldFault::new(field, wrong))).ok()
}

/// The `id` and the `name` of a new thing that has nothing else.
///
/// # Errors
/// `invalid-request` with all that is wrong.
pub fn read_named(id: &str, name: WrittenNames) -> Result<(Code, Names), Problem> {
    let mut faults = FieldFaults::new();
    let code = read_code("id", id, &mut faults);
    let name = name.read("name", &mut faults);
    faults.check_read(code.zip(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_named_by_its_language() {
        for (zh_hans, en, wrong) in [
            ("体育馆", "Hall", &[][..]),
            (" ", "Hall", &["name.zh-Hans"]),
            ("馆", "a\nb", &["name.en"]),
            ("", &"x".repeat(201), &["name.zh-Hans", "name.en"]),
        ] {
            let mut faults = FieldFaults::new();
            let names = WrittenNames { zh_hans: zh_hans.to_owned(), en: en.to_owned() };
            assert_eq!(names.read("name", &mut faults).is_some(), wrong.is_empty(), "{zh_hans} {en}");
            let told = match faults.check() {
                Err(Problem::InvalidRequest(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
                _ => Vec::new(),
            };
            assert_eq!(told, wrong);
        }
    }
}
