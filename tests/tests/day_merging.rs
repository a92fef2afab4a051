//! Alice and Bob are two devices of one vault, and change one day apart: what a person expects is what both then show,
//! in whichever order they come back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use engine::{DocKey, Origin, RecordId, Row};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use life::calendar::{self, Clock, Drag};
use life::routine::{RoutineAction, log_routine, progress, routine_key};
use life::series::{self, InstanceState, Step};
use life::{Assignment, LogAction, LogEntry, LogRow, LogState, Moment, RecordType};
use serde_json::{Value as Json, json};
use tests::simulation::story::{ALICE, BOB, NOW, Story};

const TODAY: Date = date(2026, 11, 21);

fn moment() -> Moment {
    Moment { now: NOW, timezone: "Europe/Berlin".into(), today: TODAY }
}

fn assign(texts: &[&str]) -> Vec<Assignment> {
    texts.iter().map(|text| Assignment::parse(text).unwrap()).collect()
}

/// What a person does to records, on a device of the story.
struct Home(Story);

impl Home {
    fn add(&mut self, kind: &str, texts: &[&str]) -> DocKey {
        let record = RecordType::find(kind).unwrap();
        let edit = life::create(record, RecordId::new([7; 16]), &assign(texts), Origin::Hand).unwrap();
        let key = edit.key.clone();
        self.0.carry_out(ALICE, edit);
        self.0.sync();
        key
    }
    fn row(&mut self, who: usize, key: &DocKey) -> Row {
        self.0.row(who, key).unwrap()
    }
    fn set(&mut self, who: usize, key: &DocKey, texts: &[&str]) {
        let edit = life::update(&self.row(who, key), &assign(texts), Origin::Hand).unwrap().unwrap();
        self.0.carry_out(who, edit);
    }
    fn trash(&mut self, who: usize, key: &DocKey) {
        let edit = life::trash(&self.row(who, key), Origin::Hand).unwrap();
        self.0.carry_out(who, edit);
    }
    fn check_in(&mut self, who: usize, key: &DocKey, state: LogState) {
        let habit = self.row(who, key);
        let log = self.0.row(who, &life::log::log_key(&habit, TODAY));
        let action = LogAction::Set(state);
        let entry = LogEntry { date: TODAY, action, time: None, note: None, origin: Origin::Hand };
        let edit = life::log_habit(&habit, log.as_ref(), &entry, &moment()).unwrap().unwrap();
        self.0.carry_out(who, edit);
    }
    fn routine(&mut self, who: usize, key: &DocKey, action: &RoutineAction) {
        let routine = self.row(who, key);
        let log = self.0.row(who, &routine_key(&routine, TODAY));
        let edit = log_routine(&routine, log.as_ref(), (TODAY, action), Origin::Hand, &moment());
        self.0.carry_out(who, edit.unwrap().unwrap());
    }
    fn date(&mut self, who: usize, key: &DocKey, date: Date, step: Step) {
        let task = self.row(who, key);
        let log = self.0.row(who, &series::instance_key(&task, date));
        let edit = series::log_instance(&task, log.as_ref(), (date, step), Origin::Hand, &moment());
        self.0.carry_out(who, edit.unwrap().unwrap());
    }
    fn change_from(&mut self, who: usize, key: &DocKey, date: Date, rule: Option<&str>) {
        let edit = series::from_here_on(&self.row(who, key), date, rule, None, Origin::Hand);
        self.0.carry_out(who, edit.unwrap().unwrap());
    }
    fn drag(&mut self, who: usize, key: &DocKey, on: Date) {
        let row = self.row(who, key);
        let drag = Drag { row: &row, date: None, on, clock: Clock::Stays };
        let edits = calendar::move_item(&drag, &[], Origin::Hand, &moment(), &TimeZone::UTC).unwrap();
        edits.into_iter().for_each(|edit| self.0.carry_out(who, edit));
    }
    fn both(&mut self, key: &DocKey) -> Row {
        self.0.both(key)
    }
    /// The dates of a task in November: named so, on which day, and what became of them.
    fn november(&mut self) -> Vec<(i8, i8, InstanceState)> {
        let task = self.both(&thing("task"));
        let log = self.0.row(ALICE, &series::instance_key(&task, TODAY));
        assert_eq!(self.0.row(BOB, &series::instance_key(&task, TODAY)), log);
        let days = (date(2026, 11, 1), date(2026, 11, 30));
        let all = series::instances(&task, &log, days).unwrap();
        all.into_iter().map(|one| (one.date.day(), one.on.day(), one.state)).collect()
    }
}

fn fields(row: &Row) -> Json {
    life::to_json(row)["fields"].clone()
}

/// Tells the same story three times, the two coming back in another order each time, and gives what both show each time.
fn in_any_order<T: PartialEq + std::fmt::Debug>(
    apart: impl Fn(&mut Home),
    look: impl Fn(&mut Home) -> T,
) -> T {
    let orders =
        [[ALICE, BOB, ALICE, BOB, ALICE], [BOB, ALICE, BOB, ALICE, BOB], [BOB, BOB, ALICE, ALICE, BOB]];
    let mut shown = orders.map(|order| {
        let mut home = Home(Story::keeping(life::schema));
        apart(&mut home);
        order.into_iter().for_each(|who| home.0.connect(who));
        look(&mut home)
    });
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[1], shown[2]);
    shown.reverse();
    let [last, ..] = shown;
    last
}

fn thing(kind: &str) -> DocKey {
    DocKey::thing(kind, RecordId::new([7; 16]))
}

#[test]
fn two_fields_of_one_record_changed_apart_both_stay_and_prose_keeps_the_words_of_both() {
    let shown = in_any_order(
        |home| {
            let key = home.add("journal", &["date=2026-11-21", "text=We walked."]);
            home.set(ALICE, &key, &["mood=4", "text=We walked. It rained."]);
            home.set(BOB, &key, &["tags=family", "text=Today we walked."]);
        },
        |home| fields(&home.both(&thing("journal"))),
    );
    assert_eq!((&shown["mood"], &shown["tags"]), (&json!(4), &json!(["family"])));
    assert_eq!(shown["text"], "Today we walked. It rained.");
}

#[test]
fn different_steps_of_a_routine_ticked_apart_are_all_ticked_and_the_day_is_one() {
    let shown = in_any_order(
        |home| {
            let key = home.add("routine", &["title=Morning", r#"steps=["wash","stretch","read"]"#]);
            let tick = |steps: &[&str]| RoutineAction::Tick(steps.iter().map(|s| (*s).to_owned()).collect());
            home.routine(ALICE, &key, &tick(&["wash", "stretch"]));
            home.routine(BOB, &key, &tick(&["stretch", "read"]));
        },
        |home| {
            let routine = home.both(&thing("routine"));
            let log = home.both(&routine_key(&routine, TODAY));
            let rows = life::rows::by_date([&log]);
            (rows.len(), progress(&routine, rows.get(&TODAY)))
        },
    );
    assert_eq!(shown.0, 1);
    assert_eq!((shown.1.taken, shown.1.finished), (3, true));
}

#[test]
fn steps_moved_and_renamed_apart_are_each_there_once() {
    let shown = in_any_order(
        |home| {
            let key = home.add("routine", &["title=Morning", r#"steps=["wash","stretch","read"]"#]);
            let row = home.row(ALICE, &key);
            let mut steps = fields(&row)["steps"].as_array().unwrap().clone();
            steps.rotate_right(1);
            home.set(ALICE, &key, &[&format!("steps={}", json!(steps))]);
            steps.rotate_left(1);
            steps[1]["title"] = json!("bend");
            home.set(BOB, &key, &[&format!("steps={}", json!(steps))]);
        },
        |home| {
            let routine = home.both(&thing("routine"));
            life::routine::steps(&routine).into_iter().map(|(_, title)| title).collect::<Vec<_>>()
        },
    );
    assert_eq!(shown, ["read", "wash", "bend"]);
}

#[test]
fn a_day_ticked_on_both_is_one_check_in() {
    let shown = in_any_order(
        |home| {
            let key = home.add("habit", &["name=Walk", "group=body"]);
            home.check_in(ALICE, &key, LogState::Done);
            home.check_in(BOB, &key, LogState::Done);
        },
        |home| {
            let habit = home.both(&thing("habit"));
            LogRow::read(&home.both(&life::log::log_key(&habit, TODAY)))
        },
    );
    assert_eq!(
        shown.into_iter().map(|(day, row)| (day, row.state)).collect::<Vec<_>>(),
        [(TODAY, LogState::Done)]
    );
}

#[test]
fn what_one_deletes_and_the_other_edits_comes_back_and_what_both_delete_does_not() {
    for kind in ["identity", "project", "routine"] {
        let shown = in_any_order(
            |home| {
                let key = home.add(kind, &["title=Old"]);
                home.trash(ALICE, &key);
                home.set(BOB, &key, &["title=New"]);
            },
            |home| {
                let row = home.both(&thing(kind));
                (row.deleted, fields(&row)["title"].clone())
            },
        );
        assert_eq!(shown, (false, json!("New")), "{kind}");
    }
    let gone = in_any_order(
        |home| {
            let key = home.add("event", &["title=Fair", "start=2026-12-24"]);
            home.trash(ALICE, &key);
            home.trash(BOB, &key);
        },
        |home| home.both(&thing("event")).deleted,
    );
    assert!(gone);
}

#[test]
fn a_field_declared_on_both_is_declared_once_and_two_different_ones_both_are() {
    let settings = DocKey::thing("settings", RecordId::singleton("settings"));
    let shown = in_any_order(
        |home| {
            let key = home.add("settings", &["theme=dark"]);
            home.set(ALICE, &key, &["custom_fields+=habit.energy number", "custom_fields+=task.place text"]);
            home.set(BOB, &key, &["custom_fields+=habit.energy number", "custom_fields+=habit.cost number"]);
        },
        |home| fields(&home.both(&settings))["custom_fields"].clone(),
    );
    assert_eq!(shown, json!({"habit.energy": "number", "habit.cost": "number", "task.place": "text"}));
}

#[test]
fn exceptions_of_an_event_made_apart_both_hold() {
    let shown = in_any_order(
        |home| {
            let key = home.add("event", &["title=Choir", "start=2026-11-02T19:00", "rrule=FREQ=WEEKLY"]);
            home.set(ALICE, &key, &["exceptions+=2026-11-09 skip"]);
            home.set(BOB, &key, &["exceptions+=2026-11-16 2026-11-17T20:00"]);
        },
        |home| fields(&home.both(&thing("event")))["exceptions"].clone(),
    );
    assert_eq!(shown, json!({"2026-11-09": "skip", "2026-11-16": "2026-11-17T20:00"}));
}

const WEEKLY: [&str; 3] = ["title=Water", "due=2026-11-02", "rrule=FREQ=WEEKLY"];
const OPEN: InstanceState = InstanceState::Open;
const DONE: InstanceState = InstanceState::Completed(Some(TODAY));

#[test]
fn a_date_of_a_task_completed_on_both_is_one_and_done() {
    let shown = in_any_order(
        |home| {
            let key = home.add("task", &WEEKLY);
            home.date(ALICE, &key, date(2026, 11, 16), Step::Complete);
            home.date(BOB, &key, date(2026, 11, 16), Step::Complete);
        },
        Home::november,
    );
    let expected = [(2, 2, OPEN), (9, 9, OPEN), (16, 16, DONE), (23, 23, OPEN), (30, 30, OPEN)];
    assert_eq!(shown, expected);
}

#[test]
fn a_date_moved_here_and_completed_there_is_done_where_it_was_moved_to() {
    let shown = in_any_order(
        |home| {
            let key = home.add("task", &WEEKLY);
            home.date(ALICE, &key, date(2026, 11, 16), Step::Move(date(2026, 11, 18), None));
            home.date(BOB, &key, date(2026, 11, 16), Step::Complete);
        },
        Home::november,
    );
    let expected = [(2, 2, OPEN), (9, 9, OPEN), (16, 18, DONE), (23, 23, OPEN), (30, 30, OPEN)];
    assert_eq!(shown, expected);
}

#[test]
fn two_who_change_a_series_from_different_dates_on_both_have_their_way() {
    let shown = in_any_order(
        |home| {
            let key = home.add("task", &WEEKLY);
            home.change_from(ALICE, &key, date(2026, 11, 9), Some("FREQ=WEEKLY;BYDAY=TU"));
            home.change_from(BOB, &key, date(2026, 11, 23), None);
        },
        Home::november,
    );
    assert_eq!(shown, [(2, 2, OPEN), (10, 10, OPEN), (17, 17, OPEN)]);
}

#[test]
fn an_event_dragged_on_both_stands_in_one_place_and_a_rename_elsewhere_stays() {
    let shown = in_any_order(
        |home| {
            let key = home.add("event", &["title=Fair", "start=2026-11-21T09:00", "end=2026-11-21T10:00"]);
            home.drag(ALICE, &key, date(2026, 11, 24));
            home.set(BOB, &key, &["title=Big fair"]);
            home.drag(BOB, &key, date(2026, 11, 24));
        },
        |home| fields(&home.both(&thing("event"))),
    );
    assert_eq!(
        (&shown["title"], &shown["start"], &shown["end"]),
        (&json!("Big fair"), &json!("2026-11-24T09:00"), &json!("2026-11-24T10:00"))
    );
}

#[test]
fn a_task_put_off_to_the_same_day_on_both_was_put_off_once() {
    let shown = in_any_order(
        |home| {
            let key = home.add("task", &["title=Call", "due=2026-11-21"]);
            home.drag(ALICE, &key, date(2026, 11, 24));
            home.drag(BOB, &key, date(2026, 11, 24));
        },
        |home| {
            let task = home.both(&thing("task"));
            let moves = home.both(&life::reschedule::reschedule_key(&task, TODAY));
            (fields(&task)["due"].clone(), life::reschedule::count([&moves]))
        },
    );
    assert_eq!(shown, (json!("2026-11-24"), 1));
}
