//! The repository's files, as they lie there: what `.gitignore` names is left out.
//!
//! The tree is walked and git is not asked, so that a file counts before it is added, and in an unpacked archive too.

use std::fs;
use std::path::{Path, PathBuf};

/// A file with its path from the repository's root, with `/` between the names.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    /// The file's text, or nothing when it is not UTF-8.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

/// What `.gitignore` may say here: a name at the root (`/target`), a name anywhere, or an ending (`*.log`).
#[derive(Debug, PartialEq, Eq)]
enum Ignored {
    AtRoot(String),
    Named(String),
    Ending(String),
}

impl Ignored {
    /// # Panics
    /// When a line says more than these tests understand: they would then look at the wrong files.
    fn read(line: &str) -> Option<Self> {
        let pattern = line.trim().trim_end_matches('/');
        if pattern.is_empty() || pattern.starts_with('#') {
            return None;
        }
        let (name, ignored): (&str, fn(String) -> Self) = match pattern.strip_prefix('/') {
            Some(name) => (name, Self::AtRoot),
            None => match pattern.strip_prefix('*') {
                Some(ending) => (ending, Self::Ending),
                None => (pattern, Self::Named),
            },
        };
        assert!(!name.contains(['*', '?', '[', '!', '/']), "teach tests/tidy/tree.rs to read `{line}`");
        Some(ignored(name.to_owned()))
    }

    fn covers(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        match self {
            Self::AtRoot(root) => path == root,
            Self::Named(named) => name == named,
            Self::Ending(ending) => name.ends_with(ending.as_str()),
        }
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the repository, in the order of their paths.
pub(crate) fn files() -> Vec<File> {
    let root = root();
    let ignore = fs::read_to_string(root.join(".gitignore")).expect("a .gitignore");
    let ignored: Vec<_> = ignore.lines().filter_map(Ignored::read).collect();
    let mut files = Vec::new();
    walk(&root, "", &ignored, &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the walk doesn't find the library");
    files
}

/// The files whose path ends so.
pub(crate) fn files_ending(ending: &str) -> Vec<File> {
    files().into_iter().filter(|file| file.path.ends_with(ending)).collect()
}

fn walk(root: &Path, below: &str, ignored: &[Ignored], files: &mut Vec<File>) {
    for entry in fs::read_dir(root.join(below)).expect("a directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if name == ".git" || ignored.iter().any(|ignored| ignored.covers(&path)) {
            continue;
        }
        let kind = entry.file_type().expect("a kind of file");
        if kind.is_dir() {
            walk(root, &path, ignored, files);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).expect("a file that can be read");
            files.push(File { path, bytes });
        }
    }
}

#[test]
fn what_is_ignored_is_read_as_git_reads_it() {
    for (line, path, is_covered) in [
        ("/target", "target", true),
        ("/target", "load-tests/target", false),
        ("target/", "load-tests/target", true),
        ("*.log", "a/b.log", true),
        ("*.log", "a/log", false),
        ("/data", "src/data", false),
    ] {
        let ignored = Ignored::read(line).expect("a pattern");
        assert_eq!(ignored.covers(path), is_covered, "{line} over {path}");
    }
    assert_eq!(Ignored::read("# a remark"), None);
}

#[test]
#[should_panic(expected = "teach")]
fn a_pattern_that_is_not_understood_is_no_pattern() {
    let _ = Ignored::read("a/**/b");
}

#[test]
fn nothing_that_is_built_is_looked_at() {
    assert!(files().iter().all(|file| !file.path.starts_with("target/") && !file.path.starts_with(".git/")));
}
