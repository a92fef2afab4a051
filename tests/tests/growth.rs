//! Nothing quadratic: what is asked of a store in a vault of four and of sixteen times the size, counted and not timed.
//! Searching and its index are counted in `search/size.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::{Command, Edit, Query, Reply, Value};
use tests::simulation::disk::Counts;
use tests::simulation::house::{House, Room};
use tests::simulation::schema::{numbered, titled};

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
