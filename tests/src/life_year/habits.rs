//! Habits of all kinds, and their check-ins.

use super::{Calendar, Script, Size, is, words};

const RULES: [&str; 6] =
    ["daily", "weekdays mon wed fri", "week 3", "month 4", "every 3 2025-12-01", "weekdays sat sun"];
const UNITS: [&str; 5] = ["km", "min", "pages", "glasses", "€"];

struct Habit {
    id: String,
    bad: bool,
    measured: bool,
}

/// The habits so far.
pub(crate) struct Habits {
    size: Size,
    habits: Vec<Habit>,
}

impl Habits {
    pub fn new(size: Size) -> Self {
        Self { size, habits: Vec::with_capacity(size.habits) }
    }

    /// The names of their ids.
    pub fn ids(&self) -> Vec<&str> {
        self.habits.iter().map(|habit| habit.id.as_str()).collect()
    }

    /// Three quarters begin with the year, the others in the months after.
    fn begun(&self, month: usize) -> usize {
        (self.size.habits * (9 + month)).div_ceil(12).min(self.size.habits)
    }

    pub fn month(&mut self, script: &mut Script, month: usize, calendar: &Calendar) {
        while self.habits.len() < self.begun(month) {
            self.begin(script, calendar);
        }
        self.edit(script, calendar);
        self.log(script, month, calendar);
    }

    fn begin(&mut self, script: &mut Script, calendar: &Calendar) {
        let number = self.habits.len();
        let (bad, measured) = (number % 5 == 4, number % 3 == 1);
        let mut fields = vec![
            is("name", format!("{} ({number})", words::title(&mut script.dice))),
            is("polarity", if bad { "bad" } else { "good" }),
            is("kind", if measured { "measurable" } else { "yes_no" }),
            is("schedule", RULES[number % RULES.len()]),
            is("tags", *script.dice.pick(&["body", "mind,quiet", "home", "work,early"])),
        ];
        if measured {
            fields.push(is("target", format!("{}.5", script.dice.between(1, 30))));
            fields.push(is("unit", UNITS[number % UNITS.len()]));
            fields.push(is("direction", if bad { "at_most" } else { "at_least" }));
        }
        if script.dice.percent(40) {
            fields.push(is("reminders", format!("{:02}:30 daily", script.dice.between(6, 21))));
        }
        if script.dice.percent(30) {
            fields.push(is("colour", format!("#{:02x}88{:02x}", number * 5, 255 - number)));
        }
        let id = script.add("habit", fields);
        script.tally.habits += 1;
        if script.dice.percent(30) {
            let pause = format!("{} {}", calendar.day(3), calendar.day(12));
            script.set(&id, vec![is("pauses+", pause)]);
        }
        self.habits.push(Habit { id, bad, measured });
    }

    /// Some change their mind.
    fn edit(&self, script: &mut Script, calendar: &Calendar) {
        for habit in &self.habits {
            if script.dice.percent(8) {
                let rule = format!("{} {}", calendar.day(15), script.dice.pick(&RULES));
                script.set(&habit.id, vec![is("schedule+", rule)]);
            }
            if script.dice.percent(5) {
                let name = words::title(&mut script.dice);
                script.set(&habit.id, vec![is("name", name), is("tags+", "renamed")]);
            }
            if habit.measured && script.dice.percent(5) {
                let target = script.dice.between(1, 60);
                script.set(&habit.id, vec![is("target", target)]);
            }
        }
    }

    fn log(&self, script: &mut Script, month: usize, calendar: &Calendar) {
        // What is left over by dividing comes in the last month.
        let share = self.size.check_ins / super::MONTHS;
        let left = self.size.check_ins - share * (super::MONTHS - 1);
        let count = if month + 1 == super::MONTHS { left } else { share };
        let mut days: Vec<(usize, usize)> =
            (0..self.habits.len()).flat_map(|habit| (1..=28).map(move |day| (habit, day))).collect();
        assert!(days.len() >= count, "fewer days than check-ins");
        script.dice.shuffle(&mut days);
        for (habit, day) in days.into_iter().take(count) {
            let (habit, date) = (&self.habits[habit], calendar.day(day));
            check_in(script, habit, &date);
            script.tally.days += 1;
            if script.dice.percent(5) {
                check_in(script, habit, &date);
            }
            if script.dice.percent(3) {
                script.line(&log(habit, &date, &["--undo".to_owned()]));
                script.tally.days -= 1;
            }
        }
    }
}

fn log(habit: &Habit, date: &str, how: &[String]) -> Vec<String> {
    let mut words = ["log", habit.id.as_str(), "--date", date].map(str::to_owned).to_vec();
    words.extend_from_slice(how);
    words
}

/// Logs a day, one way or another. Never the same way twice: what changes nothing is no change.
fn check_in(script: &mut Script, habit: &Habit, date: &str) {
    let mut how = Vec::new();
    match script.dice.below(10) {
        0 => how.push("--skip".to_owned()),
        1..=4 if habit.bad => how.push("--slip".to_owned()),
        _ if habit.measured => {
            let value = format!("{}.{}", script.dice.below(40), script.dice.between(1, 999));
            how.extend(["--value".to_owned(), value]);
        }
        _ => {}
    }
    if script.dice.percent(12) {
        how.extend(["--note".to_owned(), words::remark(&mut script.dice)]);
    }
    script.line(&log(habit, date, &how));
}
