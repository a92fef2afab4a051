//! What reminds, and when. The person is in Berlin, whose clocks go forward at 02:00 on 29 March 2026. It is Friday, 20 March
//! 2026, at 07:00 there.

use crate::support::{NOW, answer, apply, create, id, update};
use engine::{DocKey, Origin, Row};
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use life::limits::REMINDERS;
use life::remind::{Asking, Now, Reminder, ReminderKind, reminders, says_names};
use life::series::{Step, log_instance};
use life::{LogAction, LogEntry, LogState, Moment};

const TODAY: Date = date(2026, 3, 20);

fn berlin() -> TimeZone {
    life::zone("Europe/Berlin").expect("a zone")
}

fn utc(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn now() -> Now {
    Now { now: utc("2026-03-20T06:00:00Z"), today: TODAY, zone: berlin(), week_start: Weekday::Monday }
}

fn moment() -> Moment {
    Moment { now: NOW, timezone: "Europe/Berlin".into(), today: TODAY }
}

fn named(kind: &str, n: u8, texts: &[&str]) -> Row {
    Row { key: DocKey::thing(kind, id(n)), ..create(kind, texts) }
}

fn settings(texts: &[&str]) -> Row {
    create("settings", texts)
}

/// `03-20 18:00-00:00 title` in UTC: when, and when it is over.
fn shown(reminder: &Reminder) -> String {
    let at = |millis| jiff::Timestamp::from_millisecond(millis).unwrap().strftime("%m-%dT%H:%M").to_string();
    format!("{} until {}", at(reminder.at), at(reminder.expires))
}

fn all(rows: &[Row]) -> Vec<String> {
    reminders(rows, &now()).iter().map(shown).collect()
}

fn first(rows: &[Row]) -> Option<String> {
    all(rows).into_iter().next()
}

#[test]
fn each_thing_reminds_at_its_time_and_until_it_helps_nobody_any_more() {
    let cases: [(Row, &[&str]); 12] = [
        // Of an event ten minutes before, until it is over; without an end for an hour.
        (
            create("event", &["title=E", "start=2026-03-20T18:00", "end=2026-03-20T20:00"]),
            &["03-20T16:50 until 03-20T19:00"],
        ),
        (create("event", &["title=E", "start=2026-03-20T18:00"]), &["03-20T16:50 until 03-20T18:00"]),
        (
            create("event", &["title=E", "start=2026-03-20T22:00", "end=2026-03-21T00:00"]),
            &["03-20T20:50 until 03-20T23:00"],
        ),
        (create("event", &["title=E", "start=2026-03-20T18:00[UTC]"]), &["03-20T17:50 until 03-20T19:00"]),
        // Whole days and birthdays at eight.
        (
            create("event", &["title=E", "start=2026-03-21", "end=2026-03-23"]),
            &["03-21T07:00 until 03-21T23:00"],
        ),
        (create("person", &["name=Ada", "birthday=1990-03-30"]), &["03-30T06:00 until 03-30T22:00"]),
        (
            create("task", &["title=T", "due=2026-03-20", "due_time=09:00"]),
            &["03-20T08:00 until 03-20T23:00"],
        ),
        (create("task", &["title=T", "due=2026-03-20"]), &[]),
        (create("task", &["title=T", "due=2026-03-20", "due_time=06:30"]), &[]),
        // The hour that is left out on the 29th, and before and after it.
        (
            create("task", &["title=T", "due=2026-03-28", "due_time=02:30", "rrule=FREQ=DAILY;COUNT=3"]),
            &[
                "03-28T01:30 until 03-28T23:00",
                "03-29T01:30 until 03-29T22:00",
                "03-30T00:30 until 03-30T22:00",
            ],
        ),
        (
            create("habit", &["name=H", r#"reminders={"07:30":"weekdays sat","21:00":"weekdays sun"}"#]),
            &[
                "03-21T06:30 until 03-21T23:00",
                "03-22T20:00 until 03-22T23:00",
                "03-28T06:30 until 03-28T23:00",
                "03-29T19:00 until 03-29T22:00",
                "04-04T05:30 until 04-04T22:00",
                "04-05T19:00 until 04-05T22:00",
                "04-11T05:30 until 04-11T22:00",
                "04-12T19:00 until 04-12T22:00",
                "04-18T05:30 until 04-18T22:00",
                "04-19T19:00 until 04-19T22:00",
            ],
        ),
        (create("event", &["title=E", "start=2026-04-30T18:00"]), &[]),
    ];
    for (row, expected) in cases {
        assert_eq!(all(std::slice::from_ref(&row)), expected, "{:?}", row.fields);
    }
}

#[test]
fn what_comes_in_quiet_hours_waits_for_their_end_or_is_left_out_if_that_is_too_late() {
    let quiet =
        |from: &str, to: &str| settings(&[&format!("quiet_start={from}"), &format!("quiet_end={to}")]);
    let task = |time: &str| create("task", &["title=T", "due=2026-03-21", &format!("due_time={time}")]);
    let event = |start: &str, end: &str| {
        create("event", &["title=E", &format!("start=2026-03-{start}"), &format!("end=2026-03-{end}")])
    };
    let night = || quiet("21:30", "07:00");
    for (settings, row, expected) in [
        (night(), task("06:30"), Some("03-21T06:00 until 03-21T23:00")),
        (night(), task("07:00"), Some("03-21T06:00 until 03-21T23:00")),
        (night(), task("21:29"), Some("03-21T20:29 until 03-21T23:00")),
        (night(), task("21:30"), None),
        (night(), task("00:10"), Some("03-21T06:00 until 03-21T23:00")),
        (quiet("13:00", "15:00"), task("14:00"), Some("03-21T14:00 until 03-21T23:00")),
        (quiet("13:00", "15:00"), task("15:00"), Some("03-21T14:00 until 03-21T23:00")),
        (quiet("07:00", "07:00"), task("06:30"), Some("03-21T05:30 until 03-21T23:00")),
        // Ten minutes before seven is quiet; at seven it has begun.
        (night(), event("21T07:05", "21T09:00"), Some("03-21T06:00 until 03-21T08:00")),
        (night(), event("21T05:00", "21T06:00"), None),
        (night(), event("21T22:00", "22T09:00"), Some("03-22T06:00 until 03-22T08:00")),
        // The end of the quiet on the day of the change is an hour earlier by the sun.
        (night(), event("29T06:00", "29T12:00"), Some("03-29T05:00 until 03-29T10:00")),
        // Of the hours for what has no time the first that is not quiet.
        (
            quiet("21:30", "08:30"),
            create("event", &["title=E", "start=2026-03-21"]),
            Some("03-21T11:00 until 03-21T23:00"),
        ),
        (
            quiet("07:00", "13:00"),
            create("event", &["title=E", "start=2026-03-21"]),
            Some("03-21T17:00 until 03-21T23:00"),
        ),
        (
            quiet("07:00", "19:00"),
            create("event", &["title=E", "start=2026-03-21"]),
            Some("03-21T18:00 until 03-21T23:00"),
        ),
        (
            quiet("19:00", "18:30"),
            create("event", &["title=E", "start=2026-03-21"]),
            Some("03-21T17:30 until 03-21T23:00"),
        ),
    ] {
        let shown = first(&[settings, row.clone()]);
        assert_eq!(shown.as_deref(), expected, "{:?}", row.fields);
    }
}

fn log(habit: &Row, day: Date, state: LogState) -> Row {
    let action = LogAction::Set(state);
    let entry = LogEntry { date: day, action, time: None, note: None, origin: Origin::Hand };
    apply(&life::log_habit(habit, None, &entry, &moment()).unwrap().unwrap(), None, NOW)
}

#[test]
fn what_is_done_or_left_out_does_not_remind() {
    let habit = create("habit", &["name=H", "reminders={\"21:00\":\"daily\"}"]);
    let today = Some("03-20T20:00 until 03-20T23:00");
    let tomorrow = Some("03-21T20:00 until 03-21T23:00");
    assert_eq!(first(std::slice::from_ref(&habit)).as_deref(), today);
    for state in [LogState::Done, LogState::Skip] {
        assert_eq!(first(&[habit.clone(), log(&habit, TODAY, state)]).as_deref(), tomorrow);
    }
    let walk = update(&habit, &["kind=measurable", "target=20"]);
    let value = |text: &str| log(&walk, TODAY, LogState::Value(text.parse().unwrap()));
    assert_eq!(first(&[walk.clone(), value("19.9")]).as_deref(), today, "there is more to do");
    assert_eq!(first(&[walk.clone(), value("20")]).as_deref(), tomorrow);
    let most = update(&walk, &["direction=at_most"]);
    assert_eq!(first(&[most, value("5")]).as_deref(), tomorrow);
    let paused = update(&habit, &[r#"pauses={"2026-03-20":"2026-03-20"}"#]);
    assert_eq!(first(&[paused]).as_deref(), tomorrow);
    // Once a week, and done on Monday: not before the next.
    let weekly = update(&habit, &["schedule=week 1"]);
    let monday = log(&weekly, date(2026, 3, 16), LogState::Done);
    assert_eq!(first(&[weekly, monday]).as_deref(), Some("03-23T20:00 until 03-23T23:00"));
    let archived = update(&habit, &["archived=true"]);
    assert_eq!(all(&[archived, Row { deleted: true, ..habit }]), Vec::<String>::new());

    let done = create("task", &["title=T", "due=2026-03-21", "due_time=09:00", "status=completed"]);
    assert_eq!(all(&[done]), Vec::<String>::new());
    let series = create("task", &["title=T", "due=2026-03-21", "due_time=09:00", "rrule=FREQ=DAILY;COUNT=2"]);
    let skip = (date(2026, 3, 21), Step::Skip);
    let edit = log_instance(&series, None, skip, Origin::Hand, &moment()).unwrap().unwrap();
    assert_eq!(all(&[series, apply(&edit, None, NOW)]), ["03-22T08:00 until 03-22T23:00"]);
}

#[test]
fn each_kind_and_all_of_them_can_be_switched_off() {
    let rows = [
        named("habit", 1, &["name=H", "reminders={\"21:00\":\"weekdays fri\"}"]),
        named("task", 2, &["title=T", "due=2026-03-21", "due_time=09:00"]),
        named("event", 3, &["title=E", "start=2026-03-21T12:00"]),
        named("person", 4, &["name=P", "birthday=1990-03-21"]),
    ];
    let kinds = |switches: &str| {
        let settings = settings(&[&format!("notifications={switches}")]);
        let mut kinds: Vec<_> =
            reminders(&[&rows[..], &[settings]].concat(), &now()).iter().map(|r| r.kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    let all = [ReminderKind::Habit, ReminderKind::Task, ReminderKind::Event, ReminderKind::Birthday];
    assert_eq!(kinds("{}"), all);
    assert_eq!(kinds(r#"{"habit":true,"all":true}"#), all);
    for (at, kind) in all.iter().enumerate() {
        let mut others = all.to_vec();
        others.remove(at);
        assert_eq!(kinds(&format!(r#"{{"{}":false}}"#, kind.name())), others);
    }
    assert_eq!(kinds(r#"{"all":false,"habit":true}"#), []);
}

#[test]
fn a_locked_screen_says_names_only_if_the_person_chose_so() {
    assert!(!says_names(None));
    assert!(!says_names(Some(&settings(&["theme=dark"]))));
    assert!(!says_names(Some(&settings(&["private_reminders=true"]))));
    assert!(says_names(Some(&settings(&["private_reminders=false"]))));
}

#[test]
fn an_occurrence_tells_reminders_of_one_record_apart_and_moves_with_it() {
    let habit =
        named("habit", 1, &["name=H", r#"reminders={"08:00":"weekdays sat","21:00":"weekdays sat"}"#]);
    let series =
        named("task", 2, &["title=T", "due=2026-03-21", "due_time=09:00", "rrule=FREQ=DAILY;COUNT=1"]);
    let fair = named("event", 3, &["title=E", "start=2026-03-21"]);
    let to = (date(2026, 3, 21), Step::Move(date(2026, 3, 22), None));
    let edit = log_instance(&series, None, to, Origin::Hand, &moment()).unwrap().unwrap();
    let all = reminders(&[habit, series, fair, apply(&edit, None, NOW)], &now());
    let mut seen: Vec<_> =
        all.iter().map(|r| r.occurrence.as_str()).take_while(|at| *at < "2026-03-23").collect();
    seen.sort_unstable();
    assert_eq!(seen, ["2026-03-21", "2026-03-21T08:00", "2026-03-21T21:00", "2026-03-22T09:00"]);
}

#[test]
fn they_come_in_order_and_are_at_most_so_many() {
    let times: Vec<String> = (8..20).map(|hour| format!("\"{hour:02}:00\":\"daily\"")).collect();
    let habit = create("habit", &["name=H", &format!("reminders={{{}}}", times.join(","))]);
    let found = reminders(&[habit], &now());
    assert_eq!(found.len(), REMINDERS);
    assert!(found.windows(2).all(|pair| pair[0].at < pair[1].at));
    assert_eq!(shown(&found[0]), "03-20T07:00 until 03-20T23:00");
}

#[test]
fn what_is_asked_for_is_all_that_reminds() {
    let habit = named("habit", 1, &["name=H", "schedule=week 1", "reminders={\"21:00\":\"daily\"}"]);
    let series = named("task", 2, &["title=T", "due=2026-01-01", "due_time=09:00", "rrule=FREQ=WEEKLY"]);
    let rows = [
        settings(&["quiet_start=21:30", "quiet_end=07:00"]),
        log(&habit, date(2026, 3, 17), LogState::Done),
        habit,
        series,
        named("event", 3, &["title=E", "start=2026-01-05T12:00", "rrule=FREQ=WEEKLY"]),
        named("event", 4, &["title=E", "start=2026-04-01T12:00"]),
        named("person", 5, &["name=P", "birthday=1990-04-10"]),
        named("routine", 6, &["title=R", "window_start=07:00"]),
    ];
    let mut asking = Asking::new(now()).unwrap();
    while let Some(question) = asking.question() {
        asking.answer(answer(&rows, question)).expect("an answer to the question");
    }
    let found = asking.reminders();
    assert_eq!(found, reminders(&rows, &now()));
    let count = |kind| found.iter().filter(|reminder| reminder.kind == kind).count();
    // Thursdays from 26 March to 16 April, Mondays from 23 March to 13 April and the single event, one birthday; of the
    // habit all days from Monday on, to 19 April.
    assert_eq!(
        [ReminderKind::Task, ReminderKind::Event, ReminderKind::Birthday, ReminderKind::Habit].map(count),
        [4, 5, 1, 28]
    );
}
