//! P5: a forwarding header has no effect unless the peer is a listed proxy.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{InvalidProxy, TrustedProxies, TrustedProxy};

const FORWARDED: &str = "forwarded";
const X: &str = "x-forwarded-for";

fn proxies(list: &[&str]) -> TrustedProxies {
    list.iter().map(|proxy| proxy.parse::<TrustedProxy>().unwrap()).collect()
}

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

#[track_caller]
fn assert_client(proxies: &TrustedProxies, peer: &str, lines: &[(&str, &str)], client: &str) {
    let found = proxies.client(peer.parse().unwrap(), &headers(lines));
    assert_eq!(found, client.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
}

#[test]
fn p5_without_a_listed_proxy_no_header_counts() {
    for list in [proxies(&[]), proxies(&["10.0.0.0/8", "fd00::1"])] {
        for lines in [[(FORWARDED, "for=198.51.100.7")], [(X, "198.51.100.7")]] {
            assert_client(&list, "203.0.113.9", &lines, "203.0.113.9");
            assert_client(&list, "fd00::2", &lines, "fd00::2");
            assert_client(&list, "::ffff:203.0.113.9", &lines, "203.0.113.9");
        }
    }
}

#[test]
fn the_client_is_the_first_from_the_right_that_is_not_listed() {
    let list = proxies(&["10.0.0.0/8", "fd00::/16"]);
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[(X, "192.0.2.1")], "192.0.2.1"),
        (&[(X, "6.6.6.6, 192.0.2.1:99, 10.0.0.2,10.3.0.1")], "192.0.2.1"),
        (&[(X, "6.6.6.6"), (X, "192.0.2.1"), (X, "10.0.0.2, [fd00::7]:1")], "192.0.2.1"),
        (&[(FORWARDED, "for=6.6.6.6, for=192.0.2.1;proto=http, for=\"[fd00::7]:80\"")], "192.0.2.1"),
        (&[(FORWARDED, "for=\"[2001:db8::1]\";by=\"_a,for=6.6.6.6\"")], "2001:db8::1"),
        (&[(FORWARDED, "for=6.6.6.6"), (FORWARDED, "For=192.0.2.1")], "192.0.2.1"),
        (&[(X, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        (&[(X, "192.0.2.1"), (FORWARDED, "for=192.0.2.1")], "192.0.2.1"),
        (&[], "10.0.0.1"),
    ];
    for (lines, client) in cases {
        assert_client(&list, "10.0.0.1", lines, client);
        assert_client(&list, "::ffff:10.0.0.1", lines, client);
    }
}

#[test]
fn the_walk_ends_at_the_last_good_address() {
    let list = proxies(&["10.0.0.0/8"]);
    for odd in
        ["unknown", "_hidden", "", "6.6.6.6 7.7.7.7", "6.6.6.6;x", "\"6.6.6.6\"", "for=6.6.6.6", "\u{e4}"]
    {
        assert_client(&list, "10.0.0.1", &[(X, &format!("6.6.6.6, {odd}, 10.0.0.2"))], "10.0.0.2");
        assert_client(&list, "10.0.0.1", &[(X, &format!("6.6.6.6, {odd}"))], "10.0.0.1");
    }
    for odd in ["for=unknown", "for=_hidden", "", "proto=http", "6.6.6.6", "for=6.6.6.6;for=6.6.6.6"] {
        assert_client(
            &list,
            "10.0.0.1",
            &[(FORWARDED, &format!("for=6.6.6.6, {odd}, for=10.0.0.2"))],
            "10.0.0.2",
        );
    }
}

#[test]
fn headers_that_do_not_agree_leave_the_peer() {
    let list = proxies(&["10.0.0.0/8"]);
    for (forwarded, x) in
        [("for=6.6.6.6", "192.0.2.1"), ("for=192.0.2.1", "6.6.6.6"), ("garbage", "192.0.2.1")]
    {
        assert_client(&list, "10.0.0.1", &[(FORWARDED, forwarded), (X, x)], "10.0.0.1");
    }
}

#[test]
fn networks_are_read_in_both_families() {
    for text in ["10.0.0.0/8", "::ffff:10.0.0.0/104", "10.0.0.1", "::ffff:10.0.0.1", "10.9.9.9/8"] {
        assert_client(&proxies(&[text]), "10.0.0.1", &[(X, "192.0.2.1")], "192.0.2.1");
    }
    for text in ["0.0.0.0/0", "::/0", "::ffff:0:0/96"] {
        assert_eq!(text.parse::<TrustedProxy>(), Err(InvalidProxy::Everybody), "{text}");
    }
    for text in ["", "proxy.internal", "10.0.0.0/33", "10.0.0.1:80", "10.0.0.0/", "fe80::1%1"] {
        assert_eq!(text.parse::<TrustedProxy>(), Err(InvalidProxy::Syntax), "{text}");
    }
}

/// A small generator of numbers, the same in every run (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// What a client may send: pieces of the grammar, in any order.
fn forged(dice: &mut Dice) -> String {
    const PIECES: [&str; 18] = [
        "for=",
        "6.6.6.6",
        "10.0.0.9",
        "\"",
        ",",
        ";",
        "\\",
        " ",
        "[",
        "]",
        "::1",
        ":80",
        "unknown",
        "_x",
        "by=",
        "=",
        "\u{e4}",
        "for=10.0.0.9, ",
    ];
    (0..dice.roll(12)).map(|_| PIECES[dice.roll(PIECES.len())]).collect()
}

/// Appends as proxies do: to the line that is there, or as a line of its own.
fn append(lines: &mut Vec<(&'static str, String)>, dice: &mut Dice, name: &'static str, element: &str) {
    match lines.last_mut() {
        Some((_, line)) if dice.roll(2) == 0 => *line = format!("{line}, {element}"),
        _ => lines.push((name, element.to_owned())),
    }
}

fn element(name: &str, address: IpAddr) -> String {
    match (name, address) {
        (X, address) => address.to_string(),
        (_, IpAddr::V4(address)) => format!("for={address};proto=https"),
        (_, IpAddr::V6(address)) => format!("by=_p;for=\"[{address}]:443\""),
    }
}

#[test]
fn p5_a_client_cannot_choose_its_address_through_listed_proxies() {
    let list = proxies(&["10.0.0.0/8", "fd00::/16"]);
    let mut dice = Dice(7);
    for round in 0..20_000 {
        let name = [X, FORWARDED][dice.roll(2)];
        let client: IpAddr = ["192.0.2.1", "2001:db8::5"][dice.roll(2)].parse().unwrap();
        let chain: Vec<IpAddr> =
            (0..1 + dice.roll(4)).map(|_| ["10.1.1.1", "fd00::7"][dice.roll(2)].parse().unwrap()).collect();
        let mut lines: Vec<_> = (0..dice.roll(3)).map(|_| (name, forged(&mut dice))).collect();
        let mut caller = client;
        for proxy in &chain {
            append(&mut lines, &mut dice, name, &element(name, caller));
            caller = *proxy;
        }
        let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(list.client(caller, &headers(&lines)), client, "round {round}: {lines:?}");
        // The other header, which these proxies do not write, can at most hide the client behind its proxy.
        let other = if name == X { FORWARDED } else { X };
        let sent = forged(&mut dice);
        let lines: Vec<_> = lines.into_iter().chain([(other, sent.as_str())]).collect();
        let found = list.client(caller, &headers(&lines));
        assert!(found == client || found == caller, "round {round}: {lines:?} gave {found}");
    }
}

#[test]
fn the_work_is_bounded_by_the_head() {
    let list = proxies(&["10.0.0.0/8"]);
    let lines: Vec<_> =
        ["10.0.0.1,", "\\\"", "\",", "for=10.0.0.1, "].map(|part| part.repeat(8 * 1024)).into();
    for line in &lines {
        for name in [X, FORWARDED] {
            let found = list.client("10.0.0.1".parse().unwrap(), &headers(&[(name, line)]));
            assert!(list.lists(found));
        }
    }
}
