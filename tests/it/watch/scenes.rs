//! What real upstreams do, and what becomes of it: the check, the state and the event of each.

use std::time::Duration;

use black_box_tests::{Mode, Service, Upstream, eventually, on_every_store};
use chrono::TimeDelta;
use registry_core::clock::{Clock, SystemClock};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::{history, switched_on, transitions};
use crate::support::{server_path, text};

on_every_store!(
    watched:
    each_scene_has_its_check_its_state_and_its_event,
    a_server_that_fails_and_recovers_is_followed,
    a_server_that_is_off_is_left_alone,
);

const SOON: Duration = Duration::from_secs(30);

/// A scene: what the upstream does, and what is to be seen.
struct Scene {
    name: &'static str,
    place: Place,
    /// The check's status, and its error's code.
    check: (&'static str, Option<&'static str>),
    /// The server's state.
    state: &'static str,
}

/// Where the server is.
enum Place {
    /// At an upstream that does this.
    At(Mode),
    /// There.
    Url(&'static str),
    /// At an upstream without TLS, for which TLS is asked.
    Tls,
}

const fn scene(
    name: &'static str,
    place: Place,
    check: (&'static str, Option<&'static str>),
    state: &'static str,
) -> Scene {
    Scene { name, place, check, state }
}

fn scenes() -> Vec<Scene> {
    use Mode::{Open, Silent, Slow, Status};
    use Place::{At, Tls, Url};
    vec![
        scene("up", At(Open), ("healthy", None), "healthy"),
        scene("slow", At(Slow(Duration::from_millis(300))), ("degraded", Some("SLOW")), "degraded"),
        scene("http-500", At(Status(500)), ("unhealthy", Some("UPSTREAM_ERROR")), "unhealthy"),
        scene("http-401", At(Status(401)), ("unhealthy", Some("UNAUTHORIZED")), "unhealthy"),
        scene("http-429", At(Status(429)), ("unknown", Some("UPSTREAM_ERROR")), "unknown"),
        scene("hung", At(Silent), ("timeout", Some("TIMEOUT")), "unhealthy"),
        scene("no-mcp", At(Status(200)), ("unhealthy", Some("NOT_MCP")), "unhealthy"),
        scene("no-tls", Tls, ("error", Some("UNREACHABLE")), "unhealthy"),
        scene("no-name", Url("http://nowhere.invalid/mcp"), ("error", Some("UNREACHABLE")), "unhealthy"),
        scene("refused", Url("http://127.0.0.1:9/mcp"), ("error", Some("UNREACHABLE")), "unhealthy"),
    ]
}

async fn each_scene_has_its_check_its_state_and_its_event(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let mut shown = Vec::new();
    for scene in scenes() {
        let upstream = Upstream::start().await;
        let url = match &scene.place {
            Place::At(mode) => {
                upstream.set(mode.clone());
                upstream.url.clone()
            }
            Place::Url(url) => (*url).to_owned(),
            Place::Tls => upstream.url.replace("http:", "https:"),
        };
        let policy = json!({ "healthCheckTimeout": 2, "degradedAboveMs": 200 });
        let policy = if scene.name == "up" { json!({}) } else { policy };
        shown.push((switched_on(&owner.client, scene.name, &url, &policy).await, scene, upstream));
    }
    for (server, scene, _upstream) in &shown {
        let checked = async || history(&owner.client, server).await.into_iter().next();
        let check = eventually(scene.name, SOON, checked).await;
        let code = check["details"].get("errorCode").and_then(Value::as_str);
        assert_eq!((text(&check, "status"), code), scene.check, "{}: {check}", scene.name);
        assert_eq!(check["checkType"], "scheduled");
        assert!(check.get("performedBy").is_none(), "nobody asked: {check}");
        let state = owner.client.get(&server_path(server)).await.expect(200);
        assert_eq!(state["healthStatus"], scene.state, "{}", scene.name);
        assert_eq!(state["status"], "active", "{}", scene.name);
        let events = transitions(service, server).await;
        let told: Vec<_> = events.iter().map(|event| text(event, "to")).collect();
        let expected: &[&str] = if scene.state == "unknown" { &[] } else { &[scene.state] };
        assert_eq!(told, expected, "{}", scene.name);
    }
}

/// Lets the time come at which the next check of a server with an interval of 60 s is due.
fn a_minute_and_a_half_later(service: &Service) {
    let ahead = service.clock.now().max(SystemClock.now()) + TimeDelta::seconds(90);
    service.clock.set(ahead);
}

async fn next_check(service: &Service, client: &black_box_tests::Client, server: &Value) -> Value {
    let before = history(client, server).await.len();
    a_minute_and_a_half_later(service);
    let newer = async || Some(history(client, server).await).filter(|checks| checks.len() > before);
    eventually("the next check", SOON, newer).await.remove(0)
}

async fn a_server_that_fails_and_recovers_is_followed(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let policy = json!({ "healthCheckTimeout": 2, "alertThreshold": 3 });
    let server = switched_on(&owner.client, "Weather", &upstream.url, &policy).await;
    let first = async || history(&owner.client, &server).await.into_iter().next();
    let first = eventually("the first check", SOON, first).await;
    assert_eq!(
        (&first["status"], &first["deep"]),
        (&json!("healthy"), &json!(true)),
        "the first lists tools"
    );
    let rounds = [
        (Mode::Status(500), "degraded", 1),
        (Mode::Status(500), "degraded", 2),
        (Mode::Status(500), "unhealthy", 3),
        (Mode::Open, "healthy", 0),
    ];
    for (mode, state, failures) in rounds {
        upstream.set(mode);
        let check = next_check(service, &owner.client, &server).await;
        assert_eq!(check["deep"], false);
        let found = owner.client.get(&server_path(&server)).await.expect(200);
        assert_eq!(
            (&found["healthStatus"], &found["healthCheckFailures"]),
            (&json!(state), &json!(failures))
        );
    }
    let told = transitions(service, &server).await;
    let told: Vec<_> = told.iter().map(|event| (text(event, "from"), text(event, "to"))).collect();
    let expected = [
        ("unknown", "healthy"),
        ("healthy", "degraded"),
        ("degraded", "unhealthy"),
        ("unhealthy", "healthy"),
    ];
    assert_eq!(told, expected);
}

async fn a_server_that_is_off_is_left_alone(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let mut off = Vec::new();
    for (name, patch) in [
        ("maintenance", json!({ "status": "maintenance" })),
        ("inactive", json!({ "status": "inactive" })),
        ("unwatched", json!({ "autoHealthCheck": false })),
    ] {
        let server = switched_on(&owner.client, name, &upstream.url, &json!({})).await;
        let first = async || history(&owner.client, &server).await.into_iter().next();
        eventually("the first check", SOON, first).await;
        owner.client.put(&server_path(&server), &patch).await.assert(200);
        off.push(server);
    }
    // A server that is on is checked after they would have been.
    let on = switched_on(&owner.client, "on", &upstream.url, &json!({})).await;
    for _ in 0..2 {
        next_check(service, &owner.client, &on).await;
    }
    for server in &off {
        assert_eq!(history(&owner.client, server).await.len(), 1, "{}", server["name"]);
    }
}
