//! Tasks: made, planned, done, put off, thrown away and taken back.

use super::goals::Goals;
use super::{Calendar, Script, Size, is, words};
use serde_json::{Value, json};

const LABELS: [&str; 8] = ["phone", "errand", "desk", "quick", "waiting", "money", "family", "garden"];

struct Task {
    id: String,
    subtasks: Vec<Value>,
}

/// The tasks so far.
pub(crate) struct Tasks {
    size: Size,
    made: usize,
    last: Option<String>,
}

impl Tasks {
    pub fn new(size: Size) -> Self {
        Self { size, made: 0, last: None }
    }

    pub fn month(&mut self, script: &mut Script, calendar: &Calendar, goals: &Goals) {
        let share = self.size.tasks.div_ceil(super::MONTHS).min(self.size.tasks - self.made);
        let mut tasks = Vec::with_capacity(share);
        for _ in 0..share {
            tasks.push(self.make(script, calendar, goals));
            self.made += 1;
        }
        for task in &mut tasks {
            edit(script, task, calendar);
        }
        for task in &tasks {
            throw_away(script, task);
        }
    }

    fn make(&mut self, script: &mut Script, calendar: &Calendar, goals: &Goals) -> Task {
        let dice = &mut script.dice;
        let mut fields = vec![is("title", format!("{} ({})", words::title(dice), self.made))];
        if dice.percent(60) {
            let count = dice.between(1, 4);
            fields.push(is("description", words::sentences(dice, count)));
        }
        if dice.percent(70) {
            fields.push(is("due", calendar.day(dice.between(1, 28))));
        }
        if dice.percent(15) {
            let (day, hour) = (calendar.day(dice.between(1, 28)), dice.between(8, 16));
            fields.push(is("scheduled_start", format!("{day}T{hour:02}:00[Europe/Berlin]")));
            fields.push(is("scheduled_end", format!("{day}T{hour:02}:45[Europe/Berlin]")));
        }
        fields.push(is("priority", dice.below(4)));
        fields.push(is("estimated_minutes", dice.between(1, 24) * 5));
        fields.push(is("labels", format!("{},{}", dice.pick(&LABELS), dice.pick(&LABELS))));
        if dice.percent(5) {
            fields.push(is(
                "rrule",
                *dice.pick(&["FREQ=WEEKLY;BYDAY=MO", "FREQ=DAILY;INTERVAL=2", "FREQ=MONTHLY"]),
            ));
        }
        if dice.percent(5) {
            fields.push(is("custom+", format!("mood {}", words::remark(dice))));
            fields.push(is("scope", "private"));
        }
        if dice.percent(30) {
            fields.push(is("goal", *dice.pick(&goals.ids())));
        }
        if let Some(last) = self.last.take().filter(|_| dice.percent(10)) {
            fields.push(is("depends_on", last));
        }
        let mut subtasks = Vec::new();
        if dice.percent(25) {
            for n in 0..dice.between(2, 5) {
                subtasks.push(json!({ "id": format!("s{n}"), "title": words::title(dice), "done": false }));
            }
            fields.push(is("subtasks", json!(subtasks)));
        }
        let id = script.add("task", fields);
        script.tally.tasks += 1;
        self.last = Some(id.clone());
        Task { id, subtasks }
    }
}

fn edit(script: &mut Script, task: &mut Task, calendar: &Calendar) {
    if script.dice.percent(15) {
        let day = calendar.day(script.dice.between(1, 28));
        script.set(&task.id, vec![is("due", day), is("labels+", "put-off")]);
    }
    if script.dice.percent(10) {
        let title = words::title(&mut script.dice);
        script.set(&task.id, vec![is("title", title)]);
    }
    if script.dice.percent(8) {
        let more = format!("\n{}", words::remark(&mut script.dice));
        script.set(&task.id, vec![is("description+", more)]);
    }
    if let Some(at) = (!task.subtasks.is_empty()).then(|| script.dice.below(task.subtasks.len())) {
        task.subtasks[at]["done"] = true.into();
        let last = task.subtasks.len() - 1;
        task.subtasks.swap(0, last);
        script.set(&task.id, vec![is("subtasks", json!(task.subtasks)), is("subtasks+", "One more thing")]);
    }
    if script.dice.percent(60) {
        let minutes = script.dice.between(1, 120);
        script.set(&task.id, vec![is("status", "completed"), is("actual_minutes", minutes)]);
    } else if script.dice.percent(20) {
        script.set(&task.id, vec![is("status", "cancelled"), is("due", "")]);
    }
}

fn throw_away(script: &mut Script, task: &Task) {
    if script.dice.percent(8) {
        script.one("delete", &task.id);
        if script.dice.percent(40) {
            script.one("restore", &task.id);
        } else {
            script.tally.trashed += 1;
        }
    }
}
