//! The guarded dialer: SSRF cases S1, S2, S6 and S7 of the threat list.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use registry_gateway::dial::{
    DialError, DialPhase, Dialer, EgressPolicy, MAX_RESOLVED_ADDRESSES, Resolve, UpstreamClient,
    UpstreamError,
};
use url::Url;

use crate::fixture::{Canary, Turns, dialer, dialer_with, policy, url};

/// Every way to write an address that must be refused, as the host of a URL.
const REFUSED_HOSTS: &[&str] = &[
    "127.0.0.1",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "3232235521",
    "169.254.1.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::8.8.8.8]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:0:7f00:1::]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[2002:808:808::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd00::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[4000::1]",
];

/// The kind of an outcome, for messages of failed assertions.
fn kind<T>(outcome: &Result<T, DialError>) -> &'static str {
    outcome.as_ref().map_or_else(DialError::code, |_| "allowed")
}

async fn get(dialer: Dialer, uri: &str) -> Result<(), UpstreamError> {
    let request = Request::get(uri).body(Empty::<Bytes>::new())?;
    UpstreamClient::new(dialer).send(request).await.map(drop)
}

#[tokio::test]
async fn s1_every_literal_form_is_refused_and_no_packet_arrives() {
    let v4 = Canary::on("127.0.0.1").await;
    let v6 = Canary::at(("::1", v4.port())).await;
    let dialer = dialer(policy(&[]).allow_insecure_upstreams(true));
    for host in REFUSED_HOSTS {
        for scheme in ["http", "https"] {
            let text = format!("{scheme}://{host}:{}/mcp", v4.port());
            let target = url(&text);
            assert_eq!(kind(&dialer.policy().check_url(&target)), "refused", "{text}");
            assert_eq!(kind(&dialer.check(&target).await), "refused", "{text}");
            assert_eq!(kind(&dialer.dial(&target).await), "refused", "{text}");
            assert!(get(dialer.clone(), &text).await.is_err(), "{text}");
        }
    }
    assert_eq!((v4.hits().await, v6.hits().await), (0, 0));
}

#[tokio::test]
async fn s1_a_name_with_any_refused_address_is_refused() {
    let canary = Canary::on("127.0.0.1").await;
    let target = url(&format!("http://mcp.example:{}/", canary.port()));
    let addresses = REFUSED_HOSTS.iter().filter_map(|host| {
        match Url::parse(&format!("http://{host}/")).unwrap().host() {
            Some(url::Host::Ipv4(ip)) => Some(ip.to_string()),
            Some(url::Host::Ipv6(ip)) => Some(ip.to_string()),
            _ => None,
        }
    });
    for address in addresses {
        for answer in [vec![address.as_str()], vec!["1.1.1.1", &address], vec![&address, "2606:4700::1111"]] {
            let dialer = dialer_with(policy(&[]).allow_insecure_upstreams(true), Turns::new(&[&answer]));
            assert_eq!(kind(&dialer.check(&target).await), "refused", "{answer:?}");
            assert_eq!(kind(&dialer.dial(&target).await), "refused", "{answer:?}");
        }
    }
    assert_eq!(canary.hits().await, 0);
}

/// 127.0.0.2, which a rule admits, plays the public address; 127.0.0.1 is the private one.
#[tokio::test]
async fn s2_a_name_that_turns_private_never_hits() {
    let private = Canary::on("127.0.0.1").await;
    let public = Canary::at(("127.0.0.2", private.port())).await;
    let names = Turns::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let dialer = dialer_with(policy(&["127.0.0.2"]), names);
    let target = url(&format!("http://rebind.example:{}/", private.port()));
    for _ in 0..1_000 {
        dialer.check(&target).await.unwrap();
        assert_eq!(kind(&dialer.dial(&target).await), "refused");
    }
    assert_eq!((private.hits().await, public.hits().await), (0, 0));
    for turn in 0..100 {
        let expected = if turn % 2 == 0 { "allowed" } else { "refused" };
        assert_eq!(kind(&dialer.dial(&target).await), expected);
    }
    assert_eq!((private.hits().await, public.hits().await), (0, 50));
}

#[tokio::test]
async fn s6_open_and_closed_ports_of_refused_addresses_look_the_same() {
    let open = Canary::on("127.0.0.1").await;
    let dialer = dialer(policy(&[]));
    let mut texts = Vec::new();
    for target in [
        format!("http://127.0.0.1:{}/", open.port()),
        "http://127.0.0.1:1/".into(),
        "http://10.0.0.1/".into(),
    ] {
        texts.push(get(dialer.clone(), &target).await.unwrap_err().to_string());
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

#[tokio::test]
async fn s7_odd_schemes_and_userinfo_are_invalid() {
    let dialer = dialer(policy(&[]).allow_loopback(true));
    for text in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.com/",
        "wsx://example.com/",
        "gopher://example.com/",
        "unix:///run/docker.sock",
        "data:text/plain,x",
        "https://user@example.com/",
        "https://user:pw@127.0.0.1/",
        "https://:pw@example.com/",
        "https://example.com:0/",
    ] {
        assert_eq!(kind(&dialer.policy().check_url(&url(text))), "invalid_url", "{text}");
        assert_eq!(kind(&dialer.dial(&url(text)).await), "invalid_url", "{text}");
    }
}

#[tokio::test]
async fn the_allow_list_admits_what_it_names() {
    let canary = Canary::on("127.0.0.1").await;
    let port = canary.port();
    let names = || Turns::new(&[&["127.0.0.1"]]);
    let with_port = |host: &str| format!("{host}:{port}");
    for (rule, host) in [
        ("127.0.0.0/8".to_owned(), "127.0.0.1"),
        ("127.0.0.1".to_owned(), "2130706433"),
        ("127.0.0.0/8".to_owned(), "[::ffff:127.0.0.1]"),
        ("::ffff:127.0.0.0/104".to_owned(), "127.0.0.1"),
        (with_port("127.0.0.1"), "127.0.0.1"),
        ("MCP.Internal".to_owned(), "mcp.internal"),
        ("mcp.internal".to_owned(), "mcp.internal."),
        (with_port("mcp.internal"), "MCP.internal"),
        ("127.0.0.0/8".to_owned(), "any.name"),
    ] {
        let dialer = dialer_with(policy(&[&rule]), names());
        let outcome = dialer.dial(&url(&format!("http://{host}:{port}/"))).await;
        assert_eq!(kind(&outcome), "allowed", "{rule} for {host}");
    }
    for (rule, host) in
        [("127.0.0.1:1", "127.0.0.1"), ("mcp.internal:1", "mcp.internal"), ("mcp.internal", "x.mcp.internal")]
    {
        let dialer = dialer_with(policy(&[rule]), names());
        let outcome = dialer.dial(&url(&format!("http://{host}:{port}/"))).await;
        assert_eq!(kind(&outcome), "refused", "{rule} for {host}");
    }
    assert_eq!(canary.hits().await, 9);
}

#[tokio::test]
async fn loopback_is_admitted_by_its_flag_and_nothing_else_is() {
    let canary = Canary::on("127.0.0.1").await;
    let dialer = dialer(policy(&[]).allow_loopback(true));
    get(dialer.clone(), &format!("http://localhost:{}/", canary.port())).await.unwrap();
    for host in ["10.0.0.1", "169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[::]", "[64:ff9b::127.0.0.1]"]
    {
        assert_eq!(kind(&dialer.dial(&url(&format!("http://{host}/"))).await), "refused", "{host}");
    }
}

#[test]
fn metadata_is_opened_only_by_its_very_address() {
    let check = |rule: &str, host: &str| policy(&[rule]).check_url(&url(&format!("http://{host}/")));
    assert_eq!(kind(&check("169.254.0.0/16", "169.254.169.254")), "refused");
    assert_eq!(kind(&check("fd00::/8", "[fd00:ec2::254]")), "refused");
    assert_eq!(kind(&check("169.254.169.254", "169.254.169.254")), "allowed");
    assert_eq!(kind(&check("64:ff9b::/96", "[64:ff9b::169.254.169.254]")), "refused");
    assert_eq!(kind(&check("64:ff9b::/96", "[64:ff9b::10.0.0.1]")), "refused");
}

#[tokio::test]
async fn a_name_does_not_open_metadata() {
    let dialer = dialer_with(policy(&["mcp.internal"]), Turns::new(&[&["169.254.169.254"]]));
    assert_eq!(kind(&dialer.check(&url("http://mcp.internal/")).await), "refused");
}

#[test]
fn plain_http_is_for_local_addresses_unless_the_operator_says_otherwise() {
    let kind_of = |policy: EgressPolicy, text: &str| kind(&policy.check_url(&url(text)));
    assert_eq!(kind_of(policy(&[]), "http://8.8.8.8/"), "insecure_scheme");
    assert_eq!(kind_of(policy(&[]), "https://8.8.8.8/"), "allowed");
    assert_eq!(kind_of(policy(&["10.0.0.0/8"]), "http://10.0.0.1/"), "allowed");
    assert_eq!(kind_of(policy(&[]).allow_loopback(true), "http://127.0.0.1/"), "allowed");
    assert_eq!(kind_of(policy(&["8.8.8.8"]), "http://8.8.8.8/"), "insecure_scheme");
    assert_eq!(kind_of(policy(&[]).allow_insecure_upstreams(true), "http://8.8.8.8/"), "allowed");
}

/// Linux connects 0.0.0.0 to loopback: an admitted address must not stand for another one.
#[tokio::test]
async fn the_peer_must_be_the_address_that_was_checked() {
    let canary = Canary::on("127.0.0.1").await;
    let dialer = dialer(policy(&["0.0.0.0"]).allow_insecure_upstreams(true));
    let outcome = dialer.dial(&url(&format!("http://0.0.0.0:{}/", canary.port()))).await;
    assert_eq!(kind(&outcome), "connect");
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_is_closed() {
    let canary = Canary::on("127.0.0.2").await;
    let dialer = dialer_with(policy(&[]).allow_loopback(true), Turns::new(&[&["127.0.0.3", "127.0.0.2"]]));
    dialer.dial(&url(&format!("http://two.example:{}/", canary.port()))).await.unwrap();
    assert_eq!(canary.hits().await, 1);
}

#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl Resolve for Silent {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_resolver_is_given_up() {
    let outcome = dialer_with(policy(&[]), Arc::new(Silent)).check(&url("https://mcp.example/")).await;
    assert!(matches!(outcome, Err(DialError::Timeout(DialPhase::Resolve))));
}

#[tokio::test]
async fn a_name_without_addresses_and_one_with_too_many_do_not_resolve() {
    let many: Vec<&str> = std::iter::repeat_n("1.1.1.1", MAX_RESOLVED_ADDRESSES + 1).collect();
    for answer in [&[][..], &many] {
        let dialer = dialer_with(policy(&[]), Turns::new(&[answer]));
        assert_eq!(kind(&dialer.check(&url("https://mcp.example/")).await), "resolve");
    }
}
