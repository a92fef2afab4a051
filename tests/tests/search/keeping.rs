//! The index follows the records, whatever happens to them.

use super::{Alone, NOW, edit, log, number, put, thing};
use engine::api::{Job, MemberChange};
use engine::{Command, Config, Edit, EditOp, EngineError, Notice, Path, Query, Reply, Value};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sync_server::memory::MemoryStore;
use tests::simulation::disk::Counts;
use tests::simulation::house::House;

#[test]
fn an_edit_takes_the_old_words_away() {
    let mut alone = Alone::new();
    alone.write(1, "title", "Call Anna");
    alone.write(1, "title", "Write to Anna");
    assert!(alone.find("call").is_empty());
    assert_eq!(alone.find("write anna"), [1]);
    assert_eq!(alone.problems(), Vec::<String>::new());
}

#[test]
fn what_is_in_the_trash_is_found_only_when_asked_for() {
    let mut alone = Alone::new();
    alone.write(1, "title", "Old boat");
    alone.write(2, "title", "New boat");
    alone.make(vec![edit(thing(1), vec![EditOp::Trash])]);
    assert_eq!(alone.find("boat"), [2]);
    let found = alone.search("boat", &[], true, 10).unwrap();
    let all: Vec<(u32, bool)> = found.hits.iter().map(|hit| (number(&hit.key), hit.deleted)).collect();
    assert_eq!(all, [(1, true), (2, false)]);
    alone.make(vec![edit(thing(1), vec![EditOp::Untrash])]);
    assert_eq!(alone.find("boat"), [1, 2]);
    assert_eq!(alone.problems(), Vec::<String>::new());
}

fn found_in(house: &mut House, who: usize, text: &str) -> usize {
    let query = Query::Search { text: text.into(), kinds: Vec::new(), trash: false, limit: 10 };
    match house.rooms[who].device.ask(&mut house.vault.rng, house.vault.now, query).unwrap() {
        Reply::Found(found) => found.hits.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_another_device_wrote_is_found_and_what_it_overwrote_is_not() {
    let mut house = House::of(&["bob"]);
    house.write(0, 1, "title", "Paint the fence").unwrap();
    house.settle();
    assert_eq!(found_in(&mut house, 1, "fence"), 1);
    house.write(1, 1, "title", "Paint the door").unwrap();
    house.settle();
    for who in [0, 1] {
        assert_eq!((found_in(&mut house, who, "fence"), found_in(&mut house, who, "door")), (0, 1), "{who}");
        assert_eq!(house.problems(who), Vec::<String>::new());
    }
}

#[test]
fn what_a_revocation_made_void_is_found_no_more() {
    let mut house = House::of(&["bob", "carol"]);
    house.write(1, 1, "title", "before").unwrap();
    house.settle();
    let backup: MemoryStore = (*house.vault.relay.store).clone();
    house.disconnect(0);
    house.write(1, 1, "title", "beyond").unwrap();
    house.write(1, 3, "title", "beyond too").unwrap();
    house.settle();
    assert_eq!(found_in(&mut house, 2, "beyond"), 2);
    (0..3).for_each(|who| house.disconnect(who));
    house.vault.relay.store.restore(&backup);
    house.vault.relay.restart();
    house.connect(0);
    house.settle();
    let bob = house.id(1);
    assert_eq!(house.change(0, MemberChange::Revoke(vec![bob])), Ok(Reply::MembersChanged));
    house.connect(2);
    house.settle();
    assert_eq!((found_in(&mut house, 2, "beyond"), found_in(&mut house, 2, "before")), (0, 1));
    assert_eq!(house.problems(2), Vec::<String>::new());
}

/// Words of a small language, so that edits meet.
fn text(rng: &mut ChaCha20Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.next_u32() % 6 {
        let syllable = |n: u32| ["ba", "ké", "lo", "mü", "ни", "习"][n as usize % 6];
        (0..=rng.next_u32() % 3).for_each(|_| text.push_str(syllable(rng.next_u32())));
        text.push(' ');
    }
    text
}

fn any_edit(rng: &mut ChaCha20Rng) -> Edit {
    let key = thing(rng.next_u32() % 60);
    let words = text(rng);
    match rng.next_u32() % 12 {
        0..4 => edit(key, vec![put("title", &words)]),
        4..6 => edit(key, vec![EditOp::PutText("notes".into(), words)]),
        6 => edit(key, vec![EditOp::Trash]),
        7 => edit(key, vec![EditOp::Untrash]),
        8 => edit(key, vec![EditOp::Put(Path::Key("tags".into(), words.trim().into()), Value::Bool(true))]),
        9 => edit(key, vec![EditOp::Remove(Path::Field("title".into()))]),
        n => {
            let path = Path::Key("rows".into(), format!("2026-01-{:02}", rng.next_u32() % 28 + 1));
            let op = if n == 10 { EditOp::Put(path, Value::Text(words)) } else { EditOp::Remove(path) };
            edit(log(u8::try_from(rng.next_u32() % 4).unwrap()), vec![op])
        }
    }
}

/// A history of edits, crashes and rebuilds that are cut off.
fn live(seed: u64, config: Config, edits: usize) -> Alone {
    let mut alone = Alone::with(config);
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    for _ in 0..edits {
        alone.now += i64::from(rng.next_u32() % 100_000_000);
        let some = (0..=rng.next_u32() % 3).map(|_| any_edit(&mut rng)).collect();
        alone.make(some);
        if rng.next_u32().is_multiple_of(50) {
            // The power goes somewhere on the way, with the last transaction on the disk or not.
            let command = if rng.next_u32().is_multiple_of(2) {
                Command::Rebuild
            } else {
                Command::Edit(vec![any_edit(&mut rng)])
            };
            alone.device.command(command);
            for _ in 0..rng.next_u32() % 12 {
                alone.device.sync_disk();
                alone.device.step(&mut alone.rng, alone.now);
            }
            alone.device.crash(rng.next_u32() as usize % 2);
            alone.device.open(&mut alone.rng);
            alone.device.settle(&mut alone.rng, alone.now);
        }
    }
    alone
}

#[test]
fn whatever_happened_the_index_is_what_one_made_anew_would_be() {
    for seed in 0..24 {
        let config = if seed % 2 == 0 {
            Config::default()
        } else {
            Config { batch: 3, resident: 4, ..Config::default() }
        };
        let mut alone = live(seed, config, 300);
        assert_eq!(alone.problems(), Vec::<String>::new(), "seed {seed}");
        let wanted = ["ba", "kelo", "mu ba", "ни", "习", "lolo", "bakelo", "мюба", "muммю"];
        let mut answers = || wanted.map(|text| alone.search(text, &[], true, 100).unwrap().hits);
        let before = answers();
        assert!(before.iter().filter(|hits| !hits.is_empty()).count() > 4, "seed {seed}");
        alone.rebuild();
        assert_eq!(alone.problems(), Vec::<String>::new(), "seed {seed}, rebuilt");
        let mut answers = || wanted.map(|text| alone.search(text, &[], true, 100).unwrap().hits);
        assert!(answers() == before, "seed {seed}");
    }
}

#[test]
fn a_rebuild_that_is_cut_off_goes_on_and_tells_how_far_it_is() {
    let mut alone = Alone::with(Config { batch: 3, resident: 4, ..Config::default() });
    (0..400).for_each(|n| alone.write(n, "title", &format!("Title {n}")));
    alone.device.command(Command::Rebuild);
    for _ in 0..14 {
        alone.device.sync_disk();
        alone.device.step(&mut alone.rng, NOW);
    }
    let told = |notices: &[Notice]| {
        let progress = notices.iter().filter_map(|notice| match notice {
            Notice::Progress { job: Job::Rebuild, done, .. } => Some(*done),
            _ => None,
        });
        progress.collect::<Vec<u64>>()
    };
    let before = told(&alone.device.notices);
    assert!(!before.is_empty() && before[before.len() - 1] < 400, "{before:?}");
    alone.device.notices.clear();
    alone.reopen();
    let after = told(&alone.device.notices);
    assert!(after[0] > before[before.len() - 1] && after[after.len() - 1] == 400, "{before:?} {after:?}");
    assert_eq!(alone.find("title 37"), [37, 379, 378, 377, 376, 375, 374, 373, 372, 371, 370]);
    assert_eq!(alone.problems(), Vec::<String>::new());
}

#[test]
fn an_edit_that_changes_no_words_writes_nothing_for_the_index() {
    let mut alone = Alone::new();
    alone.write(1, "title", "Call Anna");
    alone.device.disk.take_counts();
    alone.make(vec![edit(thing(1), vec![EditOp::Put(Path::Field("done".into()), Value::Bool(true))])]);
    alone.write(1, "title", "Call Anna");
    let counts = alone.device.disk.take_counts();
    assert_eq!(Counts::of(&counts.writes, b'i'), 0);
    assert!(Counts::of(&counts.writes, b'v') > 0);
    alone.write(1, "title", "Call Anne");
    assert_eq!(Counts::of(&alone.device.disk.take_counts().writes, b'i'), 1);
}

#[test]
fn opening_neither_makes_nor_reads_the_index() {
    let mut alone = Alone::new();
    (0..500).for_each(|n| alone.write(n, "title", &format!("Title {n}")));
    alone.device.disk.take_counts();
    alone.reopen();
    let counts = alone.device.disk.take_counts();
    assert_eq!((Counts::of(&counts.reads, b'i'), Counts::of(&counts.writes, b'i')), (0, 0));
    assert_eq!(alone.find("title 499"), [499]);
}

#[test]
fn no_word_stands_readable_in_the_store() {
    let mut alone = Alone::new();
    (0..100).for_each(|n| alone.write(n, "title", &format!("Xylophone{n}")));
    let bytes = alone.device.disk.bytes();
    for word in ["xylophone", "Xylophone", "enohpolyx"] {
        assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }
    assert!(alone.device.disk.size_of(b"i") > 1_000);
}

#[test]
fn a_damaged_index_is_told_stops_no_edit_and_is_mended_by_a_rebuild() {
    let mut alone = Alone::new();
    (0..100).for_each(|n| alone.write(n, "title", &format!("Title {n}")));
    assert!(alone.device.disk.spoil(b"i") > 0);
    let told = alone.search("title", &[], false, 10);
    assert!(matches!(&told, Err(EngineError::Damaged(text)) if text.contains("search index")), "{told:?}");
    assert!(alone.problems().iter().any(|text| text.contains("search index")));
    alone.device.notices.clear();
    (0..200).for_each(|n| alone.write(n, "title", &format!("Name {n}")));
    let troubles = alone.device.notices.iter().filter(|n| matches!(n, Notice::Trouble(_))).count();
    assert_eq!(troubles, 1, "it is said once");
    alone.rebuild();
    assert_eq!(alone.problems(), Vec::<String>::new());
    assert_eq!(alone.find("name 150"), [150]);
    assert!(alone.find("title").is_empty());
}
