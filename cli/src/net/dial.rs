//! Opens a connection, with TLS where the address asks for it.

use super::{Address, CONNECT_TIMEOUT, RelayError};
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::MaybeTlsStream;

/// A connection to a relay.
pub type Stream = MaybeTlsStream<TcpStream>;

/// Connects to `address`.
pub async fn dial(address: &Address) -> Result<Stream, RelayError> {
    match tokio::time::timeout(CONNECT_TIMEOUT, connect(address)).await {
        Ok(done) => done,
        Err(_) => Err(RelayError::Unreachable("no connection within 10 seconds".into())),
    }
}

async fn connect(address: &Address) -> Result<Stream, RelayError> {
    let unreachable = |error: std::io::Error| RelayError::Unreachable(error.to_string());
    let tcp = TcpStream::connect((address.resolvable(), address.port())).await.map_err(unreachable)?;
    tcp.set_nodelay(true).map_err(unreachable)?;
    if !address.secure() {
        return Ok(MaybeTlsStream::Plain(tcp));
    }
    let name = ServerName::try_from(address.resolvable().to_owned())
        .map_err(|error| RelayError::Unreachable(error.to_string()))?;
    let tls = TlsConnector::from(tls()?).connect(name, tcp).await.map_err(unreachable)?;
    Ok(MaybeTlsStream::Rustls(tls))
}

/// The one TLS configuration: made when it is first needed, because reading root certificates takes time.
fn tls() -> Result<Arc<rustls::ClientConfig>, RelayError> {
    static CONFIG: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(rustls::ConfigBuilder::with_platform_verifier)
        .map_err(|error| {
            RelayError::Unreachable(format!(
                "TLS is not possible here ({error}); are root certificates installed?"
            ))
        })?
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}
