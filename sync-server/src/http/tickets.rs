//! `POST /api/v1/tickets`: a device proves itself and may open one socket.

use super::json::Json;
use super::{ApiError, App, challenges};
use crate::clock::Millis;
use crate::identity::{Claim, SecretHash};
use crate::store::Ticket;
use axum::extract::State;
use protocol::ErrorCode;
use protocol::api::{TicketAnswer, TicketRequest, to_text};
use protocol::auth::AuthPurpose;
use protocol::limits::TICKET_SECONDS;

pub(super) async fn make(
    State(app): State<App>,
    Json(request): Json<TicketRequest>,
) -> Result<axum::Json<TicketAnswer>, ApiError> {
    let TicketRequest { account, proof } = request;
    if proof.purpose != AuthPurpose::Ticket {
        return Err(ApiError::proof(ErrorCode::Unauthorized));
    }
    let challenge = challenges::take(&app, &proof).await?;
    let claim = Claim {
        origin: app.config.origin.as_str(),
        account,
        challenge,
        purpose: AuthPurpose::Ticket,
        device: proof.device,
    };
    app.relay.prove(claim, &proof.signature).await.map_err(ApiError::proof)?;
    let value = to_text(&crate::random::bytes32()?);
    let ticket = Ticket { account, device: proof.device };
    let now = Millis::now();
    let hash = SecretHash::of(value.as_bytes());
    app.relay.store().put_ticket(hash, ticket, now.plus_seconds(TICKET_SECONDS), now).await?;
    Ok(axum::Json(TicketAnswer { ticket: value }))
}
