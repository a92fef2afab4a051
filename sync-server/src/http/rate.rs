//! Rate limits of the public endpoints.

use super::client::ClientKey;
use super::{ApiError, App};
use crate::config::{Rate, Rates};
use crate::limits::{ADDRESSES_REMEMBERED, TIDY_PERIOD};
use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is limited by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Accounts,
    Challenges,
    Tickets,
    Lookups,
    Sockets,
    Passkeys,
    Sessions,
    Account,
    Pairings,
    Deletions,
    Pages,
}

/// All rate limits.
pub struct Gate {
    accounts: Limiter,
    challenges: Limiter,
    tickets: Limiter,
    lookups: Limiter,
    sockets: Limiter,
    passkeys: Limiter,
    sessions: Limiter,
    account: Limiter,
    pairings: Limiter,
    deletions: Limiter,
    pages: Limiter,
}

impl Gate {
    /// With these rates.
    pub fn new(rates: &Rates) -> Self {
        Self {
            accounts: Limiter::new(rates.accounts),
            challenges: Limiter::new(rates.challenges),
            tickets: Limiter::new(rates.tickets),
            lookups: Limiter::new(rates.lookups),
            sockets: Limiter::new(rates.sockets),
            passkeys: Limiter::new(rates.passkeys),
            sessions: Limiter::new(rates.sessions),
            account: Limiter::new(rates.account),
            pairings: Limiter::new(rates.pairings),
            deletions: Limiter::new(rates.deletions),
            pages: Limiter::new(rates.pages),
        }
    }

    fn of(&self, kind: Kind) -> &Limiter {
        match kind {
            Kind::Accounts => &self.accounts,
            Kind::Challenges => &self.challenges,
            Kind::Tickets => &self.tickets,
            Kind::Lookups => &self.lookups,
            Kind::Sockets => &self.sockets,
            Kind::Passkeys => &self.passkeys,
            Kind::Sessions => &self.sessions,
            Kind::Account => &self.account,
            Kind::Pairings => &self.pairings,
            Kind::Deletions => &self.deletions,
            Kind::Pages => &self.pages,
        }
    }
}

struct Limiter {
    inner: DefaultKeyedRateLimiter<ClientKey>,
    clock: DefaultClock,
    tidied: Mutex<Option<Instant>>,
}

impl Limiter {
    fn new(rate: Rate) -> Self {
        // Only a period of zero is refused, and none is configured.
        let one = rate.per.checked_div(rate.burst.get()).unwrap_or(rate.per);
        let quota = Quota::with_period(one.max(Duration::from_nanos(1)));
        let quota = quota.unwrap_or_else(|| Quota::per_second(rate.burst)).allow_burst(rate.burst);
        Self { inner: RateLimiter::keyed(quota), clock: DefaultClock::default(), tidied: Mutex::default() }
    }

    /// At most once in a while: tidying looks at every client.
    fn may_tidy(&self) -> bool {
        let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = tidied.is_none_or(|last| now.duration_since(last) >= TIDY_PERIOD);
        if due {
            *tidied = Some(now);
        }
        due
    }

    fn check(&self, client: ClientKey) -> Result<(), ApiError> {
        if self.inner.len() > ADDRESSES_REMEMBERED && self.may_tidy() {
            // Forgets clients whose whole burst has come back.
            self.inner.retain_recent();
        }
        self.inner.check_key(&client).map_err(|until| ApiError::later(until.wait_time_from(self.clock.now())))
    }
}

/// The layer of a route.
pub(super) async fn limit(
    State((app, kind)): State<(App, Kind)>,
    Extension(client): Extension<ClientKey>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    app.gate.of(kind).check(client)?;
    Ok(next.run(request).await)
}
