//! `POST /api/v1/tickets`: a device proves itself and may open one socket. A session may ask for a ticket too: `account.rs`.

use super::json::Json;
use super::{ApiError, App, challenges};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::store::{Handle, Ticket};
use axum::extract::State;
use protocol::api::{TicketAnswer, TicketRequest, to_text};
use protocol::auth::AuthPurpose;
use protocol::limits::TICKET_SECONDS;
use protocol::{AccountId, DeviceId};

pub(super) async fn make(
    State(app): State<App>,
    Json(request): Json<TicketRequest>,
) -> Result<axum::Json<TicketAnswer>, ApiError> {
    let TicketRequest { account, proof } = request;
    let device = challenges::prove(&app, account, &proof, AuthPurpose::Ticket).await?;
    give(&app, account, device, None).await
}

/// A fresh ticket.
pub(super) async fn give(
    app: &App,
    account: AccountId,
    device: DeviceId,
    session: Option<Handle>,
) -> Result<axum::Json<TicketAnswer>, ApiError> {
    let value = to_text(&crate::random::bytes32()?);
    let ticket = Ticket { account, device, session };
    let now = Millis::now();
    let hash = SecretHash::of(value.as_bytes());
    app.relay.store().put_ticket(hash, ticket, now.plus_seconds(TICKET_SECONDS), now).await?;
    Ok(axum::Json(TicketAnswer { ticket: value }))
}
