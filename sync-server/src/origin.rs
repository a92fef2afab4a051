//! The relay's public URL, as devices sign it.

use std::fmt;
use std::str::FromStr;

/// Scheme, host and port, in the one form in which devices sign them: lower case, without the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// A text that is no public URL of a relay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected http(s)://HOST[:PORT] without a path, as devices dial it")]
pub struct BadOrigin;

impl Origin {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = BadOrigin;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: axum::http::Uri = text.parse().map_err(|_| BadOrigin)?;
        let (scheme, authority) = (uri.scheme_str().ok_or(BadOrigin)?, uri.authority().ok_or(BadOrigin)?);
        let own_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(BadOrigin),
        };
        let path = uri.path_and_query().map_or("/", |p| p.as_str());
        if path != "/" || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(BadOrigin);
        }
        let host = authority.host().to_ascii_lowercase();
        let origin = match authority.port_u16() {
            Some(port) if port != own_port => format!("{scheme}://{host}:{port}"),
            None if authority.as_str().ends_with(':') || authority.port().is_some() => return Err(BadOrigin),
            _ => format!("{scheme}://{host}"),
        };
        if origin.len() > protocol::limits::ORIGIN_BYTES { Err(BadOrigin) } else { Ok(Self(origin)) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_has_one_form() {
        for (text, wanted) in [
            ("https://Relay.Example", "https://relay.example"),
            ("https://relay.example/", "https://relay.example"),
            ("https://relay.example:443", "https://relay.example"),
            ("http://relay.example:443", "http://relay.example:443"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://[::1]:8787", "http://[::1]:8787"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().as_str(), wanted, "{text}");
        }
    }

    #[test]
    fn what_devices_cannot_dial_is_no_origin() {
        for text in [
            "",
            "relay.example",
            "ftp://relay.example",
            "https://",
            "https://relay.example/path",
            "https://a@b",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
