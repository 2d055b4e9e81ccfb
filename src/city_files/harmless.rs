//! Cells that a spreadsheet would take for a formula: written with an apostrophe before them, and read without it.
//!
//! A cell that begins with one of the signs below is a formula to some program, so an apostrophe goes before it: it is text then.
//! A text that begins with an apostrophe gets one more, so that each text is read back as it was. Numbers are not written this
//! way: a latitude of -33.9 is a number, and stays one.

use std::borrow::Cow;

const APOSTROPHE: char = '\'';

/// What a formula begins with, in full width too.
const fn begins_formula(sign: char) -> bool {
    matches!(sign, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

const fn is_marked(sign: char) -> bool {
    begins_formula(sign) || sign == APOSTROPHE
}

/// A text as it is written.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().next().is_some_and(is_marked) {
        return Cow::Owned(format!("{APOSTROPHE}{text}"));
    }
    Cow::Borrowed(text)
}

/// The text that a cell means.
pub(super) fn meant(cell: &str) -> &str {
    let unmarked = cell.strip_prefix(APOSTROPHE).filter(|rest| rest.chars().next().is_some_and(is_marked));
    unmarked.unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_written_as_a_formula_and_all_are_read_back() {
        for text in [
            "=1+1", "+86", "-a", "@x", "\tx", "\rx", "＝1", "－", "'=1", "''", "'", "'x", "x=", "", "馆",
            "'''-",
        ] {
            let written = harmless(text);
            assert!(!written.chars().next().is_some_and(begins_formula), "{written:?}");
            assert_eq!(meant(&written), text);
        }
    }

    #[test]
    fn an_apostrophe_that_somebody_typed_stays() {
        assert_eq!(meant("'90s hall"), "'90s hall");
        assert_eq!(meant("'=1"), "=1");
        assert_eq!(meant("-33.9"), "-33.9");
    }
}
