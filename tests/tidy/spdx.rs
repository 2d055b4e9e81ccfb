//! SPDX licence expressions, as far as packages use them: `OR`, `AND`, `WITH`, parentheses, and the old `/` for `OR`.

/// An expression that can't be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) String);

/// Whether an expression is satisfied by licences that are allowed, each with its exception if it has one.
pub(crate) fn is_satisfied(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> Result<bool, Unreadable> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0, is_allowed };
    match reader.any_of() {
        Some(is_satisfied) if reader.at == words.len() => Ok(is_satisfied),
        _ => Err(Unreadable(expression.to_owned())),
    }
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    is_allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Reader<'a> {
    fn next_is(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at) == Some(&word);
        self.at += usize::from(is_next);
        is_next
    }

    /// `AND` binds more strongly than `OR`.
    fn any_of(&mut self) -> Option<bool> {
        let mut any = self.all_of()?;
        while self.next_is("OR") {
            any |= self.all_of()?;
        }
        Some(any)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut all = self.one()?;
        while self.next_is("AND") {
            all &= self.one()?;
        }
        Some(all)
    }

    fn one(&mut self) -> Option<bool> {
        if self.next_is("(") {
            let inside = self.any_of()?;
            return self.next_is(")").then_some(inside);
        }
        let licence = self.name()?;
        if self.next_is("WITH") {
            let exception = self.name()?;
            return Some((self.is_allowed)(&format!("{licence} WITH {exception}")));
        }
        Some((self.is_allowed)(licence))
    }

    fn name(&mut self) -> Option<&'a str> {
        let word = *self.words.get(self.at)?;
        let is_name =
            word.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.' | '+' | ':'));
        if !is_name || matches!(word, "OR" | "AND" | "WITH") {
            return None;
        }
        self.at += 1;
        Some(word)
    }
}

#[test]
fn an_expression_is_satisfied_as_it_says() {
    let is_allowed = |licence: &str| matches!(licence, "MIT" | "Apache-2.0 WITH LLVM-exception" | "Zlib");
    for (expression, is_good) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only/MIT", true),
        ("GPL-3.0-only / MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT AND Zlib", true),
        ("GPL-3.0-only OR MIT AND Zlib", true),
        ("MIT OR Zlib AND GPL-3.0-only", true),
        ("(MIT OR Zlib) AND GPL-3.0-only", false),
        ("(GPL-3.0-only OR (Zlib)) AND MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("MIT WITH Some-exception", false),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0 OR MIT", true),
    ] {
        assert_eq!(is_satisfied(expression, &is_allowed), Ok(is_good), "{expression}");
    }
}

#[test]
fn what_is_no_expression_is_no_licence() {
    for expression in [
        "",
        "MIT OR",
        "OR MIT",
        "(MIT",
        "MIT)",
        "MIT Zlib",
        "MIT AND AND Zlib",
        "WITH",
        "MIT WITH",
        "see LICENSE!",
        "()",
    ] {
        let unreadable = Err(Unreadable(expression.to_owned()));
        assert_eq!(is_satisfied(expression, &|_| true), unreadable, "{expression:?}");
    }
}
