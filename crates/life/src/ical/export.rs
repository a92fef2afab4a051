//! From records to a calendar.

use super::PRODUCT;
use super::time::partial;
use crate::calendar::Event;
use crate::civil;
use crate::view;
use crate::when::When;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameter,
    ICalendarParticipationStatus, ICalendarProperty as Property, ICalendarStatus, ICalendarTransparency,
    ICalendarValue, Uri,
};
use engine::{Row, Value};
use jiff::civil::Time;
use jiff::{Timestamp, tz};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A calendar being collected. Rows may come in any order.
#[derive(Debug, Default)]
pub struct Calendar {
    components: BTreeMap<String, Vec<ICalendarComponent>>,
}

/// A record that a calendar cannot hold.
#[derive(Debug, thiserror::Error)]
#[error("{kind} {id} has a recurrence that no calendar can follow: {rule}")]
pub struct CalendarError {
    kind: String,
    id: String,
    rule: String,
}

impl Calendar {
    /// A calendar of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event, or a task that has a due date, in; leaves all else and what is in the trash out.
    pub fn push(&mut self, row: &Row) -> Result<(), CalendarError> {
        if row.deleted {
            return Ok(());
        }
        let components = match row.key.kind.as_str() {
            "event" => event(row)?,
            "task" => task(row)?,
            _ => return Ok(()),
        };
        if !components.is_empty() {
            self.components.insert(row.key.id.to_string(), components);
        }
        Ok(())
    }

    /// The file.
    pub fn finish(self) -> String {
        let mut root = ICalendarComponent::new(ICalendarComponentType::VCalendar);
        root.add_property(Property::Version, "2.0");
        root.add_property(Property::Prodid, PRODUCT);
        let mut calendar = ICalendar { components: vec![root] };
        for component in self.components.into_values().flatten() {
            let id = u32::try_from(calendar.components.len()).unwrap_or(u32::MAX);
            calendar.components.push(component);
            if let Some(root) = calendar.components.first_mut() {
                root.component_ids.push(id);
            }
        }
        calendar.add_missing_timezones();
        calendar.to_string()
    }
}

fn text<'a>(row: &'a Row, field: &str) -> Option<&'a str> {
    match row.fields.get(field) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// What events and tasks have in common. The stamp is when the record last changed, so that the same record gives the
/// same bytes on every device.
fn component(row: &Row, kind: ICalendarComponentType) -> Result<ICalendarComponent, CalendarError> {
    let mut component = ICalendarComponent::new(kind);
    let id = row.key.id.to_string();
    component.add_uid(text(row, "source_uid").unwrap_or(&id));
    component.entries.push(stamp(Property::Dtstamp, row.updated));
    component.entries.push(stamp(Property::Created, row.created));
    for (field, property) in [
        ("title", Property::Summary),
        ("description", Property::Description),
        ("location", Property::Location),
    ] {
        if let Some(text) = text(row, field) {
            component.add_property(property, text);
        }
    }
    if let Some(rule) = text(row, "rrule") {
        let parsed = crate::series::recurrence(rule).ok_or_else(|| CalendarError {
            kind: row.key.kind.clone(),
            id,
            rule: crate::error::shorten(rule),
        })?;
        component.add_property(Property::Rrule, parsed);
    }
    Ok(component)
}

fn stamp(name: Property, millis: i64) -> ICalendarEntry {
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(tz::TimeZone::UTC);
    let at = at.datetime();
    ICalendarEntry::new(name).with_value(partial(at.date(), Some(at.time()), true))
}

fn event(row: &Row) -> Result<Vec<ICalendarComponent>, CalendarError> {
    let Some(event) = Event::read(row) else { return Ok(Vec::new()) };
    let mut main = component(row, ICalendarComponentType::VEvent)?;
    put_times(&mut main, &event.start, event.end.clone());
    let busy = row.fields.get("busy") != Some(&Value::Bool(false));
    let transparency = if busy { ICalendarTransparency::Opaque } else { ICalendarTransparency::Transparent };
    main.add_property(Property::Transp, transparency);
    if let Some(link) = text(row, "link") {
        main.add_property(Property::Url, Uri::Location(link.to_owned()));
    }
    main.entries.extend(attendees(row));
    let mut moved = Vec::new();
    for (date, became) in &event.exceptions {
        let named = When { date: *date, ..event.start.clone() };
        match became {
            None => main.entries.push(named.to_entry(Property::Exdate)),
            Some(start) => {
                let mut other = component(row, ICalendarComponentType::VEvent)?;
                other.entries.retain(|entry| entry.name != Property::Rrule);
                other.entries.push(named.to_entry(Property::RecurrenceId));
                put_times(&mut other, start, event.end_of(start));
                moved.push(other);
            }
        }
    }
    Ok([main].into_iter().chain(moved).collect())
}

fn put_times(component: &mut ICalendarComponent, start: &When, end: Option<When>) {
    component.entries.push(start.to_entry(Property::Dtstart));
    // A calendar says the day after the last.
    let end = end.map(|end| match start.time {
        None => When::day(end.date.tomorrow().unwrap_or(end.date)),
        Some(_) => end,
    });
    component.entries.extend(end.map(|end| end.to_entry(Property::Dtend)));
}

fn attendees(row: &Row) -> Vec<ICalendarEntry> {
    let shown = view::fields_to_json(row);
    let all = shown.get("attendees").and_then(Json::as_array).cloned().unwrap_or_default();
    let entry = |attendee: &Json| {
        let part = |name: &str| attendee.get(name).and_then(Json::as_str);
        let address = format!("mailto:{}", part("address")?);
        let mut entry = ICalendarEntry::new(Property::Attendee).with_value(Uri::Location(address));
        if let Some(name) = part("name") {
            entry.add_param(ICalendarParameter::cn(name.to_owned()));
        }
        let reply = match part("reply") {
            Some("accepted") => ICalendarParticipationStatus::Accepted,
            Some("tentative") => ICalendarParticipationStatus::Tentative,
            Some("declined") => ICalendarParticipationStatus::Declined,
            Some(_) => ICalendarParticipationStatus::NeedsAction,
            None => return Some(entry),
        };
        entry.add_param(ICalendarParameter::partstat(reply));
        Some(entry)
    };
    all.iter().filter_map(entry).collect()
}

fn task(row: &Row) -> Result<Vec<ICalendarComponent>, CalendarError> {
    let Some(date) = text(row, "due").and_then(|due| civil::date(due).ok()) else { return Ok(Vec::new()) };
    let time = text(row, "due_time").and_then(|time| civil::time(time).ok());
    let mut task = component(row, ICalendarComponentType::VTodo)?;
    let due = When { date, time, zone: None };
    // A series is counted from its beginning, which a task has only with a start.
    if text(row, "rrule").is_some() {
        task.entries.push(due.to_entry(Property::Dtstart));
    }
    task.entries.push(due.to_entry(Property::Due));
    let status = match text(row, "status") {
        Some("in_progress") => ICalendarStatus::InProcess,
        Some("completed") => ICalendarStatus::Completed,
        Some("cancelled") => ICalendarStatus::Cancelled,
        _ => ICalendarStatus::NeedsAction,
    };
    task.add_property(Property::Status, status);
    if let Some(on) = text(row, "completed_on").and_then(|on| civil::date(on).ok()) {
        // Noon, so that it is that date in nearly every zone.
        task.add_property(Property::Completed, partial(on, Some(Time::constant(12, 0, 0, 0)), true));
    }
    if let Some(Value::Int(priority)) = row.fields.get("priority") {
        // 1 is the highest there, 9 the lowest, 0 none.
        let priority = match priority {
            3 => 1,
            2 => 5,
            1 => 9,
            _ => 0_i64,
        };
        task.add_property(Property::Priority, priority);
    }
    if let Some(Value::Map(labels)) = row.fields.get("labels") {
        let labels: Vec<ICalendarValue> = labels.keys().map(|label| label.as_str().into()).collect();
        if !labels.is_empty() {
            task.entries.push(ICalendarEntry::new(Property::Categories).with_values(labels));
        }
    }
    Ok(vec![task])
}
