//! Nothing plain at the relay: words that occur nowhere else are written into everything a person can write into, and
//! then looked for in traffic, database and log; and the same search finds them where a cipher does nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::{Command, Config, DocKey, Edit, EditOp, Event, Expect, Origin, Path as Place, RecordId, Value};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use life::field::{Field, FieldType};
use life::record::Shape;
use life::scalar::Scalar;
use protocol::frame::{ClientFrame, ServerFrame};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use tests::canary::{Canaries, Scan, files, messages, traffic};
use tests::home::Home;
use tests::postgres::Postgres;
use tests::programs::program;
use tests::proxy::{Proxy, Recorded};
use tests::relay::Relay;
use tests::simulation::device::{Device, ORIGIN};
use tests::simulation::network::{Connection, SimRelay, flush};
use tests::wire::Member;

/// Names of types and fields that are no words of any other program: the relay must not see them either.
const SHORTEST_NAME: usize = 9;

/// A relay on `database` behind a proxy that records everything, and with nothing left out of its log.
fn relay_behind(proxy: &Proxy, folder: &Path, database: &str) -> Relay {
    let public = format!("--public-url={}", proxy.url());
    let arguments = ["--registration=open", "--rate-limit-factor=1000", "--log=trace", &public];
    let relay = Relay::start(&program("sync-server"), folder, database, &arguments);
    proxy.aim(relay.port());
    relay
}

/// A value of a field, and what it leaves to be looked for. Yes and no, choices, colours, times of day and rules of a
/// schedule are too short for a canary; they are written all the same.
fn value(canaries: &mut Canaries, label: &str, scalar: Scalar) -> String {
    match scalar {
        Scalar::Name => canaries.word(label, 32),
        Scalar::Line(max) => canaries.word(label, max),
        Scalar::Word => canaries.word(label, 32),
        Scalar::Rrule | Scalar::Series => format!("FREQ=WEEKLY;X-NOTE={}", canaries.word(label, 32)),
        Scalar::Item => canaries.word(label, 32),
        Scalar::Form => format!("choice {}", canaries.word(label, 32)),
        Scalar::Place => {
            canaries.text(label, "8e2d71c409b6f35a8e2d71c409b6f35a");
            "8e2d71c409b6f35a8e2d71c409b6f35a".into()
        }
        Scalar::Locale => {
            let word = canaries.word(&format!("{label}, in one piece"), 16);
            let tag = format!("{}-{}", &word[..8], &word[8..]);
            canaries.text(label, &tag);
            format!("qaa-{tag}")
        }
        Scalar::Link(_) => {
            let id = RecordId::singleton(&canaries.word(label, 32));
            canaries.text(label, &id.to_string());
            canaries.bytes(label, id.as_bytes());
            id.to_string()
        }
        Scalar::Timezone => {
            canaries.text(label, "Antarctica/DumontDUrville");
            "Antarctica/DumontDUrville".into()
        }
        Scalar::Date | Scalar::DateOrOpen => {
            canaries.text(label, "2917-07-19");
            "2917-07-19".into()
        }
        Scalar::DateTime | Scalar::When | Scalar::Exception => {
            canaries.text(label, "2917-08-23T03:47");
            "2917-08-23T03:47".into()
        }
        Scalar::Decimal(_, max, _) if max > 918_273 => {
            canaries.text(label, "918273.645");
            canaries.text(label, "918273645");
            "918273.645".into()
        }
        Scalar::Int(_, max, _) if max > 819_283_746 => {
            canaries.text(label, "819283746");
            "819283746".into()
        }
        Scalar::Int(_, max, _) | Scalar::Decimal(_, max, _) => max.to_string(),
        Scalar::Bool => "true".into(),
        Scalar::Choice(words) => words[words.len() - 1].into(),
        Scalar::Time => "03:47".into(),
        Scalar::Colour => "#a1c3e5".into(),
        Scalar::Rule => "every 17 2026-01-05".into(),
    }
}

/// An assignment that fills a field.
fn assignment(canaries: &mut Canaries, kind: &str, field: &Field) -> String {
    let label = format!("{kind}.{}", field.name);
    let text = match field.kind {
        FieldType::One(scalar) => value(canaries, &label, scalar),
        FieldType::Prose(_) => format!("{}\nand more", canaries.word(&label, 32)),
        FieldType::Set(of, _) => value(canaries, &label, of),
        FieldType::List(items, _) => {
            let mut item = serde_json::Map::new();
            for inner in items {
                let FieldType::One(scalar) = inner.kind else { panic!("{label} is deeper than it may be") };
                item.insert(
                    inner.name.into(),
                    value(canaries, &format!("{label}.{}", inner.name), scalar).into(),
                );
            }
            json!([item]).to_string()
        }
        FieldType::Map(map) => {
            let key = value(canaries, &format!("{label} key"), map.key);
            json!({ key: value(canaries, &label, map.value) }).to_string()
        }
    };
    format!("{}={text}", field.name)
}

/// Lines of a batch that make a record of every type with every field filled, and a check-in with a note.
fn everything(canaries: &mut Canaries) -> Vec<String> {
    let mut lines = Vec::new();
    for record in life::all().filter(|record| !matches!(record.shape, Shape::Stream { .. })) {
        let mut words = vec!["add".to_owned(), record.name.to_owned()];
        words.extend(record.fields().map(|field| assignment(canaries, record.name, field)));
        lines.push(json!(words).to_string());
    }
    for record in life::all() {
        for name in record.fields().map(|field| field.name).chain([record.name]) {
            if name.len() >= SHORTEST_NAME && name.contains('_') {
                canaries.text(&format!("the name {name}"), name);
            }
        }
    }
    lines
}

/// A vault full of canaries on two devices that synced through the proxy.
struct Vault {
    canaries: Canaries,
    homes: Vec<Home>,
}

impl Vault {
    fn fill(folder: &Path, proxy: &Proxy) -> Self {
        let mut canaries = Canaries::numbered(0);
        let lines = everything(&mut canaries);
        let mut home = |name: &str| {
            let passphrase = canaries.word(&format!("the passphrase of {name}"), 32);
            (
                Home::at(folder.join(name)).with_passphrase(&passphrase),
                canaries.word("the name of a device", 32),
            )
        };
        let ((desk, desk_name), (phone, phone_name)) = (home("desk"), home("phone"));
        let phrase = desk.init(&proxy.url(), &desk_name);
        know_phrase(&mut canaries, &phrase);
        let answers = desk.batch(&lines);
        for id in answers.iter().filter_map(|answer| answer["id"].as_str()) {
            let record: RecordId = id.parse().unwrap();
            canaries.text("the id of a record", id);
            canaries.bytes("the id of a record", record.as_bytes());
        }
        desk.sync();
        let file = folder.join("phrase.txt");
        std::fs::write(&file, &phrase).unwrap();
        let file = file.to_str().unwrap();
        phone.ask(&["join", "--relay", &proxy.url(), "--phrase-file", file, "--name", &phone_name]);
        phone.sync();
        // The other device writes too: over what is there, into a log, and into the trash.
        let habit = phone.ask(&["list", "habit"])["records"][0]["id"].as_str().unwrap().to_owned();
        let (name, note) = (canaries.word("a new name", 32), canaries.word("the note of a check-in", 32));
        phone.ask(&["set", &habit, &format!("name={name}")]);
        phone.ask(&["log", &habit, "--date", "2026-11-29", "--value", "3", "--note", &note]);
        phone.ask(&["delete", &habit]);
        phone.sync();
        desk.sync();
        assert_eq!(desk.export(), phone.export());
        let export = desk.export();
        for word in [&name, &note] {
            assert!(export.contains(word.as_str()), "{word} was not written");
        }
        Self { canaries, homes: vec![desk, phone] }
    }

    /// The homes themselves hold nothing plain either, but for what a person calls the device, and the ids of records,
    /// which are random numbers, in the keys of the store. Inflating from anywhere may hand those on as they stand: what
    /// happens to read like a stored block is copied.
    fn check_homes(&self, scan: &Scan) {
        for home in &self.homes {
            for (file, what) in scan.find_in(home.path()) {
                let is_name = file.ends_with("vault.json") && what.starts_with("the name of a device");
                let inflated = what.trim_end_matches(", deflated");
                let is_id = file.ends_with("store.db") && inflated == "the id of a record as it is";
                assert!(is_name || is_id, "{what} is in {}", file.display());
            }
        }
    }
}

/// The phrase: four of its words in a row, its entropy, and the keys that follow from it.
fn know_phrase(canaries: &mut Canaries, phrase: &str) {
    let words: Vec<&str> = phrase.split(' ').collect();
    assert_eq!(words.len(), 24);
    for four in words.windows(4) {
        canaries.text("words of the phrase", &four.join(" "));
    }
    let entropy = bip39::Mnemonic::parse(phrase).unwrap().to_entropy();
    canaries.bytes("the entropy of the phrase", &entropy);
    let keys = seal::Phrase::parse(phrase).unwrap().device_keys().to_secret();
    // Two seeds of 32 bytes, each at the end of its field.
    canaries.bytes("the keys of the phrase", &keys[keys.len() - 32..]);
    canaries.bytes("the keys of the phrase", &keys[keys.len() - 32 - 35..keys.len() - 35]);
}

fn assert_clean(what: &str, found: &BTreeSet<String>) {
    assert!(found.is_empty(), "in {what}: {found:?}");
}

/// What was recorded is what was said: frames of the protocol, with entries among them.
fn assert_recorded(recorded: &[Recorded]) {
    let frames = recorded.iter().flat_map(|connection| messages(&connection.up));
    let entries = frames.filter_map(|bytes| ClientFrame::from_bytes(&bytes).ok()).map(|frame| match frame {
        ClientFrame::Append { entries, .. } => entries.len(),
        _ => 0,
    });
    assert!(entries.sum::<usize>() >= 2, "no entry crossed the proxy, or its frames are not understood");
    let answers = recorded.iter().flat_map(|connection| messages(&connection.down));
    assert!(answers.filter(|bytes| ServerFrame::from_bytes(bytes).is_ok()).count() >= 4);
}

fn check_traffic_and_log(scan: &Scan, proxy: &Proxy, relay: &Relay) {
    let recorded = proxy.recorded();
    assert_recorded(&recorded);
    for bytes in traffic(&recorded) {
        assert_clean("the traffic", &scan.find(&bytes));
    }
    let log = relay.log();
    assert!(log.contains("/api/v1/socket") || log.len() > 1_000, "the log is empty: {log}");
    assert_clean("the relay's log", &scan.find(log.as_bytes()));
}

#[test]
fn nothing_that_a_person_wrote_is_readable_at_a_relay_on_sqlite_or_at_rest_in_a_home() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("database");
    std::fs::create_dir(&database).unwrap();
    let proxy = Proxy::new();
    let url = format!("sqlite://{}", database.join("relay.sqlite").display());
    let mut relay = relay_behind(&proxy, folder.path(), &url);
    let vault = Vault::fill(folder.path(), &proxy);
    // Killed, so that its write-ahead log is still there.
    relay.kill();
    let scan = vault.canaries.scan();
    check_traffic_and_log(&scan, &proxy, &relay);
    let names: Vec<_> = files(&database).iter().map(|f| f.file_name().unwrap().to_owned()).collect();
    assert!(names.contains(&"relay.sqlite-wal".into()), "{names:?}");
    assert_eq!(scan.find_in(&database), BTreeSet::new());
    vault.check_homes(&scan);
}

#[test]
fn nothing_that_a_person_wrote_is_readable_at_a_relay_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Postgres::start(&[]);
    let url = cluster.database();
    let proxy = Proxy::new();
    let mut relay = relay_behind(&proxy, folder.path(), &url);
    let vault = Vault::fill(folder.path(), &proxy);
    relay.kill();
    let scan = vault.canaries.scan();
    check_traffic_and_log(&scan, &proxy, &relay);
    assert_clean("a dump", &scan.find(&cluster.dump(&url)));
    // Its files hold the same as the dump; taking layers off so many would last for minutes.
    for (file, bytes) in data_files(&cluster) {
        assert_clean(&file, &scan.find_plain(&bytes));
    }
}

/// Every file of the cluster, with everything that was committed in its tables.
fn data_files(cluster: &Postgres) -> Vec<(String, Vec<u8>)> {
    // Recovery carries the log over into the tables' own files.
    cluster.crash();
    cluster.recover();
    cluster.crash();
    let files = files(&cluster.data()).into_iter();
    let read: Vec<_> = files.map(|f| (f.display().to_string(), std::fs::read(f).unwrap())).collect();
    cluster.recover();
    read
}

type Wrap = fn(&[u8]) -> Vec<u8>;

/// Ways in which bytes may lie inside others.
fn wraps() -> Vec<(&'static str, Wrap)> {
    fn packed(bytes: &[u8], mut encoder: impl std::io::Write + Finish) -> Vec<u8> {
        encoder.write_all(bytes).unwrap();
        encoder.finish_now()
    }
    trait Finish {
        fn finish_now(self) -> Vec<u8>;
    }
    macro_rules! finish {
        ($($encoder:ident),*) => { $(impl Finish for $encoder<Vec<u8>> {
            fn finish_now(self) -> Vec<u8> { self.finish().unwrap() }
        })* };
    }
    finish!(DeflateEncoder, ZlibEncoder, GzEncoder);
    vec![
        ("as it is", |bytes| bytes.to_vec()),
        ("deflate", |bytes| packed(bytes, DeflateEncoder::new(Vec::new(), Compression::default()))),
        ("zlib", |bytes| packed(bytes, ZlibEncoder::new(Vec::new(), Compression::best()))),
        ("gzip", |bytes| packed(bytes, GzEncoder::new(Vec::new(), Compression::fast()))),
        ("stored", |bytes| packed(bytes, ZlibEncoder::new(Vec::new(), Compression::none()))),
        ("an entry's packing", |bytes| seal::packing::pack(bytes).unwrap()),
        ("packing in zlib", |bytes| {
            packed(&seal::packing::pack(bytes).unwrap(), ZlibEncoder::new(Vec::new(), Compression::default()))
        }),
        ("packing in hex", |bytes| {
            data_encoding::HEXLOWER.encode(&seal::packing::pack(bytes).unwrap()).into()
        }),
        ("packing in base64url", |bytes| {
            data_encoding::BASE64URL_NOPAD.encode(&seal::packing::pack(bytes).unwrap()).into()
        }),
    ]
}

#[test]
fn the_search_finds_every_form_of_a_canary_in_every_wrapping() {
    let mut canaries = Canaries::numbered(0);
    let word = canaries.word("a word", 32);
    canaries.bytes("a key", &[0xf7; 32].map(|b: u8| b ^ 0x3c));
    let scan = canaries.scan();
    for (form, bytes) in canaries.forms() {
        for (how, wrap) in wraps() {
            let planted = [&b"around it \xff\x00"[..], bytes, b"\x00\xfe and after"].concat();
            let buffer = [&[0xee; 1_000][..], b"|", &wrap(&planted), b"|", &[0x11; 1_000]].concat();
            let found = scan.find(&buffer);
            assert!(found.iter().any(|what| what.starts_with(form.as_str())), "{form} in {how}: {found:?}");
        }
    }
    let nothing = [&word.as_bytes()[1..], &[0xee; 1_000][..], b"the quick brown fox"].concat();
    assert_clean("what holds none", &scan.find(&nothing));
    for offset in 0..3 {
        let text = data_encoding::BASE64
            .encode(&["abc".as_bytes()[..offset].as_ref(), word.as_bytes(), b"xyz"].concat());
        assert!(!scan.find_plain(text.as_bytes()).is_empty(), "base64 after {offset} bytes");
    }
}

#[test]
fn the_search_sees_through_the_mask_of_a_websocket() {
    let mut canaries = Canaries::numbered(0);
    let word = canaries.word("a word", 32);
    let mask = [0x5a, 0xc3, 0x11, 0x99];
    let masked =
        |text: &str| -> Vec<u8> { text.bytes().zip(mask.iter().cycle()).map(|(b, m)| b ^ m).collect() };
    let long = format!("{}{word}", "x".repeat(300));
    let mut up = b"GET /api/v1/socket HTTP/1.1\r\nhost: x\r\n\r\n".to_vec();
    up.extend([&[0x82, 0x80 | 32][..], &mask, &masked(&word)].concat());
    up.extend([&[0x82, 0x80 | 126, 1, 76][..], &mask, &masked(&long)].concat());
    let scan = canaries.scan();
    assert_clean("masked bytes", &scan.find_plain(&up));
    let recorded = Recorded { up, down: Vec::new() };
    let found: Vec<bool> = traffic(&[recorded]).iter().map(|bytes| !scan.find(bytes).is_empty()).collect();
    assert_eq!(found, [false, true, true, false]);
}

/// What an engine puts into an entry about a record with these words in it: automerge changes, in CBOR.
fn plaintexts(member: &Member, words: &[String]) -> Vec<Vec<u8>> {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let (keys, chain, ring) = (member.keys(), member.chain(), member.ring());
    let mut device = Device::install("alice", Config::default(), keys, chain, ring, &mut rng);
    device.open(&mut rng);
    device.settle(&mut rng, 0);
    for (n, word) in (0..).zip(words) {
        let put = |name: &str| EditOp::Put(Place::Field(name.into()), Value::Text(word.clone()));
        let ops = vec![put("title"), EditOp::PutText("notes".into(), format!("{word} in prose"))];
        let key = DocKey::thing("thing", RecordId::new([n; 16]));
        let edit = Edit { key, expect: Expect::New, ops, time: None, origin: Origin::Hand };
        device.run(&mut rng, 1_763_700_000_000, Command::Edit(vec![edit])).unwrap();
    }
    let relay = SimRelay::default();
    relay.register(&member.links(), 0).unwrap();
    let mut connection = Connection::new(&relay, member.account(), [1; 32]);
    device.send(Event::SocketOpened { origin: ORIGIN.into() });
    let mut sealed = Vec::new();
    loop {
        connection.down.drain(..).for_each(|frame| device.send(Event::SocketFrame(frame)));
        device.settle(&mut rng, 1);
        flush(&mut device, &mut connection);
        if connection.up.is_empty() {
            break;
        }
        for frame in &connection.up {
            if let Ok(ClientFrame::Append { entries, .. }) = ClientFrame::from_bytes(frame) {
                sealed.extend(entries);
            }
        }
        while !connection.up.is_empty() {
            connection.serve(0);
        }
    }
    assert!(!sealed.is_empty());
    sealed.into_iter().map(|entry| seal::open_entry(&entry.read().unwrap(), ring).unwrap()).collect()
}

/// Appends what an engine would seal, with or without a cipher; gives the words and what crossed the proxy.
async fn append(proxy: &Proxy, seed: u64, encrypted: bool) -> Canaries {
    let mut canaries = Canaries::numbered(seed);
    let words: Vec<String> = (0..4).map(|n| canaries.word(&format!("word {n} of {seed}"), 32)).collect();
    let mut member = Member::found(seed);
    member.register(&proxy.url()).await;
    let plaintexts = plaintexts(&member, &words);
    // One that compression does not shorten lies there as it is.
    let short = canaries.word(&format!("a short word of {seed}"), 32).into_bytes();
    let entries: Vec<_> = plaintexts
        .iter()
        .chain([&short])
        .map(|text| if encrypted { member.write(text) } else { member.write_unencrypted(text) })
        .collect();
    let mut wire = member.connect(&proxy.url()).await.unwrap();
    let accepted = u32::try_from(entries.len()).unwrap();
    let space = member.space();
    let answer = wire.ask(&ClientFrame::Append { request: 1, space, entries }).await;
    // A relay cannot tell one from the other.
    assert_eq!(answer, Some(ServerFrame::Appended { request: 1, space, accepted, refusal: None }));
    canaries
}

/// Each of the words is found in each of the places, or none in any.
fn assert_found(canaries: &Canaries, places: &[(&str, Vec<Vec<u8>>)], wanted: bool) {
    let scan = canaries.scan();
    for (place, pieces) in places {
        let found: BTreeSet<String> = pieces.iter().flat_map(|bytes| scan.find(bytes)).collect();
        for (form, _) in canaries.forms().iter().filter(|(form, _)| form.ends_with("as it is")) {
            let is_there = found.iter().any(|what| what.starts_with(form.as_str()));
            assert_eq!(is_there, wanted, "{form} in {place}: {found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_what_a_cipher_that_does_nothing_leaves_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("database");
    std::fs::create_dir(&database).unwrap();
    let proxy = Proxy::new();
    let url = format!("sqlite://{}", database.join("relay.sqlite").display());
    let mut relay = relay_behind(&proxy, folder.path(), &url);
    let plain = append(&proxy, 5, false).await;
    let sealed = append(&proxy, 6, true).await;
    relay.kill();
    let database = files(&database).into_iter().map(|file| std::fs::read(file).unwrap()).collect();
    let places = [("the traffic", traffic(&proxy.recorded())), ("the database", database)];
    assert_found(&plain, &places, true);
    assert_found(&sealed, &places, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_what_a_cipher_that_does_nothing_leaves_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Postgres::start(&[]);
    let url = cluster.database();
    let proxy = Proxy::new();
    let mut relay = relay_behind(&proxy, folder.path(), &url);
    let plain = append(&proxy, 5, false).await;
    let sealed = append(&proxy, 6, true).await;
    relay.kill();
    let dump = vec![cluster.dump(&url)];
    let places = [("the traffic", traffic(&proxy.recorded())), ("a dump", dump)];
    assert_found(&plain, &places, true);
    assert_found(&sealed, &places, false);
    let (plain, sealed) = (plain.scan(), sealed.scan());
    let mut found = BTreeSet::new();
    for (file, bytes) in data_files(&cluster) {
        found.extend(plain.find_plain(&bytes));
        assert_clean(&file, &sealed.find_plain(&bytes));
    }
    assert!(found.contains("a short word of 5 as it is"), "{found:?}");
}
