//! Each failure has an error of its own, through the programs as people use them.
//!
//! Where each error of the contract is shown; what is not here is nearer to the code that finds it:
//!
//! | error | test |
//! |---|---|
//! | wrong passphrase | `cli/tests/contract.rs` a_wrong_or_short_passphrase_has_code_5 |
//! | wrong phrase: not a phrase | `cli/tests/contract.rs` a_phrase_that_is_none_has_code_5 |
//! | wrong phrase: of nobody | here, a_phrase_of_nobody_... |
//! | damaged store: the file | `cli/tests/contract.rs` a_damaged_store_has_code_6_... |
//! | damaged store: each class of item | here, a_flipped_bit_..., an_item_that_is_missing_..., values_that_were_exchanged_... |
//! | unknown record type, field out of limits | `cli/tests/contract.rs` what_does_not_fit_is_refused_with_its_own_code |
//! | unknown field of a newer version is kept | here, a_field_of_a_later_version_...; `crates/life/tests/life/transfer.rs` |
//! | home or store of a newer version | `cli/src/home/tests.rs`, `cli/src/store/tests.rs` |
//! | frame too large | `sync-server/tests/relay/sockets.rs` a_frame_over_the_limit_..., `session.rs` too_much_in_one_frame_... |
//! | entry under a taken address | `sync-server/tests/relay/conformance.rs` another_entry_at_a_taken_address_...; its device: `stories/copies.rs` |
//! | stale membership head | `sync-server/tests/relay/rules.rs` an_entry_may_not_name_an_older_head_..., each_fault_of_an_entry_... |
//! | another account's space | `sync-server/tests/relay/session.rs` another_accounts_space_... |
//! | expired ticket | `sync-server/tests/relay/sockets.rs` a_ticket_opens_one_socket_and_only_in_time, `http.rs` a_ticket_needs_... |
//! | bad flags and variables of `sync-server` | `sync-server/tests/relay/program.rs` a_wrong_flag_or_variable_... |
//! | bad flags of `lifeos` | `cli/tests/contract.rs` a_wrong_command_line_... |
//! | bad variables of `lifeos` | here, a_wrong_variable_... |
//! | no invitation, a wrong or a used one | here, where_an_invitation_is_needed_... |
//! | something that is no relay, or another relay | here, what_is_no_relay_... |
//! | store in use, every exit code | `stories/copies.rs`, `stories/offline.rs` |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use tests::damage::{Class, Store};
use tests::home::{Home, Said};
use tests::life_year::Size;
use tests::lived;
use tests::programs::program;
use tests::relay::{Relay, free_port};
use tests::stage::{Stage, converge};

#[test]
fn a_phrase_of_nobody_is_refused_with_5_and_another_persons_brings_only_their_vault() {
    let stage = Stage::sqlite();
    let (robin, robins) = stage.found("robin");
    robin.add(&["task", "title=Robin's own"]);
    robin.sync();
    let (_, sashas) = stage.found("sasha");
    // A phrase that is right in itself, of a vault that this relay does not know.
    let nobodys = Stage::sqlite().found("nobody").1;
    let at = stage.home("new");
    assert_eq!(at.join(&stage.relay.url(), &nobodys).failure(), (5, "unknown_account".into()));
    // Two words in each other's place.
    let mut words: Vec<&str> = robins.split(' ').collect();
    let other = words.iter().position(|word| *word != words[0]).unwrap();
    words.swap(0, other);
    assert_eq!(at.join(&stage.relay.url(), &words.join(" ")).failure().0, 5);
    assert!(!at.path().exists(), "nothing is left behind");
    at.join(&stage.relay.url(), &sashas).json();
    assert!(!at.export().contains("Robin's own"));
}

/// A home whose store has an item of every class.
fn full_home(stage: &Stage) -> Home {
    let (desk, phone, _) = lived::pair(stage, Size::SMALL);
    phone.add(&["task", "title=From the other device"]);
    converge(&[&phone, &desk]);
    let task = desk.add(&["task", "title=Not sent yet", "description=Some prose"]);
    // Often enough that its document is saved whole once.
    let lines: Vec<String> = (0..40).map(|n| format!("set {task} title=t{n}")).collect();
    desk.batch(&lines);
    desk.verify();
    desk
}

/// Finding it: opening fails, or `verify` names it. Either way exit code 6, and never an answer as if all were well.
fn is_found(home: &Home, what: &str) {
    let said = home.run(&["verify"]);
    assert_eq!(said.exit, 6, "{what}: {said:?}");
    if said.out.is_empty() {
        assert_eq!(said.failure(), (6, "store_damaged".into()), "{what}");
        assert_eq!(home.run(&["status"]).failure(), (6, "store_damaged".into()), "{what}");
    } else {
        let found: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(found["ok"], false, "{what}");
        assert!(!found["problems"].as_array().unwrap().is_empty(), "{what}");
    }
}

/// Damages copies of `home`, one a class, and expects each to be found.
fn each_class(stage: &Stage, home: &Home, damage: impl Fn(&mut Store, Class, &[Vec<u8>])) {
    for class in Class::ALL {
        let copy = home.copy_to(stage.folder().join(format!("{class:?}")));
        let mut store = Store::open(&copy);
        let keys = store.keys().remove(&class).unwrap_or_default();
        assert!(!keys.is_empty(), "the home has no {class:?}");
        damage(&mut store, class, &keys);
        store.close();
        is_found(&copy, &format!("{class:?}"));
        std::fs::remove_dir_all(copy.path()).unwrap();
    }
    home.verify();
}

#[test]
fn a_flipped_bit_in_any_class_of_item_is_found_with_6() {
    let stage = Stage::sqlite();
    let home = full_home(&stage);
    each_class(&stage, &home, |store, _, keys| store.flip(&keys[keys.len() / 2]));
}

#[test]
fn an_item_that_is_missing_is_found_with_6() {
    let stage = Stage::sqlite();
    let home = full_home(&stage);
    each_class(&stage, &home, |store, _, keys| store.remove(&keys[keys.len() / 2]));
}

#[test]
fn values_that_were_exchanged_are_found_with_6() {
    let stage = Stage::sqlite();
    let home = full_home(&stage);
    each_class(&stage, &home, |store, class, keys| {
        // Where there is only one of its class, with one of another.
        let other = match keys {
            [_] => store.keys()[&Class::View][0].clone(),
            _ => keys[keys.len() - 1].clone(),
        };
        assert_ne!(keys[0], other, "{class:?}");
        let (one, two) = (store.get(&keys[0]), store.get(&other));
        store.put(&keys[0], &two);
        store.put(&other, &one);
    });
}

#[test]
fn a_damaged_read_model_is_made_anew_from_the_documents() {
    let stage = Stage::sqlite();
    let home = full_home(&stage);
    let export = home.export();
    let mut store = Store::open(&home);
    let views = store.keys().remove(&Class::View).unwrap();
    store.flip(&views[0]);
    store.remove(&views[1]);
    store.close();
    is_found(&home, "the read model");
    home.ask(&["rebuild"]);
    home.verify();
    assert!(home.export() == export);
}

#[test]
fn a_damaged_header_of_a_home_is_told_with_6_and_a_damaged_wrap_opens_nothing() {
    let stage = Stage::sqlite();
    let (home, _) = stage.found("desk");
    let path = home.path().join("vault.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(home.run(&["status"]).failure(), (6, "store_damaged".into()));
    let mut header: Value = serde_json::from_str(&whole).unwrap();
    let wrap = header["passphrase"].as_str().unwrap().to_owned();
    for at in [wrap.len() / 2, wrap.len() - 3] {
        let letter = if wrap.as_bytes()[at] == b'A' { "B" } else { "A" };
        header["passphrase"] = format!("{}{letter}{}", &wrap[..at], &wrap[at + 1..]).into();
        std::fs::write(&path, header.to_string()).unwrap();
        let (exit, code) = home.run(&["status"]).failure();
        assert!(
            [(5, "wrong_passphrase"), (6, "store_damaged")].contains(&(exit, code.as_str())),
            "{exit} {code}"
        );
    }
    std::fs::write(&path, whole).unwrap();
    home.verify();
}

#[test]
fn a_field_of_a_later_version_is_kept_through_edits_sync_export_and_import() {
    let stage = Stage::sqlite();
    let (desk, phone, _) = stage.pair();
    let id = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0";
    let record = json!({
        "id": id, "type": "task", "deleted": false,
        "created": "2026-11-01T08:00:00Z", "updated": "2026-11-02T08:00:00Z",
        "fields": { "title": "From tomorrow", "energy": 7, "status": "dreaming", "weather": "fair" },
    });
    let file = stage.folder().join("later.json");
    let later = json!({ "format": "life-os", "version": 1, "records": [record], "streams": [] });
    std::fs::write(&file, later.to_string()).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(desk.ask(&["import", file])["changed"], 1);
    let keeps = |home: &Home, title: &str| {
        let fields = home.ask(&["get", id])["fields"].clone();
        assert_eq!((&fields["energy"], &fields["weather"]), (&json!(7), &json!("fair")), "{fields}");
        assert_eq!((&fields["status"], &fields["title"]), (&json!("dreaming"), &json!(title)), "{fields}");
    };
    keeps(&desk, "From tomorrow");
    assert_eq!(desk.run(&["set", id, "energy=8"]).failure(), (2, "unknown_field".into()));
    converge(&[&desk, &phone]);
    phone.ask(&["set", id, "title=Seen today"]);
    let (export, _) = converge(&[&phone, &desk]);
    keeps(&desk, "Seen today");
    keeps(&phone, "Seen today");
    let exported = stage.folder().join("export.json");
    std::fs::write(&exported, &export).unwrap();
    let (sasha, _) = stage.found("sasha");
    sasha.ask(&["import", exported.to_str().unwrap()]);
    keeps(&sasha, "Seen today");
    assert!(sasha.export() == export);
}

#[test]
fn where_an_invitation_is_needed_its_lack_its_wrongness_and_its_use_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("relay.sqlite").display());
    let server = program("sync-server");
    let relay = Relay::start(&server, folder.path(), &database, &["--registration=invite"]);
    let init = |name: &str, invite: Option<&str>| {
        let (home, url) = (Home::at(folder.path().join(name)), relay.url());
        let mut words = vec!["init", "--relay", &url, "--name", name];
        words.extend(invite.iter().flat_map(|token| ["--invite", token]));
        home.run(&words)
    };
    assert_eq!(init("a", None).failure(), (1, "invite_required".into()));
    assert_eq!(init("a", Some("made-up")).failure(), (1, "invite_invalid".into()));
    let made = Command::new(&server).args(["invite", "--database", &database]).output().unwrap();
    let token = String::from_utf8(made.stdout).unwrap();
    init("a", Some(token.trim())).json();
    assert_eq!(init("b", Some(token.trim())).failure(), (1, "invite_invalid".into()));
    assert!(!folder.path().join("b").exists());
}

#[test]
fn what_is_no_relay_or_calls_itself_otherwise_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let init =
        |relay: &str| Home::at(folder.path().join("home")).run(&["init", "--relay", relay, "--name", "x"]);
    assert_eq!(init(&web_site()).failure(), (1, "relay_protocol".into()));
    let database = format!("sqlite://{}", folder.path().join("relay.sqlite").display());
    let elsewhere = ["--public-url=https://relay.example"];
    let relay = Relay::start(&program("sync-server"), folder.path(), &database, &elsewhere);
    let (dialled, phrase) =
        (format!("http://127.0.0.1:{}", relay.url().rsplit(':').next().unwrap()), words());
    let at = Home::at(folder.path().join("home"));
    assert_eq!(at.join(&dialled, &phrase).failure(), (1, "wrong_origin".into()));
    assert!(!at.path().exists());
    assert_eq!(init(&format!("http://127.0.0.1:{}", free_port())).failure(), (4, "relay_unreachable".into()));
}

/// A phrase of some vault.
fn words() -> String {
    Stage::sqlite().found("some").1
}

/// Something that speaks HTTP and knows no such page.
fn web_site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let page = "HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\nconnection: close\r\n\r\nnot found";
            // Whoever asked may be gone.
            let _ = reader.get_mut().write_all(page.as_bytes());
        }
    });
    url
}

#[test]
fn a_wrong_variable_of_the_command_line_is_named() {
    let stage = Stage::sqlite();
    let (home, _) = stage.found("desk");
    let with = |name: &str, value: &str| said(home.command(&["status"]).env(name, value));
    assert_eq!(with("LIFEOS_NOW", "yesterday").failure(), (2, "invalid_time".into()));
    assert_eq!(with("LIFEOS_PASSPHRASE", "").failure(), (5, "wrong_passphrase".into()));
    // Nobody is there to be asked.
    let mut asked = Command::new("setsid");
    asked.arg("-w").arg(program("lifeos")).arg("--home").arg(home.path()).args(["--json", "status"]);
    asked.env_remove("LIFEOS_PASSPHRASE").stdin(std::process::Stdio::null());
    assert_eq!(said(&mut asked).failure(), (5, "locked".into()));
    let mut nowhere = Command::new(program("lifeos"));
    nowhere.env_clear().args(["--json", "status"]);
    assert_eq!(said(&mut nowhere).failure(), (2, "no_home".into()));
    nowhere.env("LIFEOS_HOME", stage.folder().join("none"));
    assert_eq!(said(&mut nowhere).failure(), (3, "no_vault".into()));
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        exit: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
