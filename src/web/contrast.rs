//! Whether what is written can be read: the contrast of every ink on its ground, computed from `tokens.css` in light and in dark.

#![expect(clippy::float_arithmetic, reason = "colours are no money")]

use std::collections::HashMap;

const TOKENS: &str = include_str!("assets/css/tokens.css");

/// Texts and their grounds. WCAG 2.2 AA asks for 4.5.
const TEXTS: [(&str, &str); 20] = [
    ("ink", "surface"),
    ("ink", "sunk"),
    ("ink-2", "surface"),
    ("ink-2", "sunk"),
    ("accent", "surface"),
    ("accent", "sunk"),
    ("on-accent", "accent"),
    ("surface", "ink"),
    ("free", "free-tint"),
    ("taken", "taken-tint"),
    ("unreleased", "unreleased-tint"),
    ("held", "held-tint"),
    ("danger", "danger-tint"),
    ("surface", "danger"),
    ("danger", "surface"),
    ("ink", "map-1"),
    ("ink", "map-2"),
    ("ink", "map-3"),
    ("on-accent", "map-4"),
    ("on-accent", "map-5"),
];
/// What is no text and must be seen: borders of what one presses and fills in, and the ring around what has the focus. 3 is asked.
const MARKS: [(&str, &str); 7] = [
    ("edge", "surface"),
    ("focus", "surface"),
    ("free", "surface"),
    ("unreleased", "surface"),
    ("held", "surface"),
    ("danger", "surface"),
    ("accent", "surface"),
];

/// The colours of a scheme, by name.
fn colours(scheme: &str) -> HashMap<&str, [f64; 3]> {
    let declarations = scheme.split(';').filter_map(|line| line.rsplit_once("--")?.1.split_once(": #"));
    let channel = |hex: &str, at: usize| {
        let value = u8::from_str_radix(hex.get(at..at + 2).expect("six digits"), 16).expect("a colour");
        let part = f64::from(value) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    declarations.map(|(name, hex)| (name, [0, 2, 4].map(|at| channel(hex, at)))).collect()
}

fn contrast(colours: &HashMap<&str, [f64; 3]>, one: &str, other: &str) -> f64 {
    let luminance = |name: &str| {
        let [red, green, blue] = colours.get(name).unwrap_or_else(|| panic!("no colour {name}"));
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn everything_written_can_be_read_in_light_and_in_dark() {
    let (light, dark) = TOKENS.split_once("@media (prefers-color-scheme: dark)").expect("both schemes");
    for (scheme, text) in [("light", light), ("dark", dark)] {
        let colours = colours(text);
        assert!(colours.len() >= 20, "{scheme}: {} colours", colours.len());
        for (pairs, least) in [(&TEXTS[..], 4.5), (&MARKS[..], 3.0)] {
            for (one, other) in pairs {
                let found = contrast(&colours, one, other);
                assert!(found >= least, "{scheme}: {one} on {other} has {found:.2}");
            }
        }
    }
}

#[test]
fn contrast_is_what_the_standard_says() {
    let colours = colours("--black: #000000; --white: #FFFFFF; --grey: #767676;");
    assert!((contrast(&colours, "black", "white") - 21.0).abs() < 0.01);
    assert!((contrast(&colours, "grey", "white") - 4.54).abs() < 0.01);
}
