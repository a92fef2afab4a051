//! Ordered lists: order, identity, and what is left when two devices changed one list.

use crate::support::{apply, assign, create, fields, update};
use engine::{EditOp, Origin, Path, Row, Value};
use life::Assignment;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn titles(row: &Row) -> Vec<String> {
    let items = fields(row)["subtasks"].as_array().cloned().unwrap_or_default();
    items.iter().map(|i| i["title"].as_str().unwrap().to_owned()).collect()
}

fn ids(row: &Row) -> Vec<String> {
    let items = fields(row)["subtasks"].as_array().cloned().unwrap_or_default();
    items.iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn items_are_appended_removed_and_told_apart() {
    let task = create("task", &["title=T", "subtasks+=One", "subtasks+=Two", "subtasks+=One"]);
    assert_eq!(titles(&task), ["One", "Two", "One"]);
    assert_ne!(ids(&task)[0], ids(&task)[2]);
    let second = ids(&task)[2].clone();
    let task = update(&task, &[&format!("subtasks-={second}")]);
    assert_eq!(titles(&task), ["One", "Two"]);
    assert_eq!(titles(&update(&task, &["subtasks-=One"])), ["Two"]);
    assert_eq!(crate::support::try_update(&task, &["subtasks-=Three"]).unwrap_err().code(), "malformed");
    let task = update(&task, &[r#"subtasks+={"title":"Three","done":true}"#]);
    assert_eq!(fields(&task)["subtasks"][2]["done"], true);
    assert_eq!(
        crate::support::try_update(&task, &[r#"subtasks+={"done":true}"#]).unwrap_err().code(),
        "missing_field"
    );
    assert_eq!(
        crate::support::try_update(&task, &[r#"subtasks+={"title":"x","dune":1}"#]).unwrap_err().code(),
        "unknown_field"
    );
    let twice = r#"subtasks=[{"id":"a","title":"x"},{"id":"a","title":"y"}]"#;
    assert_eq!(crate::support::try_update(&task, &[twice]).unwrap_err().code(), "malformed");
}

#[test]
fn moving_one_item_writes_one_place() {
    let task = create("task", &["title=T", r#"subtasks=["a","b","c","d"]"#]);
    let mut items = fields(&task)["subtasks"].as_array().cloned().unwrap();
    let last = items.pop().unwrap();
    items.insert(1, last.clone());
    let edit =
        life::update(&task, &[Assignment::json("subtasks", json!(items))], Origin::Hand).unwrap().unwrap();
    let key = format!("{}|pos", last["id"].as_str().unwrap());
    assert!(
        matches!(edit.ops.as_slice(), [EditOp::Put(Path::Key(f, k), Value::Text(_))] if f == "subtasks" && *k == key),
        "{:?}",
        edit.ops
    );
    assert_eq!(titles(&apply(&edit, Some(task), 9)), ["a", "d", "b", "c"]);
}

#[test]
fn concurrent_edits_of_two_fields_and_moves_all_stay() {
    let task = create("task", &["title=T", r#"subtasks=["a","b","c"]"#]);
    let items = fields(&task)["subtasks"].as_array().cloned().unwrap();
    let (mut renamed, mut done, moved) =
        (items.clone(), items.clone(), vec![&items[2], &items[0], &items[1]]);
    renamed[0]["title"] = json!("A");
    done[0]["done"] = json!(true);
    let edit = |json: Json| {
        life::update(&task, &[Assignment::json("subtasks", json)], Origin::Hand).unwrap().unwrap()
    };
    let edits = [
        edit(json!(renamed)),
        edit(json!(done)),
        edit(json!(moved)),
        appended(&task, "x"),
        appended(&task, "y"),
    ];
    let mut results = Vec::new();
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
        let merged = order.iter().fold(task.clone(), |row, n| apply(&edits[*n], Some(row), 9));
        results.push(fields(&merged)["subtasks"].clone());
        assert_eq!(titles(&merged).len(), 5);
        assert_eq!(titles(&merged)[..3], ["c", "A", "b"]);
        assert_eq!(fields(&merged)["subtasks"][1]["done"], true);
    }
    assert!(results.windows(2).all(|w| w[0] == w[1]));
}

fn appended(task: &Row, title: &str) -> engine::Edit {
    life::update(task, &assign(&[&format!("subtasks+={title}")]), Origin::Hand).unwrap().unwrap()
}

#[test]
fn items_with_equal_places_can_be_parted() {
    let task = create("task", &["title=T", "subtasks=a"]);
    let both = apply(&appended(&task, "y"), Some(apply(&appended(&task, "x"), Some(task.clone()), 9)), 9);
    let items = fields(&both)["subtasks"].as_array().cloned().unwrap();
    let parted = json!([items[0], items[1], {"title": "between"}, items[2]]);
    let edit = life::update(&both, &[Assignment::json("subtasks", parted)], Origin::Hand).unwrap().unwrap();
    let after = titles(&apply(&edit, Some(both), 9));
    assert_eq!(after[2], "between");
    assert_eq!(after.len(), 4);
}

#[test]
fn an_item_that_another_device_removed_comes_back_only_whole() {
    let task = create("task", &["title=T", r#"subtasks=["a","b"]"#]);
    let id = ids(&task)[0].clone();
    let gone = update(&task, &["subtasks-=a"]);
    let mut ticked = gone.clone();
    let mut renamed = gone.clone();
    for (row, part, value) in
        [(&mut ticked, "done", Value::Bool(true)), (&mut renamed, "title", Value::Text("A".to_owned()))]
    {
        let Some(Value::Map(map)) = row.fields.get_mut("subtasks") else { panic!("no list") };
        map.insert(format!("{id}|{part}"), value);
    }
    assert_eq!(titles(&ticked), ["b"]);
    assert_eq!(titles(&renamed), ["b", "A"]);
    assert_eq!(titles(&update(&renamed, &["subtasks+=c"])), ["b", "A", "c"]);
    // A new item of that id does not bring the old tick back.
    let again = update(&ticked, &[&format!(r#"subtasks+={{"id":"{id}","title":"a"}}"#)]);
    assert_eq!(fields(&again)["subtasks"][1].get("done"), None);
}

#[derive(Debug, Clone)]
enum Step {
    Append(u8),
    Remove(usize),
    Move(usize, usize),
    Insert(usize, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        any::<u8>().prop_map(Step::Append),
        any::<usize>().prop_map(Step::Remove),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Step::Move(a, b)),
        (0usize..3, any::<u8>()).prop_map(|(a, n)| Step::Insert(a, n)),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// A plain vector is the model.
    #[test]
    fn a_list_keeps_the_order_it_was_given(steps in steps()) {
        let mut row = create("task", &["title=T"]);
        let mut model: Vec<String> = Vec::new();
        for step in steps {
            let mut items = fields(&row)["subtasks"].as_array().cloned().unwrap_or_default();
            let at = |n: usize| n % model.len().max(1);
            match step {
                Step::Append(n) => {
                    items.push(json!({"title": format!("t{n}")}));
                    model.push(format!("t{n}"));
                }
                Step::Insert(n, title) => {
                    let place = n.min(model.len());
                    items.insert(place, json!(format!("t{title}")));
                    model.insert(place, format!("t{title}"));
                }
                Step::Remove(n) if !model.is_empty() => {
                    items.remove(at(n));
                    model.remove(at(n));
                }
                Step::Move(from, to) if !model.is_empty() => {
                    let (from, to) = (at(from), at(to));
                    let item = items.remove(from);
                    items.insert(to, item);
                    let title = model.remove(from);
                    model.insert(to, title);
                }
                Step::Remove(_) | Step::Move(..) => {}
            }
            let edit = life::update(&row, &[Assignment::json("subtasks", json!(items))], Origin::Hand).unwrap();
            row = edit.map_or(row.clone(), |edit| apply(&edit, Some(row), 9));
            prop_assert_eq!(titles(&row), model.clone());
        }
        let longest = match row.fields.get("subtasks") {
            Some(Value::Map(map)) => map.iter().filter(|(k, _)| k.ends_with("|pos")).map(|(_, v)| match v {
                Value::Text(place) => place.len(),
                _ => usize::MAX,
            }).max().unwrap_or(0),
            _ => 0,
        };
        prop_assert!(longest <= 128, "a place grew to {longest} digits");
    }
}
