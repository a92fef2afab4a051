//! The engine alone: what a device does without a relay.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::{
    Command, Config, DocKey, Edit, EditOp, EngineError, Expect, Origin, Path, Query, RecordId, Reply, Row,
    Value,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use tests::simulation::device::Device;

const NOW: i64 = 1_763_700_000_000;

struct Alone {
    rng: ChaCha20Rng,
    device: Device,
}

impl Alone {
    fn new(config: Config) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let mut device = Device::found("alice", config, &mut rng).device;
        device.open(&mut rng);
        Self { rng, device }
    }
    fn edit(&mut self, edit: Edit) -> Result<Vec<Row>, EngineError> {
        match self.device.run(&mut self.rng, NOW, Command::Edit(vec![edit]))? {
            Reply::Edited(rows) => Ok(rows),
            other => panic!("{other:?}"),
        }
    }
    fn get(&mut self, key: &DocKey) -> Option<Row> {
        match self.device.ask(&mut self.rng, NOW, Query::Get(vec![key.clone()])).unwrap() {
            Reply::Rows(mut rows) => rows.remove(0),
            other => panic!("{other:?}"),
        }
    }
    fn verify(&mut self) -> engine::api::Verified {
        match self.device.run(&mut self.rng, NOW, Command::Verify).unwrap() {
            Reply::Verified(verified) => verified,
            other => panic!("{other:?}"),
        }
    }
}

fn thing(n: u8) -> DocKey {
    DocKey::thing("thing", RecordId::new([n; 16]))
}

fn put(key: &DocKey, expect: Expect, field: &str, value: &str) -> Edit {
    let op = EditOp::Put(Path::Field(field.into()), Value::Text(value.into()));
    Edit { key: key.clone(), expect, ops: vec![op], time: None, origin: Origin::Hand }
}

#[test]
fn what_was_written_is_read_back_after_the_store_is_opened_again() {
    let mut alone = Alone::new(Config::default());
    alone.edit(put(&thing(1), Expect::New, "title", "Run")).unwrap();
    alone.device.crash(0);
    let mut rng = alone.rng.clone();
    alone.device.open(&mut rng);
    let row = alone.get(&thing(1)).unwrap();
    assert_eq!(row.fields["title"], Value::Text("Run".into()));
    assert_eq!((row.created, row.updated, row.deleted), (NOW, NOW, false));
}

#[test]
fn an_edit_that_cannot_be_made_changes_nothing_and_says_why() {
    let mut alone = Alone::new(Config::default());
    alone.edit(put(&thing(1), Expect::New, "title", "Run")).unwrap();
    let again = alone.edit(put(&thing(1), Expect::New, "title", "Walk"));
    assert_eq!(again, Err(EngineError::Exists("thing".into(), RecordId::new([1; 16]))));
    let absent = alone.edit(put(&thing(2), Expect::Exists, "title", "Walk"));
    assert_eq!(absent, Err(EngineError::NotFound("thing".into(), RecordId::new([2; 16]))));
    let no_place = alone.edit(put(&thing(1), Expect::Exists, "tags", "a scalar over a map"));
    assert_eq!(no_place, Err(EngineError::NoPlace("thing".into(), "tags".into())));
    let unknown =
        alone.edit(put(&DocKey::thing("nothing", RecordId::new([3; 16])), Expect::New, "title", "x"));
    assert_eq!(unknown, Err(EngineError::UnknownKind("nothing".into())));
    let large = "x".repeat(engine::limits::EDIT_BYTES + 1);
    assert!(matches!(
        alone.edit(put(&thing(1), Expect::Exists, "title", &large)),
        Err(EngineError::TooLarge(_))
    ));
    assert_eq!(alone.get(&thing(1)).unwrap().fields["title"], Value::Text("Run".into()));
    assert_eq!(alone.get(&thing(2)), None);
}

#[test]
fn of_several_edits_in_one_command_either_all_are_made_or_none() {
    let mut alone = Alone::new(Config::default());
    let both =
        vec![put(&thing(1), Expect::New, "title", "one"), put(&thing(2), Expect::Exists, "title", "two")];
    let refused = alone.device.run(&mut alone.rng, NOW, Command::Edit(both));
    assert!(matches!(refused, Err(EngineError::NotFound(..))));
    assert_eq!(alone.get(&thing(1)), None);
    let both =
        vec![put(&thing(1), Expect::New, "title", "one"), put(&thing(1), Expect::Exists, "title", "two")];
    alone.device.run(&mut alone.rng, NOW, Command::Edit(both)).unwrap();
    assert_eq!(alone.get(&thing(1)).unwrap().fields["title"], Value::Text("two".into()));
}

#[test]
fn an_overwritten_value_stays_in_the_history() {
    let mut alone = Alone::new(Config::default());
    alone.edit(put(&thing(1), Expect::New, "title", "Run")).unwrap();
    alone.edit(put(&thing(1), Expect::Exists, "title", "Walk")).unwrap();
    let mut note = put(&thing(1), Expect::Exists, "x", "");
    note.ops = vec![EditOp::PutText("notes".into(), "slowly".into())];
    alone.edit(note).unwrap();
    let Reply::History(items) = alone.device.ask(&mut alone.rng, NOW, Query::History(thing(1))).unwrap()
    else {
        panic!("no history")
    };
    assert_eq!(items.len(), 3);
    let change = &items[1].fields[0];
    assert_eq!(change.path, Path::Field("title".into()));
    assert_eq!(change.before, Some(Value::Text("Run".into())));
    assert_eq!(change.after, Some(Value::Text("Walk".into())));
    assert_eq!(items[2].fields[0].after, Some(Value::Text("slowly".into())));
    assert_eq!(items[0].origin, Some(Origin::Hand));
    assert_eq!(items[0].device, alone.device.id().unwrap().as_bytes()[..8]);
}

#[test]
fn the_last_changes_say_what_made_a_record_and_what_took_it_into_the_trash_and_out_of_it() {
    let mut alone = Alone::new(Config::default());
    let with = |ops| Edit { ops, ..put(&thing(1), Expect::Exists, "", "") };
    let title = |to: &str| EditOp::Put(Path::Field("title".into()), Value::Text(to.into()));
    alone.edit(put(&thing(1), Expect::New, "title", "Run")).unwrap();
    alone.edit(with(vec![EditOp::Trash])).unwrap();
    alone.edit(with(vec![EditOp::Untrash])).unwrap();
    alone.edit(with(vec![title("Walk")])).unwrap();
    alone.edit(with(vec![EditOp::Trash])).unwrap();
    // Whoever changes what is in the trash takes it out.
    alone.edit(with(vec![title("Swim")])).unwrap();
    let mut last = |limit| {
        let query = Query::LastChanges { key: thing(1), limit };
        let Reply::History(items) = alone.device.ask(&mut alone.rng, NOW, query).unwrap() else {
            panic!("no history")
        };
        items
            .iter()
            .map(|item| (item.made, item.trashed, item.restored, item.fields.len()))
            .collect::<Vec<_>>()
    };
    let all = [
        (true, false, false, 1),
        (false, true, false, 0),
        (false, false, true, 0),
        (false, false, false, 1),
        (false, true, false, 0),
        (false, false, true, 1),
    ];
    assert_eq!(last(100), all);
    assert_eq!(last(2), all[4..]);
    let nothing = alone.device.ask(&mut alone.rng, NOW, Query::LastChanges { key: thing(2), limit: 5 });
    assert!(matches!(nothing, Err(EngineError::NotFound(..))), "{nothing:?}");
}

#[test]
fn a_record_is_shown_as_it_was_at_a_moment() {
    let mut alone = Alone::new(Config::default());
    let at = |time: i64, expect, ops| Edit { time: Some(time), ops, ..put(&thing(1), expect, "", "") };
    let title = |to: &str| vec![EditOp::Put(Path::Field("title".into()), Value::Text(to.into()))];
    let notes = |to: &str| vec![EditOp::PutText("notes".into(), to.into())];
    alone.edit(at(1_000, Expect::New, title("Run"))).unwrap();
    alone.edit(at(2_000, Expect::Exists, title("Walk"))).unwrap();
    // By a clock that went back: it was written by somebody who saw all that was there.
    alone.edit(at(1_500, Expect::Exists, notes("slowly"))).unwrap();
    alone.edit(at(3_000, Expect::Exists, vec![EditOp::Trash])).unwrap();
    let mut then = |at| {
        let query = Query::AsOf { key: thing(1), at };
        let Reply::Rows(rows) = alone.device.ask(&mut alone.rng, NOW, query).unwrap() else {
            panic!("no rows")
        };
        let row = rows.into_iter().next().unwrap()?;
        let text = |field: &str| match row.fields.get(field) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        Some((text("title"), text("notes"), row.deleted, row.updated))
    };
    assert_eq!(then(999), None);
    assert_eq!(then(1_000), Some(("Run".into(), String::new(), false, 1_000)));
    assert_eq!(then(1_499), Some(("Run".into(), String::new(), false, 1_000)));
    assert_eq!(then(1_500), Some(("Walk".into(), "slowly".into(), false, 2_000)));
    assert_eq!(then(2_999), Some(("Walk".into(), "slowly".into(), false, 2_000)));
    assert_eq!(then(3_000), Some(("Walk".into(), "slowly".into(), true, 3_000)));
    // Nothing was changed by looking back.
    assert_eq!(alone.get(&thing(1)).unwrap().updated, 3_000);
}

#[test]
fn a_record_in_the_trash_comes_back_when_it_is_edited_or_restored() {
    let mut alone = Alone::new(Config::default());
    let ops = |ops: Vec<EditOp>| Edit { ops, ..put(&thing(1), Expect::Exists, "", "") };
    alone.edit(put(&thing(1), Expect::New, "title", "Run")).unwrap();
    assert!(alone.edit(ops(vec![EditOp::Trash])).unwrap()[0].deleted);
    assert!(alone.get(&thing(1)).unwrap().deleted);
    assert!(!alone.edit(ops(vec![EditOp::Untrash])).unwrap()[0].deleted);
    assert!(alone.edit(ops(vec![EditOp::Trash])).unwrap()[0].deleted);
    assert!(!alone.edit(put(&thing(1), Expect::Exists, "title", "Walk")).unwrap()[0].deleted);
}

#[test]
fn lists_come_in_pages_that_go_on_where_the_last_one_ended() {
    let mut alone = Alone::new(Config { batch: 3, resident: 4, ..Config::default() });
    for n in 0..25 {
        alone.edit(put(&thing(n), Expect::New, "title", &n.to_string())).unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let query = Query::List { kind: "thing".into(), parent: None, after, limit: 10 };
        let Reply::Page(rows, next) = alone.device.ask(&mut alone.rng, NOW, query).unwrap() else {
            panic!("no page")
        };
        assert!(rows.len() <= 10);
        seen.extend(rows.into_iter().map(|r| r.key));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..25).map(thing).collect::<Vec<_>>());
}

#[test]
fn a_read_model_made_anew_equals_the_one_that_was_kept() {
    let mut alone = Alone::new(Config { batch: 3, resident: 4, ..Config::default() });
    for n in 0..30 {
        alone.edit(put(&thing(n % 10), Expect::Any, &format!("f{}", n % 3), &n.to_string())).unwrap();
        let row = DocKey::stream("log", RecordId::new([n % 4; 16]), "2026", 0);
        let op = EditOp::Put(Path::Key("rows".into(), format!("2026-01-{:02}", n + 1)), Value::Int(n.into()));
        alone
            .edit(Edit { key: row, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand })
            .unwrap();
    }
    let before: Vec<_> = (0..10).map(|n| alone.get(&thing(n))).collect();
    assert!(before.iter().all(Option::is_some));
    assert_eq!(alone.device.run(&mut alone.rng, NOW, Command::Rebuild), Ok(Reply::Rebuilt(14)));
    assert_eq!((0..10).map(|n| alone.get(&thing(n))).collect::<Vec<_>>(), before);
    let verified = alone.verify();
    assert_eq!(verified.problems, Vec::<String>::new());
    assert_eq!((verified.documents, verified.rows), (14, 14));
}

#[test]
fn a_rebuild_that_is_cut_off_anywhere_goes_on_at_the_next_opening() {
    for steps in 0..60 {
        let mut alone = Alone::new(Config { batch: 2, resident: 4, ..Config::default() });
        for n in 0..60 {
            alone.edit(put(&thing(n), Expect::New, "title", &n.to_string())).unwrap();
        }
        alone.device.command(Command::Rebuild);
        for _ in 0..steps {
            alone.device.sync_disk();
            alone.device.step(&mut alone.rng, NOW);
        }
        alone.device.crash(steps % 2);
        let mut rng = alone.rng.clone();
        alone.device.open(&mut rng);
        alone.edit(put(&thing(3), Expect::Exists, "title", "edited meanwhile")).unwrap();
        assert_eq!(alone.verify().problems, Vec::<String>::new(), "cut off after {steps} steps");
    }
}

#[test]
fn a_failed_transaction_is_answered_as_not_saved_and_ends_the_engine() {
    let mut alone = Alone::new(Config::default());
    let request = alone.device.command(Command::Edit(vec![put(&thing(1), Expect::New, "title", "Run")]));
    while !alone.device.has_commit() {
        alone.device.step(&mut alone.rng, NOW);
    }
    alone.device.fail_disk();
    alone.device.step(&mut alone.rng, NOW);
    assert_eq!(alone.device.reply(request), Some(Err(EngineError::Dead)));
    let after = alone.device.run(&mut alone.rng, NOW, Command::Flush);
    assert_eq!(after, Err(EngineError::Dead));
    alone.device.crash(0);
    let mut rng = alone.rng.clone();
    alone.device.open(&mut rng);
    assert_eq!(alone.get(&thing(1)), None);
}
