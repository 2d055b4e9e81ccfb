//! What a draw does, on lists that fit on a page.

use super::*;

fn option(pitch: &str, takes: Takes, cells: &[u32]) -> DrawOption {
    let text = str::to_owned;
    DrawOption {
        pitch: text(pitch),
        date: text("2026-11-28"),
        from: text("19:00"),
        to: text("20:00"),
        takes,
        cells: cells.to_vec(),
    }
}

fn entry(id: u128, party: u16, choices: &[u32]) -> EntryInDraw {
    EntryInDraw { id: EntryId::new(id), party, choices: Choices::of(choices).expect("choices") }
}

/// Two halves of a hall, the whole of it, and a pool of five places.
fn hall_and_pool(entries: Vec<EntryInDraw>) -> DrawList {
    DrawList {
        release: "r-1".to_owned(),
        cells: vec![1, 1, 1, 1, 5],
        options: vec![
            option("hall-a", Takes::One, &[0, 1]),
            option("hall-b", Takes::One, &[2, 3]),
            option("hall", Takes::One, &[0, 1, 2, 3]),
            option("pool", Takes::Party, &[4]),
        ],
        entries,
    }
}

const SEED: Seed = Seed([7; 32]);

fn drawn(list: &DrawList, value: &str) -> Outcome {
    draw(list, &SEED.mixed(&list.root(), value))
}

fn file(list: &DrawList, value: &str) -> DrawFile {
    let count = u32::try_from(list.entries.len()).expect("few");
    DrawFile {
        algorithm: ALGORITHM.to_owned(),
        release: list.release.clone(),
        commitment: SEED.commitment(),
        beacon: "noise".to_owned(),
        sealed: Some(Sealed { root: list.root(), count }),
        drawn: Some(Drawn::of(list, SEED, value, &drawn(list, value))),
    }
}

/// Thirty entries for what there is.
fn many() -> DrawList {
    let choices: [&[u32]; 3] = [&[0, 1, 3], &[2], &[3, 0]];
    hall_and_pool(
        (0..30).map(|no| entry(no * 977, 2, choices[usize::try_from(no % 3).expect("few")])).collect(),
    )
}

#[test]
fn each_in_turn_gets_the_dearest_choice_that_is_free() {
    let list = many();
    let outcome = drawn(&list, "value");
    let mut order = outcome.order.clone();
    order.sort_unstable();
    assert_eq!(order, (0..30).collect::<Vec<_>>(), "everybody is drawn once");
    let mut left = list.cells.clone();
    for (at, won) in outcome.order.iter().zip(&outcome.won) {
        let entry = &list.entries[usize::try_from(*at).expect("few")];
        let is_free = |choice: &u32, left: &[u16]| {
            let option = &list.options[usize::try_from(*choice).expect("few")];
            option
                .cells
                .iter()
                .all(|cell| left[usize::try_from(*cell).expect("few")] >= option.takes.of(entry.party))
        };
        assert_eq!(*won, entry.choices.iter().find(|choice| is_free(choice, &left)));
        for cell in won.iter().flat_map(|won| &list.options[usize::try_from(*won).expect("few")].cells) {
            left[usize::try_from(*cell).expect("few")] -= if *cell == 4 { 2 } else { 1 };
        }
    }
    let taken = outcome.order.iter().zip(&outcome.won).filter_map(|(at, won)| Some((*at, (*won)?)));
    assert_eq!(left_over(&list, taken), left);
}

#[test]
fn a_group_wins_as_one_or_not_at_all() {
    let list = hall_and_pool(vec![entry(1, 3, &[3]), entry(2, 3, &[3])]);
    let won = drawn(&list, "value").won;
    assert_eq!(won, [Some(3), None], "three places and three don't fit into five");
}

#[test]
fn another_value_another_seed_and_another_entry_give_another_order() {
    let list = many();
    let orders = [
        drawn(&list, "value").order,
        drawn(&list, "value.").order,
        draw(&list, &Seed([8; 32]).mixed(&list.root(), "value")).order,
        drawn(&DrawList { release: "r-2".to_owned(), ..list.clone() }, "value").order,
    ];
    for (no, order) in orders.iter().enumerate() {
        assert!(!orders[..no].contains(order), "{no}");
    }
    assert_eq!(drawn(&list, "value").order, orders[0]);
}

#[test]
fn everybody_is_first_equally_often() {
    let list = hall_and_pool((0..10).map(|no| entry(no, 1, &[0])).collect());
    let mut first = [0u32; 10];
    for value in 0..2000 {
        first[usize::try_from(drawn(&list, &value.to_string()).order[0]).expect("few")] += 1;
    }
    // Six standard errors of 200 among 2,000.
    assert!(first.iter().all(|times| (120..=280).contains(times)), "{first:?}");
}

#[test]
fn a_file_says_what_was_drawn_and_a_changed_one_is_found_out() {
    let honest = file(&many(), "value");
    let bytes = serde_json::to_vec(&honest).expect("JSON");
    let read = DrawFile::read(&bytes).expect("a file");
    assert_eq!(read, honest);
    assert_eq!(read.check().expect("drawn"), []);
    let changed = |change: fn(&mut Drawn)| {
        let mut file = honest.clone();
        change(file.drawn.as_mut().expect("drawn"));
        file.check().expect("drawn")
    };
    let seed = changed(|drawn| drawn.seed = Seed([8; 32]));
    assert!(matches!(seed[..], [Tampered::Seed { .. }, Tampered::Result { .. }, ..]), "{seed:?}");
    let dropped = changed(|drawn| {
        drawn.entries.remove(3);
    });
    assert!(matches!(dropped[..2], [Tampered::Count { found: 29, sealed: 30 }, Tampered::Entries { .. }]));
    let twice = changed(|drawn| drawn.entries[3] = drawn.entries[2]);
    assert!(matches!(twice[..], [Tampered::Entries { .. }, Tampered::Unsound]), "{twice:?}");
    let stock = changed(|drawn| drawn.cells[4] = 9);
    assert!(matches!(stock[0], Tampered::Entries { .. }), "{stock:?}");
    let swapped = changed(|drawn| drawn.result.swap(0, 9));
    assert!(
        matches!(swapped[..], [Tampered::Result { place: 1, .. }, Tampered::Result { place: 10, .. }]),
        "{swapped:?}"
    );
    let cut = changed(|drawn| drawn.result.truncate(29));
    assert_eq!(cut, [Tampered::Results { found: 29, entries: 30 }]);
    let value = changed(|drawn| drawn.value = "another".to_owned());
    assert!(matches!(value[0], Tampered::Result { .. }), "{value:?}");
    assert!(matches!(value[20], Tampered::More(_)), "{value:?}");
}

#[test]
fn what_is_not_drawn_or_not_known_is_not_checked() {
    let mut open = file(&many(), "value");
    open.drawn = None;
    assert!(matches!(open.clone().check(), Err(UnreadableDraw::NotDrawn)));
    open.algorithm = "kaichang-draw-2".to_owned();
    let bytes = serde_json::to_vec(&open).expect("JSON");
    assert!(matches!(DrawFile::read(&bytes), Err(UnreadableDraw::Algorithm(_))));
    assert!(matches!(DrawFile::read(b"{}"), Err(UnreadableDraw::Json(_))));
}

#[test]
fn choices_are_few_and_each_stands_once() {
    for (ranked, good) in [(&[][..], false), (&[4], true), (&[4, 4], false), (&[1; 9], false)] {
        assert_eq!(Choices::of(ranked).is_ok(), good, "{ranked:?}");
    }
    assert!(Choices::of(&[0, 1, 2, 3, 4, 5, 6, 7]).is_ok());
}

/// The algorithm is published: what it gives today it gives for ever.
#[test]
fn a_draw_comes_to_what_it_always_came_to() {
    let list = many();
    assert_eq!(list.root().to_string(), "b3e16ca16925d949b5e6b4a89836a70d469b11aa95f3d33126809dd0cf5c019a");
    assert_eq!(
        SEED.mixed(&list.root(), "value").to_string(),
        "69f57fc06b34973ac4e3b357713691dc960843158c290932444c099b75c1648b"
    );
    assert_eq!(drawn(&list, "value").order[..8], [20, 16, 17, 19, 18, 2, 8, 29]);
}
