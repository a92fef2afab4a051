//! Goals with milestones.

use super::habits::Habits;
use super::{Calendar, Script, Size, is, words};
use serde_json::{Value, json};

const KINDS: [&str; 4] = ["outcome", "metric", "milestones", "habit"];

struct Goal {
    id: String,
    milestones: Vec<Value>,
}

/// The goals so far.
pub(crate) struct Goals {
    size: Size,
    goals: Vec<Goal>,
}

impl Goals {
    pub fn new(size: Size) -> Self {
        Self { size, goals: Vec::with_capacity(size.goals) }
    }

    /// The names of their ids.
    pub fn ids(&self) -> Vec<&str> {
        self.goals.iter().map(|goal| goal.id.as_str()).collect()
    }

    /// All are set in the first half of the year.
    pub fn month(&mut self, script: &mut Script, month: usize, calendar: &Calendar, habits: &Habits) {
        let begun = (self.size.goals * (month + 1)).div_ceil(6).min(self.size.goals);
        while self.goals.len() < begun {
            self.begin(script, calendar, habits);
        }
        for goal in &mut self.goals {
            edit(script, goal, month);
        }
    }

    fn begin(&mut self, script: &mut Script, calendar: &Calendar, habits: &Habits) {
        let number = self.goals.len();
        let milestones: Vec<Value> = (0..script.dice.between(3, 6))
            .map(|n| json!({ "id": format!("m{n}"), "title": words::title(&mut script.dice), "done": false }))
            .collect();
        let mut fields = vec![
            is("title", format!("{} ({number})", words::title(&mut script.dice))),
            is("type", KINDS[number % KINDS.len()]),
            is("why", words::sentences(&mut script.dice, 3)),
            is("due", format!("2026-{:02}-{:02}", script.dice.between(6, 12), calendar.month.min(28))),
            is("milestones", json!(milestones)),
        ];
        if number % 4 == 1 {
            fields.extend([
                is("metric", "distance"),
                is("start", "0"),
                is("target", "42.195"),
                is("unit", "km"),
            ]);
        }
        let ids = habits.ids();
        let linked = [*script.dice.pick(&ids), *script.dice.pick(&ids)];
        fields.push(is("habits", linked.join(",")));
        let id = script.add("goal", fields);
        script.tally.goals += 1;
        self.goals.push(Goal { id, milestones });
    }
}

fn edit(script: &mut Script, goal: &mut Goal, month: usize) {
    if script.dice.percent(25) {
        let at = script.dice.below(goal.milestones.len());
        goal.milestones[at]["done"] = true.into();
        script.set(&goal.id, vec![is("milestones", json!(goal.milestones))]);
    }
    if script.dice.percent(10) {
        script.dice.shuffle(&mut goal.milestones);
        script.set(&goal.id, vec![is("milestones", json!(goal.milestones))]);
    }
    if script.dice.percent(10) {
        let more = words::sentences(&mut script.dice, 1);
        script.set(&goal.id, vec![is("why+", format!(" {more}"))]);
    }
    if month > 6 && script.dice.percent(5) {
        let status = *script.dice.pick(&["achieved", "paused", "dropped"]);
        script.set(&goal.id, vec![is("status", status)]);
    }
}
