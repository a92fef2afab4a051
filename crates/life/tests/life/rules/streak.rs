//! Streaks. Days are counted back from today, Saturday 21 November 2026: 0 is today, 5 Monday, 12 the Monday before.

use super::{TODAY, ago, checks, done, habit, noon, on, plan, row, value};
use engine::{Origin, Row};
use jiff::civil::Date;
use life::rules::{Streak, Unit, streak};
use life::{LogRow, LogState};

fn of(habit: &Row, rows: &[(Date, LogRow)]) -> Streak {
    streak(&plan(habit), &checks(rows, Some(TODAY)))
}

/// Current and best.
fn counts(texts: &[&str], rows: &[(Date, LogRow)]) -> (u32, u32) {
    let streak = of(&habit(texts), rows);
    (streak.current, streak.best)
}

fn and(mut a: Vec<(Date, LogRow)>, b: Vec<(Date, LogRow)>) -> Vec<(Date, LogRow)> {
    a.extend(b);
    a
}

#[test]
fn a_daily_habit_counts_days_and_today_is_open() {
    for (days, expected) in [
        (vec![], (0, 0)),
        (vec![0], (1, 1)),
        (vec![1], (1, 1)),
        (vec![2], (0, 1)),
        (vec![0, 1, 2], (3, 3)),
        (vec![1, 2, 3], (3, 3)),
        (vec![0, 2, 3, 4], (1, 3)),
        (vec![0, 1, 3, 4, 5, 6], (2, 4)),
    ] {
        assert_eq!(counts(&[], &done(days.clone())), expected, "{days:?}");
    }
}

#[test]
fn skipped_and_paused_days_count_neither_way() {
    let skip = |days: &[i32]| on(days.iter().copied(), LogState::Skip);
    assert_eq!(counts(&[], &and(done([0, 2, 3]), skip(&[1]))), (3, 3));
    assert_eq!(counts(&[], &and(done([3, 4]), skip(&[0, 1, 2]))), (2, 2));
    let paused = r#"pauses={"2026-11-18":"2026-11-20"}"#;
    assert_eq!(counts(&[paused], &done([0, 4, 5])), (3, 3));
    assert_eq!(counts(&[paused], &done([0, 2, 4, 5])), (4, 4), "who does it in a pause has done it");
    assert_eq!(counts(&[r#"pauses={"2026-11-18":"open"}"#], &done([4, 5])), (2, 2));
    assert_eq!(counts(&[r#"pauses={"2026-11-19":"2026-11-20"}"#], &done([0, 4, 5])), (1, 2));
}

#[test]
fn days_of_the_week_count_only_the_days_they_name() {
    // Monday, Wednesday and Friday are 5, 3 and 1 days ago, and 12, 10, 8.
    let schedule = "schedule=weekdays mon wed fri";
    assert_eq!(counts(&[schedule], &done([1, 3, 5, 8, 10, 12])), (6, 6));
    assert_eq!(counts(&[schedule], &done([1, 5, 8])), (1, 2));
    assert_eq!(counts(&[schedule], &done([0, 1, 2, 3, 4])), (2, 2), "other days add nothing");
}

#[test]
fn every_third_day_counts_those_days() {
    let schedule = "schedule=every 3 2026-11-03";
    // 3 and 18 November are on it: 3, 6, 9, 12 days ago.
    assert_eq!(counts(&[schedule], &done([0, 3, 6, 9])), (4, 4));
    assert_eq!(counts(&[schedule], &done([3, 9])), (1, 1));
    assert_eq!(counts(&[schedule], &done([4, 7])), (0, 0));
}

#[test]
fn so_many_a_week_counts_weeks_and_this_week_is_open() {
    let schedule = "schedule=week 3";
    // This week: 0 to 5 days ago; then 6 to 12; then 13 to 19.
    for (days, expected) in [
        (vec![6, 8, 10], (1, 1)),
        (vec![6, 8, 10, 13, 14, 15], (2, 2)),
        (vec![0, 1, 2, 6, 8, 10], (2, 2)),
        (vec![0, 1, 6, 8, 10], (1, 1)),
        (vec![6, 8, 13, 14, 15], (0, 1)),
        (vec![6, 7, 8, 9, 10, 11, 12], (1, 1)),
    ] {
        assert_eq!(counts(&[schedule], &done(days.clone())), expected, "{days:?}");
    }
    let streak = of(&habit(&[schedule]), &done([6, 8, 10]));
    assert_eq!(streak.unit, Unit::Week);
}

#[test]
fn a_week_that_could_not_be_kept_is_passed_over() {
    let schedule = "schedule=week 3";
    // Last week has two days that were not skipped: three were not to be had.
    let skipped = on([8, 9, 10, 11, 12], LogState::Skip);
    let kept = done([13, 14, 15]);
    assert_eq!(counts(&[schedule], &and(kept.clone(), skipped.clone())), (1, 1));
    // With four that were not, it ends the streak.
    assert_eq!(counts(&[schedule], &and(kept.clone(), skipped[..3].to_vec())), (0, 1));
    assert_eq!(counts(&[schedule, r#"pauses={"2026-11-09":"2026-11-15"}"#], &kept), (1, 1));
    // Who begins on a Saturday cannot do it three times that week: 13 and 14 days ago were Sunday and Saturday.
    assert_eq!(counts(&[schedule], &done([13, 14, 6, 7, 8])), (1, 1));
}

#[test]
fn so_many_a_month_counts_months() {
    let schedule = "schedule=month 2";
    // October is 21 to 51 days ago, September 52 to 81.
    assert_eq!(counts(&[schedule], &done([30, 40, 60, 80])), (2, 2));
    assert_eq!(counts(&[schedule], &done([0, 1, 30, 40, 60, 80])), (3, 3));
    assert_eq!(counts(&[schedule], &done([30, 60, 80])), (0, 1));
    assert_eq!(of(&habit(&[schedule]), &[]).unit, Unit::Month);
}

#[test]
fn days_before_a_change_of_the_schedule_keep_the_old_rule() {
    // Daily until 15 November, from Monday the 16th twice a week.
    let schedule = r#"schedule={"0001-01-01":"daily","2026-11-16":"week 2"}"#;
    assert_eq!(counts(&[schedule], &done([0, 3, 6, 7, 8])), (4, 4));
    assert_eq!(counts(&[schedule], &done([0, 6, 7, 8])), (3, 3), "this week is open");
    assert_eq!(counts(&[schedule], &done([0, 3, 7, 8])), (1, 2), "the Sunday was missed");
}

#[test]
fn measured_habits_reach_their_target() {
    let read = ["kind=measurable", "target=20", "unit=min", "direction=at_least"];
    assert_eq!(counts(&read, &on([0, 1, 2], value("20"))), (3, 3));
    assert_eq!(counts(&read, &and(on([0, 2], value("25.5")), on([1], value("19.999")))), (1, 1));
    assert_eq!(
        counts(&read[..1], &and(on([1, 2], value("0.001")), on([3], value("0")))),
        (2, 2),
        "without a target"
    );
}

#[test]
fn what_is_logged_for_days_to_come_does_not_count_yet() {
    assert_eq!(counts(&[], &done([-1, 0, 1])), (2, 2));
}

#[test]
fn a_freeze_is_earned_by_seven_successes_and_two_are_held_at_most() {
    let held = |rows: &[(Date, LogRow)]| of(&habit(&[]), rows).freezes;
    assert_eq!(held(&done(0..6)), 0);
    assert_eq!(held(&done(0..7)), 1);
    assert_eq!(held(&done(0..14)), 2);
    assert_eq!(held(&done(0..40)), 2);
}

#[test]
fn freezes_are_spent_in_the_order_of_dates_and_add_nothing() {
    // Seven days kept, one missed, one kept.
    let streak = of(&habit(&[]), &done([1, 3, 4, 5, 6, 7, 8, 9]));
    assert_eq!((streak.current, streak.best, streak.freezes, streak.frozen), (8, 8, 0, vec![ago(2)]));
    // Fourteen kept, three missed: the third ends it.
    let streak = of(&habit(&[]), &done((5..19).chain([1])));
    assert_eq!((streak.current, streak.best, streak.freezes), (1, 14, 0));
    assert_eq!(streak.frozen, [ago(4), ago(3)]);
    // Weeks are frozen by their first day: eight weeks of one time each, then one missed, 6 to 12 days ago.
    let weekly = of(&habit(&["schedule=week 1"]), &done((2..10).map(|week| week * 7 - 1)));
    assert_eq!((weekly.current, weekly.frozen), (8, vec![ago(12)]));
}

#[test]
fn a_late_log_gives_the_freeze_back() {
    let rows = done([1, 3, 4, 5, 6, 7, 8, 9]);
    let late = (ago(2), row(LogState::Done, noon(TODAY), Origin::Hand));
    let streak = of(&habit(&[]), &and(rows, vec![late]));
    assert_eq!((streak.current, streak.freezes, streak.frozen), (9, 1, vec![]));
}

#[test]
fn a_row_counts_within_seven_days_of_its_date_and_an_imported_one_whenever_it_comes() {
    let after = |hours: i64, origin| {
        let late = row(LogState::Done, noon(ago(10)) + hours * 3_600_000, origin);
        counts(&[], &and(done([9, 11]), vec![(ago(10), late)])).1
    };
    assert_eq!(after(7 * 24, Origin::Hand), 3);
    assert_eq!(after(8 * 24 - 1, Origin::Hand), 3, "it is still the seventh day after somewhere on Earth");
    assert_eq!(after(8 * 24, Origin::Hand), 1);
    assert_eq!(after(400 * 24, Origin::Import), 3);
}

#[test]
fn a_bad_habit_is_kept_without_a_row_up_to_the_newest_day_of_presence() {
    let bad = habit(&["polarity=bad"]);
    let slip = on([4], LogState::Slip);
    let until = |present: Option<Date>| {
        let streak = streak(&plan(&bad), &checks(&slip, present));
        (streak.current, streak.best)
    };
    // Made 20 days ago: 20 to 5 are sixteen kept days and two freezes; the slip takes one of those.
    assert_eq!(until(Some(TODAY)), (20, 20));
    assert_eq!(until(Some(ago(2))), (18, 18));
    assert_eq!(until(None), (0, 0));
    let many = and(on([4, 5, 6], LogState::Slip), vec![]);
    let streak = streak(&plan(&bad), &checks(&many, Some(TODAY)));
    assert_eq!((streak.current, streak.best, streak.frozen), (4, 14, vec![ago(6), ago(5)]));
}

#[test]
fn an_amount_to_stay_under_is_kept_without_a_row() {
    let coffee = habit(&["kind=measurable", "target=2", "direction=at_most"]);
    let over = on([3], value("3"));
    let streak = streak(&plan(&coffee), &checks(&and(over, on([2], value("2"))), Some(TODAY)));
    assert_eq!((streak.current, streak.frozen), (20, vec![ago(3)]));
}

#[test]
fn the_order_of_rows_does_not_matter_and_of_two_for_one_day_the_later_holds() {
    let mut rows = and(done([0, 1, 3, 4, 6, 9, 10, 11, 12, 13, 14, 15]), on([2], LogState::Skip));
    let first = of(&habit(&[]), &rows);
    for turn in 0..rows.len() {
        rows.rotate_left(1);
        assert_eq!(of(&habit(&[]), &rows), first, "turned {turn}");
    }
    rows.reverse();
    assert_eq!(of(&habit(&[]), &rows), first);
    let earlier = (ago(5), row(LogState::Skip, noon(ago(5)), Origin::Hand));
    let later = (ago(5), row(LogState::Done, noon(ago(4)), Origin::Hand));
    for pair in [[earlier.clone(), later.clone()], [later, earlier]] {
        assert_eq!(of(&habit(&[]), &pair).best, 1);
    }
}
