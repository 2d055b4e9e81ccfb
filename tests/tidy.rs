//! The rules of the repository that a compiler doesn't see, each as a function over text: which way imports go, how a
//! file is shaped, which atomics are argued for, which words stay out, where papers point, and what the lock file may bring in.
//!
//! Each rule is tried on a planted bad text beside it, so that a rule that sees nothing any more fails as well.

#[path = "tidy/arrows.rs"]
mod arrows;
#[path = "tidy/dependencies.rs"]
mod dependencies;
#[path = "tidy/figures.rs"]
mod figures;
#[path = "tidy/licences.rs"]
mod licences;
#[path = "tidy/orderings.rs"]
mod orderings;
#[path = "tidy/papers.rs"]
mod papers;
#[path = "tidy/rust_text.rs"]
mod rust_text;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/spdx.rs"]
mod spdx;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/words.rs"]
mod words;

/// Fails with every finding in a line of its own, so that one run shows all that is to be done.
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "{} found:\n{}", findings.len(), findings.join("\n"));
}
