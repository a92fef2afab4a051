//! `/healthz`: the process lives. `/readyz`: the database answers too.

use super::{ApiError, App};
use crate::limits::READY_TIMEOUT;
use axum::Json;
use axum::extract::State;
use protocol::ErrorCode;
use serde_json::{Value, json};

pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

pub(super) async fn ready(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    if *app.stopping.borrow() {
        return Err(ApiError::new(ErrorCode::Unavailable, "the relay is shutting down"));
    }
    match tokio::time::timeout(READY_TIMEOUT, app.relay.store().ping()).await {
        Ok(Ok(())) => Ok(Json(json!({ "status": "ready" }))),
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready");
            Err(ApiError::new(ErrorCode::Unavailable, "the database does not answer"))
        }
        Err(_) => Err(ApiError::new(ErrorCode::Unavailable, "the database does not answer in time")),
    }
}
