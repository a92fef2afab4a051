//! From a calendar to records. The file is hostile until read: every value goes through the checks of an import.

use super::{EVENT_FIELDS, TASK_FIELDS};
use crate::import::{ImportError, ImportFile, ImportItem, of_calendar};
use crate::limits;
use crate::when::{UTC, When};
use calcard::common::IanaString as _;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarParameterName,
    ICalendarProperty as Property, ICalendarTransparency, ICalendarValue,
};
use engine::RecordId;
use jiff::{SignedDuration, ToSpan as _};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Reads a calendar and checks all of it. Writes nothing. `now`, in milliseconds since 1970, is when records are made
/// that do not say when. Alarms, journals and free times are left out.
pub fn parse_calendar(bytes: &[u8], now: i64) -> Result<ImportFile, ImportError> {
    if bytes.len() > limits::IMPORT_BYTES {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    let text =
        core::str::from_utf8(bytes).map_err(|_| ImportError::Calendar("it is not UTF-8".to_owned()))?;
    let calendar = ICalendar::parse(text)
        .map_err(|_| ImportError::Calendar("it does not begin with BEGIN:VCALENDAR".to_owned()))?;
    let mut moved: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for component in calendar.components.iter().filter(|c| is_override(c)) {
        let (Some(uid), Some((date, became))) = (component.uid(), exception(component)) else { continue };
        moved.entry(uid).or_default().insert(date, became);
    }
    let mut items: Vec<ImportItem> = Vec::new();
    let mains = calendar.components.iter().filter(|component| !is_override(component));
    for (number, component) in (1..).zip(mains) {
        let (kind, decides, mut fields) = match component.component_type {
            ICalendarComponentType::VEvent => ("event", EVENT_FIELDS, event(component)),
            ICalendarComponentType::VTodo => ("task", TASK_FIELDS, task(component)),
            _ => continue,
        };
        let at = match component.uid() {
            Some(uid) => format!("{} {:?}", component.component_type.as_str(), crate::error::shorten(uid)),
            None => format!("{} {number}", component.component_type.as_str()),
        };
        if let Some(moved) = component.uid().and_then(|uid| moved.remove(uid)).filter(|_| kind == "event") {
            let all = fields.entry("exceptions").or_insert_with(|| json!({}));
            all.as_object_mut().into_iter().for_each(|all| all.extend(moved.clone()));
        }
        let uid = component.uid().map_or_else(|| format!("{fields:?}"), str::to_owned);
        // A record of this program goes back to itself.
        let id = uid.parse::<RecordId>().ok().filter(|id| id.to_string() == uid);
        if kind == "event" && id.is_none() && component.uid().is_some() {
            fields.insert("source_uid".to_owned(), json!(uid));
        }
        let created = component.property(&Property::Created).and_then(When::of_entry);
        let created = created.and_then(|at| millis(&at)).unwrap_or(now);
        items.push(of_calendar(kind, (id, &uid), at, created, (fields, decides))?);
    }
    let mut seen = std::collections::BTreeSet::new();
    match items.iter().find(|item| !seen.insert(item.key().clone())) {
        Some(item) => Err(ImportError::Twice { at: item.at().to_owned() }),
        None => Ok(ImportFile { items }),
    }
}

fn is_override(component: &ICalendarComponent) -> bool {
    component.has_property(&Property::RecurrenceId)
}

/// The date of the series that a component stands for, and when it takes place instead.
fn exception(component: &ICalendarComponent) -> Option<(String, Json)> {
    let named = When::of_entry(component.property(&Property::RecurrenceId)?)?;
    let start = When::of_entry(component.property(&Property::Dtstart)?)?;
    Some((named.date.to_string(), json!(start.to_field())))
}

fn millis(at: &When) -> Option<i64> {
    let time = at.time.filter(|_| at.zone.as_deref() == Some(UTC))?;
    crate::series::moment_of(at.date, time, &jiff::tz::TimeZone::UTC)
}

fn words(component: &ICalendarComponent, fields: &mut Map<String, Json>, names: &[(&str, Property)]) {
    for (field, property) in names {
        let text =
            component.property(property).and_then(|entry| entry.values.first()).and_then(|v| v.as_text());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            // A title has one line.
            let text = if *field == "title" { text.replace(['\n', '\r'], " ") } else { text.to_owned() };
            fields.insert((*field).to_owned(), json!(text));
        }
    }
    fields.entry("title").or_insert_with(|| json!("(no title)"));
    let rule = component.property(&Property::Rrule).and_then(|entry| entry.values.first());
    if let Some(ICalendarValue::RecurrenceRule(rule)) = rule {
        fields.insert("rrule".to_owned(), json!(rule.to_string()));
    }
}

fn event(component: &ICalendarComponent) -> Map<String, Json> {
    let mut fields = Map::new();
    let names = [
        ("title", Property::Summary),
        ("description", Property::Description),
        ("location", Property::Location),
        ("link", Property::Url),
    ];
    words(component, &mut fields, &names);
    let at = |property: &Property| component.property(property).and_then(When::of_entry);
    let start = at(&Property::Dtstart);
    if let Some(start) = &start {
        fields.insert("start".to_owned(), json!(start.to_field()));
        if let Some(end) = at(&Property::Dtend).or_else(|| after(component, start)) {
            let end = match start.time {
                // A calendar says the day after the last.
                None => When {
                    date: end.date.yesterday().unwrap_or(end.date).max(start.date),
                    time: None,
                    zone: None,
                },
                Some(_) => end,
            };
            fields.insert("end".to_owned(), json!(end.to_field()));
        }
    }
    let free = component.transparency() == Some(&ICalendarTransparency::Transparent);
    fields.insert("busy".to_owned(), json!(!free));
    let skipped = component.properties(&Property::Exdate).flat_map(|entry| {
        entry.values.iter().filter_map(|value| When::of_value(entry, value)).collect::<Vec<_>>()
    });
    let skipped: Map<String, Json> = skipped.map(|at| (at.date.to_string(), json!("skip"))).collect();
    if !skipped.is_empty() {
        fields.insert("exceptions".to_owned(), Json::Object(skipped));
    }
    let attendees: Vec<Json> = component.properties(&Property::Attendee).filter_map(attendee).collect();
    if !attendees.is_empty() {
        fields.insert("attendees".to_owned(), Json::Array(attendees));
    }
    fields
}

/// The end of a component that says how long it takes.
fn after(component: &ICalendarComponent, start: &When) -> Option<When> {
    let entry = component.property(&Property::Duration)?;
    let Some(ICalendarValue::Duration(duration)) = entry.values.first() else { return None };
    let length = SignedDuration::from_secs(duration.as_seconds());
    Some(match start.time {
        None => When { date: start.date.checked_add((length.as_hours() / 24).days()).ok()?, ..start.clone() },
        Some(time) => {
            let end = start.date.to_datetime(time).checked_add(length).ok()?;
            When { date: end.date(), time: Some(end.time()), zone: start.zone.clone() }
        }
    })
}

fn attendee(entry: &calcard::icalendar::ICalendarEntry) -> Option<Json> {
    let address = entry.calendar_address()?;
    let parameter = |name: &ICalendarParameterName| entry.parameter(name).and_then(|value| value.as_text());
    // An id of its address, so that the same guest imported again is the same item.
    let id = blake3::hash(address.as_bytes()).to_hex();
    let mut object = json!({ "id": id.get(..16)?, "address": address });
    if let Some(name) = parameter(&ICalendarParameterName::Cn) {
        object.as_object_mut()?.insert("name".to_owned(), json!(name));
    }
    let reply = match parameter(&ICalendarParameterName::Partstat) {
        Some("ACCEPTED") => "accepted",
        Some("TENTATIVE") => "tentative",
        Some("DECLINED") => "declined",
        Some("NEEDS-ACTION") => "none",
        _ => return Some(object),
    };
    object.as_object_mut()?.insert("reply".to_owned(), json!(reply));
    Some(object)
}

fn task(component: &ICalendarComponent) -> Map<String, Json> {
    let mut fields = Map::new();
    words(component, &mut fields, &[("title", Property::Summary), ("description", Property::Description)]);
    let at = |property: &Property| component.property(property).and_then(When::of_entry);
    if let Some(due) = at(&Property::Due).or_else(|| at(&Property::Dtstart)) {
        fields.insert("due".to_owned(), json!(due.date.to_string()));
        if let Some(time) = due.time {
            fields.insert("due_time".to_owned(), json!(crate::civil::time_text(time)));
        }
    }
    let status = match component.status().map(|status| status.as_str()) {
        Some("COMPLETED") => "completed",
        Some("IN-PROCESS") => "in_progress",
        Some("CANCELLED") => "cancelled",
        _ => "pending",
    };
    fields.insert("status".to_owned(), json!(status));
    if let Some(done) = at(&Property::Completed) {
        fields.insert("completed_on".to_owned(), json!(done.date.to_string()));
    }
    let priority = component.property(&Property::Priority).and_then(|entry| entry.values.first());
    if let Some(ICalendarValue::Integer(priority)) = priority {
        let priority = match priority {
            1..=4 => 3,
            5 => 2,
            6..=9 => 1,
            _ => 0,
        };
        fields.insert("priority".to_owned(), json!(priority));
    }
    let labels = component.properties(&Property::Categories).flat_map(|entry| &entry.values);
    let labels: Vec<&str> = labels.filter_map(|value| value.as_text()).collect();
    if !labels.is_empty() {
        fields.insert("labels".to_owned(), json!(labels));
    }
    fields
}
