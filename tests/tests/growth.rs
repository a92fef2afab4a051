//! Nothing quadratic: what is asked of a store in a vault of four and of sixteen times the size, counted and not timed.
//! Searching and its index are counted in `search/size.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::{Command, Config, Edit, Origin, Query, RecordId, Reply, Value};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use life::calendar;
use life::day::Asking;
use life::{Assignment, RecordType};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tests::simulation::device::Device;
use tests::simulation::disk::Counts;
use tests::simulation::house::{House, Room};
use tests::simulation::schema::{numbered, titled};

const NOW: i64 = 1_763_700_000_000;
const ALICE: usize = 0;
const BOB: usize = 1;
/// Records at 1x, 4x and 16x; at 16x there are more than stay loaded.
const SIZES: [u32; 3] = [100, 400, 1_600];
/// Edits of one command.
const TOGETHER: u32 = 100;

/// One device that wrote so many records, so many of them in one command, in step with its relay.
fn lived(records: u32, together: u32) -> House {
    let mut house = House::of(&[]);
    for from in (0..records).step_by(together as usize) {
        make(&mut house, (from..from + together).map(|n| titled(n, &format!("record {n}"))).collect());
    }
    house
}

fn make(house: &mut House, edits: Vec<Edit>) {
    let request = house.rooms[ALICE].device.command(Command::Edit(edits));
    house.settle();
    assert!(matches!(house.rooms[ALICE].device.reply(request), Some(Ok(Reply::Edited(_)))));
}

fn compact(house: &mut House) {
    let request = house.rooms[ALICE].device.command(Command::Compact);
    house.settle();
    assert_eq!(house.rooms[ALICE].device.reply(request), Some(Ok(Reply::Compacted)));
}

fn title(house: &mut House, who: usize, record: u32) -> String {
    let question = Query::Get(vec![numbered(record)]);
    let (vault, device) = (&mut house.vault, &mut house.rooms[who].device);
    match device.ask(&mut vault.rng, vault.now, question).unwrap() {
        Reply::Rows(rows) => match &rows[0].as_ref().unwrap().fields["title"] {
            Value::Text(title) => title.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Pairs found and keys written since this was last asked, but for the search index.
fn asked(house: &House, who: usize) -> u64 {
    let counts = house.rooms[who].device.disk.take_counts();
    let all = |of: &std::collections::BTreeMap<u8, u64>| of.values().sum::<u64>() - Counts::of(of, b'i');
    all(&counts.found) + all(&counts.writes) + all(&counts.reads)
}

/// What `measured` came to at 1x, 4x and 16x.
fn at_each_size(measured: impl Fn(u32) -> u64) -> [u64; 3] {
    let counts = SIZES.map(measured);
    assert!(counts[0] > 0, "nothing was counted");
    counts
}

#[test]
fn opening_a_vault_reads_as_much_whatever_its_size() {
    let counts = at_each_size(|records| {
        let mut house = lived(records, TOGETHER);
        house.disconnect(ALICE);
        house.rooms[ALICE].device.crash(0);
        asked(&house, ALICE);
        house.connect(ALICE);
        house.settle();
        asked(&house, ALICE)
    });
    // The search index has a few more parts; what there is of records is not looked at.
    assert!(counts[2] <= counts[0] + 4, "{counts:?}");
}

#[test]
fn an_edit_that_is_sent_costs_as_much_whatever_the_size_of_the_vault() {
    let counts = at_each_size(|records| {
        let mut house = lived(records, TOGETHER);
        asked(&house, ALICE);
        // Some that are loaded, and some that left long ago.
        (0..10).for_each(|n| make(&mut house, vec![titled(n * (records / 10), "another title")]));
        asked(&house, ALICE)
    });
    // A document that is not loaded any more is asked for and found again.
    assert!(counts[2] <= counts[0] + 10 * 3, "{counts:?}");
}

#[test]
fn a_fresh_device_costs_as_much_a_record_whatever_their_number() {
    for packed in [false, true] {
        let counts = at_each_size(|records| {
            // An entry a record.
            let mut house = lived(records, 1);
            if packed {
                compact(&mut house);
                house.vault.relay.keep(house.vault.now, std::time::Duration::ZERO);
                assert!(house.vault.relay.log(house.vault.account).is_empty());
            }
            let device = house.vault.join("bob");
            house.rooms.push(Room { device, connection: None, disk_takes: 0 });
            house.connect(BOB);
            house.settle();
            let counted = asked(&house, BOB);
            assert_eq!(house.problems(BOB), Vec::<String>::new());
            for record in [0, records - 1] {
                assert_eq!(title(&mut house, BOB, record), format!("record {record}"), "packed {packed}");
            }
            counted
        });
        // A quarter is for documents that left and are read again.
        assert!(counts[2] <= counts[0] * 20, "packed {packed}: {counts:?}");
    }
}

#[test]
fn compacting_again_costs_what_changed_and_not_what_there_is() {
    let counts = at_each_size(|records| {
        let mut house = lived(records, TOGETHER);
        compact(&mut house);
        make(&mut house, vec![titled(1, "another title")]);
        asked(&house, ALICE);
        compact(&mut house);
        asked(&house, ALICE)
    });
    // Documents that share a pack are packed again with it, up to a pack.
    assert!(counts[2] <= counts[0] * 8, "{counts:?}");
}

/// A device alone with habits and tasks that are open, and so many finished ones, on so many days.
fn with_finished(tasks: u32) -> (Device, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let mut device = Device::found("alice", Config::default(), &mut rng).device;
    device.schema = life::schema;
    device.open(&mut rng);
    let record = |n: u32, kind: &str, fields: &[&str]| {
        let assignments: Vec<_> = fields.iter().map(|text| Assignment::parse(text).unwrap()).collect();
        let id = *numbered(n).id.as_bytes();
        life::create(RecordType::find(kind).unwrap(), RecordId::new(id), &assignments, Origin::Hand).unwrap()
    };
    let mut edits: Vec<Edit> = (0..8).map(|n| record(n, "habit", &["name=Walk"])).collect();
    edits.extend((10..30).map(|n| record(n, "task", &["title=Open", "due=2026-11-20"])));
    edits.extend((30..40).map(|n| record(n, "task", &["title=Open"])));
    edits.extend((40..45).map(|n| record(n, "season", &["title=Now", "start=2026-09-01"])));
    for n in 0..tasks {
        let day = Date::new(2026, 11, 21).unwrap() - i64::from(n % (tasks / 5)).days();
        let finished = format!("completed_on={day}");
        edits.push(record(100 + n, "task", &["title=Done", "status=completed", &finished]));
    }
    for some in edits.chunks(TOGETHER as usize) {
        device.run(&mut rng, NOW, Command::Edit(some.to_vec())).unwrap();
    }
    (device, rng)
}

#[test]
fn the_first_screen_reads_as_much_however_much_was_finished() {
    let counts = at_each_size(|tasks| {
        let (mut device, mut rng) = with_finished(tasks);
        device.crash(0);
        device.disk.take_counts();
        device.open(&mut rng);
        let mut asking = Asking::new(Date::new(2026, 11, 21).unwrap(), Weekday::Monday, TimeZone::UTC);
        while let Some(question) = asking.question() {
            asking.answer(device.ask(&mut rng, NOW, question).unwrap()).unwrap();
        }
        let day = asking.day();
        assert_eq!((day.habits.len(), day.tasks.len(), day.done.len(), day.more), (8, 30, 5, 0));
        assert!(day.season.is_some());
        let counts = device.disk.take_counts();
        let all = |of: &std::collections::BTreeMap<u8, u64>| of.values().sum::<u64>();
        all(&counts.found) + all(&counts.reads)
    });
    assert!(counts[2] <= counts[0] + 4, "{counts:?}");
}

#[test]
fn a_month_of_the_calendar_reads_as_much_however_many_years_there_are() {
    let counts = at_each_size(|records| {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let mut device = Device::found("alice", Config::default(), &mut rng).device;
        device.schema = life::schema;
        device.open(&mut rng);
        let record = |n: u32, kind: &str, texts: &[&str]| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_le_bytes());
            let assignments: Vec<_> = texts.iter().map(|text| Assignment::parse(text).unwrap()).collect();
            let record = RecordType::find(kind).unwrap();
            life::create(record, RecordId::new(id), &assignments, Origin::Hand).unwrap()
        };
        let mut edits: Vec<Edit> =
            (0..20).map(|n| record(n, "event", &["title=Now", "start=2026-11-10"])).collect();
        edits.extend((20..40).map(|n| record(n, "task", &["title=Now", "due=2026-11-10"])));
        for n in 0..records {
            // From three months before on, further and further back.
            let day = Date::new(2026, 8, 1).unwrap() - i64::from(n).days();
            edits.push(record(100 + 2 * n, "event", &["title=Then", &format!("start={day}")]));
            edits.push(record(101 + 2 * n, "task", &["title=Then", &format!("due={day}")]));
        }
        for some in edits.chunks(TOGETHER as usize) {
            device.run(&mut rng, NOW, Command::Edit(some.to_vec())).unwrap();
        }
        device.crash(0);
        device.disk.take_counts();
        device.open(&mut rng);
        let (from, to) = (Date::new(2026, 11, 1).unwrap(), Date::new(2026, 11, 30).unwrap());
        let mut asking = calendar::Asking::new(from, to, TimeZone::UTC).unwrap();
        while let Some(question) = asking.question() {
            asking.answer(device.ask(&mut rng, NOW, question).unwrap()).unwrap();
        }
        assert_eq!(asking.items().len(), 40);
        let counts = device.disk.take_counts();
        let all = |of: &std::collections::BTreeMap<u8, u64>| of.values().sum::<u64>();
        all(&counts.found) + all(&counts.reads)
    });
    assert!(counts[2] <= counts[0] + 4, "{counts:?}");
}
