//! Strength, by the figures that the model gives and small cases worked out from its formula.

use super::{TODAY, ago, checks, done, habit, on, plan, value};
use engine::Row;
use jiff::civil::Date;
use life::rules::{strength, strengths};
use life::{LogRow, LogState};

fn of(habit: &Row, rows: &[(Date, LogRow)]) -> f64 {
    strength(&plan(habit), &checks(rows, Some(TODAY)))
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// m of a frequency a day.
fn keeps(frequency: f64) -> f64 {
    0.5_f64.powf(frequency.sqrt() / 13.0)
}

#[test]
fn a_daily_habit_kept_perfectly_is_half_on_day_13_and_passes_80_and_90_percent_on_days_31_and_44() {
    let rows = done(0..44);
    let days: Vec<f64> = strengths(&plan(&habit(&[])), &checks(&rows, None)).map(|(_, s)| s).collect();
    assert_eq!(days.len(), 44);
    near(days[12], 0.5);
    assert!(days[29] < 0.8 && days[30] > 0.8, "{} {}", days[29], days[30]);
    assert!(days[42] < 0.9 && days[43] > 0.9, "{} {}", days[42], days[43]);
    near(of(&habit(&[]), &rows), days[43]);
    near(of(&habit(&[]), &[]), 0.0);
}

#[test]
fn a_missed_day_loses_and_a_skipped_or_paused_one_holds() {
    let m = keeps(1.0);
    let one = 1.0 - m;
    near(of(&habit(&[]), &done([1])), one * m);
    near(of(&habit(&[]), &[done([1]), on([0], LogState::Skip)].concat()), one);
    near(of(&habit(&[r#"pauses={"2026-11-21":"open"}"#]), &done([1])), one);
    near(of(&habit(&[]), &done([-1, 1])), one * m);
}

#[test]
fn so_many_a_week_is_looked_at_over_two_weeks() {
    // Three a week: six in fourteen days. Ticked today alone: 1 of 6.
    let weekly = habit(&["schedule=week 3"]);
    let m = keeps(3.0 / 7.0);
    near(of(&weekly, &done([0])), (1.0 - m) / 6.0);
    // Ticked yesterday and today: 1 of 6, then 2 of 6.
    near(of(&weekly, &done([0, 1])), (1.0 - m) / 6.0 * m + (1.0 - m) * 2.0 / 6.0);
    // The same for three named days.
    near(of(&habit(&["schedule=weekdays mon wed fri"]), &done([0])), (1.0 - m) / 6.0);
    // On the fifteenth day the first tick has left the window.
    let days: Vec<f64> =
        strengths(&plan(&weekly), &checks(&done([14]), None)).map(|(_, strength)| strength).collect();
    near(days[14], days[13] * m);
    near(days[13], days[12] * m + (1.0 - m) / 6.0);
}

#[test]
fn every_third_day_and_so_many_a_month_have_their_own_frequency() {
    let (third, monthly) = (habit(&["schedule=every 3 2026-11-21"]), habit(&["schedule=month 10"]));
    near(of(&third, &done([0])), (1.0 - keeps(1.0 / 3.0)) / 2.0);
    near(of(&monthly, &done([0])), (1.0 - keeps(1.0 / 3.0)) / 20.0);
    near(of(&habit(&["schedule=week 7"]), &done([0])), 1.0 - keeps(1.0));
    near(of(&habit(&["schedule=month 31"]), &done([0])), 1.0 - keeps(1.0));
}

#[test]
fn an_amount_counts_in_proportion_up_to_its_target() {
    let read = habit(&["kind=measurable", "target=20"]);
    let m = keeps(1.0);
    near(of(&read, &on([0], value("5"))), (1.0 - m) * 0.25);
    near(of(&read, &on([0], value("20"))), 1.0 - m);
    near(of(&read, &on([0], value("500"))), 1.0 - m);
    // Twenty minutes on three days a week: sixty in seven days, which are not doubled.
    let weekly = habit(&["kind=measurable", "target=20", "schedule=week 3"]);
    near(of(&weekly, &on([0], value("30"))), (1.0 - keeps(3.0 / 7.0)) * 0.5);
}

#[test]
fn an_amount_to_stay_under_begins_at_one_and_falls_by_how_much_it_is_over() {
    let coffee = habit(&["kind=measurable", "target=2", "direction=at_most"]);
    let m = keeps(1.0);
    near(of(&coffee, &[]), 1.0);
    near(of(&coffee, &on([0], value("2"))), 1.0);
    near(of(&coffee, &on([0], value("3"))), m + (1.0 - m) * 0.5);
    near(of(&coffee, &on([0], value("4"))), m);
    near(of(&coffee, &on([0], value("40"))), m);
}

#[test]
fn a_bad_habit_grows_stronger_on_days_without_a_slip() {
    let bad = habit(&["polarity=bad"]);
    // It was made 20 days ago: 21 days to today.
    near(of(&bad, &[]), 1.0 - keeps(1.0).powi(21));
    let m = keeps(1.0);
    near(of(&bad, &on([0], LogState::Slip)), (1.0 - m.powi(20)) * m);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let mut rows = [done([0, 2, 3, 7, 8, 9, 15, 20]), on([1, 4], LogState::Skip)].concat();
    let weekly = habit(&[r#"schedule={"0001-01-01":"daily","2026-11-10":"week 3"}"#]);
    let first = of(&weekly, &rows);
    rows.reverse();
    assert_eq!(of(&weekly, &rows).to_bits(), first.to_bits());
    rows.rotate_left(3);
    assert_eq!(of(&weekly, &rows).to_bits(), first.to_bits());
    assert_eq!(ago(0), TODAY);
}
