//! Published draws and their two checkers: `kaichang draw-verify`, and the page of Python in `tests/draw`, which knows no more of a
//! draw than docs/draw.md tells. Both pass the same files, and both find the same changes.

use std::path::Path;
use std::process::Command;

use kaichang::domain::draw::{
    ALGORITHM, Choices, DrawFile, DrawList, DrawOption, Drawn, EntryId, EntryInDraw, Sealed, Seed, Takes,
    draw,
};
use serde_json::{Value, json};

use crate::server::kaichang;

/// What is changed, how, and what the binary and the page of Python say of it.
type Change = (&'static str, fn(&mut Value), &'static str, &'static str);

const CHECKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/draw/check_draw.py");

/// What a checker said of a file, and its exit code.
fn ran(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().expect("runs");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

fn by_the_binary(file: &Path) -> (Option<i32>, String) {
    let mut command = kaichang();
    command.arg("draw-verify").arg(file);
    ran(command)
}

fn by_python(file: &Path) -> (Option<i32>, String) {
    let mut command = Command::new("python3");
    // So that nothing is left beside the checker.
    command.arg("-B").arg(CHECKER).arg(file);
    ran(command)
}

/// Checks a file that was published: both checkers pass it.
pub(crate) fn passes(file: &Path) {
    for (code, said) in [by_the_binary(file), by_python(file)] {
        assert_eq!(code, Some(0), "{said}");
    }
}

/// Three hundred entries of parties for a hall and a pool, drawn.
fn published() -> DrawFile {
    let option = |pitch: &str, hour: u32, takes, cells: &[u32]| DrawOption {
        pitch: pitch.to_owned(),
        date: "2026-11-28".to_owned(),
        from: format!("{hour:02}:00"),
        to: format!("{:02}:00", hour + 1),
        takes,
        cells: cells.to_vec(),
    };
    let entry = |no: u32| EntryInDraw {
        id: EntryId::new(u128::from(no + 1) << 96 | u128::from(no * 7)),
        party: u16::try_from(1 + no % 5).expect("few"),
        choices: Choices::of(
            &[no % 4, (no + 1) % 4, (no + 2) % 4][..1 + usize::try_from(no % 3).expect("few")],
        )
        .expect("choices"),
    };
    let list = DrawList {
        release: "evening".to_owned(),
        cells: vec![1, 1, 1, 1, 40],
        options: vec![
            option("hall-a", 19, Takes::One, &[0, 1]),
            option("hall-b", 19, Takes::One, &[2, 3]),
            option("hall", 19, Takes::One, &[0, 1, 2, 3]),
            option("pool", 20, Takes::Party, &[4]),
        ],
        entries: (0..300).map(entry).collect(),
    };
    let (seed, value, root) = (Seed([9; 32]), "第 2026137 期:03 08 14 21 22 33", list.root());
    DrawFile {
        algorithm: ALGORITHM.to_owned(),
        release: list.release.clone(),
        commitment: seed.commitment(),
        beacon: "the lottery of the evening before".to_owned(),
        sealed: Some(Sealed { root, count: 300 }),
        drawn: Some(Drawn::of(&list, seed, value, &draw(&list, &seed.mixed(&root, value)))),
    }
}

#[test]
fn both_checkers_pass_an_honest_draw_and_find_every_change() {
    let dir = tempfile::tempdir().expect("a directory");
    let honest = serde_json::to_value(published()).expect("JSON");
    let written = |name: &str, file: &Value| {
        let path = dir.path().join(name);
        std::fs::write(&path, file.to_string()).expect("written");
        path
    };
    passes(&written("honest.json", &honest));
    let changes: [Change; 9] = [
        ("seed", |file| file["drawn"]["seed"] = json!("11".repeat(32)), "the seed is not", "seed:"),
        ("commitment", |file| file["commitment"] = json!("11".repeat(32)), "the seed is not", "seed:"),
        (
            "dropped entry",
            |file| drop(file["drawn"]["entries"].as_array_mut().expect("entries").remove(7)),
            "299 are in the file",
            "count: 299 entries",
        ),
        (
            "dropped everywhere",
            |file| {
                file["drawn"]["entries"].as_array_mut().expect("entries").remove(7);
                file["sealed"]["count"] = json!(299);
            },
            "the entries are not those",
            "entries: they are not",
        ),
        (
            "a choice",
            |file| file["drawn"]["entries"][5][2] = json!([3, 1]),
            "the entries are not those",
            "entries: they are not",
        ),
        (
            "stock",
            |file| file["drawn"]["cells"][4] = json!(4),
            "the entries are not those",
            "entries: they are not",
        ),
        (
            "swapped result",
            |file| file["drawn"]["result"].as_array_mut().expect("results").swap(0, 250),
            "place 1: the draw gives entry",
            "result: place 1 is",
        ),
        (
            "a gift",
            |file| {
                let results = file["drawn"]["result"].as_array_mut().expect("results");
                let last = results.iter_mut().rev().find(|got| got[1].is_null()).expect("somebody lost");
                last[1] = json!(0);
            },
            "a place in reserve, the file says entry",
            "result: place",
        ),
        (
            "value",
            |file| file["drawn"]["value"] = json!("第 2026138 期"),
            "place 1: the draw",
            "result: place 1 is",
        ),
    ];
    for (name, change, binary_says, python_says) in changes {
        let mut file = honest.clone();
        change(&mut file);
        let path = written("changed.json", &file);
        for ((code, said), expected) in [(by_the_binary(&path), binary_says), (by_python(&path), python_says)]
        {
            assert_eq!(code, Some(1), "{name}: {said}");
            assert!(said.contains(expected), "{name}: {said}");
        }
    }
}

#[test]
fn a_file_that_can_t_be_checked_is_told_apart_from_a_wrong_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut open = published();
    open.drawn = None;
    let texts = [serde_json::to_string(&open).expect("JSON"), "{".to_owned()];
    for (text, says) in texts.iter().zip(["nothing is drawn yet", "no file of a draw"]) {
        let path = dir.path().join("open.json");
        std::fs::write(&path, text).expect("written");
        let (code, said) = by_the_binary(&path);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    }
    let (code, said) = by_the_binary(&dir.path().join("absent.json"));
    assert_eq!(code, Some(2), "{said}");
}
