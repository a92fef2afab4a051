//! The core on a store in memory: what a browser's worker does, without the browser.

use crate::error::{Code, CoreError};
use crate::founding::Founding;
use crate::request::{LogChange, LongWork, Only, Portable, Request};
use crate::vault::Vault;
use crate::wire::{Clock, Effect, StoreRead, StoreWrite};
use seal::{PasskeySecrets, PasskeyWrap, PassphraseWrap, Phrase, RecoveryWrap};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

mod doing;
mod recent;
mod stopping;

/// A worker: the core, and a store that may refuse.
struct Host {
    vault: Vault,
    store: BTreeMap<Vec<u8>, Vec<u8>>,
    answers: BTreeMap<u32, Result<Json, CoreError>>,
    notices: Vec<Effect>,
    refuse: bool,
    /// A person stops it as soon as it says how far it is.
    stop: Option<LongWork>,
    last: u32,
    /// The request that [`Host::ask`] waits for.
    asked: u32,
    /// Seconds since the time of [`clock`].
    later: u32,
}

fn clock() -> Clock {
    Clock { now: 1_795_000_000_000.0, timezone: "Europe/Berlin".into(), local: "2026-11-21T08:30:00".into() }
}

fn write(store: &mut BTreeMap<Vec<u8>, Vec<u8>>, writes: Vec<StoreWrite>) {
    for StoreWrite { key, value } in writes {
        match value {
            Some(value) => store.insert(key.into_vec(), value.into_vec()),
            None => store.remove(&*key),
        };
    }
}

impl Host {
    fn new() -> (Self, Founding) {
        let founding = Founding::make().unwrap();
        let mut store = BTreeMap::new();
        write(&mut store, founding.content().to_vec());
        let vault = founding.vault.borrow_mut().take().unwrap();
        (Self::open(vault, store), founding)
    }

    fn open(vault: Vault, store: BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        let (answers, notices) = Default::default();
        let mut host =
            Self { vault, store, answers, notices, refuse: false, stop: None, last: 0, asked: 0, later: 0 };
        host.start();
        host
    }

    fn start(&mut self) {
        let effects = self.vault.start().unwrap();
        self.notices.clear();
        self.carry_out(effects);
        assert!(self.notices.contains(&Effect::Ready), "{:?}", self.notices);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let now = self.clock().millis();
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Read { token, reads } => {
                    let found = reads.iter().map(|read| self.read(read)).collect();
                    effects.extend(self.vault.read(now, token, found));
                }
                Effect::Commit { token, .. } if self.refuse => {
                    effects.extend(self.vault.event(now, engine::Event::CommitFailed(token)));
                }
                Effect::Commit { token, writes } => {
                    write(&mut self.store, writes);
                    effects.extend(self.vault.event(now, engine::Event::Committed(token)));
                }
                Effect::Reply { id, json } => {
                    // A table or a calendar is no JSON.
                    let answer = serde_json::from_str(&json).unwrap_or(Json::String(json));
                    self.answers.insert(id, Ok(answer));
                }
                Effect::Fail { id, error } => {
                    self.answers.insert(id, Err(error));
                }
                Effect::Progress { job, done, total } => {
                    assert!(!self.answers.contains_key(&self.asked), "{job} goes on behind its answer");
                    self.notices.push(Effect::Progress { job, done, total });
                    if let Some(work) = self.stop.take() {
                        self.last += 1;
                        effects.extend(self.vault.request(self.last, Request::Stop(work), self.clock()));
                    }
                }
                other => self.notices.push(other),
            }
        }
    }

    fn read(&self, read: &StoreRead) -> Vec<(Vec<u8>, Vec<u8>)> {
        let pair = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        match read {
            StoreRead::Get { key } => self.store.get_key_value(&**key).map(pair).into_iter().collect(),
            StoreRead::Scan { prefix, after, limit } => {
                let under = self.store.iter().filter(|(key, _)| key.starts_with(prefix));
                let beyond = under.filter(|(key, _)| after.as_ref().is_none_or(|after| ***key > ***after));
                beyond.take(usize::try_from(*limit).unwrap()).map(pair).collect()
            }
        }
    }

    fn clock(&self) -> Clock {
        let clock = clock();
        Clock { now: clock.now + f64::from(self.later) * 1000.0, ..clock }
    }

    fn ask(&mut self, request: Request) -> Option<Result<Json, CoreError>> {
        self.last += 1;
        let id = self.last;
        self.asked = id;
        let effects = self.vault.request(id, request, self.clock());
        self.carry_out(effects);
        self.answers.remove(&id)
    }
    fn get(&mut self, request: Request) -> Json {
        self.ask(request).expect("an answer").unwrap()
    }
    fn add(&mut self, record: &str, fields: &Json) -> Json {
        self.get(Request::Add { record: record.into(), fields: map(fields) })
    }
    fn today(&mut self) -> Json {
        self.get(Request::Today { date: None })
    }
}

fn map(json: &Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn id(record: &Json) -> String {
    record["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_habit_ticked_today_is_shown_as_ticked_and_undo_takes_one_change_after_the_other_back() {
    let (mut host, _) = Host::new();
    let habit = host.add("habit", &json!({ "name": "Walk" }));
    let log = Request::Log { habit: id(&habit), date: "2026-11-21".into(), action: LogChange::Done };
    assert_eq!(host.get(log), json!({ "state": "done" }));
    let today = host.today();
    assert_eq!(today["date"], "2026-11-21");
    assert_eq!(today["habits"][0]["log"], json!({ "state": "done" }));
    assert_eq!(today["habits"][0]["week"][6]["log"], json!({ "state": "done" }));
    assert_eq!(today["habits"][0]["week"][5], json!({ "date": "2026-11-20", "log": null }));

    host.get(Request::Set { id: id(&habit), fields: map(&json!({ "name": "Run", "colour": "#336699" })) });
    assert_eq!(host.get(Request::Undo), json!(true));
    let fields = &host.get(Request::Get { id: id(&habit) })["fields"];
    assert_eq!((&fields["name"], fields.get("colour")), (&json!("Walk"), None));
    assert_eq!(host.get(Request::Undo), json!(true));
    assert_eq!(host.today()["habits"][0]["log"], Json::Null);
    assert_eq!(host.get(Request::Undo), json!(true));
    assert_eq!(host.today()["habits"], json!([]));
    assert_eq!(host.get(Request::Undo), json!(false));
}

#[test]
fn a_finished_task_stays_on_its_day_and_undo_opens_it_again() {
    let (mut host, _) = Host::new();
    let task = host.add("task", &json!({ "title": "Write" }));
    host.get(Request::Set { id: id(&task), fields: map(&json!({ "status": "completed" })) });
    let today = host.today();
    assert_eq!((&today["tasks"], &today["done"][0]["fields"]["title"]), (&json!([]), &json!("Write")));
    assert_eq!(host.get(Request::Today { date: Some("2026-11-22".into()) })["done"], json!([]));
    host.get(Request::Undo);
    let task = &host.today()["tasks"][0]["fields"];
    assert_eq!((&task["status"], task.get("completed_on")), (&json!("pending"), None));
}

#[test]
fn a_page_holds_only_the_records_that_were_asked_for_and_the_cursor_leads_to_the_rest() {
    let (mut host, _) = Host::new();
    for n in 0..12 {
        let status = if n % 4 == 0 { "completed" } else { "pending" };
        host.add("task", &json!({ "title": format!("Task {n}"), "status": status }));
    }
    let page = |only: Option<(&str, &str)>, limit, after: Option<String>| {
        let only = only.map(|(field, is)| Only { field: field.into(), is: is.into() });
        Request::List { record: "task".into(), after, limit, trash: false, only }
    };
    let count = |page: &Json| page["records"].as_array().unwrap().len();
    let pending = host.get(page(Some(("status", "pending")), 100, None));
    assert_eq!((count(&pending), &pending["next"]), (9, &Json::Null));
    assert!(pending["records"].as_array().unwrap().iter().all(|r| r["fields"]["status"] == "pending"));
    // A status that many have is looked for, one that few have is kept together; both give the same pages.
    for (status, all) in [("pending", 9), ("completed", 3), ("cancelled", 0)] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = host.get(page(Some(("status", status)), 2, after));
            found.extend(page["records"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        let ids: BTreeSet<String> = found.iter().map(id).collect();
        assert_eq!((ids.len(), found.len()), (all, all), "{status}");
        assert!(found.iter().all(|task| task["fields"]["status"] == status), "{found:?}");
    }
    let first = host.get(page(None, 5, None));
    let rest = host.get(page(None, 100, Some(first["next"].as_str().unwrap().to_owned())));
    assert_eq!((count(&first), count(&rest)), (5, 7));
    let wrong = host.ask(page(Some(("colour", "red")), 5, None)).unwrap().unwrap_err();
    assert_eq!(wrong.code, Code::UnknownField);
}

#[test]
fn what_was_written_about_a_day_is_found_without_reading_what_was_written_before() {
    let (mut host, _) = Host::new();
    let day = |n: u32| format!("2026-10-{:02}", n % 30 + 1);
    for n in 0..90 {
        host.add("journal", &json!({ "text": format!("Page {n}"), "date": day(n) }));
    }
    let page = |after| {
        let only = Some(Only { field: "date".into(), is: "2026-10-05".into() });
        Request::List { record: "journal".into(), after, limit: 2, trash: false, only }
    };
    let texts = |page: &Json| -> Vec<String> {
        let records = page["records"].as_array().unwrap();
        records.iter().map(|r| r["fields"]["text"].as_str().unwrap().to_owned()).collect()
    };
    let first = host.get(page(None));
    let rest = host.get(page(Some(first["next"].as_str().unwrap().to_owned())));
    let mut all = [texts(&first), texts(&rest)].concat();
    all.sort();
    assert_eq!(all, ["Page 34", "Page 4", "Page 64"]);
    assert_eq!(rest["next"], Json::Null);
    // Archived ones are there too, those in the trash are not.
    let ids: Vec<&str> =
        first["records"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    host.get(Request::Set { id: ids[0].into(), fields: map(&json!({ "archived": true })) });
    host.get(Request::Trash { id: ids[1].into() });
    let left = [texts(&host.get(page(None)))].concat();
    assert_eq!(left.len(), 2);
    assert!(left.contains(&texts(&first)[0]) && !left.contains(&texts(&first)[1]));
}

#[test]
fn a_request_whose_transaction_failed_is_told_so_and_the_vault_opens_again_as_it_was_stored() {
    let (mut host, _) = Host::new();
    host.add("task", &json!({ "title": "Stored" }));
    host.refuse = true;
    let lost = Request::Add { record: "task".into(), fields: map(&json!({ "title": "Lost" })) };
    let answer = host.ask(lost);
    assert!(answer.is_none_or(|answer| answer.is_err()), "nothing that failed is called done");
    host.refuse = false;
    host.start();
    let page =
        host.get(Request::List { record: "task".into(), after: None, limit: 10, trash: false, only: None });
    let titles: Vec<&Json> =
        page["records"].as_array().unwrap().iter().map(|r| &r["fields"]["title"]).collect();
    assert_eq!(titles, ["Stored"]);
}

#[test]
fn the_store_opens_with_each_way_in_and_with_no_other_secret() {
    let (mut host, founding) = Host::new();
    host.add("task", &json!({ "title": "Kept" }));
    let phrase = founding.words().unwrap();
    let passphrase = host.vault.wrap_passphrase("a long passphrase").unwrap();
    let passkey = host.vault.wrap_passkey(&[1; 32], &[2; 32]).unwrap();
    assert_eq!(host.vault.wrap_passphrase("short").unwrap_err().code, Code::WeakPassphrase);

    let paper = Phrase::parse(&phrase).unwrap().device_keys();
    let wrap = PassphraseWrap::from_bytes(&passphrase).unwrap();
    let secrets = PasskeySecrets { prf: &[1; 32], mac: &[2; 32] };
    let keys = [
        RecoveryWrap::open_with(&paper, founding.recovery_wrap()).unwrap(),
        wrap.unwrap(b"a long passphrase").unwrap(),
        PasskeyWrap::from_bytes(&passkey).unwrap().unwrap(secrets).unwrap(),
    ];
    for key in keys {
        let mut again = Host::open(Vault::new(key).unwrap(), host.store.clone());
        assert_eq!(again.today()["tasks"][0]["fields"]["title"], "Kept");
    }
    assert_eq!(CoreError::from(wrap.unwrap(b"another passphrase").unwrap_err()).code, Code::WrongPassphrase);
    let other = Phrase::generate(&mut crate::desk::rng().unwrap()).device_keys();
    let refused = RecoveryWrap::open_with(&other, founding.recovery_wrap()).unwrap_err();
    assert_eq!(CoreError::from(refused).code, Code::WrongPhrase);
}

#[test]
fn settings_of_this_browser_are_sealed() {
    let (mut host, _) = Host::new();
    let sealed = host.vault.seal_settings("{\"name\":\"Phone\"}");
    assert!(!sealed.windows(5).any(|window| window == b"Phone"));
    assert_eq!(host.vault.open_settings(&sealed).unwrap(), "{\"name\":\"Phone\"}");
}

#[test]
fn an_export_comes_back_as_it_was() {
    let (mut host, _) = Host::new();
    let habit = host.add("habit", &json!({ "name": "Walk" }));
    host.get(Request::Log { habit: id(&habit), date: "2026-11-20".into(), action: LogChange::Skip });
    let export = host.get(Request::Export(Portable::Json));
    let (mut other, _) = Host::new();
    let import = |dry| Request::Import { file: Portable::Json, text: export.to_string(), dry };
    let done = json!({ "documents": 2, "new": 2, "changed": 2, "stopped": false });
    assert_eq!(other.get(import(true)), done);
    assert_eq!(other.today()["habits"], json!([]), "a rehearsal writes nothing");
    assert_eq!(other.get(import(false)), done);
    assert_eq!(other.get(Request::Export(Portable::Json)), export);
    assert_eq!(other.get(import(false)), json!({ "documents": 2, "new": 0, "changed": 0, "stopped": false }));
    // Into a vault that says something else: what it said comes back in one step.
    other.get(Request::Set { id: id(&habit), fields: map(&json!({ "name": "Run" })) });
    other.get(Request::Log { habit: id(&habit), date: "2026-11-20".into(), action: LogChange::Done });
    assert_eq!(other.get(import(false)), json!({ "documents": 2, "new": 0, "changed": 2, "stopped": false }));
    assert_eq!(other.today()["habits"][0]["habit"]["fields"]["name"], "Walk");
    assert_eq!(other.get(Request::Undo), json!(true));
    let day = &other.today()["habits"][0];
    assert_eq!(day["habit"]["fields"]["name"], "Run");
    assert_eq!(day["week"][5]["log"], json!({ "state": "done" }));
}

#[test]
fn a_wrong_field_is_named() {
    let (mut host, _) = Host::new();
    let wrong =
        Request::Add { record: "habit".into(), fields: map(&json!({ "name": "x", "polarity": "ugly" })) };
    let error = host.ask(wrong).unwrap().unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::InvalidField, Some("polarity")));
    let missing = Request::Add { record: "habit".into(), fields: Map::new() };
    let error = host.ask(missing).unwrap().unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::MissingField, Some("name")));
}

#[test]
fn a_search_shows_records_and_check_ins_with_the_words_found() {
    let (mut host, _) = Host::new();
    let habit = host.add("habit", &json!({ "name": "Läufe am Fluss" }));
    let fields =
        json!({ "title": "Schuhe kaufen", "description": "zum Laufen", "due": "2026-11-21", "priority": 2 });
    let task = host.add("task", &fields);
    let search = |text: &str, records: &[&str]| Request::Search {
        text: text.into(),
        records: records.iter().map(|record| (*record).to_owned()).collect(),
        trash: false,
        limit: 10,
    };
    let found = host.get(search("lauf", &[]));
    assert_eq!((found["more"].clone(), found["ready"].clone()), (json!(false), json!(true)));
    let piece = |text: &str, found: bool| json!({ "text": text, "found": found });
    let shown = json!({
        "type": "habit", "id": id(&habit), "title": "Läufe am Fluss", "field": "name", "deleted": false,
        "titled": true, "snippet": [piece("Läufe", true), piece(" am Fluss", false)],
        "facts": { "polarity": "good", "kind": "yes_no" },
    });
    assert_eq!(found["matches"][0], shown);
    assert_eq!(found["matches"][1]["snippet"], json!([piece("zum ", false), piece("Laufen", true)]));
    assert_eq!(found["matches"][1]["title"], "Schuhe kaufen");
    assert_eq!(found["matches"][1]["titled"], false);
    assert_eq!(found["matches"][1]["facts"], json!({ "status": "pending", "due": "2026-11-21" }));
    let only = host.get(search("lauf", &["task"]));
    assert_eq!(only["matches"].as_array().unwrap().len(), 1);
    assert_eq!(only["matches"][0]["id"], json!(id(&task)));
    let wrong = host.ask(search("lauf", &["nothing"])).unwrap().unwrap_err();
    assert_eq!(wrong.code, Code::UnknownType);
}
