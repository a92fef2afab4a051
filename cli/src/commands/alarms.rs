//! Alarms for a person: what was noticed, what is safe, what to do.

use engine::{Alarm, AlarmKind};
use serde_json::{Value, json};

/// For programs.
pub fn json(alarm: &Alarm) -> Value {
    json!({
        "at": alarm.at, "kind": alarm.kind.name(), "device": alarm.device, "detail": alarm.detail,
        "times": alarm.times,
    })
}

/// For people.
pub fn told(alarm: &Alarm) -> String {
    let (noticed, safe, todo) = words(alarm.kind);
    let when = jiff::Timestamp::from_millisecond(alarm.at).map_or_else(|_| String::new(), |t| t.to_string());
    let detail = [alarm.device.map(|d| format!("device {d}")), Some(alarm.detail.clone())];
    let detail: Vec<String> = detail.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    let detail = if detail.is_empty() { String::new() } else { format!(" ({})", detail.join(": ")) };
    format!("{when}  {noticed}{detail}\n  Safe: {safe}\n  To do: {todo}")
}

/// What was noticed, what is safe, what to do.
const fn words(kind: AlarmKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        AlarmKind::RelayHealed => (
            "The relay had lost something, and this device gave it back.",
            "everything of yours; nothing was lost.",
            "nothing. If you run the relay, look whether its disk or a restored backup was the reason.",
        ),
        AlarmKind::StoreCloned => (
            "Another copy of this device's store has written under its name.",
            "what both copies wrote; it was brought together.",
            "give each copy a key of its own: revoke one of them and join again there.",
        ),
        AlarmKind::EntryForked => (
            "The relay holds other entries of a device than those it handed out before.",
            "what is on your devices; what the entries said was written again.",
            "nothing, if a device was restored from a backup. Otherwise do not trust the relay: move to another one.",
        ),
        AlarmKind::MembershipForked => (
            "The relay shows a list of devices that contradicts the one known here.",
            "what is on this device. Nothing is sent until it is resolved.",
            "compare `lifeos devices` on your devices. Revoke what you do not know; `lifeos resolve` joins two valid lists.",
        ),
        AlarmKind::EntryRefused => (
            "An entry came that may not be used; it is kept aside.",
            "your records; nothing of it went into them.",
            "nothing, if a device was revoked while it wrote. Otherwise revoke the device it came from.",
        ),
        AlarmKind::Withheld => (
            "Another device has seen entries that the relay does not show here.",
            "what is on your devices.",
            "bring the devices online; if it stays so, do not trust the relay: move to another one.",
        ),
        AlarmKind::ManifestRefused => (
            "What the relay keeps packed is not as it should be; it is not used.",
            "what is on your devices; nothing that it stands for is dropped.",
            "bring your other devices online, so that one of them packs anew; if it stays so, move to another relay.",
        ),
        AlarmKind::Revoked => (
            "This device was revoked by another one of yours.",
            "what it has; it can be read and exported.",
            "if you did it, remove the home. If not, revoke the device that did, from another one or with the phrase.",
        ),
    }
}
