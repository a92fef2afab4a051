//! The order that a person gives their records. A record that was ever moved has a place, a text that sorts; one that
//! never was stands behind those, in the order of making. A move writes one place, so two people who move two records
//! do not undo each other.

use crate::position;
use crate::reading::text;
use engine::{Edit, EditOp, Expect, Origin, Path, Row, Value};
use std::collections::BTreeMap;

/// The field that holds the place.
const POSITION: &str = "position";
/// The field that names what a record is grouped under.
const GROUP: &str = "group";

/// Puts rows in their order: by place, then by time of making. Rows of one group stand together, where the first of them
/// stands; those without a group stand each for itself.
pub fn sort(rows: &mut [Row]) {
    // No place sorts behind every place: places are hexadecimal digits.
    let place = |row: &Row| text(row, POSITION).unwrap_or("~").to_owned();
    rows.sort_by_cached_key(|row| (place(row), row.created, row.key.id));
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    let order: BTreeMap<_, usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let first = text(row, GROUP).map_or(at, |group| *groups.entry(group.to_owned()).or_insert(at));
            (row.key.clone(), first)
        })
        .collect();
    // Stable: within a group the order stays.
    rows.sort_by_key(|row| order.get(&row.key).copied());
}

/// The edits that put `rows` in the order in which they are given. As few records as possible are written.
pub fn arrange(rows: &[Row], origin: Origin) -> Vec<Edit> {
    let ids: Vec<String> = rows.iter().map(|row| row.key.id.to_string()).collect();
    let order: Vec<_> = rows.iter().zip(&ids).map(|(row, id)| (text(row, POSITION), id.as_str())).collect();
    let places = position::arrange(&order);
    let moved = rows.iter().zip(places).filter(|(row, place)| text(row, POSITION) != Some(place));
    let edit = |(row, place): (&Row, String)| Edit {
        key: row.key.clone(),
        expect: Expect::Exists,
        ops: vec![EditOp::Put(Path::Field(POSITION.to_owned()), Value::Text(place))],
        time: None,
        origin,
    };
    moved.map(edit).collect()
}
