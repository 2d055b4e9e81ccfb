//! Fields of a form, each with what is wrong with it beside it, and a refused form's problem over it without what its fields tell.

use super::i18n::Words;
use super::problem_page::Told;
use crate::api::problem::{FieldFault, Problem};

/// A field that text is written into (`field.html`).
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub value: String,
    pub hint: Option<String>,
    pub fault: Option<String>,
    pub is_required: bool,
    /// What a browser offers and checks: the attributes of the element, as text of ours.
    pub kind: Kind,
}

/// What is written into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Chinese,
    English,
    Phone,
    NewPassword,
    Degrees,
    Code,
    /// 07:00.
    Time,
    /// How many slots one booking may span.
    Slots,
    /// People or places.
    People,
    /// The smallest parts of a pitch.
    Leaves,
    Day,
    /// A year of birth.
    Year,
}

impl Field {
    #[must_use]
    pub fn new(name: &'static str, label: impl Into<String>, value: &str, kind: Kind) -> Self {
        Self {
            name,
            label: label.into(),
            value: value.to_owned(),
            hint: None,
            fault: None,
            is_required: true,
            kind,
        }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// It may be left empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_required = false;
        self
    }

    /// The element's attributes beyond its name and its value.
    #[must_use]
    pub const fn attributes(&self) -> &'static str {
        match self.kind {
            Kind::Text => r#"autocomplete="off""#,
            Kind::Chinese => r#"autocomplete="off" lang="zh-Hans" maxlength="200""#,
            Kind::English => r#"autocomplete="off" lang="en" maxlength="200""#,
            Kind::Phone => r#"type="tel" inputmode="tel" autocomplete="off""#,
            Kind::NewPassword => r#"type="password" autocomplete="new-password" minlength="8""#,
            Kind::Degrees => r#"inputmode="decimal" autocomplete="off""#,
            Kind::Time => r#"type="time" step="1800""#,
            Kind::Slots => r#"type="number" inputmode="numeric" min="1" max="48""#,
            Kind::People => r#"type="number" inputmode="numeric" min="1" max="65535""#,
            Kind::Leaves => r#"type="number" inputmode="numeric" min="2" max="48""#,
            Kind::Day => r#"type="date""#,
            Kind::Year => r#"type="number" inputmode="numeric" min="1900" max="2100" autocomplete="off""#,
            Kind::Code => r#"autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="64""#,
        }
    }
}

/// What is wrong with the fields of a form that was refused.
#[derive(Debug, Default)]
pub struct Faults(Vec<(String, String)>);

impl Faults {
    #[must_use]
    pub fn of(words: Words, problem: &Problem) -> Self {
        let told = |fault: &FieldFault| {
            (fault.field.to_string(), fault.message.in_language(words.language()).to_owned())
        };
        // What else is refused is no field's.
        let Problem::InvalidRequest(faults) = problem else { return Self::default() };
        Self(faults.iter().map(told).collect())
    }

    /// Adds what is wrong with a field in words of a page.
    pub fn add(&mut self, field: &str, text: impl Into<String>) {
        self.0.push((field.to_owned(), text.into()));
    }

    /// What is wrong with a field, all of it.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<String> {
        let texts: Vec<&str> =
            self.0.iter().filter(|(name, _)| name == field).map(|(_, text)| text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }

    /// Tells the fields what is wrong with them.
    pub fn tell(&self, fields: &mut [Field]) {
        for field in fields {
            field.fault = self.at(field.name);
        }
    }
}

/// What stands over a form whose fields, named here, tell themselves what is wrong with them.
#[must_use]
pub fn told_over(words: Words, problem: &Problem, fields: &[&str]) -> Told {
    let Problem::InvalidRequest(faults) = problem else { return Told::of(words, problem) };
    let elsewhere = faults.iter().filter(|fault| !fields.contains(&fault.field.as_ref())).cloned();
    Told::of(words, &Problem::InvalidRequest(elsewhere.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::language::Language;

    #[test]
    fn what_a_field_tells_is_not_told_over_the_form_too() {
        let words = Words::of(Language::En);
        let problem =
            Problem::InvalidRequest(vec![FieldFault::missing("phone"), FieldFault::missing("cursor")]);
        let mut fields =
            [Field::new("phone", "Phone", "1", Kind::Phone), Field::new("name", "Name", "", Kind::Text)];
        Faults::of(words, &problem).tell(&mut fields);
        assert_eq!(fields.map(|field| field.fault), [Some("is missing".to_owned()), None]);
        assert_eq!(told_over(words, &problem, &["phone", "name"]).more, ["cursor: is missing"]);
        assert_eq!(told_over(words, &Problem::Forbidden, &["phone"]).name, "forbidden");
    }
}
