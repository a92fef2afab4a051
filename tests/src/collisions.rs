//! Edits that two devices make while neither hears of the other: the same records, the same fields, deletes against
//! edits, ticks of one day, lists put in another order.
//!
//! Invariant: two sides with one seed choose the same record and field at every step, and write what is their own.

use crate::dice::Dice;
use serde_json::{Value, json};

/// One of two devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one.
    Desk,
    /// The other.
    Phone,
}

/// Where both sides write.
struct Ground {
    tasks: Vec<Value>,
    goals: Vec<Value>,
    habits: Vec<Value>,
}

/// Lines for `batch`, and the titles they gave to tasks that the other side renamed too: id and title.
pub struct Edits {
    /// For `batch`; all succeed.
    pub lines: Vec<String>,
    /// What must be found in histories.
    pub titles: Vec<(String, String)>,
}

/// `count` edits of one side, who both know what `export` says.
pub fn edits(export: &str, seed: u64, side: Side, count: usize) -> Edits {
    let ground = Ground::of(export);
    let mut shared = Dice::new(seed);
    let mut own = Dice::new(seed ^ if side == Side::Desk { 0x0DE5_C000 } else { 0x0FA0_0E00 });
    let mut edits = Edits { lines: Vec::with_capacity(count), titles: Vec::new() };
    for step in 0..count {
        let words = ground.step(&mut shared, &mut own, side, step, &mut edits.titles);
        edits.lines.push(json!(words).to_string());
    }
    edits
}

impl Ground {
    fn of(export: &str) -> Self {
        let export: Value = serde_json::from_str(export).expect("JSON");
        let of = |kind: &str| -> Vec<Value> {
            let records = export["records"].as_array().expect("records").iter();
            let mut of: Vec<Value> = records
                .filter(|record| record["type"] == kind && record["deleted"] == false)
                .cloned()
                .collect();
            // Ids are random; what the records are called is not.
            let called = |record: &Value| {
                let name = |field: &str| text(&record["fields"][field]);
                (name("title"), name("name"), text(&record["created"]))
            };
            of.sort_by_key(called);
            of
        };
        Self { tasks: of("task"), goals: of("goal"), habits: of("habit") }
    }

    fn step(
        &self,
        shared: &mut Dice,
        own: &mut Dice,
        side: Side,
        step: usize,
        titles: &mut Vec<(String, String)>,
    ) -> Vec<String> {
        let (kind, flip) = (shared.below(12), shared.percent(50));
        let (task, goal, habit) =
            (shared.pick(&self.tasks), shared.pick(&self.goals), shared.pick(&self.habits));
        let date = format!("2026-11-{:02}", shared.between(1, 28));
        let first = flip == (side == Side::Desk);
        let set = |record: &Value, field: String| vec!["set".to_owned(), id_of(record), field];
        let number = own.below(1_000_000);
        match kind {
            0 | 1 => {
                let title = format!("{side:?} {step} {number}");
                titles.push((id_of(task), title.clone()));
                set(task, format!("title={title}"))
            }
            2 => set(
                task,
                format!("description={side:?} wrote {number}.\n{}", text(&task["fields"]["description"])),
            ),
            3 if first => set(task, format!("labels+=both,{side:?}-{number}")),
            3 => set(task, format!("labels-=both,{}", text(&task["fields"]["labels"][0]))),
            4 if first => vec!["delete".to_owned(), id_of(task)],
            4 => set(task, format!("priority={}", number % 4)),
            5 => vec!["delete".to_owned(), id_of(goal)],
            6 if first => vec!["restore".to_owned(), id_of(goal)],
            6 => set(goal, format!("why+= {side:?} adds {number}.")),
            7 | 8 => {
                let list = shuffled(&goal["fields"]["milestones"], own, side);
                set(goal, format!("milestones={list}"))
            }
            9 => {
                let words = [format!("schedule+={date} week {}", number % 7 + 1), format!("target={number}")];
                set(habit, own.pick(&words).clone())
            }
            10 => {
                ["set", "settings", &format!("features+=feature-{} {}", step % 5, number.is_multiple_of(2))]
                    .map(str::to_owned)
                    .to_vec()
            }
            _ => tick(habit, &date, number),
        }
    }
}

fn id_of(record: &Value) -> String {
    text(&record["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The list in another order, at times without one of its items and with a new one.
fn shuffled(list: &Value, own: &mut Dice, side: Side) -> Value {
    let mut items = list.as_array().cloned().unwrap_or_default();
    own.shuffle(&mut items);
    if own.percent(30) {
        items.pop();
    }
    if own.percent(30) {
        items.push(json!({ "title": format!("{side:?} {}", own.below(1_000)) }));
    }
    if let Some(first) = items.first_mut() {
        first["done"] = own.percent(50).into();
    }
    json!(items)
}

fn tick(habit: &Value, date: &str, number: usize) -> Vec<String> {
    let mut words = ["log", &id_of(habit), "--date", date].map(str::to_owned).to_vec();
    let measured = habit["fields"]["kind"] == "measurable";
    match number % 5 {
        0 => words.push("--undo".to_owned()),
        1 => words.push("--skip".to_owned()),
        _ if measured => words.extend(["--value".to_owned(), (number % 100).to_string()]),
        _ => words.extend(["--note".to_owned(), format!("note {number}")]),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_write_the_same_fields_of_the_same_records_and_not_the_same_values() {
        let record = |kind: &str, id: usize| json!({ "type": kind, "id": id.to_string(), "deleted": false, "fields": {} });
        let records: Vec<Value> =
            ["task", "goal", "habit"].iter().flat_map(|kind| (0..3).map(|id| record(kind, id))).collect();
        let export = json!({ "records": records }).to_string();
        let [desk, phone] = [Side::Desk, Side::Phone].map(|side| edits(&export, 5, side, 200));
        let ids = |edits: &Edits| edits.titles.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        assert!(desk.titles.len() > 10);
        assert_eq!(ids(&desk), ids(&phone));
        assert_ne!(desk.titles, phone.titles);
        assert_eq!(desk.lines, edits(&export, 5, Side::Desk, 200).lines);
    }
}
