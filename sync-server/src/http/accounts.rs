//! `POST /api/v1/accounts`: makes the account of a vault, or extends its chain.

use super::json::{Json, undecodable};
use super::{ApiError, App};
use crate::clock::Millis;
use crate::identity::SecretHash;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::api::{RegisterAnswer, RegisterRequest};

pub(super) async fn register(
    State(app): State<App>,
    Json(request): Json<RegisterRequest>,
) -> Result<(StatusCode, axum::Json<RegisterAnswer>), ApiError> {
    let links = request.links().map_err(|e| undecodable("the chain", &e))?;
    let invite = request.invite.map(|token| SecretHash::of(token.trim().as_bytes()));
    let done = app.relay.register(&links, app.config.admission, invite, Millis::now()).await?;
    let status = if done.created { StatusCode::CREATED } else { StatusCode::OK };
    let answer = RegisterAnswer { account: done.account, created: done.created, height: done.height };
    Ok((status, axum::Json(answer)))
}
