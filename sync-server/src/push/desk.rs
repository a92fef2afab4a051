//! What sessions ask of pushing.

use super::Resolve;
use super::resolve::addresses;
use crate::rules::{EndpointError, PushServices};
use std::sync::Arc;
use tokio::sync::Notify;

/// Where devices learn what browsers subscribe with, and whether an address will do.
#[derive(Debug)]
pub struct PushDesk {
    key: Vec<u8>,
    services: PushServices,
    resolver: Arc<dyn Resolve>,
    wake: Arc<Notify>,
}

impl PushDesk {
    /// A desk of a relay with that public key. `wake` is told when there is something new to push.
    pub fn new(key: Vec<u8>, services: PushServices, resolver: Arc<dyn Resolve>, wake: Arc<Notify>) -> Self {
        Self { key, services, resolver, wake }
    }

    /// The relay's public key as push services know it.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Whether the address of a subscription may be pushed to, as far as that can be said now: it is looked at again
    /// whenever something is sent.
    pub async fn check(&self, endpoint: &str) -> Result<(), EndpointError> {
        let endpoint = self.services.read(endpoint)?;
        addresses(&*self.resolver, &endpoint).await.map(|_| ())
    }

    /// Something was put.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}
