//! One element of a forwarding header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address in `for` of an element of `Forwarded` (RFC 7239 section 4): `for="[2001:db8::1]:4711";proto=https`.
/// `None` if the element is malformed, has not exactly one `for`, or names no address in it.
pub(super) fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut found = None;
    let mut rest = Some(element);
    while let Some(pairs) = rest {
        let pair;
        (pair, rest) = next_pair(pairs)?;
        if pair.name.eq_ignore_ascii_case("for") && found.replace(node(pair.value)?).is_some() {
            return None;
        }
    }
    found
}

struct Pair<'a> {
    name: &'a str,
    value: &'a str,
}

/// The first pair, and what follows on its semicolon. An escape in a value stays one: no address needs it.
fn next_pair(pairs: &str) -> Option<(Pair<'_>, Option<&str>)> {
    let (name, rest) = pairs.trim_start().split_once('=')?;
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => {
            let end = closing_quote(quoted)?;
            (&quoted[..end], quoted[end + 1..].trim_start())
        }
        None => rest.split_at(rest.find(';').unwrap_or(rest.len())),
    };
    let rest = if rest.is_empty() { None } else { Some(rest.strip_prefix(';')?) };
    let is_sane = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_sane.then_some((Pair { name, value: value.trim_end() }, rest))
}

fn closing_quote(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    quoted.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

/// The address of a node: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`. The port may
/// be obfuscated (`:_a`). `None` for all else.
pub(super) fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let (address, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), port)
        }
        None => {
            let (address, port) = text.split_at(text.find(':')?);
            (IpAddr::V4(address.parse::<Ipv4Addr>().ok()?), port)
        }
    };
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then(|| address.to_canonical())
}

fn is_port(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match text.strip_prefix('_') {
        Some(name) => !name.is_empty() && name.bytes().all(is_of_name),
        None => text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::{forwarded_for, node};

    #[test]
    fn a_node_is_an_address_with_or_without_a_port() {
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:65535", "192.0.2.1"),
            ("192.0.2.1:_gazonk", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        ];
        for (text, address) in cases {
            assert_eq!(node(text), Some(address.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        let odd = [
            "",
            "unknown",
            "_hidden",
            "_SEVKISEK:80",
            "localhost",
            "192.0.2.1:",
            "192.0.2.1:65536",
            "192.0.2.1:+80",
            "192.0.2.1:_",
            "192.0.2.1:_\u{e4}",
            "192.0.2",
            "0300.0.2.1",
            "[192.0.2.1]",
            "[2001:db8::1",
            "[2001:db8::1]80",
            "fe80::1%1",
            "[fe80::1%1]:80",
            "[]",
            "192.0.2.1 ",
            "192.0.2.1/32",
        ];
        for text in odd {
            assert_eq!(node(text), None, "{text}");
        }
    }

    #[test]
    fn an_element_has_exactly_one_for() {
        let good = [
            "for=192.0.2.1",
            "For=\"192.0.2.1:80\"",
            "proto=https; FOR=192.0.2.1 ;by=_p",
            "host=\"a;for=198.51.100.1\";for=192.0.2.1",
            "x=\"\\\";for=198.51.100.1\";for=192.0.2.1",
            "for=\"[::ffff:192.0.2.1]\"",
        ];
        for element in good {
            assert_eq!(forwarded_for(element), Some("192.0.2.1".parse().unwrap()), "{element}");
        }
        let bad = [
            "",
            "192.0.2.1",
            "for=",
            "for",
            "by=192.0.2.1",
            "for=192.0.2.1;for=192.0.2.1",
            "for=\"192.0.2.1",
            "for=192.0.2.1\"",
            "for=\"192.0.2.1\"x",
            "for=\"192.0.2.1\\\"",
            "for=192.0.2.1;",
            "for =192.0.2.1",
            "=192.0.2.1",
            "for=unknown",
            "for=_hidden",
        ];
        for element in bad {
            assert_eq!(forwarded_for(element), None, "{element}");
        }
    }
}
