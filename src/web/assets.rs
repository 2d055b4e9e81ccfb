//! Styles, modules and pictures: part of the program, served under names that change with their content.
//!
//! Files stand in a folder beside this one and are embedded as they are; there is nothing to build. Styles are written in small
//! files and served as few, without their comments. An asset's address has a hash of its content, so browsers keep it for a year and
//! never ask again. A module may import another that stands before it in the table: the address is put in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::BASE32_NOPAD;

use super::compressed::{BEST, gzip, takes_gzip};
use crate::api::problem::Problem;

/// What an asset is made of.
struct Source {
    name: &'static str,
    parts: &'static [&'static str],
    media_type: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Style,
    Module,
    /// A module of others, which imports another of theirs by the name that it has there.
    Foreign {
        written: &'static str,
        means: &'static str,
    },
    Other,
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

macro_rules! style {
    ($name:literal: $($part:literal)*) => {
        Source {
            name: $name,
            parts: &[$(include_str!(concat!("assets/css/", $part)),)*],
            media_type: CSS,
            kind: Kind::Style,
        }
    };
}

macro_rules! module {
    ($name:literal) => {
        Source {
            name: $name,
            parts: &[include_str!(concat!("assets/js/", $name))],
            media_type: JAVASCRIPT,
            kind: Kind::Module,
        }
    };
}

macro_rules! other {
    ($name:literal, $path:literal, $media_type:expr) => {
        Source {
            name: $name,
            parts: &[include_str!(concat!("assets/", $path))],
            media_type: $media_type,
            kind: Kind::Other,
        }
    };
}

/// A reader of QR codes, for the gate's camera where the browser has none. Each of its files is served with the licence that asks for it.
const QR_LICENCE: &str = include_str!("assets/vendor/qr-0.7.0.LICENSE");

/// Everything that is served, what others import before them.
const SOURCES: &[Source] = &[
    style!("app.css": "layout.css" "forms.css" "chips.css" "grid.css" "sheet.css" "cards.css" "ticket.css" "desk.css"),
    style!("operator.css": "operator.css"),
    other!("htmx.js", "vendor/htmx-4.0.1.min.js", JAVASCRIPT),
    other!("icon.svg", "icon.svg", "image/svg+xml"),
    module!("page.js"),
    module!("live.js"),
    module!("drag.js"),
    module!("keys.js"),
    Source {
        name: "qr-tables.js",
        parts: &["/*!\n", QR_LICENCE, "*/\n", include_str!("assets/vendor/qr-0.7.0.index.js")],
        media_type: JAVASCRIPT,
        kind: Kind::Other,
    },
    Source {
        name: "qr.js",
        parts: &["/*!\n", QR_LICENCE, "*/\n", include_str!("assets/vendor/qr-0.7.0.decode.js")],
        media_type: JAVASCRIPT,
        kind: Kind::Foreign { written: "'./index.js'", means: "qr-tables.js" },
    },
    module!("gate.js"),
    module!("near.js"),
    module!("filters.js"),
    module!("saved.js"),
    module!("countdown.js"),
    module!("waiting.js"),
    module!("proof.js"),
    module!("ticket.js"),
    module!("sheet.js"),
];

/// What stands in every page's head, so that its first paint waits for nothing.
const FIRST_PAINT: &[&str] =
    &[include_str!("assets/css/tokens.css"), include_str!("assets/css/first-paint.css")];

static FIRST_PAINT_STYLE: LazyLock<String> = LazyLock::new(|| squeezed(&FIRST_PAINT.concat()));
static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::new);

struct Assets {
    by_file: HashMap<String, Asset>,
    addresses: HashMap<&'static str, String>,
}

struct Asset {
    body: Bytes,
    gzip: Option<Bytes>,
    media_type: &'static str,
}

/// The address of an asset.
///
/// # Panics
/// In a build with assertions, when there is no such asset: a slip of the pen that every test of its page sees.
#[must_use]
pub fn address(name: &str) -> &'static str {
    let address = ASSETS.addresses.get(name);
    debug_assert!(address.is_some(), "there is no asset {name}");
    address.map_or("", String::as_str)
}

/// The addresses of all assets.
pub fn addresses() -> impl Iterator<Item = &'static str> {
    ASSETS.addresses.values().map(String::as_str)
}

/// The style of the first paint, to the letter as it stands in every page.
#[must_use]
pub fn first_paint() -> &'static str {
    &FIRST_PAINT_STYLE
}

/// The route of all assets.
pub fn routes() -> Router {
    Router::new().route("/assets/{file}", get(serve))
}

async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = ASSETS.by_file.get(&file).ok_or(Problem::NotFound)?;
    let mut response = match &asset.gzip {
        Some(gzip) if takes_gzip(&headers) => {
            let mut response = Body::from(gzip.clone()).into_response();
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        Some(_) | None => Body::from(asset.body.clone()).into_response(),
    };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

impl Assets {
    fn new() -> Self {
        let mut all = Self { by_file: HashMap::new(), addresses: HashMap::new() };
        for source in SOURCES {
            all.add(source);
        }
        all
    }

    fn add(&mut self, source: &Source) {
        let text = source.parts.concat();
        let body = match source.kind {
            Kind::Style => squeezed(&text),
            Kind::Module => self.with_addresses(&text),
            Kind::Foreign { written, means } => {
                let address = self.addresses.get(means).map_or("", String::as_str);
                text.replace(written, &format!("\"{address}\""))
            }
            Kind::Other => text,
        };
        let hash = blake3::hash(body.as_bytes());
        let hash = BASE32_NOPAD.encode(&hash.as_bytes()[..5]).to_ascii_lowercase();
        let (stem, ending) = source.name.rsplit_once('.').unwrap_or((source.name, ""));
        let file = format!("{stem}.{hash}.{ending}");
        self.addresses.insert(source.name, format!("/assets/{file}"));
        let body = Bytes::from(body);
        let gzip = gzip(&body, BEST);
        self.by_file.insert(file, Asset { body, gzip, media_type: source.media_type });
    }

    /// A module with the addresses of what it imports: `from "./name.js"` and `import "./name.js"`.
    fn with_addresses(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for (name, address) in &self.addresses {
            let written = format!("\"./{name}\"");
            if text.contains(&written) {
                text = text.replace(&written, &format!("\"{address}\"")).into();
            }
        }
        text.into_owned()
    }
}

/// A style without comments and without white space that means nothing. No style of ours has text in quotes with either.
fn squeezed(style: &str) -> String {
    let mut out = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let words: Vec<&str> = out.split_whitespace().collect();
    let mut squeezed = words.join(" ");
    for mark in ["{", "}", ";", ","] {
        squeezed = squeezed.replace(&format!("{mark} "), mark).replace(&format!(" {mark}"), mark);
    }
    squeezed.replace(": ", ":").replace(";}", "}")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn folder(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets").join(name)
    }

    #[test]
    fn every_style_and_module_is_served() {
        let all: Vec<&str> =
            SOURCES.iter().flat_map(|source| source.parts).chain(FIRST_PAINT).copied().collect();
        for entry in ["css", "js"].iter().flat_map(|name| std::fs::read_dir(folder(name)).expect("a folder"))
        {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("text");
            assert!(all.contains(&text.as_str()), "{} is not served", path.display());
        }
    }

    #[test]
    fn styles_are_logical_and_nothing_comes_from_elsewhere() {
        let physical = ["left", "right", "top", "bottom"];
        for entry in std::fs::read_dir(folder("css")).expect("a folder") {
            let path = entry.expect("an entry").path();
            let text = squeezed(&std::fs::read_to_string(&path).expect("text"));
            for declaration in text.split(['{', '}', ';']) {
                let (property, value) = declaration.split_once(':').unwrap_or((declaration, ""));
                let is_physical = property.split('-').any(|word| physical.contains(&word.trim()))
                    || (property == "float" || property == "text-align") && physical.contains(&value);
                assert!(!is_physical, "{}: {declaration}", path.display());
                assert!(!value.contains("url("), "{}: {declaration}", path.display());
            }
        }
    }

    #[test]
    fn what_was_taken_over_is_as_it_came() {
        let sums = std::fs::read_to_string(folder("vendor/SHA256SUMS")).expect("sums");
        assert_eq!(sums.lines().count(), 5);
        for line in sums.lines() {
            let (sum, file) = line.split_once("  ").expect("a sum and a file");
            let bytes = std::fs::read(folder("vendor").join(file)).expect("the file");
            use sha2::{Digest, Sha256};
            let found = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
            assert_eq!(found, sum, "{file}");
        }
    }

    #[test]
    fn a_module_imports_by_address() {
        let text = "import { a } from \"./page.js\";\nimport \"./none.js\";";
        let written = ASSETS.with_addresses(text);
        assert!(written.starts_with(&format!("import {{ a }} from \"{}\"", address("page.js"))), "{written}");
        assert!(written.ends_with("\"./none.js\";"));
    }

    #[test]
    fn what_was_taken_over_imports_by_address_and_names_its_licence() {
        for name in ["qr.js", "qr-tables.js"] {
            let file = address(name).strip_prefix("/assets/").expect("an address");
            let text = std::str::from_utf8(&ASSETS.by_file[file].body).expect("text").to_owned();
            assert!(text.contains("Permission is hereby granted, free of charge"), "{name}");
            for import in text.lines().filter(|line| line.starts_with("import ")) {
                assert!(import.ends_with(&format!("from \"{}\";", address("qr-tables.js"))), "{import}");
            }
        }
    }

    #[test]
    fn a_style_keeps_its_meaning_when_it_is_squeezed() {
        let style = "/* a */\na > b ,\n c:hover { margin : 0 1px; color:red; }\n@media (min-width: 40rem) { d { e: f } }";
        assert_eq!(squeezed(style), "a > b,c:hover{margin :0 1px;color:red}@media (min-width:40rem){d{e:f}}");
    }
}
