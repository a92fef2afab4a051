//! Reminders that are pushed: to which browsers, and what.

use crate::desk::{Errand, unexpected};
use crate::error::{Code, CoreError};
use crate::request::TimedReminder;
use data_encoding::BASE64URL_NOPAD;
use engine::{Command, DocKey, Origin, PushSubscription, RecordId, Reminder, Reply, Row, Schedule};
use life::push::{Browser, browser_key};
use protocol::SubscriptionId;
use seal::{NoticeText, PushTarget};
use serde_json::{Value as Json, json};

/// Said where a locked screen is not to say what a record is called.
const NAME: &str = "Life OS";
/// Letters of a civil date.
const DATE_LETTERS: usize = 10;

/// The relay's key as browsers want it; null where it pushes nothing.
pub(crate) async fn key(errand: &Errand) -> Result<Option<String>, CoreError> {
    match errand.desk.run(Command::GetPush).await? {
        Reply::Push { key, .. } => Ok(key.map(|key| BASE64URL_NOPAD.encode(&key))),
        _ => Err(unexpected()),
    }
}

/// Registers this browser at the relay, and writes down what the other devices need.
pub(crate) async fn subscribe(
    errand: &Errand,
    endpoint: String,
    (name, p256dh, auth): (String, String, String),
) -> Result<(), CoreError> {
    target(&p256dh, &auth)
        .ok_or_else(|| CoreError::new(Code::InvalidField, "the keys are none of a subscription"))?;
    let key = browser_key(errand.desk.status().await?.device.as_bytes());
    let existing = errand.desk.row(key.clone()).await?;
    let known = existing.as_ref().and_then(Browser::read);
    // The same subscription keeps its name, and with it what is scheduled.
    let known = known.filter(|known| known.p256dh == p256dh && known.auth == auth);
    let id = known.and_then(|known| known.subscription.parse().ok());
    let id = id.unwrap_or_else(|| SubscriptionId::new(*errand.desk.new_id().as_bytes()));
    tell(errand, Some(PushSubscription { id, endpoint })).await?;
    let browser = Browser { name, subscription: id.to_string(), p256dh, auth };
    if let Some(edit) = browser.write(&key, existing.as_ref())? {
        errand.desk.edit(vec![edit]).await?;
    }
    Ok(())
}

/// Takes this browser out. With [`Code::Offline`] the relay does not know it yet: a push then ends at a browser that has no
/// subscription any more.
pub(crate) async fn unsubscribe(errand: &Errand) -> Result<(), CoreError> {
    let key = browser_key(errand.desk.status().await?.device.as_bytes());
    let row = errand.desk.row(key).await?;
    // First, so that nobody seals for it any more whether or not the relay can be told.
    if let Some(edit) = row.and_then(|row| life::trash(&row, Origin::Rule)) {
        errand.desk.edit(vec![edit]).await?;
    }
    tell(errand, None).await
}

async fn tell(errand: &Errand, subscription: Option<PushSubscription>) -> Result<(), CoreError> {
    match errand.desk.run(Command::Subscribe(subscription)).await? {
        Reply::Subscribed => Ok(()),
        _ => Err(unexpected()),
    }
}

/// What is to be pushed from now on, to the browsers of active devices; how much of it the relay has yet to be given, and how much no relay takes.
pub(crate) async fn schedule(errand: &Errand, reminders: Vec<TimedReminder>) -> Result<Json, CoreError> {
    // Whoever was revoked stays written down; a relay that does not forget them must have nothing for them.
    let members = errand.desk.status().await?.members;
    let active = members.iter().filter(|member| member.active);
    let keys = active.map(|member| browser_key(member.device.as_bytes())).collect();
    let browsers: Vec<Row> = errand.desk.rows(keys).await?.into_iter().flatten().collect();
    let browsers = browsers.iter().filter_map(Browser::read);
    let targets = browsers.filter_map(|browser| {
        Some((browser.subscription.parse().ok()?, target(&browser.p256dh, &browser.auth)?))
    });
    let settings = errand.desk.row(DocKey::thing("settings", RecordId::singleton("settings"))).await?;
    let named = life::remind::says_names(settings.as_ref());
    let reminders = reminders.into_iter().map(|timed| reminder(timed, named)).collect();
    let schedule = Schedule { reminders, targets: targets.collect() };
    match errand.desk.run(Command::Schedule(schedule)).await? {
        Reply::Scheduled { pending, refused } => Ok(json!({ "pending": pending, "refused": refused })),
        _ => Err(unexpected()),
    }
}

fn target(p256dh: &str, auth: &str) -> Option<PushTarget> {
    let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    PushTarget::new(&bytes(p256dh)?, &bytes(auth)?).ok()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A number of milliseconds fits by far; casting saturates.
fn reminder(timed: TimedReminder, named: bool) -> Reminder {
    let TimedReminder { kind, id, occurrence, title, at, expires } = timed;
    let record = format!("{kind}/{id}");
    let date: String = occurrence.chars().take(DATE_LETTERS).collect();
    let text = NoticeText {
        title: if named { title } else { NAME.to_owned() },
        body: String::new(),
        record: Some(format!("{record}/{date}")),
        tag: record.clone(),
        expires: expires as u64,
    };
    Reminder { reminder: record.into_bytes(), occurrence: occurrence.into_bytes(), at: at as u64, text }
}
