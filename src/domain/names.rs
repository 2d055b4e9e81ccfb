//! A name in the city's languages.

use serde::{Deserialize, Serialize};

/// What a thing is called, by language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    pub en: String,
}

impl Names {
    #[must_use]
    pub fn new(zh_hans: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh_hans: zh_hans.into(), en: en.into() }
    }
}
