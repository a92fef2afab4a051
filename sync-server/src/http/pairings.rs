//! `/api/v1/pairings/{mailbox}/{slot}`: where a new device and a member leave messages for each other.
//!
//! Invariant: the relay looks into no message and believes none; it keeps their order, their number and their size.

use super::json::{Json, undecodable};
use super::pages::Proved;
use super::{ApiError, App};
use crate::clock::Millis;
use crate::store::{Letter, Written};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::ErrorCode;
use protocol::api::{PairingMessage, from_text, to_text};
use protocol::limits::{PAIRING_MESSAGE_BYTES, PAIRINGS};
use protocol::pairing::{MailboxId, Slot};

pub(super) async fn put(
    State(app): State<App>,
    _page: Proved,
    Path(place): Path<(String, String)>,
    Json(body): Json<PairingMessage>,
) -> Result<StatusCode, ApiError> {
    let (mailbox, slot) = place_of(&place)?;
    let message = from_text(&body.message).map_err(|e| undecodable("the message", &e))?;
    if message.len() > PAIRING_MESSAGE_BYTES {
        return Err(ApiError::new(ErrorCode::TooLarge, "the message is over the limit"));
    }
    let letter = Letter { mailbox, slot, message };
    match app.relay.store().put_letter(letter, PAIRINGS, Millis::now()).await? {
        Written::Yes => Ok(StatusCode::NO_CONTENT),
        Written::Taken => Err(ApiError::new(ErrorCode::AddressTaken, "another message is there already")),
        Written::TooEarly => Err(nothing("nobody has written what comes before this")),
        Written::TooMany => {
            Err(ApiError::new(ErrorCode::RateLimited, "too many devices are being paired; try again later"))
        }
    }
}

pub(super) async fn get(
    State(app): State<App>,
    _page: Proved,
    Path(place): Path<(String, String)>,
) -> Result<axum::Json<PairingMessage>, ApiError> {
    let (mailbox, slot) = place_of(&place)?;
    let found = app.relay.store().letter(&mailbox, slot, Millis::now()).await?;
    let message = found.ok_or_else(|| nothing("nobody has written that yet, or the pairing has ended"))?;
    Ok(axum::Json(PairingMessage { message: to_text(&message) }))
}

/// The mailbox in its one form, and the slot.
fn place_of((mailbox, slot): &(String, String)) -> Result<(MailboxId, Slot), ApiError> {
    let id = mailbox.parse::<MailboxId>().ok().filter(|id| id.to_string() == *mailbox);
    id.zip(Slot::of_name(slot)).ok_or_else(|| nothing("there is no such page"))
}

fn nothing(message: &'static str) -> ApiError {
    ApiError::new(ErrorCode::NotFound, message)
}
