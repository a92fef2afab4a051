//! The browsers that reminders are pushed to. Each writes down what the person's other devices need to seal for it; the
//! relay is told none of that.

use crate::assign::Assignment;
use crate::error::FieldError;
use crate::import::id_of_hash;
use crate::reading::text;
use crate::record::RecordType;
use crate::{create, update};
use engine::{DocKey, Edit, Origin, Row};
use serde_json::json;

/// The record type of a browser.
pub const PUSH_SUBSCRIPTION: &str = "push_subscription";

/// What is known of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    /// What its device is called.
    pub name: String,
    /// What the relay calls its subscription, hex.
    pub subscription: String,
    /// Its public key, base64url.
    pub p256dh: String,
    /// Its secret, base64url.
    pub auth: String,
}

/// The record of the browser of a device: there is one a device.
pub fn browser_key(device: &[u8]) -> DocKey {
    let mut hasher = blake3::Hasher::new_derive_key("life-os v1 push subscription of a device");
    hasher.update(device);
    DocKey::thing(PUSH_SUBSCRIPTION, id_of_hash(&hasher))
}

impl Browser {
    /// What a record says; none if it is in the trash, or not whole.
    pub fn read(row: &Row) -> Option<Self> {
        let field = |name| text(row, name).map(str::to_owned);
        let [name, subscription, p256dh, auth] = ["name", "subscription", "p256dh", "auth"].map(field);
        let all = Self { name: name?, subscription: subscription?, p256dh: p256dh?, auth: auth? };
        (!row.deleted).then_some(all)
    }

    /// The edit that writes it down; none if it is so already. `existing` is the row of [`browser_key`].
    pub fn write(&self, key: &DocKey, existing: Option<&Row>) -> Result<Option<Edit>, FieldError> {
        let fields = [
            Assignment::json("name", json!(self.name)),
            Assignment::json("subscription", json!(self.subscription)),
            Assignment::json("p256dh", json!(self.p256dh)),
            Assignment::json("auth", json!(self.auth)),
        ];
        match existing {
            // Any change takes it out of the trash.
            Some(row) => {
                Ok(update(row, &fields, Origin::Rule)?.or_else(|| crate::untrash(row, Origin::Rule)))
            }
            None => create(RecordType::find(PUSH_SUBSCRIPTION)?, key.id, &fields, Origin::Rule).map(Some),
        }
    }
}
