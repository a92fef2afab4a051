//! Check-ins: the packed row, who may log what, and what stays when a day is logged again.

use crate::support::{NOW, apply, create};
use engine::{EditOp, Expect, Origin, Path, Row, Value};
use jiff::civil::{Date, date, time};
use life::{LogAction, LogEntry, LogRow, LogState, Moment, RecordType, Thousandths, log_habit};
use serde_json::json;

const TODAY: Date = date(2026, 11, 21);

fn moment() -> Moment {
    Moment { now: NOW, timezone: "Europe/Berlin".into(), today: TODAY }
}

fn entry(state: LogState) -> LogEntry {
    LogEntry { date: TODAY, action: LogAction::Set(state), time: None, note: None, origin: Origin::Hand }
}

fn value(text: &str) -> LogState {
    LogState::Value(text.parse().unwrap())
}

fn log(habit: &Row, row: Option<Row>, entry: &LogEntry) -> Option<Row> {
    match log_habit(habit, row.as_ref(), entry, &moment()).unwrap() {
        Some(edit) => Some(apply(&edit, row, NOW)),
        None => row,
    }
}

/// Frozen: a store of every release is opened by every later one.
#[test]
fn packed_rows_have_the_bytes_of_version_1() {
    let row = |state, time, note: &str| LogRow {
        state,
        time,
        timezone: "Europe/Berlin".into(),
        note: note.into(),
        logged: 1_000,
        origin: Origin::Hand,
    };
    // CBOR by hand: a5 map of 5; 00 01 version; 01 00 state; 04 6d… zone of 13 letters; 06 1903e8 logged; 07 61 68 "h".
    let zone = format!("046d{}", hex(b"Europe/Berlin"));
    let vectors = [
        (row(LogState::Done, None, ""), format!("a500010100{zone}061903e8076168")),
        (row(LogState::Skip, None, ""), format!("a500010101{zone}061903e8076168")),
        (row(LogState::Slip, None, "oh"), format!("a600010102{zone}05626f68061903e8076168")),
        (
            row(value("5.5"), Some(time(7, 30, 0, 0)), ""),
            format!("a7000101030219157c036530373a3330{zone}061903e8076168"),
        ),
    ];
    for (row, expected) in vectors {
        let Value::Bytes(bytes) = row.pack() else { panic!("not bytes") };
        assert_eq!(hex(&bytes), expected);
        assert_eq!(LogRow::unpack(&Value::Bytes(bytes)), Some(row));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn damaged_or_later_rows_are_not_read_but_shown() {
    for bytes in [vec![], vec![0xa0], vec![0xff; 9], b"\xa3\x00\x02\x01\x00\x06\x00".to_vec()] {
        let value = Value::Bytes(bytes.clone());
        assert_eq!(LogRow::unpack(&value), None, "{bytes:?}");
        let habit = create("habit", &["name=N"]);
        let mut row = log(&habit, None, &entry(LogState::Done)).unwrap();
        row.fields.insert("rows".into(), Value::Map([("2026-11-20".to_owned(), value)].into()));
        assert_eq!(life::to_json(&row)["rows"]["2026-11-20"], json!({"packed": {"$bytes": hex(&bytes)}}));
    }
}

#[test]
fn a_row_goes_to_the_document_of_its_dates_year_under_its_date() {
    let habit = create("habit", &["name=N"]);
    let entry = LogEntry { date: date(2025, 12, 31), ..entry(LogState::Done) };
    let edit = log_habit(&habit, None, &entry, &moment()).unwrap().unwrap();
    assert_eq!(edit.key, engine::DocKey::stream("habit_log", habit.key.id, "2025", 0));
    assert_eq!(edit.expect, Expect::Any);
    assert!(
        matches!(&edit.ops[..], [EditOp::Put(Path::Key(rows, key), _)] if rows == "rows" && key == "2025-12-31")
    );
    let row = apply(&edit, None, NOW);
    let shown = life::to_json(&row);
    assert_eq!(shown["parent"], habit.key.id.to_string());
    assert_eq!(
        shown["rows"]["2025-12-31"],
        json!({
            "state": "done", "timezone": "Europe/Berlin", "logged": "2026-11-18T11:06:40Z", "origin": "hand",
        })
    );
    assert_eq!(LogRow::read(&row).keys().copied().collect::<Vec<_>>(), [date(2025, 12, 31)]);
}

#[test]
fn what_may_be_logged_follows_from_the_habit() {
    let good = create("habit", &["name=N"]);
    let bad = create("habit", &["name=N", "polarity=bad"]);
    let measured = create("habit", &["name=N", "kind=measurable", "target=8", "unit=glasses"]);
    let allowed = [
        (&good, LogState::Done, true),
        (&good, LogState::Skip, true),
        (&good, LogState::Slip, false),
        (&good, value("1"), false),
        (&bad, LogState::Slip, true),
        (&bad, LogState::Done, true),
        (&measured, value("7.5"), true),
        (&measured, LogState::Done, false),
        (&measured, LogState::Skip, true),
        (&measured, value("-1"), false),
        (&measured, LogState::Value(Thousandths::whole(1_000_000_000)), false),
    ];
    for (habit, state, expected) in allowed {
        let result = log_habit(habit, None, &entry(state), &moment());
        assert_eq!(result.is_ok(), expected, "{state:?} {result:?}");
    }
    let mut trashed = good.clone();
    trashed.deleted = true;
    assert_eq!(
        log_habit(&trashed, None, &entry(LogState::Done), &moment()).unwrap_err().code(),
        "not_allowed"
    );
    let goal = create("goal", &["title=T"]);
    assert_eq!(log_habit(&goal, None, &entry(LogState::Done), &moment()).unwrap_err().code(), "not_allowed");
}

#[test]
fn tomorrow_may_be_today_elsewhere_but_later_days_may_not() {
    let habit = create("habit", &["name=N"]);
    for (day, fits) in [
        (date(2026, 11, 22), true),
        (date(2026, 11, 23), false),
        (date(1900, 1, 1), true),
        (date(1899, 12, 31), false),
    ] {
        let result = log_habit(&habit, None, &LogEntry { date: day, ..entry(LogState::Done) }, &moment());
        assert_eq!(result.is_ok(), fits, "{day}");
        assert!(result.is_ok() || result.unwrap_err().code() == "out_of_limits");
    }
}

#[test]
fn logging_the_same_again_writes_nothing_and_a_note_stays_until_it_is_cleared() {
    let habit = create("habit", &["name=N"]);
    let noted =
        LogEntry { note: Some(" rain ".into()), time: Some(time(7, 0, 0, 0)), ..entry(LogState::Done) };
    let row = log(&habit, None, &noted);
    assert_eq!(log_habit(&habit, row.as_ref(), &entry(LogState::Done), &moment()), Ok(None));
    let row = log(&habit, row, &entry(LogState::Skip));
    let read = LogRow::read(row.as_ref().unwrap());
    assert_eq!((read[&TODAY].state, read[&TODAY].note.as_str()), (LogState::Skip, "rain"));
    assert_eq!(read[&TODAY].time, Some(time(7, 0, 0, 0)));
    let later = Moment { now: NOW + 20 * 86_400_000, timezone: "UTC".into(), today: date(2026, 12, 11) };
    let cleared = LogEntry { note: Some(String::new()), ..entry(LogState::Skip) };
    let edit = log_habit(&habit, row.as_ref(), &cleared, &later).unwrap().unwrap();
    let row = Some(apply(&edit, row, NOW));
    let read = LogRow::read(row.as_ref().unwrap());
    assert_eq!(
        (read[&TODAY].logged, &*read[&TODAY].timezone),
        (NOW, "Europe/Berlin"),
        "it was logged when it was"
    );
    let done = log_habit(&habit, row.as_ref(), &entry(LogState::Done), &later).unwrap().unwrap();
    let changed = LogRow::read(&apply(&done, row.clone(), NOW));
    assert_eq!(changed[&TODAY].logged, later.now, "another state is logged anew");
    assert_eq!(LogRow::read(row.as_ref().unwrap())[&TODAY].note, "");
    let long = LogEntry { note: Some("x".repeat(501)), ..entry(LogState::Done) };
    assert_eq!(log_habit(&habit, None, &long, &moment()).unwrap_err().code(), "out_of_limits");
}

#[test]
fn undo_removes_the_row_and_without_one_nothing_is_written() {
    let habit = create("habit", &["name=N"]);
    let undo = LogEntry { action: LogAction::Undo, ..entry(LogState::Done) };
    assert_eq!(log_habit(&habit, None, &undo, &moment()), Ok(None));
    let row = log(&habit, None, &entry(LogState::Done));
    let edit = log_habit(&habit, row.as_ref(), &undo, &moment()).unwrap().unwrap();
    assert_eq!(edit.ops, [EditOp::Remove(Path::Key("rows".into(), "2026-11-21".into()))]);
    let row = apply(&edit, row, NOW);
    assert_eq!(log_habit(&habit, Some(&row), &undo, &moment()), Ok(None));
}

#[test]
fn the_log_has_the_scope_of_its_habit() {
    let record = RecordType::find("habit_log").unwrap();
    assert_eq!(record.scope_of(&create("habit", &["name=N", "polarity=bad"])), "habits:bad");
}
