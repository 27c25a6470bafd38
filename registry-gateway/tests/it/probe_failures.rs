//! The probe against servers that refuse, fail, are silent, or must not be reached.

use std::time::{Duration, Instant};

use registry_core::{
    model::{
        credential::{OauthClient, UpstreamAuth},
        endpoint::{Endpoint, Transport},
        header::HeaderName,
        health::{CheckReport, CheckStatus},
    },
    probe::{
        NOT_MCP, Probe, ProbeTarget, REFUSED_ADDRESS, TIMEOUT, UNAUTHORIZED, UNREACHABLE,
        UNSUPPORTED_TRANSPORT, UPSTREAM_ERROR,
    },
};
use registry_gateway::{dial::EgressPolicy, probe::UpstreamProbe};
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::{
    fixture::{Canary, Turns, dialer, dialer_with, policy},
    probe::{LONG, code, endpoint, look, probe_on_loopback},
    probe_upstream::{Door, Offer, Upstream},
};

const SECRET: &str = "canary-secret";

fn bearer() -> UpstreamAuth<SecretString> {
    UpstreamAuth::Bearer { token: SECRET.into() }
}

/// A server that treats every request alike.
async fn always(door: fn() -> Door) -> Upstream {
    Upstream::with_door(Offer::default(), move |_| door()).await
}

async fn report(door: fn() -> Door) -> CheckReport {
    look(&always(door).await.url, &bearer(), LONG, true).await
}

fn verdict(report: &CheckReport) -> (CheckStatus, &str) {
    (report.status, code(report))
}

/// What a server does with every request, and what is to come of it.
type Case = (fn() -> Door, CheckStatus, &'static str);

#[tokio::test]
async fn each_answer_has_its_verdict_and_no_text_of_the_server() {
    const HTML: &[(&str, &str)] = &[("content-type", "text/html")];
    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
    const ERROR: &str = r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"canary-text"}}"#;
    const OTHER_ID: &str = r#"{"jsonrpc":"2.0","id":"x","error":{"code":-32600,"message":"canary-text"}}"#;
    let cases: [Case; 13] = [
        (
            || Door::Answer(401, &[("www-authenticate", "Bearer x=\"canary-text\"")], ""),
            CheckStatus::Unhealthy,
            UNAUTHORIZED,
        ),
        (|| Door::Answer(401, &[], "canary-text"), CheckStatus::Unhealthy, UNAUTHORIZED),
        (|| Door::Answer(403, &[], "canary-text"), CheckStatus::Unhealthy, UNAUTHORIZED),
        (|| Door::Answer(429, &[("retry-after", "7")], ""), CheckStatus::Unknown, UPSTREAM_ERROR),
        (|| Door::Answer(404, HTML, "canary-text"), CheckStatus::Unhealthy, NOT_MCP),
        (|| Door::Answer(405, &[], "canary-text"), CheckStatus::Unhealthy, NOT_MCP),
        (|| Door::Answer(200, HTML, "canary-text"), CheckStatus::Unhealthy, NOT_MCP),
        (|| Door::Answer(200, JSON, "canary-text"), CheckStatus::Unhealthy, NOT_MCP),
        (|| Door::Answer(202, &[], ""), CheckStatus::Unhealthy, NOT_MCP),
        (|| Door::Answer(500, &[], "canary-text"), CheckStatus::Unhealthy, UPSTREAM_ERROR),
        (|| Door::Answer(503, JSON, ERROR), CheckStatus::Unhealthy, UPSTREAM_ERROR),
        (|| Door::Answer(200, JSON, OTHER_ID), CheckStatus::Unhealthy, UPSTREAM_ERROR),
        (
            || Door::Answer(200, &[("content-type", "text/event-stream")], "data: canary-text\n\n"),
            CheckStatus::Unhealthy,
            NOT_MCP,
        ),
    ];
    for (number, (door, status, code)) in cases.into_iter().enumerate() {
        let report = report(door).await;
        assert_eq!(verdict(&report), (status, code), "case {number}: {report:?}");
        assert!(report.connectivity && !report.authentication, "case {number}: {report:?}");
        assert!(!format!("{report:?}").contains("canary"), "case {number}: {report:?}");
    }
}

#[tokio::test]
async fn rate_limits_and_refused_credentials_are_not_answered_with_more_requests() {
    for status in [401, 403, 429] {
        let upstream = Upstream::with_door(Offer::default(), move |_| Door::Answer(status, &[], "")).await;
        look(&upstream.url, &bearer(), LONG, true).await;
        assert_eq!(upstream.seen(), ["server/discover"], "{status}");
    }
}

/// A modern server that refuses discovery is alive all the same; one without a common version is asked to
/// initialize first.
#[tokio::test]
async fn a_modern_refusal_is_a_sign_of_life() {
    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
    const MISMATCH: &str = r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32020,"message":"canary-text"}}"#;
    const VERSION: &str = r#"{"jsonrpc":"2.0","id":0,"error":
        {"code":-32022,"message":"canary-text","data":{"supported":["2099-01-01"],"requested":"2026-07-28"}}}"#;
    let cases: [(fn() -> Door, usize); 2] =
        [(|| Door::Answer(400, JSON, MISMATCH), 1), (|| Door::Answer(400, JSON, VERSION), 2)];
    for (door, requests) in cases {
        let upstream = always(door).await;
        let report = look(&upstream.url, &bearer(), LONG, false).await;
        assert_eq!(verdict(&report), (CheckStatus::Degraded, UPSTREAM_ERROR), "{report:?}");
        assert!(report.connectivity && report.authentication && !format!("{report:?}").contains("canary"));
        assert_eq!(upstream.seen().len(), requests);
    }
}

#[tokio::test]
async fn a_failed_tls_handshake_is_unreachable() {
    let plain = Canary::on("127.0.0.1").await;
    let report = look(&format!("https://{}/mcp", plain.address), &bearer(), LONG, false).await;
    assert_eq!(verdict(&report), (CheckStatus::Error, UNREACHABLE));
    assert!(report.error.unwrap().message.contains("TLS"));
}

#[tokio::test]
async fn an_oauth_server_is_not_down_before_it_has_a_token() {
    let upstream = always(|| Door::Answer(401, &[], "")).await;
    let client = OauthClient {
        client_id: None,
        client_secret: None,
        scope: None,
        authorization_url: None,
        token_url: None,
    };
    let report = look(&upstream.url, &UpstreamAuth::Oauth(client), LONG, false).await;
    assert_eq!(verdict(&report), (CheckStatus::Degraded, UNAUTHORIZED));
    assert!(report.connectivity && !report.authentication);
}

#[tokio::test]
async fn the_credentials_reach_the_server() {
    let upstream = Upstream::modern(Offer::default()).await;
    let auth = UpstreamAuth::ApiKey { header: HeaderName::parse("X-Key").unwrap(), key: SECRET.into() };
    assert_eq!(look(&upstream.url, &auth, LONG, false).await.status, CheckStatus::Healthy);
    let unusable = UpstreamAuth::Bearer { token: "canary\nsecret".into() };
    let report = look(&upstream.url, &unusable, LONG, false).await;
    assert_eq!(verdict(&report), (CheckStatus::Error, UNAUTHORIZED));
    assert!(!format!("{report:?}").contains("canary"));
}

#[tokio::test]
async fn s3_a_redirect_is_not_followed() {
    let canary = Canary::on("127.0.0.1").await;
    let location: &'static str = format!("http://{}/canary-text", canary.address).leak();
    let location: &'static [_] = vec![("location", location)].leak();
    let upstream = Upstream::with_door(Offer::default(), move |_| Door::Answer(307, location, "")).await;
    let report = look(&upstream.url, &bearer(), LONG, true).await;
    assert_eq!(verdict(&report), (CheckStatus::Unhealthy, UPSTREAM_ERROR));
    let message = report.error.unwrap().message;
    assert!(message.contains("not followed") && !message.contains("canary"), "{message}");
    assert_eq!(canary.hits().await, 0);
}

/// Silence of every kind ends with the probe's own time, and no worker or connection outlives it.
#[tokio::test]
async fn silence_ends_in_time() {
    for door in [|| Door::Silent, || Door::SilentStream] {
        let upstream = always(door).await;
        let started = Instant::now();
        let report = look(&upstream.url, &bearer(), Duration::from_millis(500), true).await;
        assert!(started.elapsed() < Duration::from_millis(1_200), "{:?}", started.elapsed());
        assert_eq!(verdict(&report), (CheckStatus::Timeout, TIMEOUT));
        assert!(report.response_time_us >= 490_000);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(upstream.connections(), 0);
    }
}

#[tokio::test]
async fn a_peer_that_accepts_and_says_nothing_or_closes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let silent = look(&url, &UpstreamAuth::None, Duration::from_millis(400), false).await;
    assert_eq!((verdict(&silent), silent.connectivity), ((CheckStatus::Timeout, TIMEOUT), false));
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let closed = look(&url, &UpstreamAuth::None, LONG, false).await;
    assert_eq!(verdict(&closed), (CheckStatus::Error, UNREACHABLE));
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    drop(listener);
    let report = look(&url, &UpstreamAuth::None, LONG, false).await;
    assert_eq!(verdict(&report), (CheckStatus::Error, UNREACHABLE));
    assert!(!report.connectivity && !report.authentication);
    let nowhere = UpstreamProbe::new(dialer_with(policy(&[]), Turns::new(&[&[]])));
    let unknown = endpoint("https://mcp.example/");
    nowhere.admit(&unknown).await.unwrap();
    let target = ProbeTarget { endpoint: &unknown, auth: &UpstreamAuth::None, timeout: LONG, deep: false };
    assert_eq!(verdict(&nowhere.probe(target).await.report), (CheckStatus::Error, UNREACHABLE));
}

/// S6: an open, a closed and a filtered port of a refused address look the same, and nothing arrives.
#[tokio::test]
async fn s6_refused_addresses_look_the_same_and_see_nothing() {
    let canary = Canary::on("127.0.0.1").await;
    let refusing = UpstreamProbe::new(dialer(EgressPolicy::default()));
    let mut reports = Vec::new();
    for url in
        [format!("http://{}/mcp", canary.address), "http://127.0.0.1:1/".into(), "http://10.1.2.3/".into()]
    {
        let endpoint = endpoint(&url);
        let refused = refusing.admit(&endpoint).await.unwrap_err();
        assert!(refused.code == REFUSED_ADDRESS && refused.message.contains("--allow-upstream"));
        let auth = bearer();
        let target = ProbeTarget { endpoint: &endpoint, auth: &auth, timeout: LONG, deep: true };
        let report = refusing.probe(target).await.report;
        assert_eq!(report.error.as_ref(), Some(&refused));
        reports.push(CheckReport { response_time_us: 0, ..report });
    }
    assert!(reports.iter().all(|report| report == &reports[0]), "{reports:?}");
    assert_eq!((reports[0].status, reports[0].connectivity), (CheckStatus::Error, false));
    assert_eq!(canary.hits().await, 0);
}

#[tokio::test]
async fn plain_http_in_the_open_is_refused_and_https_admitted() {
    let probe = probe_on_loopback();
    let refused = probe.admit(&endpoint("http://8.8.8.8/mcp")).await.unwrap_err();
    assert!(refused.code == REFUSED_ADDRESS && refused.message.contains("https"), "{refused:?}");
    probe.admit(&endpoint("https://8.8.8.8/mcp")).await.unwrap();
    probe.admit(&endpoint("http://127.0.0.1:1/mcp")).await.unwrap();
}

/// S8: without a launcher of that name there is nothing to start.
#[tokio::test]
async fn s8_an_unknown_launcher_is_refused() {
    let endpoint = Endpoint::parse(Transport::Stdio, "stdio:launcher").unwrap();
    let error = probe_on_loopback().admit(&endpoint).await.unwrap_err();
    assert_eq!(error.code, UNSUPPORTED_TRANSPORT);
    let target = ProbeTarget { endpoint: &endpoint, auth: &UpstreamAuth::None, timeout: LONG, deep: false };
    let report = probe_on_loopback().probe(target).await.report;
    assert_eq!(verdict(&report), (CheckStatus::Error, UNSUPPORTED_TRANSPORT));
    assert_eq!(report.error.as_ref(), Some(&error));
}
