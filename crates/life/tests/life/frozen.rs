//! What was released never changes: the containers of each genesis, in their order.

use engine::{Container, Period};

fn layout(kind: &str) -> Vec<String> {
    let schema = life::schema();
    let kind = schema.get(kind).expect("a released kind");
    let letter = |container: &Container| match container {
        Container::Map => 'M',
        Container::Text => 'T',
    };
    kind.containers.iter().map(|(name, c)| format!("{name}:{}", letter(c))).collect()
}

#[test]
fn the_genesis_of_each_released_kind_makes_the_containers_it_always_made() {
    let released = [
        ("profile", "tags:M custom:M extra:M"),
        ("settings", "tags:M custom:M extra:M features:M notifications:M insight_thresholds:M budgets:M"),
        ("goal", "tags:M custom:M extra:M why:T milestones:M habits:M routines:M tasks:M"),
        ("task", "tags:M custom:M extra:M description:T labels:M subtasks:M depends_on:M"),
        ("habit", "tags:M custom:M extra:M schedule:M pauses:M reminders:M"),
        ("habit_log", "rows:M"),
        ("identity", "tags:M custom:M extra:M text:T"),
        ("journal", "tags:M custom:M extra:M text:T about:M"),
        ("project", "tags:M custom:M extra:M notes:T"),
        ("task_log", "rows:M"),
        ("task_reschedule", "rows:M"),
        ("routine", "tags:M custom:M extra:M steps:M schedule:M"),
        ("routine_log", "rows:M"),
        ("event", "tags:M custom:M extra:M description:T exceptions:M attendees:M people:M"),
        ("presence", "rows:M"),
        ("category", "tags:M custom:M extra:M"),
        ("push_subscription", "tags:M custom:M extra:M"),
        ("person", "tags:M custom:M extra:M contacts:M notes:T relations:M"),
    ];
    for (kind, containers) in released {
        assert_eq!(layout(kind).join(" "), containers, "{kind}");
    }
}

#[test]
fn what_came_with_a_later_release_is_an_extension_behind_the_genesis() {
    let schema = life::schema();
    let steps = |kind: &str| {
        let names = |step: &&'static [(&'static str, Container)]| {
            step.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
        };
        schema.get(kind).unwrap().extensions.iter().map(names).collect::<Vec<_>>()
    };
    assert_eq!(steps("settings"), ["custom_fields", "custom_names"]);
    assert_eq!(steps("task"), ["later_rules later_times"]);
    for kind in ["profile", "season", "goal", "habit", "habit_log"] {
        assert_eq!(steps(kind), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn a_stream_is_a_document_a_year_in_one_shard() {
    let schema = life::schema();
    for kind in ["habit_log", "routine_log", "task_log", "task_reschedule", "presence"] {
        let stream = schema.get(kind).unwrap().stream.unwrap();
        assert_eq!((stream.period, stream.shards), (Period::Year, 1), "{kind}");
    }
    assert_eq!(schema.kinds().filter(|k| k.stream.is_some()).count(), 5);
}

#[test]
fn no_type_has_two_fields_of_one_name_or_one_of_a_reserved_name() {
    for record in life::all() {
        let mut names: Vec<&str> = record.fields().map(|f| f.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|w| w[0] != w[1]), "{}: {names:?}", record.name);
        for row_field in record.row_fields() {
            let reserved = ["type", "parent", "date", "row", "logged", "origin"];
            assert!(!reserved.contains(&row_field.name), "{} {}", record.name, row_field.name);
        }
        for reserved in ["id", "type", "created", "updated", "deleted", "extra", "rows"] {
            let reserved_use = names.contains(&reserved) && !(record.name == "goal" && reserved == "type");
            assert!(!reserved_use, "{} {reserved}", record.name);
        }
        for field in record.fields().filter(|f| f.default.is_some()) {
            let text = format!("{}={}", field.name, field.default.unwrap());
            assert!(life::Assignment::parse(&text).is_ok());
        }
    }
}
