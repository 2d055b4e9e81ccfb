//! Which licences a package may come under: those that ask for no more than a notice, and the few named exceptions.

use crate::assert_none;
use crate::dependencies::{Package, resolved};
use crate::spdx::is_satisfied;

const ALLOWED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that may come under a licence that others may not: (package, licence). MPL-2.0 asks that changes to its files stay
/// open, which holds for a crate that is used as it is; each is looked at once and then named here. None is so far.
const ALLOWED_FOR: [(&str, &str); 0] = [];

/// Every package whose licence is not allowed.
fn not_allowed(packages: &[Package], allowed_for: &[(&str, &str)]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| package.source.is_some()) {
        let Some(licence) = &package.license else {
            findings.push(format!("{package} names no licence by its SPDX expression"));
            continue;
        };
        let is_allowed =
            |name: &str| ALLOWED.contains(&name) || allowed_for.contains(&(package.name.as_str(), name));
        match is_satisfied(licence, &is_allowed) {
            Ok(true) => {}
            Ok(false) => findings.push(format!("{package} comes under `{licence}`, which is not allowed")),
            Err(_) => findings.push(format!("{package} comes under `{licence}`, which can't be read")),
        }
    }
    findings
}

#[test]
fn every_package_has_a_licence_that_is_allowed() {
    assert_none(&not_allowed(&resolved().packages, &ALLOWED_FOR));
}

#[test]
fn a_licence_that_is_not_allowed_is_found() {
    for licence in [None, Some("AGPL-3.0-only"), Some("MPL-2.0"), Some("MIT AND GPL-2.0-only"), Some("as is")]
    {
        let package = Package::from_crates_io("planted", licence);
        assert_eq!(not_allowed(&[package], &[]).len(), 1, "{licence:?}");
    }
}

#[test]
fn an_exception_holds_for_its_package_alone() {
    let exceptions = [("planted", "MPL-2.0")];
    let planted = Package::from_crates_io("planted", Some("MPL-2.0"));
    assert_none(&not_allowed(&[planted], &exceptions));
    let other = Package::from_crates_io("other", Some("MPL-2.0"));
    assert_eq!(not_allowed(&[other], &exceptions).len(), 1);
}
