//! The probe against servers that work: both eras, counts, sessions, time.

use std::time::{Duration, Instant};

use registry_core::{
    model::{
        credential::UpstreamAuth,
        endpoint::{Endpoint, Transport},
        health::{CheckReport, CheckStatus},
    },
    probe::{NOT_MCP, Probe, ProbeTarget, TIMEOUT, UNAUTHORIZED, UPSTREAM_ERROR},
};
use registry_gateway::{dial::EgressPolicy, probe::UpstreamProbe};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use secrecy::SecretString;

use crate::{
    fixture::dialer,
    probe_upstream::{Door, Offer, Upstream},
};

pub(crate) const LONG: Duration = Duration::from_secs(10);
pub(crate) const OFFER: Offer = Offer { tools: 5, resources: 2, prompts: 3, prompts_loop: false };

pub(crate) fn probe_on_loopback() -> UpstreamProbe {
    UpstreamProbe::new(dialer(EgressPolicy::default().allow_loopback(true)))
}

pub(crate) fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(Transport::Http, url).unwrap()
}

/// Looks at `url` as the only thing that differs.
pub(crate) async fn look(
    url: &str,
    auth: &UpstreamAuth<SecretString>,
    timeout: Duration,
    deep: bool,
) -> CheckReport {
    let endpoint = endpoint(url);
    probe_on_loopback().probe(ProbeTarget { endpoint: &endpoint, auth, timeout, deep }).await.report
}

async fn shallow(upstream: &Upstream) -> CheckReport {
    look(&upstream.url, &UpstreamAuth::None, LONG, false).await
}

async fn deep(upstream: &Upstream) -> CheckReport {
    look(&upstream.url, &UpstreamAuth::None, LONG, true).await
}

fn counts(report: &CheckReport) -> [Option<u32>; 3] {
    [report.tools_count, report.resources_count, report.prompts_count]
}

pub(crate) fn code(report: &CheckReport) -> &str {
    report.error.as_ref().map_or("", |error| error.code.as_str())
}

fn assert_healthy(report: &CheckReport, version: &str) {
    assert_eq!((report.status, &report.error), (CheckStatus::Healthy, &None));
    assert!(report.connectivity && report.authentication && report.response_time_us > 0);
    assert_eq!(report.protocol_version.as_deref(), Some(version));
    assert_eq!(report.capabilities, ["prompts", "resources", "tools"]);
}

#[tokio::test]
async fn a_shallow_look_at_a_modern_server_is_one_request() {
    let upstream = Upstream::modern(OFFER).await;
    let report = shallow(&upstream).await;
    assert_healthy(&report, "2026-07-28");
    assert_eq!(counts(&report), [None; 3]);
    assert_eq!(upstream.seen(), ["server/discover"]);
}

#[tokio::test]
async fn an_older_server_is_initialized_anew_each_time_and_its_session_ended() {
    let upstream = Upstream::legacy(OFFER).await;
    let one_look = ["server/discover", "initialize", "notifications/initialized", "ping", "DELETE"];
    for looks in 1..=2 {
        assert_healthy(&shallow(&upstream).await, "2025-11-25");
        assert_eq!(upstream.seen(), one_look.repeat(looks));
    }
}

#[tokio::test]
async fn plain_json_answers_are_understood() {
    let mut config = StreamableHttpServerConfig::default();
    config.legacy_session_mode = false;
    config.json_response = true;
    let modern = Upstream::start(OFFER, config.clone(), |_| Door::Open).await;
    assert_healthy(&deep(&modern).await, "2026-07-28");
    let legacy = Upstream::start(OFFER, config, |method| match method {
        "server/discover" => Door::Answer(404, &[], ""),
        _ => Door::Open,
    })
    .await;
    let report = deep(&legacy).await;
    assert_healthy(&report, "2025-11-25");
    assert_eq!(counts(&report), [Some(5), Some(2), Some(3)]);
}

#[tokio::test]
async fn a_deep_look_counts_all_pages() {
    for upstream in [Upstream::modern(OFFER).await, Upstream::legacy(OFFER).await] {
        let report = deep(&upstream).await;
        assert_eq!((report.status, counts(&report)), (CheckStatus::Healthy, [Some(5), Some(2), Some(3)]));
        let seen = upstream.seen();
        let pages = |method: &str| seen.iter().filter(|seen| *seen == method).count();
        assert_eq!((pages("tools/list"), pages("resources/list"), pages("prompts/list")), (3, 1, 2));
    }
}

#[tokio::test]
async fn a_long_list_is_counted_to_its_bound() {
    let upstream = Upstream::modern(Offer { tools: 1_000, ..OFFER }).await;
    let report = deep(&upstream).await;
    // What was read, and one more at least.
    assert_eq!((report.status, report.tools_count), (CheckStatus::Healthy, Some(201)));
}

#[tokio::test]
async fn a_list_that_fails_degrades_and_leaves_the_others() {
    let broken = |answer: fn() -> Door| {
        Upstream::with_door(OFFER, move |method| match method {
            "resources/list" => answer(),
            _ => Door::Open,
        })
    };
    for (upstream, expected) in [
        (broken(|| Door::Answer(500, &[], "secret")).await, UPSTREAM_ERROR),
        (broken(|| Door::Answer(403, &[], "secret")).await, UNAUTHORIZED),
        (broken(|| Door::Answer(200, &[("content-type", "text/html")], "secret")).await, NOT_MCP),
    ] {
        let report = deep(&upstream).await;
        assert_eq!((report.status, code(&report)), (CheckStatus::Degraded, expected));
        assert_eq!(counts(&report), [Some(5), None, Some(3)]);
        let message = report.error.unwrap().message;
        assert!(message.starts_with("resources/list: ") && !message.contains("secret"), "{message}");
    }
}

#[tokio::test]
async fn a_list_that_never_ends_degrades() {
    let upstream = Upstream::modern(Offer { prompts_loop: true, ..OFFER }).await;
    let report = deep(&upstream).await;
    assert_eq!((report.status, code(&report)), (CheckStatus::Degraded, NOT_MCP));
    assert_eq!(counts(&report), [Some(5), Some(2), None]);
}

#[tokio::test]
async fn a_list_that_wants_other_credentials_makes_unhealthy() {
    let upstream = Upstream::with_door(OFFER, |method| match method {
        "tools/list" => Door::Answer(401, &[("www-authenticate", "Bearer realm=\"secret\"")], ""),
        _ => Door::Open,
    })
    .await;
    let report = deep(&upstream).await;
    assert_eq!((report.status, code(&report)), (CheckStatus::Unhealthy, UNAUTHORIZED));
    assert!(report.connectivity && !report.authentication);
}

#[tokio::test]
async fn a_silent_list_ends_with_the_time_and_is_not_part_of_the_response_time() {
    for door in [|| Door::Silent, || Door::SilentStream] {
        let upstream = Upstream::with_door(OFFER, move |method| match method {
            "tools/list" => door(),
            _ => Door::Open,
        })
        .await;
        let started = Instant::now();
        let report = look(&upstream.url, &UpstreamAuth::None, Duration::from_secs(1), true).await;
        assert!(started.elapsed() < Duration::from_millis(1_700), "{:?}", started.elapsed());
        assert_eq!((report.status, code(&report)), (CheckStatus::Degraded, TIMEOUT));
        assert!(report.connectivity && report.response_time_us < 900_000);
    }
}

#[tokio::test]
async fn silence_or_a_failure_of_discovery_leaves_time_to_initialize() {
    let doors: [fn() -> Door; 5] = [
        || Door::Silent,
        || Door::SilentStream,
        || Door::Answer(500, &[], "oops"),
        || Door::Answer(200, &[("content-type", "text/html")], "<html>"),
        || Door::Answer(200, &[("content-type", "application/json")], "nonsense"),
    ];
    for door in doors {
        let upstream = Upstream::with_door(OFFER, move |method| match method {
            "server/discover" => door(),
            _ => Door::Open,
        })
        .await;
        let report = look(&upstream.url, &UpstreamAuth::None, Duration::from_secs(2), false).await;
        assert_healthy(&report, "2025-11-25");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_ping_is_alive() {
    const ERROR: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"secret"}}"#;
    let upstream = Upstream::with_door(OFFER, |method| match method {
        "server/discover" => Door::Answer(405, &[], ""),
        "ping" => Door::Answer(200, &[("content-type", "application/json")], ERROR),
        _ => Door::Open,
    })
    .await;
    assert_healthy(&shallow(&upstream).await, "2025-11-25");
}

#[tokio::test]
async fn a_session_that_is_lost_at_once_is_not_opened_again() {
    let upstream = Upstream::with_door(OFFER, |method| match method {
        "server/discover" => Door::Answer(405, &[], ""),
        "ping" => Door::Answer(404, &[], ""),
        _ => Door::Open,
    })
    .await;
    let report = shallow(&upstream).await;
    assert_eq!((report.status, code(&report)), (CheckStatus::Degraded, UPSTREAM_ERROR));
    assert_eq!(upstream.seen().iter().filter(|seen| *seen == "initialize").count(), 1);
}
