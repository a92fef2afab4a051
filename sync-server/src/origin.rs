//! The relay's public URL, and the part of it that devices sign.
//!
//! Invariant: what is signed, and what a browser calls the origin of a page, is scheme, host and port alone; the path
//! under which a relay stands says where its pages are and proves nothing.

use std::fmt;
use std::str::FromStr;

/// Scheme, host and port, in the one form in which devices sign them: lower case, without the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// A text that is no public URL of a relay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected http(s)://HOST[:PORT][/PATH], as devices dial it")]
pub struct BadPublicUrl;

impl Origin {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of its sockets, as a content security policy names it.
    pub fn socket(&self) -> String {
        match self.0.strip_prefix("https://") {
            Some(host) => format!("wss://{host}"),
            None => self.0.replacen("http://", "ws://", 1),
        }
    }

    /// Whether pages of it are fetched over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// A text that names no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected http(s)://HOST[:PORT] of a relay")]
pub struct BadOrigin;

impl FromStr for Origin {
    type Err = BadOrigin;
    /// Of a relay's public URL, the path of which is of no matter. It becomes part of a policy that browsers parse, so
    /// nothing but a plain host is taken.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: PublicUrl = text.parse().map_err(|_| BadOrigin)?;
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
        let plain = match url.host().strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => host.chars().all(address),
            None => url.host().chars().all(name),
        };
        if plain { Ok(url.origin) } else { Err(BadOrigin) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where devices and browsers find the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: Origin,
    host: String,
    base: String,
}

impl PublicUrl {
    /// What devices sign.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
    /// The host's name or address.
    pub fn host(&self) -> &str {
        &self.host
    }
    /// The path under which the relay stands, as in `/life`; empty at the root.
    pub fn base(&self) -> &str {
        &self.base
    }
}

/// A path as proxies and browsers pass it on unchanged: plain segments.
fn base_of(path: &str) -> Result<String, BadPublicUrl> {
    let base = path.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let segment = |s: &str| !s.is_empty() && s.chars().all(plain) && s != "." && s != "..";
    match base.strip_prefix('/') {
        None if base.is_empty() => Ok(String::new()),
        // Paths without the base are served too, so the base must not look like one of them.
        Some(rest) if rest.split('/').all(segment) && !rest.split('/').next().is_some_and(is_own) => {
            Ok(base.to_owned())
        }
        _ => Err(BadPublicUrl),
    }
}

fn is_own(segment: &str) -> bool {
    matches!(segment, "api" | "assets" | "healthz" | "readyz")
}

impl FromStr for PublicUrl {
    type Err = BadPublicUrl;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: axum::http::Uri = text.parse().map_err(|_| BadPublicUrl)?;
        let (scheme, authority) =
            (uri.scheme_str().ok_or(BadPublicUrl)?, uri.authority().ok_or(BadPublicUrl)?);
        let own_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(BadPublicUrl),
        };
        if uri.query().is_some() || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(BadPublicUrl);
        }
        let host = authority.host().to_ascii_lowercase();
        let origin = match authority.port_u16() {
            Some(port) if port != own_port => format!("{scheme}://{host}:{port}"),
            None if authority.as_str().ends_with(':') || authority.port().is_some() => {
                return Err(BadPublicUrl);
            }
            _ => format!("{scheme}://{host}"),
        };
        if origin.len() > protocol::limits::ORIGIN_BYTES {
            return Err(BadPublicUrl);
        }
        Ok(Self { origin: Origin(origin), host, base: base_of(uri.path())? })
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, PublicUrl};

    #[test]
    fn an_origin_of_another_relay_is_a_plain_host() {
        for (text, origin, socket) in [
            ("https://New.example/life", "https://new.example", "wss://new.example"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787", "ws://127.0.0.1:8787"),
            ("http://[::1]:8787/", "http://[::1]:8787", "ws://[::1]:8787"),
        ] {
            let parsed: Origin = text.parse().unwrap();
            assert_eq!((parsed.as_str(), parsed.socket().as_str()), (origin, socket));
        }
        for text in
            ["", "*", "https://*", "https://*.example", "https://a;b", "https://a,b", "https://a'b", "ws://a"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_has_one_form() {
        for (text, wanted) in [
            ("https://Relay.Example", "https://relay.example"),
            ("https://relay.example/", "https://relay.example"),
            ("https://relay.example:443", "https://relay.example"),
            ("http://relay.example:443", "http://relay.example:443"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://[::1]:8787", "http://[::1]:8787"),
            ("https://relay.example/life/", "https://relay.example"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().origin().as_str(), wanted, "{text}");
        }
    }

    #[test]
    fn the_path_is_kept_beside_the_origin() {
        for (text, wanted) in [
            ("https://relay.example", ""),
            ("https://relay.example/", ""),
            ("https://relay.example/life", "/life"),
            ("https://relay.example/life/", "/life"),
            ("https://relay.example/~me/Life_OS.v1/", "/~me/Life_OS.v1"),
            ("https://relay.example/apis", "/apis"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().base(), wanted, "{text}");
        }
    }

    #[test]
    fn what_devices_cannot_dial_is_no_public_url() {
        for text in [
            "",
            "relay.example",
            "ftp://relay.example",
            "https://",
            "https://a@b",
            "https://relay.example/?x=1",
            "https://relay.example/a//b",
            "https://relay.example/a/../b",
            "https://relay.example/a%20b",
            "https://relay.example/api",
            "https://relay.example/api/life",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
