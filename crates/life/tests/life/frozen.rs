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
    ];
    for (kind, containers) in released {
        assert_eq!(layout(kind).join(" "), containers, "{kind}");
    }
}

#[test]
fn a_habits_log_is_a_document_a_year_in_one_shard() {
    let schema = life::schema();
    let stream = schema.get("habit_log").unwrap().stream.unwrap();
    assert_eq!((stream.period, stream.shards), (Period::Year, 1));
    assert_eq!(schema.kinds().filter(|k| k.stream.is_some()).count(), 1);
}

#[test]
fn no_type_has_two_fields_of_one_name_or_one_of_a_reserved_name() {
    for record in life::all() {
        let mut names: Vec<&str> = record.fields().map(|f| f.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|w| w[0] != w[1]), "{}: {names:?}", record.name);
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
