//! From a push service's name to addresses that may be connected to.

use crate::limits::RESOLVE_TIMEOUT;
use crate::rules::{Endpoint, EndpointError, is_global};
use async_trait::async_trait;
use std::fmt::Debug;
use std::net::SocketAddr;

/// Finds the addresses of hosts, in bounded time.
#[async_trait]
pub trait Resolve: Debug + Send + Sync {
    /// The addresses of a host.
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>>;
}

/// As the machine does.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let found = tokio::time::timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((host, port)));
        Ok(found.await??.collect())
    }
}

/// The addresses of an endpoint. One address that is not of the internet is enough to refuse them all, unless the operator
/// named the host.
pub(super) async fn addresses(
    resolver: &dyn Resolve,
    endpoint: &Endpoint,
) -> Result<Vec<SocketAddr>, EndpointError> {
    // Why it was not found may name it, and is nobody's business.
    let found = resolver.resolve(&endpoint.host, endpoint.port).await.map_err(|_| EndpointError::NotFound)?;
    if found.is_empty() {
        return Err(EndpointError::NotFound);
    }
    if !endpoint.named && !found.iter().all(|address| is_global(address.ip())) {
        return Err(EndpointError::PrivateAddress);
    }
    Ok(found)
}
