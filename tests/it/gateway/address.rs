//! Addresses that are refused (S1): by every way that takes one, and at each connect.

use black_box_tests::{Options, Service, StoreKind, server};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::canary::Canary;
use super::kit::{assert_failure, call, place};
use crate::support::{server_path, text, total, with};

/// Ways to write this machine: a packet for one of them would arrive at the canary.
const THIS_MACHINE: [&str; 30] = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "0x7f.1",
    "%31%32%37.0.0.1",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "0.0.0.0",
    "0",
    "0x0",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0.0.0.0]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
];

/// Addresses that are nobody's upstream.
const ELSEWHERE: [&str; 40] = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "3232235777",
    "100.64.0.1",
    "100.127.255.254",
    "169.254.1.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::10.0.0.1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::a00:1]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::1]",
    "[2001:db8::1]",
    "[2001:2::1]",
    "[3fff::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[5f00::1]",
];

async fn guarded() -> Service {
    let options = Options { refuse_loopback: true, ..Options::default() };
    Service::start_with(StoreKind::Memory, options).await
}

/// S1. S6: what is refused is refused in the same words, whatever is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_no_way_to_write_a_refused_address_is_connected_to() {
    let (service, canary) = (guarded().await, Canary::everywhere());
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let public = json!({ "endpointUrl": "https://mcp.example.com/mcp" });
    let kept = owner.client.post("/api/servers", &with(server("Kept"), &public)).await.expect(201);
    let mut refusals = Vec::<Value>::new();
    for host in THIS_MACHINE.into_iter().chain(ELSEWHERE) {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{}/mcp", canary.port());
            let fields = json!({ "endpointUrl": url });
            let unseen = with(server("New"), &fields);
            let seen = with(unseen.clone(), &json!({ "validateConnection": true, "healthCheckTimeout": 2 }));
            let change = with(fields, &json!({ "validateConnection": false }));
            for answer in [
                owner.client.post("/api/servers", &seen).await,
                owner.client.post("/api/servers", &unseen).await,
                owner.client.post("/api/servers/validate", &seen).await,
                owner.client.post("/api/servers/test", &seen).await,
                owner.client.put(&server_path(&kept), &change).await,
            ] {
                let (request, details) = (answer.request.clone(), answer.details(422));
                assert_eq!(details["reason"], "REFUSED_ADDRESS", "{request} of {url}: {details}");
                refusals.push(details);
            }
            canary.assert_untouched(&url);
        }
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "refusals differ: {refusals:?}");
    assert_eq!(total(&owner.client, "/api/servers").await, 1);
    let after = owner.client.get(&server_path(&kept)).await.expect(200);
    assert_eq!((&after["endpointUrl"], &after["revision"]), (&kept["endpointUrl"], &kept["revision"]));
    service.stop().await;
}

/// The other tests of this file would tell: where loopback is open, the canary is connected to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_not_refused_is_connected_to() {
    let (service, canary) = (Service::start(StoreKind::Memory).await, Canary::everywhere());
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/mcp", canary.port());
        let fields = json!({ "endpointUrl": url, "validateConnection": true, "healthCheckTimeout": 1 });
        let details = owner.client.post("/api/servers", &with(server("New"), &fields)).await.details(422);
        assert_eq!(details["reason"], "TIMEOUT", "{url}");
        assert!(canary.touched_by().is_some(), "{url}");
        while canary.touched_by().is_some() {}
    }
    service.stop().await;
}

/// User info, fragments and other schemes are no endpoints at all (S7).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s7_what_is_no_address_of_a_server_is_invalid() {
    let (service, canary) = (guarded().await, Canary::everywhere());
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let here = format!("127.0.0.1:{}", canary.port());
    for url in [
        format!("http://mcp.example.com@{here}/"),
        format!("http://mcp.example.com:x@{here}/"),
        format!("http://{here}#@mcp.example.com/"),
        format!("ftp://{here}/"),
        format!("gopher://{here}/_x"),
        format!("ws://{here}/"),
        format!("//{here}/"),
        here.clone(),
        "file:///etc/passwd".to_owned(),
        "javascript:alert(1)".to_owned(),
        "http://".to_owned(),
        "http://[::1%25lo]/".to_owned(),
        "http://127.0.0.1:70000/".to_owned(),
        "http://256.256.256.256/".to_owned(),
    ] {
        let body = with(server("New"), &json!({ "endpointUrl": url, "validateConnection": true }));
        for path in ["/api/servers", "/api/servers/validate", "/api/servers/test"] {
            let details = owner.client.post(path, &body).await.details(400);
            assert!(details.get("endpointUrl").is_some(), "{url}: {details}");
        }
        canary.assert_untouched(&url);
    }
    service.stop().await;
}

/// A name of two addresses, or of another address by now, is judged by what is connected to: here a name that the
/// system resolves to loopback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_what_passes_the_door_as_a_name_is_judged_at_the_connect() {
    let (service, canary) = (guarded().await, Canary::everywhere());
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    // It does not resolve now, so it may be stored; a call looks again.
    let made = place(&owner, "Later", "https://no-such-host.invalid/mcp", json!({})).await;
    assert_failure(&call(&owner.client, "later").await, 502, "UPSTREAM_UNREACHABLE");
    let check =
        owner.client.post(&format!("{}/health-check", server_path(&made)), &json!({})).await.expect(200);
    assert_eq!(text(&check["details"], "errorCode"), "UNREACHABLE");
    canary.assert_untouched("a name that does not resolve");
    service.stop().await;
}
