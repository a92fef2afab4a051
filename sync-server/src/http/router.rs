//! All URLs.

use super::rate::{Kind, limit};
use super::{
    ApiError, App, account, account_passkeys, accounts, answer, challenges, deletions, headers, health,
    invitations, lookups, moved, pairings, passkeys, sessions, sockets, sub_path, tickets,
};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, any_service, delete, get, patch, post};
use axum::{Router, handler::Handler as _};
use protocol::{ErrorCode, limits};
use tower_http::services::ServeDir;

/// All URLs.
pub fn router(app: &App) -> Router {
    let limited =
        |kind: Kind, route: MethodRouter<App>| route.layer(from_fn_with_state((app.clone(), kind), limit));
    let mut router = Router::new()
        .route("/api/v1/passkeys/begin", limited(Kind::Passkeys, post(passkeys::begin)))
        .route("/api/v1/passkeys/finish", limited(Kind::Passkeys, post(passkeys::finish)))
        .route("/api/v1/sessions/begin", limited(Kind::Sessions, post(sessions::begin)))
        .route("/api/v1/sessions/passkey", limited(Kind::Sessions, post(sessions::by_passkey)))
        .route("/api/v1/sessions/device", limited(Kind::Sessions, post(sessions::by_device)))
        .route(
            "/api/v1/pairings/{mailbox}/{slot}",
            limited(Kind::Pairings, get(pairings::get).put(pairings::put)),
        )
        .route(
            "/api/v1/deletions",
            limited(Kind::Deletions, post(deletions::begin).delete(deletions::take_back)),
        )
        .merge(account_pages(app))
        .route("/api/{*rest}", limited(Kind::Pages, any(no_such_page)))
        .route("/healthz", limited(Kind::Pages, get(health::alive)))
        .route("/readyz", limited(Kind::Pages, get(health::ready)))
        .method_not_allowed_fallback(wrong_method);
    let nothing = limited(Kind::Pages, any(no_such_page)).with_state(app.clone());
    router = match &app.config.web_dir {
        Some(dir) => {
            let files = any_service(
                ServeDir::new(dir)
                    .precompressed_br()
                    .precompressed_gzip()
                    .fallback(no_such_page.with_state(())),
            );
            router.fallback_service(limited(Kind::Pages, files).with_state(app.clone()))
        }
        None => router.fallback_service(nothing),
    };
    let served = |router: Router<App>| {
        let limited = router.layer(DefaultBodyLimit::max(limits::HTTP_BODY_BYTES));
        limited.layer(from_fn_with_state(app.clone(), answer::around))
    };
    let devices = served(device_pages(app));
    // Outside of what gives an error its body, so that the page can read that too.
    let devices = match moved::layer(&app.config) {
        Some(layer) => devices.layer(layer),
        None => devices,
    };
    let router = served(router).merge(devices).layer(from_fn_with_state(app.clone(), headers::guard));
    let router = router.with_state(app.clone());
    let base = app.config.public_url.base().to_owned();
    if base.is_empty() { router } else { sub_path::under(&base, app, router) }
}

/// What a device asks for, by its own key: the same for whoever moves here from another address.
fn device_pages(app: &App) -> Router<App> {
    let limited =
        |kind: Kind, route: MethodRouter<App>| route.layer(from_fn_with_state((app.clone(), kind), limit));
    Router::new()
        .route("/api/v1/accounts", limited(Kind::Accounts, post(accounts::register)))
        .route("/api/v1/challenges", limited(Kind::Challenges, post(challenges::make)))
        .route("/api/v1/tickets", limited(Kind::Tickets, post(tickets::make)))
        .route("/api/v1/lookups", limited(Kind::Lookups, post(lookups::find)))
        .route("/api/v1/socket", limited(Kind::Sockets, get(sockets::open)))
        .method_not_allowed_fallback(wrong_method)
}

/// What a session opens.
fn account_pages(app: &App) -> Router<App> {
    Router::new()
        .route("/api/v1/account", get(account::info))
        .route("/api/v1/account/tickets", post(account::ticket))
        .route("/api/v1/account/sessions", get(account::sessions).delete(account::end_other_sessions))
        .route("/api/v1/account/sessions/{session}", delete(account::end_session))
        .route("/api/v1/account/passkeys", get(account_passkeys::list))
        .route(
            "/api/v1/account/passkeys/{passkey}",
            patch(account_passkeys::rename).delete(account_passkeys::remove),
        )
        .route("/api/v1/account/invitations", get(invitations::list).post(invitations::make))
        .route("/api/v1/account/invitations/{invitation}", delete(invitations::withdraw))
        .route_layer(from_fn_with_state((app.clone(), Kind::Account), limit))
}

async fn no_such_page() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is no such page")
}

async fn wrong_method() -> ApiError {
    ApiError::new(ErrorCode::NotSupported, "this page does not take that method")
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}
