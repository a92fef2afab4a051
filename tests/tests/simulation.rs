//! Many small worlds, each from its own seed. `./dev simulate --seeds N [--seed S]` runs more of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::api::CloseReason;
use engine::{Config, Event};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tests::simulation::clock::YEAR;
use tests::simulation::device::{Device, ORIGIN};
use tests::simulation::world::{Storm, World};

/// Runs seeds and reports all that fail; each can be run again by `./dev simulate --seeds 1 --seed S`.
fn run(seeds: std::ops::Range<u64>, storm: Storm) {
    let failures: Vec<String> = seeds.filter_map(|seed| World::run(seed, storm).err()).collect();
    assert!(failures.is_empty(), "{} seeds failed; the first:\n{}", failures.len(), failures[0]);
}

#[test]
fn devices_agree_after_any_storm_and_nothing_saved_is_lost() {
    run(
        0..300,
        Storm { events: 200, copies: false, members: false, branches: false, drops: false, purges: false },
    );
}

#[test]
fn copied_stores_and_restored_or_wiped_relays_lose_nothing_that_somebody_still_has() {
    run(
        10_000..10_300,
        Storm { events: 200, copies: true, members: false, branches: false, drops: false, purges: false },
    );
}

#[test]
fn devices_that_come_and_go_leave_one_chain_and_documents_made_of_what_it_admits() {
    run(
        20_000..20_200,
        Storm { events: 200, copies: false, members: true, branches: false, drops: false, purges: false },
    );
}

#[test]
fn devices_that_come_and_go_are_well_with_copied_stores_and_restored_relays_too() {
    run(
        30_000..30_200,
        Storm { events: 200, copies: true, members: true, branches: false, drops: false, purges: false },
    );
}

#[test]
fn what_is_purged_was_in_the_trash_and_what_was_not_seen_by_then_goes_on() {
    let storm =
        Storm { events: 200, copies: true, members: true, branches: false, drops: true, purges: true };
    let worlds: Result<Vec<World>, _> = (50_000..50_060).map(|seed| World::run(seed, storm)).collect();
    let purged: usize = worlds.unwrap_or_else(|failure| panic!("{failure}")).iter().map(|w| w.purged).sum();
    assert!(purged > 10, "{purged}");
}

/// Or the storms would say nothing of packs.
#[test]
fn relays_drop_much_of_what_is_packed_in_storms() {
    let storm =
        Storm { events: 200, copies: false, members: true, branches: false, drops: true, purges: false };
    let dropped: Vec<usize> = (40_000..40_020).map(|seed| World::run(seed, storm).unwrap().dropped).collect();
    assert!(dropped.iter().filter(|entries| **entries > 0).count() > 5, "{dropped:?}");
}

/// Each of these found a defect. What a seed does changes with the simulator; while it does not, they stay.
#[test]
fn worlds_that_once_failed_are_well() {
    let storm =
        Storm { events: 200, copies: true, members: true, branches: false, drops: false, purges: false };
    for seed in [29, 93, 863, 1_375, 2_084, 2_583, 2_787, 2_881, 5_418, 20_064, 30_119, 30_909, 51_740] {
        run(seed..seed + 1, storm);
    }
    for seed in [1_393, 30_007, 30_053, 30_117, 30_185, 30_349, 31_188] {
        run(seed..seed + 1, Storm { drops: true, ..storm });
    }
    run(61_807..61_808, Storm { purges: true, ..storm });
    for seed in [31_162, 31_616] {
        run(seed..seed + 1, Storm { drops: true, purges: true, ..storm });
    }
}

#[test]
fn a_connection_that_fell_silent_is_noticed_though_the_clock_was_set_back() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut device = Device::found("alice", Config::default(), &mut rng).device;
    let now = 50 * YEAR;
    device.open(&mut rng);
    device.settle(&mut rng, now);
    device.send(Event::SocketOpened { origin: ORIGIN.into() });
    device.settle(&mut rng, now);
    for second in 0..17 {
        device.send(Event::Tick);
        device.settle(&mut rng, now - YEAR + second * 1_000);
    }
    assert_eq!(device.closings, [CloseReason::Silence]);
}
