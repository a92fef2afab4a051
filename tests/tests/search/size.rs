//! What search costs does not grow with the vault.

use super::{Alone, NOW, edit, put, thing};
use engine::Edit;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use tests::simulation::disk::Counts;

/// Edits that are measured: more than make the oldest run be merged again.
const EDITS: u32 = 1_000;
/// Most keys that one step reads or writes: the deltas or pages it takes in.
const STEP: u64 = engine::limits::SEARCH_MERGE_PAGES as u64;
/// Most pages that one search reads: its bound for a part of the index, times the parts there are.
const SEARCH: u64 = 6 * engine::limits::SEARCH_PAGES_TOGETHER as u64;

/// A word of a language of `many`, short ones more often than long ones.
pub fn word(number: u32) -> String {
    const PARTS: [&str; 16] =
        ["ka", "lo", "mi", "re", "su", "ta", "vo", "ne", "bi", "da", "fe", "go", "hu", "ja", "pe", "zi"];
    let mut word = String::new();
    let mut rest = number;
    loop {
        word.push_str(PARTS[rest as usize % PARTS.len()]);
        rest /= 16;
        if rest == 0 {
            return word;
        }
    }
}

/// Words as they are in life: a few in every other record, many in hardly any.
fn any_word(rng: &mut ChaCha20Rng) -> String {
    let most = 1 << (rng.next_u32() % 15 + 1);
    word(rng.next_u32() % most)
}

fn record(n: u32, rng: &mut ChaCha20Rng) -> Edit {
    let mut words = |many: u32| (0..many).map(|_| any_word(rng)).collect::<Vec<_>>().join(" ");
    let title = words(4);
    let notes = words(8);
    edit(thing(n), vec![put("title", &title), put("about", &notes)])
}

/// A vault of so many records.
fn vault(records: u32) -> Alone {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut alone = Alone::new();
    for from in (0..records).step_by(200) {
        alone.make((from..records.min(from + 200)).map(|n| record(n, &mut rng)).collect());
    }
    alone
}

/// Keys of the index read and written for each of many edits, on average; and the most of one step.
fn edits(alone: &mut Alone, records: u32) -> (f64, u64) {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    alone.device.disk.take_counts();
    for n in 0..EDITS {
        let one = record(n * 7 % records, &mut rng);
        alone.make(vec![one]);
    }
    let counts = alone.device.disk.take_counts();
    let all = Counts::of(&counts.found, b'i') + Counts::of(&counts.writes, b'i');
    let most = Counts::of(&counts.most_found, b'i').max(Counts::of(&counts.most_writes, b'i'));
    (all as f64 / f64::from(EDITS), most)
}

/// The most pages of the index that any of many searches reads.
fn searches(alone: &mut Alone) -> u64 {
    let mut most = 0;
    for text in
        ["ka", "k", "kalo", "lomire", "sutavo ka", "lomirs", "zipejahu", "a b c d e f g h", "kalomi ta ne bi"]
    {
        alone.device.disk.take_counts();
        alone.search(text, &[], false, 20).unwrap();
        let counts = alone.device.disk.take_counts();
        most = most.max(Counts::of(&counts.found, b'i'));
        assert!(Counts::of(&counts.found, b'v') <= engine::limits::SEARCH_CANDIDATES as u64, "{text}");
    }
    most
}

#[test]
fn neither_an_edit_nor_a_search_costs_more_in_a_vault_of_four_or_sixteen_times_the_size() {
    let mut costs = Vec::new();
    for records in [500, 2_000, 8_000] {
        let mut alone = vault(records);
        let bytes = alone.device.disk.size_of(b"i") as u64 / u64::from(records);
        let search = searches(&mut alone);
        let (edit, step) = edits(&mut alone, records);
        println!(
            "{records} records: an edit {edit:.1} keys, a step at most {step}; a search {search} pages; {bytes} bytes each"
        );
        assert_eq!(alone.problems(), Vec::<String>::new());
        assert!(step <= 2 * STEP && search <= SEARCH, "{records} records: {step} {search}");
        costs.push((edit, bytes));
    }
    let [small, .., large] = costs[..] else { panic!() };
    // Sixteen times as many words are in two sizes of runs more.
    assert!(large.0 <= small.0 * 3.0, "{costs:?}");
    assert!(large.1 <= small.1 * 2, "{costs:?}");
}

/// Times at 50,000 records: `cargo test -p tests --test search -- --ignored --nocapture times`.
#[test]
#[ignore = "takes minutes: prints times for the documentation"]
fn times_at_50_000_records() {
    let started = std::time::Instant::now();
    let mut alone = vault(50_000);
    println!("made in {:.1} s", started.elapsed().as_secs_f64());
    let rows = alone.device.disk.size_of(b"v");
    println!("rows {rows} bytes, index {} bytes", alone.device.disk.size_of(b"i"));
    for text in ["zipejahu", "kalo", "lomire ta", "ka", "k", "lomirs", "kalomi ta ne bi"] {
        let mut times: Vec<u128> = Vec::new();
        alone.device.disk.take_counts();
        let mut hits = 0;
        for _ in 0..9 {
            let begun = std::time::Instant::now();
            hits = alone.search(text, &[], false, 20).unwrap().hits.len();
            times.push(begun.elapsed().as_micros());
        }
        times.sort_unstable();
        let counts = alone.device.disk.take_counts();
        let pages = Counts::of(&counts.found, b'i') / 9;
        println!("{text:?}: {} µs ({}..{}), {hits} hits, {pages} pages", times[4], times[0], times[8]);
    }
    let begun = std::time::Instant::now();
    alone.rebuild();
    println!("rebuilt in {:.1} s; {} ms since 1970", begun.elapsed().as_secs_f64(), NOW);
}
