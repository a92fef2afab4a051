//! What a person wants, and what they do for it.

use crate::field::{
    BOOL, DATE, DATE_TIME, DECIMAL, Field, LINE, MINUTES, NAME, PROSE, RRULE, TAGS, TIME, UNIT, WHEN, choice,
    field, int, link, links, list, map, prose,
};
use crate::limits;
use crate::record::{RecordType, Rows, Scope};
use crate::scalar::Scalar;

/// The types of this area.
pub static RECORDS: &[RecordType] = &[
    RecordType::thing("goal", Scope::Goals, "What you want to reach.", GOAL),
    RecordType::thing("project", Scope::Goals, "Tasks that belong together.", PROJECT),
    RecordType::thing("task", Scope::Goals, "Something to do once, or again and again by a rule.", TASK),
    RecordType::yearly(
        "task_log",
        "task",
        Scope::Goals,
        "What became of each date of a task that comes again, a row a date.",
        Rows::Fields(TASK_LOG),
    ),
    RecordType::yearly(
        "task_reschedule",
        "task",
        Scope::Goals,
        "Each time a task was put off or brought forward.",
        Rows::Fields(RESCHEDULE),
    ),
];

static GOAL: &[Field] = &[
    field("title", NAME).required(),
    field("type", choice(&["outcome", "metric", "milestones", "habit"])),
    field("why", PROSE),
    field("metric", NAME),
    field("start", DECIMAL),
    // How far it is, as the person last said; what was said before is in its history.
    field("current", DECIMAL),
    field("target", DECIMAL),
    field("unit", UNIT).unsearched(),
    field("due", DATE),
    field("status", choice(&["active", "paused", "achieved", "dropped"])).default("active"),
    field("milestones", list(&[field("title", NAME).required(), field("done", BOOL), field("due", DATE)])),
    field("habits", links("habit")),
    field("routines", links("routine")),
    field("tasks", links("task")),
];

static TASK: &[Field] = &[
    field("title", NAME).required(),
    field("description", prose(limits::LINE_CHARS)),
    field("status", choice(&["pending", "in_progress", "completed", "cancelled"])).default("pending"),
    field("instance_state", choice(&["scheduled", "notified", "started", "verified", "reviewed"])),
    field("template", link("task")),
    field("due", DATE),
    field("due_time", TIME),
    field("completed_on", DATE),
    field("scheduled_start", DATE_TIME),
    field("scheduled_end", DATE_TIME),
    field("estimated_minutes", MINUTES),
    field("actual_minutes", MINUTES),
    field("priority", int(0, 3, "")),
    field("labels", TAGS),
    field("rrule", RRULE),
    field("subtasks", list(&[field("title", NAME).required(), field("done", BOOL)])),
    field("project", link("project")),
    field("goal", link("goal")),
    field("depends_on", links("task")),
    field("later_rules", map(Scalar::Date, Scalar::Series, None)).since(1),
    field("later_times", map(Scalar::Date, Scalar::Time, None)).since(1),
];

static PROJECT: &[Field] = &[
    field("title", NAME).required(),
    field("status", choice(&["active", "paused", "completed", "dropped"])).default("active"),
    field("notes", PROSE),
    field("goal", link("goal")),
];

static TASK_LOG: &[Field] = &[
    field("status", choice(&["completed", "skipped"])),
    field("completed_on", DATE),
    field("moved_to", WHEN),
    field("note", LINE),
];

static RESCHEDULE: &[Field] = &[field("from", DATE), field("to", DATE)];
