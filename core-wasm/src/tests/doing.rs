//! What a person does besides writing fields.

use super::{Host, clock, id, map};
use crate::error::Code;
use crate::request::{LogChange, NewTime, OccurrenceChange, Portable, Request, RoutineChange, TimedReminder};
use serde_json::{Value as Json, json};

const TODAY: &str = "2026-11-21";

fn names(today: &Json) -> Vec<String> {
    let habits = today["habits"].as_array().unwrap();
    habits.iter().map(|day| day["habit"]["fields"]["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_line_is_understood_first_and_written_when_it_is_asked_for() {
    let (mut host, _) = Host::new();
    let read = json!({ "name": "Read", "kind": "measurable", "unit": "min" });
    let habit = id(&host.add("habit", &read));
    let quick = |text: &str, write| Request::Quick { text: text.into(), write };
    let understood = json!({
        "kind": "log", "habit": habit, "name": "Read", "date": TODAY, "state": "value", "value": 20, "unit": "min",
    });
    assert_eq!(host.get(quick("read 20 min", false)), understood);
    assert_eq!(host.today()["habits"][0]["log"], Json::Null);
    assert_eq!(host.get(quick("read 20 min", true)), understood);
    assert_eq!(host.today()["habits"][0]["log"], json!({ "state": "value", "value": 20 }));

    let task = host.get(quick("call mother today 18:00 !2 #family", true));
    let shown = json!({
        "kind": "task", "title": "call mother", "due": TODAY, "time": "18:00", "priority": 2, "labels": ["family"],
    });
    assert_eq!(task, shown);
    assert_eq!(host.today()["tasks"][0]["fields"]["due_time"], "18:00");
    assert_eq!(host.get(quick("  ", true)), json!({ "kind": "unclear", "why": "empty" }));
    let how_much = json!({ "kind": "unclear", "why": "how_much", "name": "Read", "unit": "min" });
    assert_eq!(host.get(quick("read", true)), how_much);

    host.get(Request::Undo);
    assert_eq!(host.today()["tasks"], json!([]));
    host.get(Request::Undo);
    assert_eq!(host.today()["habits"][0]["log"], Json::Null);
}

#[test]
fn a_record_is_put_behind_another_and_under_a_heading() {
    let (mut host, _) = Host::new();
    let ids: Vec<String> = ["Walk", "Read", "Pray"]
        .iter()
        .map(|name| id(&host.add("habit", &json!({ "name": name }))))
        .collect();
    let arrange = |id: &str, after: Option<&String>, group: Option<&str>| Request::Arrange {
        id: id.into(),
        after: after.cloned(),
        group: group.map(str::to_owned),
    };
    // Made in the same millisecond, they had no order that anybody could know.
    host.get(arrange(&ids[0], None, None));
    host.get(arrange(&ids[1], Some(&ids[0]), None));
    host.get(arrange(&ids[2], Some(&ids[1]), None));
    assert_eq!(names(&host.today()), ["Walk", "Read", "Pray"]);
    host.get(arrange(&ids[0], Some(&ids[1]), None));
    assert_eq!(names(&host.today()), ["Read", "Walk", "Pray"]);
    host.get(arrange(&ids[2], None, Some("Morning")));
    let today = host.today();
    assert_eq!(names(&today), ["Pray", "Read", "Walk"]);
    assert_eq!(today["habits"][0]["habit"]["fields"]["group"], "Morning");
    host.get(Request::Undo);
    let today = host.today();
    assert_eq!(names(&today), ["Read", "Walk", "Pray"]);
    assert_eq!(today["habits"][2]["habit"]["fields"].get("group"), None);
    let gone = host.ask(arrange(&ids[0], Some(&"ab".repeat(16)), None)).unwrap().unwrap_err();
    assert!(matches!(gone.code, Code::NotFound | Code::InvalidId), "{gone:?}");
}

#[test]
fn a_date_of_a_task_is_done_and_open_again() {
    let (mut host, _) = Host::new();
    let task = json!({ "title": "Water plants", "due": "2026-11-20", "rrule": "FREQ=DAILY" });
    let task = id(&host.add("task", &task));
    let say = |date: &str, action| Request::Occurrence { task: task.clone(), date: date.into(), action };
    let states = |host: &mut Host| {
        let today = host.today();
        let series = today["series"].as_array().unwrap().clone();
        let all: Vec<(Json, Json)> =
            series.iter().map(|one| (one["date"].clone(), one["state"].clone())).collect();
        all
    };
    assert_eq!(states(&mut host), [(json!(TODAY), json!("open"))]);
    assert_eq!(host.today()["series"][0]["missed"], 1);
    host.get(say(TODAY, OccurrenceChange::Complete));
    assert_eq!(states(&mut host), [(json!(TODAY), json!("completed"))]);
    host.get(Request::Undo);
    assert_eq!(states(&mut host), [(json!(TODAY), json!("open"))]);
    let wrong = host.ask(say("2026-11-19", OccurrenceChange::Skip)).unwrap().unwrap_err();
    assert_eq!((wrong.code, wrong.field.as_deref()), (Code::InvalidField, Some("date")), "{wrong:?}");
}

#[test]
fn a_step_of_a_routine_is_taken_and_given_back() {
    let (mut host, _) = Host::new();
    let steps = json!({ "title": "Morning", "steps": [{ "title": "Water" }, { "title": "Stretch" }] });
    let routine = host.add("routine", &steps);
    let step = routine["fields"]["steps"][0]["id"].as_str().unwrap().to_owned();
    let say = |action| Request::RoutineStep { routine: id(&routine), date: TODAY.into(), action };
    let day = |host: &mut Host| {
        let routine = host.today()["routines"][0].clone();
        (routine["done"].clone(), routine["finished"].clone())
    };
    host.get(say(RoutineChange::Step { step: step.clone(), done: true }));
    assert_eq!(day(&mut host), (json!([step]), json!(false)));
    host.get(say(RoutineChange::Step { step: step.clone(), done: false }));
    assert_eq!(day(&mut host), (json!([]), json!(false)));
    host.get(say(RoutineChange::Finish));
    let (done, finished) = day(&mut host);
    assert_eq!((done.as_array().unwrap().len(), finished), (2, json!(true)));
    host.get(Request::Undo);
    assert_eq!(day(&mut host), (json!([]), json!(false)));
    host.get(Request::Undo);
    assert_eq!(day(&mut host), (json!([step]), json!(false)));
}

#[test]
fn a_record_is_looked_at_as_it_was() {
    let (mut host, _) = Host::new();
    let habit = host.add("habit", &json!({ "name": "Walk" }));
    let as_of = |at: f64| Request::AsOf { id: id(&habit), at };
    assert_eq!(host.get(as_of(clock().now))["fields"]["name"], "Walk");
    assert_eq!(host.get(as_of(clock().now - 1.0)), Json::Null);
    assert_eq!(host.get(Request::AsOf { id: "0".repeat(32), at: 0.0 }), Json::Null);
}

#[test]
fn a_table_and_a_calendar_leave_and_come_back() {
    let (mut host, _) = Host::new();
    host.add("task", &json!({ "title": "Write, slowly", "due": "2026-11-22", "priority": 1 }));
    host.add("event", &json!({ "title": "Lunch", "start": "2026-11-22T12:00", "end": "2026-11-22T13:00" }));
    for file in [Portable::Csv { record: "task".into() }, Portable::Ics] {
        let text = host.get(Request::Export(file.clone())).as_str().unwrap().to_owned();
        assert!(text.contains("slowly"), "{text}");
        let (mut other, _) = Host::new();
        let import = Request::Import { file: file.clone(), text: text.clone(), dry: false };
        assert_ne!(other.get(import)["new"], json!(0));
        assert_eq!(other.get(Request::Export(file)), json!(text));
    }
    let wrong = Request::Import { file: Portable::Ics, text: "hello".into(), dry: true };
    assert!(host.ask(wrong).unwrap().is_err());
}

#[test]
fn a_calendar_shows_what_has_a_day_and_a_drag_moves_it() {
    let (mut host, _) = Host::new();
    let lunch = json!({ "title": "Lunch", "start": "2026-11-22T12:00", "end": "2026-11-22T13:30" });
    let lunch = id(&host.add("event", &lunch));
    let week = || Request::Calendar { from: "2026-11-16".into(), to: "2026-11-29".into() };
    let item = |on: &str, start: &str, end: &str| {
        json!([{
            "type": "event", "id": lunch, "title": "Lunch", "date": null, "on": on, "until": on, "start": start, "end": end,
            "state": "open", "movable": true,
        }])
    };
    assert_eq!(host.get(week()), item("2026-11-22", "12:00", "13:30"));
    let start = NewTime::At { time: "18:15".into() };
    host.get(Request::Move { id: lunch.clone(), date: None, on: "2026-11-24".into(), start });
    assert_eq!(host.get(week()), item("2026-11-24", "18:15", "19:45"));
    host.get(Request::Undo);
    assert_eq!(host.get(week()), item("2026-11-22", "12:00", "13:30"));
    let long = Request::Calendar { from: "2026-01-01".into(), to: "2026-12-31".into() };
    assert_eq!(host.ask(long).unwrap().unwrap_err().code, Code::InvalidDate);
}

#[test]
fn a_streak_is_counted_and_drawn() {
    let (mut host, _) = Host::new();
    let habit = id(&host.add("habit", &json!({ "name": "Walk" })));
    for date in ["2026-11-19", "2026-11-20", TODAY] {
        host.get(Request::Log { habit: habit.clone(), date: date.into(), action: LogChange::Done });
    }
    let streak = json!({ "now": 3, "best": 3, "freezes": 0, "unit": "days" });
    assert_eq!(host.get(Request::Streaks), json!({ habit.clone(): streak }));
    let chart = host.get(Request::Chart { habit, from: "2026-11-20".into(), to: TODAY.into() });
    assert_eq!(chart["streak"], streak);
    let days: Vec<&Json> = chart["strength"].as_array().unwrap().iter().map(|day| &day["date"]).collect();
    assert_eq!(days, ["2026-11-20", TODAY]);
    // A Friday and a Saturday.
    assert_eq!(chart["weekdays"][4], json!({ "kept": 1, "asked": 1 }));
    assert_eq!(chart["weekdays"][0], json!({ "kept": 0, "asked": 0 }));
}

#[test]
fn a_habit_reminds_by_the_clock_on_the_wall_until_it_is_done() {
    let (mut host, _) = Host::new();
    let fields = json!({ "name": "Pray", "reminders": { "21:00": "daily" } });
    let habit = id(&host.add("habit", &fields));
    let first = |host: &mut Host| host.get(Request::Reminders)[0].clone();
    let reminder = first(&mut host);
    assert_eq!((&reminder["type"], &reminder["id"]), (&json!("habit"), &json!(habit)));
    assert_eq!((&reminder["at"], &reminder["title"]), (&json!("2026-11-21T21:00"), &json!("Pray")));
    host.get(Request::Log { habit, date: TODAY.into(), action: LogChange::Done });
    assert_eq!(first(&mut host)["at"], "2026-11-22T21:00");
}

#[test]
fn a_habit_to_avoid_counts_as_kept_up_to_the_newest_day_on_which_the_app_was_used() {
    let (mut host, _) = Host::new();
    let habit = id(&host.add("habit", &json!({ "name": "Smoke", "polarity": "bad" })));
    let now = |host: &mut Host| host.get(Request::Streaks)[&habit]["now"].clone();
    assert_eq!(now(&mut host), 0);
    host.get(Request::Present);
    host.get(Request::Present);
    // The habit was made on the 18th by the time that counts milliseconds, and it is the 21st on the wall.
    assert_eq!(now(&mut host), 4);
    // It is nothing that a person did: what they take back is the habit.
    host.get(Request::Undo);
    assert_eq!(host.today()["habits"], json!([]));
}

#[test]
fn the_types_are_told_with_their_fields() {
    let (mut host, _) = Host::new();
    let types = host.get(Request::Types);
    let goal = types.as_array().unwrap().iter().find(|kind| kind["name"] == "goal").unwrap().clone();
    let status =
        goal["fields"].as_array().unwrap().iter().find(|field| field["name"] == "status").unwrap().clone();
    assert_eq!(status["choices"], json!(["active", "paused", "achieved", "dropped"]));
}

#[test]
fn a_reminder_is_sealed_for_the_browsers_of_active_devices_and_for_no_other() {
    let (mut host, _) = Host::new();
    let status = host.get(Request::Status);
    let own = life::push::browser_key(&hex(status["device"].as_str().unwrap()));
    // A point of the curve: the example of RFC 8291.
    let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    let fields = json!({ "name": "Phone", "p256dh": p256dh, "auth": "BTBZMqHH6r4Tts7J_aSIgg" });
    let browser = |subscription: &str| {
        let mut fields = map(&fields);
        fields.insert("subscription".into(), json!(subscription.repeat(16)));
        fields
    };
    // Of a device that is no member any more, or never was.
    host.get(Request::Add { record: "push_subscription".into(), fields: browser("ab") });
    let schedule = |host: &mut Host| {
        let (at, expires) = (clock().now + 60_000.0, clock().now + 120_000.0);
        let (kind, id, title) = ("habit".to_owned(), "0".repeat(32), "Pray".to_owned());
        let one = TimedReminder { kind, id, occurrence: format!("{TODAY}T21:00"), title, at, expires };
        host.get(Request::Schedule { reminders: vec![one] })
    };
    assert_eq!(schedule(&mut host), json!({ "pending": 0, "refused": 0 }));
    let made = "2026-11-21T07:00:00Z";
    let record = json!({
        "id": own.id.to_string(), "type": "push_subscription", "created": made, "updated": made, "deleted": false,
        "fields": browser("cd"),
    });
    let export = json!({ "format": "life-os", "version": 1, "records": [record], "streams": [] });
    host.get(Request::Import { file: Portable::Json, text: export.to_string(), dry: false });
    assert_eq!(schedule(&mut host), json!({ "pending": 1, "refused": 0 }));
    // Taken out here, whether or not the relay can be told.
    assert_eq!(host.ask(Request::Unsubscribe).unwrap().unwrap_err().code, Code::Offline);
    assert_eq!(schedule(&mut host), json!({ "pending": 0, "refused": 0 }));
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}
