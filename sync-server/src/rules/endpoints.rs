//! Which addresses of push subscriptions are pushed to.
//!
//! Invariant: a relay asks nobody but a push service that it knows or that its operator named. Whoever registers a
//! subscription chooses only among those, so it cannot have the relay speak to the relay's own network.

use crate::origin::Origin;
use axum::http::Uri;
use ipnet::{Ipv4Net, Ipv6Net};
use protocol::limits::ENDPOINT_BYTES;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The push service of Google.
const KNOWN: &str = "fcm.googleapis.com";
/// Those of Apple, Mozilla and Microsoft, which have several hosts.
const KNOWN_UNDER: [&str; 3] = [".push.apple.com", ".push.services.mozilla.com", ".notify.windows.com"];

/// Addresses of IPv4 that are nobody's on the internet (IANA's registry of special-purpose addresses, and multicast).
const SPECIAL_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Of IPv6 only this part is given out for the internet,
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// but for these, which lead elsewhere or nowhere.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
/// Translates to IPv4, whose address stands in its last bytes.
const NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x0064, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Why an address is not pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Over the limit.
    #[error("the endpoint is longer than {ENDPOINT_BYTES} bytes; subscribe again")]
    TooLong,
    /// Not a plain address.
    #[error("the endpoint is no plain address of a push service, as in https://HOST/PATH; subscribe again")]
    Malformed,
    /// Anybody between could read and change it.
    #[error("the endpoint must begin with https://")]
    NotHttps,
    /// Of a host that is none of a push service.
    #[error(
        "the endpoint's host is no push service that this relay knows (Apple, Google, Microsoft, Mozilla); \
         its operator can add one with --push-service HOST"
    )]
    UnknownService,
    /// Its name leads into a network that is not the internet.
    #[error(
        "the endpoint's host has an address that is not of the internet; its operator can name it with --push-service"
    )]
    PrivateAddress,
    /// Its name leads nowhere now.
    #[error("the endpoint's host cannot be found from this relay now; try again later")]
    NotFound,
}

/// An address that may be pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, host and port: for whom the relay signs.
    pub origin: Origin,
    /// Its name, or its address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The rest of it.
    pub path: String,
    /// Whether the operator named it: then it may be anywhere.
    pub named: bool,
}

/// Push services that the operator named, beside the known ones.
#[derive(Debug, Clone, Default)]
pub struct PushServices(Vec<Origin>);

impl PushServices {
    /// These and the known ones.
    pub fn new(named: Vec<Origin>) -> Self {
        Self(named)
    }

    /// Reads the address of a subscription.
    pub fn read(&self, text: &str) -> Result<Endpoint, EndpointError> {
        if text.len() > ENDPOINT_BYTES {
            return Err(EndpointError::TooLong);
        }
        let plain =
            text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'\\' | b'"' | b'<' | b'>'));
        let uri: Uri = text.parse().map_err(|_| EndpointError::Malformed)?;
        let (Some(scheme), Some(authority), true) = (uri.scheme_str(), uri.authority(), plain) else {
            return Err(EndpointError::Malformed);
        };
        let origin: Origin =
            format!("{scheme}://{authority}").parse().map_err(|_| EndpointError::Malformed)?;
        let host = authority.host().to_ascii_lowercase();
        let own_port = if origin.is_https() { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(own_port);
        let named = self.0.contains(&origin);
        if !named {
            if !origin.is_https() {
                return Err(EndpointError::NotHttps);
            }
            let under = |end: &str| host.ends_with(end) && host.len() > end.len();
            if !(host == KNOWN || KNOWN_UNDER.into_iter().any(under)) || port != own_port {
                return Err(EndpointError::UnknownService);
            }
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Endpoint { origin, host, port, path, named })
    }
}

/// A push service as the operator names it: its host, or its whole origin where that has another port or no TLS.
pub fn push_service(text: &str) -> Result<Origin, String> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    whole.parse().map_err(|_| "expected a host as in push.example, or http(s)://HOST[:PORT]".to_owned())
}

/// Whether an address is one of the internet.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.into_iter().any(|net| is_in_v4(net, v4)),
        IpAddr::V6(v6) => match (v6.to_ipv4_mapped(), is_in_v6(NAT64, v6)) {
            (Some(v4), _) => is_global(v4.into()),
            (None, true) => {
                let [.., a, b, c, d] = v6.octets();
                is_global(Ipv4Addr::new(a, b, c, d).into())
            }
            (None, false) => is_in_v6(GLOBAL_V6, v6) && !SPECIAL_V6.into_iter().any(|net| is_in_v6(net, v6)),
        },
    }
}

fn is_in_v4((net, bits): (Ipv4Addr, u8), address: Ipv4Addr) -> bool {
    Ipv4Net::new(net, bits).is_ok_and(|net| net.contains(&address))
}

fn is_in_v6((net, bits): (Ipv6Addr, u8), address: Ipv6Addr) -> bool {
    Ipv6Net::new(net, bits).is_ok_and(|net| net.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services() -> PushServices {
        PushServices::new(vec![
            push_service("push.example").unwrap(),
            push_service("http://127.0.0.1:9000").unwrap(),
            push_service("http://[::1]:9000").unwrap(),
        ])
    }

    #[test]
    fn known_push_services_are_pushed_to_and_those_that_the_operator_named() {
        for (text, host, path, named) in [
            ("https://fcm.googleapis.com/fcm/send/a:b?c=d", "fcm.googleapis.com", "/fcm/send/a:b?c=d", false),
            ("https://FCM.googleapis.com:443/wp/x", "fcm.googleapis.com", "/wp/x", false),
            ("https://web.push.apple.com/QOX", "web.push.apple.com", "/QOX", false),
            (
                "https://updates.push.services.mozilla.com/wpush/v2/g",
                "updates.push.services.mozilla.com",
                "/wpush/v2/g",
                false,
            ),
            (
                "https://wns2-am3p.notify.windows.com/w/?token=x%2b",
                "wns2-am3p.notify.windows.com",
                "/w/?token=x%2b",
                false,
            ),
            ("https://push.example", "push.example", "/", true),
            ("http://127.0.0.1:9000/x", "127.0.0.1", "/x", true),
            ("http://[::1]:9000/x", "::1", "/x", true),
        ] {
            let read = services().read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((read.host.as_str(), read.path.as_str(), read.named), (host, path, named), "{text}");
        }
    }

    #[test]
    fn nobody_else_is_and_the_reason_is_said() {
        for (text, error) in [
            ("http://fcm.googleapis.com/x", EndpointError::NotHttps),
            ("http://push.example/x", EndpointError::NotHttps),
            ("http://127.0.0.1/x", EndpointError::NotHttps),
            ("ftp://fcm.googleapis.com/x", EndpointError::Malformed),
            ("https://127.0.0.1/x", EndpointError::UnknownService),
            ("https://127.0.0.1:9000/x", EndpointError::UnknownService),
            ("https://[::1]/x", EndpointError::UnknownService),
            ("https://localhost/x", EndpointError::UnknownService),
            ("https://fcm.googleapis.com:8443/x", EndpointError::UnknownService),
            ("https://push.example:8443/x", EndpointError::UnknownService),
            ("https://fcm.googleapis.com.evil.example/x", EndpointError::UnknownService),
            ("https://evilfcm.googleapis.com/x", EndpointError::UnknownService),
            ("https://evilnotify.windows.com/x", EndpointError::UnknownService),
            ("https://.notify.windows.com/x", EndpointError::UnknownService),
            ("https://a@fcm.googleapis.com/x", EndpointError::Malformed),
            ("https://fcm.googleapis.com@127.0.0.1/x", EndpointError::Malformed),
            ("https://fcm.googleapis.com/x#y", EndpointError::Malformed),
            ("https://127.0.0.1\\.notify.windows.com/x", EndpointError::Malformed),
            ("https://fcm.googleapis.com/ x", EndpointError::Malformed),
            ("https://fcm.googleapis.com/\u{e9}", EndpointError::Malformed),
            ("/x", EndpointError::Malformed),
            ("", EndpointError::Malformed),
        ] {
            assert_eq!(services().read(text), Err(error), "{text}");
        }
        let long = format!("https://fcm.googleapis.com/{}", "x".repeat(ENDPOINT_BYTES));
        assert_eq!(services().read(&long), Err(EndpointError::TooLong));
    }

    #[test]
    fn addresses_of_the_internet_are_told_from_all_others() {
        let global = [
            "8.8.8.8",
            "100.63.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "2a00:1450:4001::1",
            "2001:4860::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ];
        for text in global {
            assert!(is_global(text.parse().unwrap()), "{text}");
        }
        let others = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::1",
            "3fff::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::808:808",
            "100::1",
        ];
        for text in others {
            assert!(!is_global(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_push_service_is_named_by_its_host_or_its_origin() {
        assert_eq!(push_service("Push.Example").unwrap().as_str(), "https://push.example");
        assert_eq!(push_service("http://127.0.0.1:9000").unwrap().as_str(), "http://127.0.0.1:9000");
        for text in ["", "push example", "ftp://x", "a@b", "https://"] {
            assert!(push_service(text).is_err(), "{text}");
        }
    }
}
