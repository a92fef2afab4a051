//! Where a relay is. Its origin is what a device signs, so it is derived from what was dialled and from nothing else.

use crate::error::{Error, Result};
use protocol::limits;
use std::fmt;
use url::Url;

/// The address of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    origin: String,
    host: String,
    port: u16,
    secure: bool,
    base: String,
}

impl Address {
    /// The address that a person typed: `https://relay.example`, with a port or a path if the relay has one.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why: &str| {
            Error::usage("invalid_relay", format!("{text:?} is not the address of a relay: {why}"))
                .hint("as in https://relay.example or http://127.0.0.1:8080")
        };
        let url = Url::parse(text.trim()).map_err(|error| invalid(&error.to_string()))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(invalid("it must begin with https:// or http://")),
        };
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(invalid("it names no host"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("a relay takes no user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it must end before ? or #"));
        }
        let origin = url.origin().ascii_serialization();
        if origin.len() > limits::ORIGIN_BYTES {
            return Err(invalid("it is too long"));
        }
        let base = url.path().trim_end_matches('/').to_owned();
        Ok(Self { text: format!("{origin}{base}"), origin, host: host.to_owned(), port, secure, base })
    }
    /// Scheme, host and port, as in `https://relay.example`: what is signed.
    pub fn origin(&self) -> &str {
        &self.origin
    }
    /// Host as in a URL: an IPv6 address stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }
    /// Host as the resolver wants it.
    pub fn resolvable(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
    /// Port.
    pub fn port(&self) -> u16 {
        self.port
    }
    /// Whether TLS is spoken.
    pub fn secure(&self) -> bool {
        self.secure
    }
    /// Path of `/api/v1/<name>`.
    pub fn path(&self, name: &str) -> String {
        format!("{}/api/v1/{name}", self.base)
    }
    /// Value of the Host header.
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or(self.host.as_str(), |(_, rest)| rest)
    }
    /// URL of the socket.
    pub fn socket_url(&self) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.authority(), self.path("socket"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_has_no_path_and_no_default_port() {
        let cases = [
            ("https://Relay.Example/", "https://relay.example", "wss://relay.example/api/v1/socket"),
            ("https://relay.example:443", "https://relay.example", "wss://relay.example/api/v1/socket"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "ws://127.0.0.1:8080/api/v1/socket"),
            ("http://[::1]:8080/", "http://[::1]:8080", "ws://[::1]:8080/api/v1/socket"),
            ("https://x.example/life/", "https://x.example", "wss://x.example/life/api/v1/socket"),
        ];
        for (typed, origin, socket) in cases {
            let address = Address::parse(typed).expect(typed);
            assert_eq!(address.origin(), origin, "{typed}");
            assert_eq!(address.socket_url(), socket, "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_relay_is_a_usage_error() {
        for typed in
            ["", "relay.example", "ftp://relay.example", "https://a:b@relay.example", "https://r/?x=1"]
        {
            let error = Address::parse(typed).expect_err(typed);
            assert_eq!((error.kind.exit(), error.code), (2, "invalid_relay"), "{typed}");
        }
    }
}
