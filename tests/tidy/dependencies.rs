//! What the lock file brings in: all of it from crates.io with a checksum, one provider of TLS at most, and nothing that
//! fetches files while it is built.
//!
//! Cargo is asked, for all features and all platforms. It is asked offline first: who has built the project needs no net
//! here, unless packages of other platforms were never fetched.

use std::collections::BTreeSet;
use std::fmt;
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::assert_none;
use crate::tree;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The implementations of cryptography that bring C or assembler, or a system's library: each is built for long and patched
/// often, so there is one at most, in one version.
const PROVIDERS: [&str; 6] = ["aws-lc-rs", "aws-lc-fips-sys", "boring", "mbedtls", "openssl-sys", "ring"];

/// Packages that fetch files while they are built, unless a feature is on: (package, feature).
const FETCHES_UNLESS: [(&str, &str); 1] = [("utoipa-swagger-ui", "vendored")];

/// What `cargo metadata` says, as far as it is looked at.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    version: String,
    /// None for a member of the workspace, or a path.
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

/// A package as it is built.
#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

/// A package as the lock file has it.
#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

/// All packages of the lock file, as cargo resolves them.
///
/// # Panics
/// When cargo can't say.
pub(crate) fn resolved() -> &'static Metadata {
    static RESOLVED: OnceLock<Metadata> = OnceLock::new();
    RESOLVED.get_or_init(|| {
        let json = ask_cargo(true).or_else(|_| ask_cargo(false)).expect("cargo knows the packages");
        serde_json::from_slice(&json).expect("metadata in the first format")
    })
}

fn ask_cargo(is_offline: bool) -> Result<Vec<u8>, String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--all-features", "--format-version", "1"]);
    if is_offline {
        cargo.arg("--offline");
    }
    let output = cargo.current_dir(tree::root()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn lock() -> Lock {
    let text = std::fs::read_to_string(tree::root().join("Cargo.lock")).expect("a lock file");
    toml::from_str(&text).expect("a lock file in TOML")
}

/// Every package that comes from elsewhere than crates.io, or from no registry though it lies outside of `root`.
fn of_foreign_source(packages: &[Package], root: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        match package.source.as_deref() {
            Some(CRATES_IO) => {}
            Some(source) => findings.push(format!("{package} comes from {source}")),
            None if package.manifest_path.starts_with(root) => {}
            None => findings.push(format!("{package} comes from {}", package.manifest_path)),
        }
    }
    findings
}

/// Every locked package that cargo's answer doesn't have, and every one of a registry that has no checksum.
fn unsound_in_lock(lock: &Lock, packages: &[Package]) -> Vec<String> {
    let known: BTreeSet<_> =
        packages.iter().map(|package| (package.name.as_str(), package.version.as_str())).collect();
    let mut findings = Vec::new();
    for Locked { name, version, source, checksum } in &lock.package {
        if !known.contains(&(name.as_str(), version.as_str())) {
            findings.push(format!("{name} {version} is locked and was not looked at"));
        }
        if source.is_some() && checksum.is_none() {
            findings.push(format!("{name} {version} has no checksum"));
        }
    }
    findings
}

/// All providers of cryptography, when there is more than one, or more than one version.
fn rival_providers(packages: &[Package]) -> Vec<String> {
    let providers: Vec<_> = packages
        .iter()
        .filter(|package| PROVIDERS.contains(&package.name.as_str()))
        .map(Package::to_string)
        .collect();
    if providers.len() > 1 { providers } else { Vec::new() }
}

/// Every package that would fetch files while it is built.
fn that_fetch(metadata: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        for (name, feature) in FETCHES_UNLESS {
            let node = metadata.resolve.nodes.iter().find(|node| node.id == package.id);
            let is_on = node.is_some_and(|node| node.features.iter().any(|on| on == feature));
            if package.name == name && !is_on {
                findings.push(format!("{package} fetches files while it is built: turn `{feature}` on"));
            }
        }
    }
    findings
}

#[test]
fn every_package_comes_from_crates_io() {
    let root = tree::root();
    assert_none(&of_foreign_source(&resolved().packages, root.to_str().expect("a path in UTF-8")));
}

#[test]
fn the_whole_lock_file_was_looked_at() {
    assert_none(&unsound_in_lock(&lock(), &resolved().packages));
}

#[test]
fn there_is_one_provider_of_cryptography_at_most() {
    assert_none(&rival_providers(&resolved().packages));
}

#[test]
fn nothing_is_fetched_while_it_is_built() {
    assert_none(&that_fetch(resolved()));
}

impl Package {
    /// A package to try the rules on.
    pub(crate) fn from_crates_io(name: &str, license: Option<&str>) -> Self {
        Self {
            id: format!("{name}@1.0.0"),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            source: Some(CRATES_IO.to_owned()),
            license: license.map(str::to_owned),
            manifest_path: format!("/registry/{name}/Cargo.toml"),
        }
    }
}

#[test]
fn a_foreign_source_is_found() {
    let mut planted = Package::from_crates_io("planted", None);
    for (source, manifest_path, is_foreign) in [
        (Some(CRATES_IO), "/registry/planted/Cargo.toml", false),
        (Some("git+https://example.org/planted"), "/git/planted/Cargo.toml", true),
        (Some("registry+https://example.org/index"), "/registry/planted/Cargo.toml", true),
        (None, "/city/load-tests/Cargo.toml", false),
        (None, "/elsewhere/planted/Cargo.toml", true),
    ] {
        planted.source = source.map(str::to_owned);
        manifest_path.clone_into(&mut planted.manifest_path);
        let findings = of_foreign_source(std::slice::from_ref(&planted), "/city");
        assert_eq!(!findings.is_empty(), is_foreign, "{source:?} {manifest_path}");
    }
}

#[test]
fn a_hole_in_the_lock_file_is_found() {
    let text = "[[package]]\nname = \"planted\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n";
    let lock: Lock = toml::from_str(text).expect("a lock file");
    let planted = Package::from_crates_io("planted", None);
    assert_eq!(unsound_in_lock(&lock, &[]).len(), 2);
    assert_eq!(unsound_in_lock(&lock, std::slice::from_ref(&planted)), ["planted 1.0.0 has no checksum"]);
}

#[test]
fn rival_providers_are_found() {
    let [ring, other, plain] =
        ["ring", "openssl-sys", "serde"].map(|name| Package::from_crates_io(name, None));
    let mut newer = ring.clone();
    newer.version = "2.0.0".to_owned();
    assert_none(&rival_providers(&[ring.clone(), plain]));
    assert_eq!(rival_providers(&[ring.clone(), other]).len(), 2);
    assert_eq!(rival_providers(&[ring, newer]).len(), 2);
}

#[test]
fn a_download_while_building_is_found() {
    let planted = Package::from_crates_io("utoipa-swagger-ui", None);
    for (features, is_found) in [(vec!["axum"], true), (vec!["axum", "vendored"], false)] {
        let features = features.into_iter().map(str::to_owned).collect();
        let nodes = vec![Node { id: planted.id.clone(), features }];
        let metadata = Metadata { packages: vec![planted.clone()], resolve: Resolve { nodes } };
        assert_eq!(!that_fetch(&metadata).is_empty(), is_found);
    }
}
