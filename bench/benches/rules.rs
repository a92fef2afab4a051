//! The rules of life over a million check-ins: what a screen full of habits with ten years behind each costs, and how it
//! grows. Pure functions, so nothing is set up but rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::{Edit, EditOp, Origin, Path, RecordId, Row};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};
use life::rules::{Checks, Plan, streak, strength};
use life::{Assignment, LogRow, LogState, RecordType};
use std::collections::BTreeMap;
use std::hint::black_box;

const TODAY: Date = date(2026, 11, 21);
/// Ten years.
const DAYS: i32 = 3_650;
/// Of ten years each: a million check-ins.
const HABITS: usize = 274;

fn habit(schedule: &str) -> Row {
    let record = RecordType::find("habit").unwrap();
    let texts = ["name=N".to_owned(), format!("schedule={schedule}")];
    let assignments: Vec<_> = texts.iter().map(|text| Assignment::parse(text).unwrap()).collect();
    let Edit { key, ops, .. } =
        life::create(record, RecordId::new([1; 16]), &assignments, Origin::Hand).unwrap();
    let mut row = Row { key, created: 0, updated: 0, deleted: false, fields: BTreeMap::new() };
    for op in ops {
        match op {
            EditOp::Put(Path::Field(name), value) => drop(row.fields.insert(name, value)),
            EditOp::Put(Path::Key(name, key), value) => {
                row.fields.insert(name, engine::Value::Map([(key, value)].into()));
            }
            other => panic!("{other:?}"),
        }
    }
    row
}

/// Nine of ten days done.
fn rows() -> Vec<(Date, LogRow)> {
    let day = |n: i32| TODAY.checked_sub(n.days()).unwrap();
    let row = |date: Date| LogRow {
        state: LogState::Done,
        time: None,
        timezone: "Europe/Berlin".into(),
        note: String::new(),
        logged: date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond(),
        origin: Origin::Hand,
    };
    (0..DAYS).filter(|n| n % 10 != 3).map(|n| (day(n), row(day(n)))).collect()
}

fn rules(c: &mut Criterion) {
    let mut group = c.benchmark_group("a million check-ins");
    group.sample_size(10);
    let rows = rows();
    group.throughput(Throughput::Elements(u64::try_from(rows.len() * HABITS).unwrap()));
    for (name, schedule) in
        [("daily", "daily"), ("3 a week", "week 3"), ("named days", "weekdays mon wed fri")]
    {
        let plan = Plan::of(&habit(schedule), TODAY, Weekday::Monday);
        let checks =
            || Checks::new(black_box(&rows).iter().map(|(date, row)| (*date, row)), TODAY, Some(TODAY));
        group.bench_function(format!("streak, {name}"), |b| {
            b.iter(|| (0..HABITS).map(|_| streak(black_box(&plan), &checks()).current).sum::<u32>());
        });
        group.bench_function(format!("strength, {name}"), |b| {
            b.iter(|| (0..HABITS).map(|_| strength(black_box(&plan), &checks())).sum::<f64>());
        });
    }
    group.finish();
}

criterion_group!(million, rules);
criterion_main!(million);
