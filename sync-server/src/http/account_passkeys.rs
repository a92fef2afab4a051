//! `/api/v1/account/passkeys`: the passkeys of an account. One that is removed takes its sessions along.

use super::account::{handle, no_such_thing};
use super::json::Json;
use super::passkeys::name_of;
use super::signed_in::SignedIn;
use super::{ApiError, App};
use crate::store::StoredPasskey;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::account::{PasskeyInfo, PasskeyList, RenamePasskeyRequest};
use protocol::api::to_text;

pub(super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Result<axum::Json<PasskeyList>, ApiError> {
    let all = app.relay.store().passkeys(&session.account).await?;
    Ok(axum::Json(PasskeyList { passkeys: all.into_iter().map(shown).collect() }))
}

fn shown(passkey: StoredPasskey) -> PasskeyInfo {
    PasskeyInfo {
        passkey: passkey.id.to_string(),
        credential: to_text(&passkey.credential),
        name: passkey.name,
        created: passkey.created.0,
        used: passkey.used.map(|used| used.0),
    }
}

pub(super) async fn rename(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    Json(request): Json<RenamePasskeyRequest>,
) -> Result<StatusCode, ApiError> {
    let name = name_of(&request.name)?;
    done(app.relay.store().rename_passkey(&session.account, &handle(&id)?, &name).await?)
}

pub(super) async fn remove(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    done(app.relay.store().remove_passkey(&session.account, &handle(&id)?).await?)
}

fn done(had: bool) -> Result<StatusCode, ApiError> {
    if had { Ok(StatusCode::NO_CONTENT) } else { Err(no_such_thing()) }
}
