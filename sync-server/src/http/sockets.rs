//! `GET /api/v1/socket`: the door to the socket. The ticket is a subprotocol, where no proxy logs it.

use super::client::ClientKey;
use super::{ApiError, App, moved};
use crate::clock::Millis;
use crate::config::Config;
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
    let page = page_of(&headers, &app.config)?;
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
    if ticket.session.is_some() && page != Page::Own {
        let message = "a ticket of a session is for pages of this relay";
        return Err(ApiError::new(ErrorCode::WrongOrigin, message));
    }
    if app.relay.is_deleted(&ticket.account).await? {
        return Err(ApiError::proof(ErrorCode::AccountDeleted));
    }
    let seat = app.seats.take(client, ticket.account);
    let seat = seat.ok_or_else(|| ApiError::new(ErrorCode::RateLimited, "too many open sockets"))?;
    Ok(upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(limits::SOCKET_READ_BUFFER)
        .write_buffer_size(limits::SOCKET_WRITES_TOGETHER)
        .max_write_buffer_size(limits::SOCKET_WRITE_BUFFER)
        .max_frame_size(limits::SOCKET_MESSAGE_BYTES)
        .max_message_size(limits::SOCKET_MESSAGE_BYTES)
        .on_upgrade(move |opened| socket::serve(app, ticket, seat, opened)))
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    /// A page of this relay.
    Own,
    /// A page of an address from which people move here.
    Former,
    /// No browser: the ticket was signed by a key.
    None,
}

/// A browser says where its page is from.
fn page_of(headers: &HeaderMap, config: &Config) -> Result<Page, ApiError> {
    match headers.get(header::ORIGIN) {
        None => Ok(Page::None),
        Some(origin) if origin.as_bytes() == config.origin().as_str().as_bytes() => Ok(Page::Own),
        Some(origin) if moved::is_former(config, origin) => Ok(Page::Former),
        Some(_) => {
            Err(ApiError::new(ErrorCode::WrongOrigin, "pages of another origin may not open this socket"))
        }
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
