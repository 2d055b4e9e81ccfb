//! Which language an answer speaks.

/// The languages that problems are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    En,
    ZhHans,
}

/// How many ranges of an Accept-Language header are looked at; a person has no more.
const RANGES_MAX: usize = 16;

/// The quality of a range that names none, in thousandths.
const FULL_QUALITY: u16 = 1000;

impl Language {
    pub const ALL: [Self; 2] = [Self::En, Self::ZhHans];

    /// As it stands in `Content-Language` and in names of more than one language.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhHans => "zh-Hans",
        }
    }

    /// The best language for an Accept-Language header: the known one of the highest quality, the first of equals;
    /// English when none is known.
    #[must_use]
    pub fn negotiate(header: &str) -> Self {
        let mut best = None;
        for range in header.split(',').take(RANGES_MAX) {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(|tag| Self::of_tag(tag.trim())) else { continue };
            let Some(quality) = quality(parts) else { continue };
            if quality > best.map_or(0, |(_, best)| best) {
                best = Some((language, quality));
            }
        }
        best.map_or_else(Self::default, |(language, _)| language)
    }

    /// Every kind of Chinese is answered in the one that there is. `*` takes the default.
    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::ZhHans)
        } else if primary.eq_ignore_ascii_case("en") || tag == "*" {
            Some(Self::En)
        } else {
            None
        }
    }
}

/// In thousandths; nothing when it is malformed, so that such a range is not looked at.
fn quality<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<u16> {
    for parameter in parameters {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("q") {
            return thousandths(value.trim());
        }
    }
    Some(FULL_QUALITY)
}

fn thousandths(value: &str) -> Option<u16> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut digits = 0;
    for at in 0..3 {
        digits = digits * 10 + u16::from(fraction.as_bytes().get(at).map_or(0, |b| b - b'0'));
    }
    match (whole, digits) {
        ("0", digits) => Some(digits),
        ("1", 0) => Some(FULL_QUALITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_known_language_is_spoken() {
        for (header, language) in [
            ("", Language::En),
            ("fr", Language::En),
            ("zh", Language::ZhHans),
            ("zh-CN", Language::ZhHans),
            ("ZH-hans-CN", Language::ZhHans),
            ("zh-Hant-TW", Language::ZhHans),
            ("en-GB,zh;q=0.9", Language::En),
            ("en;q=0.8, zh-CN;q=0.9", Language::ZhHans),
            ("fr, zh;q=0.1", Language::ZhHans),
            ("zh;q=0, en;q=0.001", Language::En),
            ("zh;q=0", Language::En),
            ("zh;q=1.001,en;q=0.1", Language::En),
            ("zh ; q=0.5 , * ;q=0.4", Language::ZhHans),
            ("*,zh", Language::En),
            (";;;q=,,zh;q", Language::ZhHans),
        ] {
            assert_eq!(Language::negotiate(header), language, "{header:?}");
        }
        assert_eq!(Language::negotiate(&format!("{}zh", "fr,".repeat(100))), Language::En, "bounded");
    }
}
