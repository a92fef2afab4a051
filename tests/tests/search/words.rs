//! Which words find what, and in which order.

use super::{Alone, edit, log, number, put, thing};
use engine::{EditOp, EngineError, Path, Value};

#[test]
fn a_word_as_typed_goes_before_a_beginning_and_that_before_a_misspelling() {
    let mut alone = Alone::new();
    alone.write(1, "title", "Brand new shoes");
    alone.write(2, "title", "Breaded fish");
    alone.write(3, "title", "Bread");
    alone.write(4, "title", "Break");
    alone.write(5, "title", "Butter");
    assert_eq!(alone.find("bread"), [3, 2, 4]);
    assert_eq!(alone.find("brea"), [4, 3, 2], "among beginnings, the newest");
}

#[test]
fn a_title_goes_before_labels_and_those_before_notes() {
    let mut alone = Alone::new();
    let label = EditOp::Put(Path::Key("tags".into(), "garden".into()), Value::Bool(true));
    alone.write(1, "title", "The garden");
    alone.make(vec![edit(thing(2), vec![put("title", "Seeds"), label])]);
    alone.write(3, "place", "behind the garden");
    alone.write(4, "title", "Garden");
    assert_eq!(alone.find("garden"), [4, 1, 2, 3], "and what is nothing else before what is more");
}

#[test]
fn among_equals_the_newest_change_comes_first() {
    let mut alone = Alone::new();
    (1..=5).for_each(|n| alone.write(n, "title", "Call the plumber"));
    alone.write(2, "colour", "red");
    assert_eq!(alone.find("plumber"), [2, 5, 4, 3, 1]);
}

#[test]
fn all_words_have_to_stand_in_a_record_in_whatever_order_and_field() {
    let mut alone = Alone::new();
    alone.write(1, "title", "Milk and bread");
    alone.write(2, "title", "Milk");
    alone.make(vec![edit(
        thing(3),
        vec![put("title", "Bread"), EditOp::PutText("notes".into(), "not milk".into())],
    )]);
    assert_eq!(alone.find("bread milk"), [1, 3]);
    assert_eq!(alone.find("bre mil"), [1, 3], "both in the title, before one of them in the notes");
    assert!(alone.find("bread honey").is_empty());
    assert!(alone.find(" … ").is_empty());
}

#[test]
fn a_slip_is_forgiven_wherever_it_is_and_two_in_a_long_word() {
    let mut alone = Alone::new();
    alone.write(1, "title", "Breakfast");
    alone.write(2, "title", "Work");
    alone.write(3, "title", "Run");
    for typed in ["brekfast", "nreakfast", "breakfasr", "braekfast", "breakfsat", "brekfsat", "bbreakfast"] {
        assert_eq!(alone.find(typed), [1], "{typed}");
    }
    for typed in ["wrok", "owrk", "wokr", "vork", "wore", "woork"] {
        assert_eq!(alone.find(typed), [2], "{typed}");
    }
    for typed in ["rin", "wkor", "bnekfist"] {
        assert!(alone.find(typed).is_empty(), "{typed}");
    }
}

#[test]
fn misspellings_are_found_among_words_of_every_age() {
    // Enough for several runs of the index, a few of them merged.
    let mut alone = Alone::new();
    (0..400).for_each(|n| alone.write(n, "title", &format!("number{n} of many")));
    alone.write(1_000, "title", "Breakfast");
    assert_eq!(alone.find("brekafst"), [1_000]);
    let typed = alone.search("number7", &[], false, 11).unwrap();
    let numbers: Vec<u32> = typed.hits.iter().map(|hit| number(&hit.key)).collect();
    assert_eq!(numbers, [7, 79, 78, 77, 76, 75, 74, 73, 72, 71, 70], "enough as typed, so none misspelt");
    assert_eq!(alone.find("xumber399")[0], 399, "one slip before two");
    assert_eq!(alone.problems(), Vec::<String>::new());
}

#[test]
fn words_are_found_without_their_marks_and_in_any_script() {
    let mut alone = Alone::new();
    let titles = [
        "Crème brûlée",
        "Straße fegen",
        "Позвонить маме",
        "قراءة الكِتَاب مع أحمد",
        "学习中文每天",
        "朝の散歩をする",
        "ללמוד עִבְרִית",
        "병원 예약하기",
        "อ่านหนังสือ",
        "Αγορά ψωμιού",
    ];
    for (n, title) in (0..).zip(titles) {
        alone.write(n, "title", title);
    }
    for (typed, n) in [
        ("creme brulee", 0),
        ("CRÈME", 0),
        ("strasse", 1),
        ("МАМЕ", 2),
        ("позвон", 2),
        ("позвнить", 2),
        ("الكتاب", 3),
        ("احمد", 3),
        ("قراءه", 3),
        ("中文", 4),
        ("每天", 4),
        ("天", 4),
        ("散歩", 5),
        ("する", 5),
        ("עברית", 6),
        ("예약", 7),
        ("หนังสือ", 8),
        ("αγορα", 9),
    ] {
        assert_eq!(alone.find(typed), [n], "{typed}");
    }
    assert!(alone.find("文中").is_empty(), "neighbours in their order");
}

#[test]
fn a_hit_says_where_in_which_text_the_words_stand() {
    let mut alone = Alone::new();
    let notes = "Zwei Äpfel, und apfelmus für Max";
    alone.make(vec![edit(
        thing(1),
        vec![put("title", "Kuchen"), EditOp::PutText("notes".into(), notes.into())],
    )]);
    let found = alone.search("apfel max", &[], false, 5).unwrap();
    let hit = &found.hits[0];
    assert_eq!((hit.title.as_deref(), hit.field.as_str()), (Some("Kuchen"), "notes"));
    let at: Vec<&str> = hit.ranges.iter().map(|range| &hit.text[range.clone()]).collect();
    assert_eq!(at, ["Äpfel", "apfelmus", "Max"]);
}

#[test]
fn rows_of_a_stream_are_found_one_by_one() {
    let mut alone = Alone::new();
    let row = |day: &str, note: &str| {
        let path = Path::Key("rows".into(), format!("2026-01-{day}"));
        edit(log(1), vec![EditOp::Put(path, Value::Text(note.into()))])
    };
    alone.make(vec![row("01", "knee hurts"), row("02", "fine"), row("03", "knee is better")]);
    let mut places = |text: &str| {
        let found = alone.search(text, &[], false, 10).unwrap();
        found.hits.into_iter().map(|hit| hit.place.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(places("knee"), ["2026-01-03", "2026-01-01"]);
    assert_eq!(places("knee hurts"), ["2026-01-01"]);
    assert!(places("fine knee").is_empty(), "words of two rows are in neither");
    let path = Path::Key("rows".into(), "2026-01-01".into());
    alone.make(vec![edit(log(1), vec![EditOp::Remove(path)]), row("03", "all well")]);
    assert!(alone.search("knee", &[], false, 10).unwrap().hits.is_empty());
    assert_eq!(alone.search("well", &[], false, 10).unwrap().hits.len(), 1);
    assert_eq!(alone.problems(), Vec::<String>::new());
}

#[test]
fn only_the_kinds_asked_for_are_searched_and_unknown_ones_are_an_error() {
    let mut alone = Alone::new();
    alone.write(1, "title", "Walk");
    let path = Path::Key("rows".into(), "2026-01-01".into());
    alone.make(vec![edit(log(1), vec![EditOp::Put(path, Value::Text("a long walk".into()))])]);
    let mut kinds = |kinds: &[&str]| {
        let found = alone.search("walk", kinds, false, 10).unwrap();
        found.hits.into_iter().map(|hit| hit.key.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&[]), ["thing", "log"]);
    assert_eq!(kinds(&["log"]), ["log"]);
    assert_eq!(kinds(&["thing"]), ["thing"]);
    let unknown = alone.search("walk", &["nothing"], false, 10);
    assert_eq!(unknown, Err(EngineError::UnknownKind("nothing".into())));
}

#[test]
fn as_many_are_shown_as_wanted_and_it_is_said_that_there_are_more() {
    let mut alone = Alone::new();
    alone.make((0..300).map(|n| edit(thing(n), vec![put("title", "Water the plants")])).collect());
    let found = alone.search("plants", &[], false, 7).unwrap();
    assert_eq!((found.hits.len(), found.more), (7, true));
    let found = alone.search("plants", &[], false, usize::MAX).unwrap();
    assert_eq!((found.hits.len(), found.more), (engine::limits::SEARCH_HITS, true));
    alone.write(1, "title", "Feed the cat");
    let found = alone.search("feed", &[], false, 1).unwrap();
    assert_eq!((found.hits.len(), found.more), (1, false));
}

#[test]
fn a_text_of_any_length_and_content_is_searched_for() {
    let mut alone = Alone::new();
    alone.write(1, "title", "a b c d e f g h i j");
    for text in ["", "\u{0}", "''\"\u{202e}", &"é".repeat(100_000), &"a ".repeat(50_000)] {
        alone.search(text, &[], false, 10).unwrap();
    }
    assert_eq!(alone.find("j i h g f e d c b a"), [1]);
}
