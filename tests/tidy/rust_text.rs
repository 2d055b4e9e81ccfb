//! Rust's text in two halves of the same length: the code, and the comments. The other half is blank in each, so
//! that a line of one is the same line of the other, and a word in a string or a comment is not taken for code.

/// A file's text, taken apart.
pub(crate) struct Parts {
    /// The code, with the insides of strings and characters blank.
    pub(crate) code: String,
    /// The comments, slashes and all.
    pub(crate) comments: String,
}

/// What a stretch of text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Takes a text apart.
pub(crate) fn parts(text: &str) -> Parts {
    let mut parts =
        Parts { code: String::with_capacity(text.len()), comments: String::with_capacity(text.len()) };
    let mut rest = text;
    let mut before = ' ';
    while !rest.is_empty() {
        let (kind, length) = stretch(rest, before);
        let (taken, after) = rest.split_at(length);
        before = taken.chars().next_back().unwrap_or(' ');
        for sign in taken.chars() {
            let blank = if sign == '\n' { '\n' } else { ' ' };
            parts.code.push(if kind == Kind::Code { sign } else { blank });
            parts.comments.push(if kind == Kind::Comment { sign } else { blank });
        }
        rest = after;
    }
    parts
}

/// What the text begins with, and how many bytes of it.
fn stretch(text: &str, before: char) -> (Kind, usize) {
    let first = text.chars().next().map_or(1, char::len_utf8);
    if text.starts_with("//") {
        return (Kind::Comment, text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return (Kind::Comment, block_comment(text));
    }
    if text.starts_with('"') {
        return (Kind::Literal, quoted(text, '"'));
    }
    // `r` begins a raw string only where it doesn't end a name; `br` and `cr` have had their first letter as code.
    let is_in_name = before == '_' || (before.is_alphanumeric() && !matches!(before, 'b' | 'c'));
    if text.starts_with('r') && !is_in_name {
        let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
        if text[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let from = hashes + 2;
            let length = text[from..].find(&end).map_or(text.len(), |at| from + at + end.len());
            return (Kind::Literal, length);
        }
    }
    if let Some(inside) = text.strip_prefix('\'') {
        let mut signs = inside.chars();
        match (signs.next(), signs.next()) {
            (Some('\\'), _) => return (Kind::Literal, quoted(text, '\'')),
            (Some(sign), Some('\'')) => return (Kind::Literal, sign.len_utf8() + 2),
            // A lifetime or a label.
            _ => {}
        }
    }
    (Kind::Code, first)
}

/// The length of a literal in quotes, with its escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if sign == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a block comment, with those inside it.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Whether a word stands somewhere in a text as a whole word.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(is_name);
        let after = text[at + word.len()..].chars().next().is_some_and(is_name);
        !before && !after
    })
}

#[test]
fn comments_and_literals_are_not_code() {
    for (text, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (r#"f("x // y")g"#, "f(        )g"),
        (r##"f(r#"x"y"#)g"##, "f(        )g"),
        (r#"br"x";"#, "b    ;"),
        (r#"car"x";"#, "car   ;"),
        (r#"f("\"x")g"#, "f(     )g"),
        ("f('\"', 'x')g", "f(   ,    )g"),
        ("f('\\'')g", "f(    )g"),
        ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
        ("\"开场\" x", "     x"),
    ] {
        assert_eq!(parts(text).code, code, "{text}");
    }
    assert_eq!(parts("a // b\n\"// c\" //! d").comments, "  // b\n       //! d");
}

#[test]
fn a_word_is_whole() {
    for (text, is_there) in [("use axum;", true), ("axum::x", true), ("axum_core", false), ("my_axum", false)]
    {
        assert_eq!(has_word(text, "axum"), is_there, "{text}");
    }
}
