//! P5: whose address is noted when a proxy stands in between.

use black_box_tests::{Options, Service, StoreKind};
use registry_http::listen::Limits;
use serde_json::Value;

use crate::support::{register, text};

/// The address in the audit entry and of the last use of a key, for a request with these headers.
async fn noted(options: Options, headers: &[(&'static str, &str)]) -> [Value; 2] {
    let service = Service::start_with(StoreKind::Memory, options).await;
    let mut admin = service.admin().await;
    admin.client = headers.iter().fold(admin.client, |client, (name, value)| client.with(name, value));
    register(&admin, "Weather").await;
    let entries = admin.client.get("/api/audit-logs?eventType=server_registered").await.expect(200);
    service.registry.usage.flush(true).await.unwrap();
    let path = format!("/api/api-keys/{}/usage", text(&entries["entries"][0], "apiKeyId"));
    let usage = admin.client.get(&path).await.expect(200);
    service.stop().await;
    [entries["entries"][0]["ipAddress"].clone(), usage["lastUsedIp"].clone()]
}

fn behind(proxy: &str) -> Options {
    let trusted_proxies = [proxy.parse().unwrap()].into_iter().collect();
    let limits = Limits { trusted_proxies, ..Limits::default() };
    let app = registry_http::app::Options { limits, ..Default::default() };
    Options { app, ..Options::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_forwarding_header_counts_only_from_a_listed_proxy() {
    let forged = [("x-forwarded-for", "6.6.6.6, 192.0.2.1")];
    assert_eq!(noted(Options::default(), &forged).await, ["127.0.0.1", "127.0.0.1"]);
    assert_eq!(noted(behind("10.0.0.0/8"), &forged).await, ["127.0.0.1", "127.0.0.1"]);
    assert_eq!(noted(behind("127.0.0.0/8"), &forged).await, ["192.0.2.1", "192.0.2.1"]);
    let forwarded = [("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:4711\"")];
    assert_eq!(noted(behind("127.0.0.1"), &forwarded).await, ["2001:db8::1", "2001:db8::1"]);
}
