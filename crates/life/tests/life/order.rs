//! A person's own order of their habits.

use crate::support::{NOW, apply, create, id};
use engine::{DocKey, Origin, Row};
use life::order::{arrange, sort};

fn habit(n: u8, more: &[&str]) -> Row {
    let name = format!("name={n}");
    let row = create("habit", &[&[&*name], more].concat());
    Row { key: DocKey::thing("habit", id(n)), created: NOW + i64::from(n), ..row }
}

fn names(rows: &[Row]) -> String {
    let name = |row: &Row| life::to_json(row)["fields"]["name"].as_str().unwrap().to_owned();
    rows.iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_was_never_moved_stands_in_the_order_of_making_behind_what_was() {
    let mut rows = vec![habit(3, &[]), habit(1, &[]), habit(4, &["position=80"]), habit(2, &["position=8"])];
    sort(&mut rows);
    assert_eq!(names(&rows), "2 4 1 3");
}

#[test]
fn a_group_stands_together_where_its_first_member_stands() {
    let mut rows = vec![
        habit(1, &["group=body"]),
        habit(2, &[]),
        habit(3, &["group=mind"]),
        habit(4, &["group=body"]),
        habit(5, &[]),
        habit(6, &["group=mind", "position=1"]),
    ];
    sort(&mut rows);
    assert_eq!(names(&rows), "6 3 1 4 2 5");
}

#[test]
fn a_move_writes_the_one_record_that_moved_and_the_order_is_then_as_wanted() {
    let mut rows: Vec<Row> = (1..=5).map(|n| habit(n, &[])).collect();
    let put = |rows: &mut Vec<Row>| {
        let edits = arrange(rows, Origin::Hand);
        for edit in &edits {
            let row = rows.iter_mut().find(|row| row.key == edit.key).unwrap();
            *row = apply(edit, Some(row.clone()), NOW);
        }
        edits.len()
    };
    assert_eq!(put(&mut rows), 5, "the first time all get places");
    let last = rows.pop().unwrap();
    rows.insert(1, last);
    assert_eq!(put(&mut rows), 1);
    rows.reverse();
    rows.sort_by_key(|row| row.key.id);
    sort(&mut rows);
    assert_eq!(names(&rows), "1 5 2 3 4");
    assert_eq!(put(&mut rows), 0, "nothing moved");
}
