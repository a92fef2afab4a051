//! Long work that a person stops.

use super::{Host, id};
use crate::error::Code;
use crate::request::{LongWork, Portable, Request};
use serde_json::{Value as Json, json};

/// An export of as many tasks.
fn file(tasks: usize) -> String {
    let (mut host, _) = Host::new();
    host.add("task", &json!({ "title": "Water plants" }));
    let mut export = host.get(Request::Export(Portable::Json));
    let one = export["records"][0].clone();
    let task = |n: usize| {
        let mut task = one.clone();
        task["id"] = json!(format!("00000000-0000-4000-8000-{n:012x}"));
        task
    };
    export["records"] = (1..=tasks).map(task).collect();
    export.to_string()
}

fn import(text: &str) -> Request {
    Request::Import { file: Portable::Json, text: text.to_owned(), dry: false }
}

fn count(host: &mut Host) -> usize {
    let mut after = None;
    let mut count = 0;
    loop {
        let page = Request::List { record: "task".into(), after, limit: 200, trash: false, only: None };
        let page = host.get(page);
        count += page["records"].as_array().unwrap().len();
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return count,
        }
    }
}

#[test]
fn an_import_that_is_stopped_keeps_what_it_wrote_and_one_step_takes_that_back() {
    let text = file(1200);
    let (mut host, _) = Host::new();
    host.stop = Some(LongWork::Import);
    let done = host.get(import(&text));
    assert_eq!(done, json!({ "documents": 1200, "new": 500, "changed": 500, "stopped": true }));
    assert_eq!(count(&mut host), 500);
    assert_eq!(host.get(Request::Undo), json!(true));
    assert_eq!(count(&mut host), 0);
    // Nothing of it stays: the next one is not stopped.
    let done = host.get(import(&text));
    assert_eq!((&done["documents"], &done["stopped"]), (&json!(1200), &json!(false)));
    assert_eq!(count(&mut host), 1200);
}

#[test]
fn an_export_that_is_stopped_fails_and_the_next_is_whole() {
    let (mut host, _) = Host::new();
    host.get(import(&file(1200)));
    host.stop = Some(LongWork::Export);
    let stopped = host.ask(Request::Export(Portable::Json)).unwrap().unwrap_err();
    assert_eq!(stopped.code, Code::Stopped, "{stopped}");
    let export = host.get(Request::Export(Portable::Json));
    assert_eq!(export["records"].as_array().unwrap().len(), 1200);
}

#[test]
fn nothing_is_stopped_where_nothing_is_under_way_and_nothing_else_than_was_asked() {
    let (mut host, _) = Host::new();
    assert_eq!(host.get(Request::Stop(LongWork::Import)), json!(false));
    host.stop = Some(LongWork::Export);
    let done = host.get(import(&file(700)));
    assert_eq!(done["stopped"], json!(false));
    let task: Json = host.add("task", &json!({ "title": "Still here" }));
    assert_eq!(host.get(Request::Get { id: id(&task) })["fields"]["title"], "Still here");
}
