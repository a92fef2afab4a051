//! `GET /api/v1/socket`: the door to the socket. The ticket is a subprotocol, where no proxy logs it.

use super::client::ClientKey;
use super::{ApiError, App};
use crate::clock::Millis;
use crate::identity::SecretHash;
use crate::{limits, socket};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use protocol::ErrorCode;
use protocol::api::{SUBPROTOCOL, TICKET_PREFIX};

pub(super) async fn open(
    State(app): State<App>,
    Extension(client): Extension<ClientKey>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    check_origin(&headers, app.config.origin().as_str())?;
    let upgrade = upgrade.map_err(|_| {
        ApiError::new(ErrorCode::Malformed, "this address speaks the WebSocket protocol only")
    })?;
    if *app.stopping.borrow() {
        return Err(ApiError::new(ErrorCode::Unavailable, "the relay is shutting down"));
    }
    let value = ticket_of(&upgrade)?;
    let ticket = app.relay.store().take_ticket(SecretHash::of(value.as_bytes()), Millis::now()).await?;
    let ticket = ticket.ok_or_else(|| {
        ApiError::new(ErrorCode::TicketExpired, "the ticket was used before or is older than 30 seconds")
    })?;
    if ticket.session.is_some() && !headers.contains_key(header::ORIGIN) {
        return Err(ApiError::new(
            ErrorCode::WrongOrigin,
            "a ticket of a session is for pages of this relay",
        ));
    }
    if app.relay.is_deleted(&ticket.account).await? {
        return Err(ApiError::proof(ErrorCode::AccountDeleted));
    }
    let seat = app.seats.take(client, ticket.account);
    let seat = seat.ok_or_else(|| ApiError::new(ErrorCode::RateLimited, "too many open sockets"))?;
    Ok(upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(limits::SOCKET_READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(limits::SOCKET_WRITE_BUFFER)
        .max_frame_size(limits::SOCKET_MESSAGE_BYTES)
        .max_message_size(limits::SOCKET_MESSAGE_BYTES)
        .on_upgrade(move |opened| socket::serve(app, ticket, seat, opened)))
}

/// A browser says where its page is from. Without an Origin it is no browser, and the ticket was signed by a key.
fn check_origin(headers: &HeaderMap, own: &str) -> Result<(), ApiError> {
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() != own.as_bytes() => {
            Err(ApiError::new(ErrorCode::WrongOrigin, "pages of another origin may not open this socket"))
        }
        _ => Ok(()),
    }
}

fn ticket_of(upgrade: &WebSocketUpgrade) -> Result<String, ApiError> {
    let asked: Vec<&str> = upgrade.requested_protocols().filter_map(|p| p.to_str().ok()).collect();
    if !asked.contains(&SUBPROTOCOL) {
        return Err(ApiError::new(ErrorCode::UnsupportedVersion, "the subprotocol lifeos.v1 is spoken here"));
    }
    let ticket = asked.iter().find_map(|p| p.strip_prefix(TICKET_PREFIX));
    let missing = || ApiError::new(ErrorCode::Unauthorized, "a socket needs a ticket");
    ticket.map(str::to_owned).ok_or_else(missing)
}
