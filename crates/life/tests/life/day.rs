//! One day: which habits are asked for, which tasks are open or were finished, which season it is.

use crate::support::{NOW, apply, assign, create, id};
use engine::{Origin, Row};
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use life::day::{Day, Rows, log_keys, week_start};
use life::{LogAction, LogEntry, LogState, Moment, RecordType};

/// A Saturday.
const DAY: Date = date(2026, 11, 21);

fn done(habit: &Row, days: &[Date]) -> Vec<Row> {
    days.iter().fold(Vec::new(), |mut logs: Vec<Row>, day| {
        let key = life::log::log_key(habit, *day);
        let at = logs.iter().position(|row| row.key == key);
        let before = at.map(|at| logs.remove(at));
        let entry = LogEntry {
            date: *day,
            action: LogAction::Set(LogState::Done),
            time: None,
            note: None,
            origin: Origin::Hand,
        };
        let moment = Moment { now: NOW, timezone: "UTC".into(), today: date(2030, 1, 1) };
        let edit = life::log_habit(habit, before.as_ref(), &entry, &moment).unwrap().unwrap();
        logs.push(apply(&edit, before, NOW));
        logs
    })
}

fn due(schedule: &str, logged: &[Date], day: Date, start: Weekday) -> bool {
    let habit = create("habit", &["name=Walk", &format!("schedule={schedule}")]);
    let logs = done(&habit, logged);
    let rows = Rows { habits: vec![habit], logs, ..Rows::default() };
    Day::of(day, rows, start, &TimeZone::UTC).habits[0].due
}

#[test]
fn a_habit_is_due_by_the_rule_that_holds_on_the_day() {
    let monday = date(2026, 11, 16);
    for (schedule, logged, is_due) in [
        ("{}", vec![], true),
        (r#"{"0001-01-01":"weekdays sat sun"}"#, vec![], true),
        (r#"{"0001-01-01":"weekdays mon fri"}"#, vec![], false),
        (r#"{"0001-01-01":"daily","2026-11-01":"weekdays mon"}"#, vec![], false),
        (r#"{"0001-01-01":"daily","2026-12-01":"weekdays mon"}"#, vec![], true),
        (r#"{"0001-01-01":"every 3 2026-11-18"}"#, vec![], true),
        (r#"{"0001-01-01":"every 3 2026-11-19"}"#, vec![], false),
        (r#"{"0001-01-01":"week 1"}"#, vec![monday], false),
        (r#"{"0001-01-01":"week 2"}"#, vec![monday], true),
        (r#"{"0001-01-01":"week 1"}"#, vec![date(2026, 11, 15)], true),
        (r#"{"0001-01-01":"month 1"}"#, vec![date(2026, 11, 1)], false),
        (r#"{"0001-01-01":"month 1"}"#, vec![date(2026, 10, 31)], true),
    ] {
        assert_eq!(due(schedule, &logged, DAY, Weekday::Monday), is_due, "{schedule} after {logged:?}");
    }
}

#[test]
fn a_week_begins_on_the_day_that_the_profile_says() {
    let sunday = date(2026, 11, 15);
    let once = r#"{"0001-01-01":"week 1"}"#;
    assert!(due(once, &[sunday], DAY, Weekday::Monday), "that was last week");
    assert!(!due(once, &[sunday], DAY, Weekday::Sunday), "that is this week");
    assert!(due(once, &[sunday], DAY, Weekday::Saturday), "a new week begins today");
    let start = |texts: &[&str]| week_start(Some(&create("profile", texts)));
    assert_eq!((start(&["week_start=sunday"]), start(&["name=Sam"])), (Weekday::Sunday, Weekday::Monday));
}

#[test]
fn a_paused_habit_is_not_due_and_an_archived_or_trashed_one_is_not_shown() {
    let walk = create("habit", &["name=Walk", r#"pauses={"2026-11-20":"2026-11-22"}"#]);
    let swim = create("habit", &["name=Swim", r#"pauses={"2026-11-01":"open"}"#]);
    let row = create("habit", &["name=Row", r#"pauses={"2026-11-01":"2026-11-20"}"#]);
    let old = create("habit", &["name=Old", "archived=true"]);
    let gone = Row { deleted: true, ..create("habit", &["name=Gone"]) };
    let rows = Rows { habits: vec![walk, swim, row, old, gone], ..Rows::default() };
    let day = Day::of(DAY, rows, Weekday::Monday, &TimeZone::UTC);
    assert_eq!(day.habits.iter().map(|habit| habit.due).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn the_days_before_the_new_year_are_found_in_the_log_of_the_old_one() {
    let habit = create("habit", &["name=Walk"]);
    let (eve, new_year) = (date(2026, 12, 31), date(2027, 1, 1));
    let logs = done(&habit, &[eve, new_year]);
    let keys = log_keys(std::slice::from_ref(&habit), new_year);
    assert!(logs.iter().all(|log| keys.contains(&log.key)), "a log that is needed is not asked for");
    let day = Day::of(
        new_year,
        Rows { habits: vec![habit], logs, ..Rows::default() },
        Weekday::Monday,
        &TimeZone::UTC,
    );
    let shown: Vec<_> = day.habits[0].week.iter().filter(|(_, log)| log.is_some()).map(|(d, _)| *d).collect();
    assert_eq!(shown, [eve, new_year]);
}

#[test]
fn open_tasks_are_shown_by_due_date_and_finished_ones_on_their_day_alone() {
    let task = |title: &str, more: &[&str]| create("task", &[&[&*format!("title={title}")], more].concat());
    let tasks = vec![
        task("some day", &[]),
        task("today", &["due=2026-11-21"]),
        task("late", &["due=2026-11-02"]),
        task("tomorrow", &["due=2026-11-22"]),
        task("given up", &["status=cancelled"]),
        task("finished", &["status=completed", "completed_on=2026-11-21"]),
        task("finished before", &["status=completed", "completed_on=2026-11-20"]),
    ];
    let day = Day::of(DAY, Rows { tasks, ..Rows::default() }, Weekday::Monday, &TimeZone::UTC);
    let titles = |rows: &[Row]| {
        let title = |row: &Row| life::to_json(row)["fields"]["title"].as_str().unwrap().to_owned();
        rows.iter().map(title).collect::<Vec<_>>()
    };
    assert_eq!(titles(&day.tasks), ["late", "today", "some day"]);
    assert_eq!(titles(&day.done), ["finished"]);
}

#[test]
fn the_day_on_which_a_task_was_finished_is_written_down_once_and_goes_when_it_is_opened_again() {
    let record = RecordType::find("task").unwrap();
    let change = |row: Option<&Row>, texts: &[&str], today: Date| {
        let assignments = life::with_consequences(record, row, assign(texts), today);
        let edit = match row {
            Some(row) => match life::update(row, &assignments, Origin::Hand).unwrap() {
                Some(edit) => edit,
                None => return row.clone(),
            },
            None => life::create(record, id(1), &assignments, Origin::Hand).unwrap(),
        };
        apply(&edit, row.cloned(), NOW)
    };
    let on = |row: &Row| life::to_json(row)["fields"]["completed_on"].clone();
    let open = change(None, &["title=Write"], DAY);
    assert_eq!(on(&open), serde_json::Value::Null);
    let finished = change(Some(&open), &["status=completed"], DAY);
    assert_eq!(on(&finished), "2026-11-21");
    let again = change(Some(&finished), &["status=completed", "title=Written"], date(2026, 11, 25));
    assert_eq!(on(&again), "2026-11-21", "it was finished before");
    let reopened = change(Some(&again), &["status=pending"], DAY);
    assert_eq!(on(&reopened), serde_json::Value::Null);
    let told = change(Some(&reopened), &["status=completed", "completed_on=2026-11-01"], DAY);
    assert_eq!(on(&told), "2026-11-01", "who says so knows");
}

#[test]
fn the_season_is_the_one_that_the_day_lies_in() {
    let season = |title: &str, start: &str, end: &str| {
        create("season", &[&format!("title={title}"), &format!("start={start}"), &format!("end={end}")])
    };
    let seasons =
        vec![season("Autumn", "2026-09-01", "2026-11-20"), season("Winter", "2026-11-21", "2027-02-28")];
    let title = |day: Date| {
        let rows = Rows { seasons: seasons.clone(), ..Rows::default() };
        let season = Day::of(day, rows, Weekday::Monday, &TimeZone::UTC).season;
        season.map(|row| life::to_json(&row)["fields"]["title"].as_str().unwrap().to_owned())
    };
    assert_eq!(title(date(2026, 11, 20)).as_deref(), Some("Autumn"));
    assert_eq!(title(DAY).as_deref(), Some("Winter"));
    assert_eq!(title(date(2027, 3, 1)), None);
}

#[test]
fn habits_stand_in_the_order_in_which_they_were_made_whatever_their_ids() {
    let made = |name: &str, n: u8, created: i64| {
        let habit = create("habit", &[&format!("name={name}")]);
        let key = engine::DocKey::thing("habit", id(n));
        Row { key, created, ..habit }
    };
    let habits = vec![made("third", 1, NOW + 2), made("first", 2, NOW), made("second", 3, NOW + 1)];
    let day = Day::of(DAY, Rows { habits, ..Rows::default() }, Weekday::Monday, &TimeZone::UTC);
    let names: Vec<_> =
        day.habits.iter().map(|h| life::to_json(&h.habit)["fields"]["name"].clone()).collect();
    assert_eq!(names, ["first", "second", "third"]);
}
