//! What is wrong with one field of a request.

use std::borrow::Cow;

use super::Problem;
use super::text::Text;

/// A field and what is wrong with it. The field is empty where the request as a whole is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub field: Cow<'static, str>,
    pub message: Text,
}

impl FieldFault {
    #[must_use]
    pub fn new(field: impl Into<Cow<'static, str>>, message: Text) -> Self {
        Self { field: field.into(), message }
    }

    #[must_use]
    pub fn missing(field: impl Into<Cow<'static, str>>) -> Self {
        Self::new(field, Text::fixed("is missing", "缺失"))
    }

    #[must_use]
    pub fn unknown(field: impl Into<Cow<'static, str>>) -> Self {
        Self::new(field, Text::fixed("is not known here", "不是已知的字段"))
    }

    #[must_use]
    pub fn duplicate(field: impl Into<Cow<'static, str>>) -> Self {
        Self::new(field, Text::fixed("stands more than once", "重复出现"))
    }

    /// For a text of too many characters.
    #[must_use]
    pub fn too_long(field: impl Into<Cow<'static, str>>, max: usize) -> Self {
        Self::new(
            field,
            Text::new(format!("must have at most {max} characters"), format!("最多 {max} 个字符")),
        )
    }

    /// For a value between two bounds, both included.
    #[must_use]
    pub fn out_of_range(field: impl Into<Cow<'static, str>>, min: i64, max: i64) -> Self {
        Self::new(
            field,
            Text::new(format!("must be from {min} to {max}"), format!("必须在 {min} 到 {max} 之间")),
        )
    }
}

/// Gathers what is wrong with a request, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct FieldFaults(Vec<FieldFault>);

impl FieldFaults {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, fault: FieldFault) {
        self.0.push(fault);
    }

    /// Adds what a problem says is wrong with fields.
    pub fn add_all(&mut self, problem: Problem) {
        if let Problem::InvalidRequest(faults) = problem {
            self.0.extend(faults);
        }
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Errors
    /// `invalid-request` when there is anything wrong.
    pub fn check(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::InvalidRequest(self.0)) }
    }

    /// What was read: there when nothing is wrong.
    ///
    /// # Errors
    /// As `check`.
    pub fn check_read<T>(self, read: Option<T>) -> Result<T, Problem> {
        self.check()?;
        read.ok_or_else(|| Problem::internal(&"a fault was not told"))
    }
}

impl From<FieldFault> for Problem {
    fn from(fault: FieldFault) -> Self {
        Self::InvalidRequest(vec![fault])
    }
}
