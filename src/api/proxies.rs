//! Whom a request comes from: the other end of its connection, or who a trusted proxy says.
//!
//! Every proxy adds at the right of X-Forwarded-For whom it was asked by, and what stands left of that its sender may have
//! made up. So the header is read from the right, for as long as who wrote it is trusted; and not at all when the connection
//! comes from anybody else. X-Forwarded-Proto likewise: the last word, from a trusted proxy.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName};
use serde::de::{Deserialize, Deserializer, Error};

/// Whom a proxy was asked by.
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How a proxy was asked.
pub const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A network of IP addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpNetwork {
    address: IpAddr,
    prefix_bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: 10.0.0.0/8, fd00::/8 and 192.0.2.1 are")]
pub struct NoNetwork(String);

impl FromStr for IpNetwork {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let no_network = || NoNetwork(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| no_network())?;
        let bits_max = bits(address);
        let prefix_bits = match prefix {
            Some(prefix) => prefix.parse().ok().filter(|bits| *bits <= bits_max).ok_or_else(no_network)?,
            None => bits_max,
        };
        Ok(Self { address, prefix_bits })
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

impl<'de> Deserialize<'de> for IpNetwork {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(Error::custom)
    }
}

impl IpNetwork {
    fn contains(self, address: IpAddr) -> bool {
        bits(self.address) == bits(address) && {
            let differ = leading(self.address) ^ leading(address);
            differ.checked_shr(128 - u32::from(self.prefix_bits)).unwrap_or(0) == 0
        }
    }
}

fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The address's bits, the first of them highest, so that a prefix is compared by shifting the rest out.
fn leading(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Whom a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    pub address: IpAddr,
    pub scheme: Scheme,
}

/// How it was sent, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Or nobody whom we trust has said.
    Plain,
    Https,
}

/// The proxies whose word is taken.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNetwork>);

impl TrustedProxies {
    #[must_use]
    pub const fn new(networks: Vec<IpNetwork>) -> Self {
        Self(networks)
    }

    /// Whom a request that came over a connection from this other end comes from.
    #[must_use]
    pub fn sender(&self, other_end: Sender, headers: &HeaderMap) -> Sender {
        let peer = other_end.address.to_canonical();
        if !self.trusts(peer) {
            return Sender { address: peer, ..other_end };
        }
        let scheme = match last_word(headers, &X_FORWARDED_PROTO) {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
            Some(_) => Scheme::Plain,
            // A proxy that says nothing speaks for whom it speaks to as it speaks to us.
            None => other_end.scheme,
        };
        let mut address = peer;
        for word in words_from_the_right(headers, &X_FORWARDED_FOR) {
            // A word that is no address ends what can be believed.
            let Some(before) = word.and_then(read_address) else { break };
            address = before;
            if !self.trusts(address) {
                break;
            }
        }
        Sender { address, scheme }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// The words of a list that may stand in several headers, the last one first; nothing for what is no text.
fn words_from_the_right<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = Option<&'a str>> {
    headers.get_all(name).iter().rev().flat_map(|value| {
        let text = value.to_str().ok();
        text.unwrap_or_default().rsplit(',').map(move |word| text.map(|_| word.trim()))
    })
}

fn last_word<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    words_from_the_right(headers, name).next().flatten()
}

/// An address as proxies write it: bare, or with a port, an IPv6 address in brackets then.
fn read_address(word: &str) -> Option<IpAddr> {
    let address = word.parse().ok().or_else(|| Some(word.parse::<std::net::SocketAddr>().ok()?.ip()));
    let bracketed = || word.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn sender(peer: &str, headers: &[(HeaderName, &str)]) -> Sender {
        let networks = ["10.0.0.0/8", "fd00::/8", "127.0.0.1"];
        let proxies =
            TrustedProxies::new(networks.map(|network| network.parse().expect("a network")).to_vec());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
        }
        let other_end = Sender { address: peer.parse().expect("an address"), scheme: Scheme::Plain };
        proxies.sender(other_end, &map)
    }

    #[test]
    fn the_last_address_that_is_not_trusted_is_the_senders() {
        for (peer, forwarded, address) in [
            ("10.1.2.3", &["203.0.113.9"][..], "203.0.113.9"),
            ("::ffff:10.1.2.3", &["203.0.113.9"], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
            ("fd00::1", &["198.51.100.1", "203.0.113.9,10.9.9.9"], "203.0.113.9"),
            ("10.1.2.3", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.1.2.3", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.1.2.3", &["[2001:db8::1]"], "2001:db8::1"),
            ("10.1.2.3", &["10.4.4.4"], "10.4.4.4"),
            ("10.1.2.3", &["203.0.113.9, unknown"], "10.1.2.3"),
            ("10.1.2.3", &["203.0.113.9, é, 10.4.4.4"], "10.1.2.3"),
            ("10.1.2.3", &[""], "10.1.2.3"),
            ("10.1.2.3", &[], "10.1.2.3"),
        ] {
            let headers: Vec<_> = forwarded.iter().map(|value| (X_FORWARDED_FOR, *value)).collect();
            assert_eq!(sender(peer, &headers).address.to_string(), address, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn nobody_else_is_believed() {
        for peer in ["11.0.0.1", "9.255.255.255", "127.0.0.2", "fe00::1", "::1"] {
            let told = [(X_FORWARDED_FOR, "203.0.113.9"), (X_FORWARDED_PROTO, "https")];
            let expected = Sender { address: peer.parse().expect("an address"), scheme: Scheme::Plain };
            assert_eq!(sender(peer, &told), expected);
        }
        let none = TrustedProxies::default();
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, HeaderValue::from_static("203.0.113.9"));
        let loopback: IpAddr = "127.0.0.1".parse().expect("an address");
        let other_end = Sender { address: loopback, scheme: Scheme::Plain };
        assert_eq!(none.sender(other_end, &headers).address, loopback);
    }

    #[test]
    fn the_last_word_says_how_it_was_sent() {
        for (words, scheme) in [
            (&["https"][..], Scheme::Https),
            (&["http, HTTPS"], Scheme::Https),
            (&["https, http"], Scheme::Plain),
            (&["https", "http"], Scheme::Plain),
            (&[], Scheme::Plain),
        ] {
            let headers: Vec<_> = words.iter().map(|value| (X_FORWARDED_PROTO, *value)).collect();
            assert_eq!(sender("10.0.0.1", &headers).scheme, scheme, "{words:?}");
        }
    }

    #[test]
    fn only_networks_are_networks() {
        let everything: IpNetwork = "0.0.0.0/0".parse().expect("a network");
        assert!(everything.contains("203.0.113.9".parse().expect("an address")));
        assert!(!everything.contains("::1".parse().expect("an address")));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "localhost"] {
            assert_eq!(bad.parse::<IpNetwork>(), Err(NoNetwork(bad.to_owned())));
        }
    }
}
