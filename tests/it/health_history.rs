//! History of health: by check, by hour and by day (R84, R85, R251 to R253).

use black_box_tests::{Actor, Mode, Service, Upstream, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{complaints, register, register_at, server_path, text};

on_every_store!(
    checks_are_told_by_hour_and_by_day,
    uptime_and_changes_of_status_are_told,
    equal_slots_cover_the_range,
    checks_of_a_range_are_listed,
    every_problem_of_a_range_is_told_at_once,
    history_is_seen_by_those_who_see_the_server,
);

/// A server that was checked at its registration, and then failed, and failed, and worked.
async fn checked(service: &Service) -> (Actor, Upstream, String) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = server_path(&register_at(&owner, "Weather", &upstream).await);
    for mode in [Mode::Status(500), Mode::Status(503), Mode::Open] {
        upstream.set(mode);
        owner.client.post_empty(&format!("{path}/health-check")).await.assert(200);
    }
    (owner, upstream, path)
}

async fn trend(actor: &Actor, path: &str, query: &str) -> Value {
    let body = actor.client.get(&format!("{path}/health?{query}")).await.expect(200);
    assert!(body.get("history").is_none() && body.get("pagination").is_none(), "{body}");
    body["trend"].clone()
}

async fn checks_are_told_by_hour_and_by_day(service: &Service) {
    let (owner, _upstream, path) = checked(service).await;
    for resolution in ["hour", "day"] {
        let trend = trend(&owner, &path, &format!("resolution={resolution}")).await;
        assert_eq!(trend["resolution"], resolution);
        let total = &trend["total"];
        let counts =
            ["checks", "successes", "degraded", "failures"].map(|field| total[field].as_u64().unwrap());
        assert_eq!(counts, [4, 2, 0, 2]);
        assert_eq!(total["uptime"], 50.0);
        let times = &total["responseTimes"];
        for field in ["average", "p50", "p95", "p99"] {
            assert!(times[field].as_f64().unwrap() > 0.0, "{times}");
        }
        // The hour, or the day, may have ended in between.
        let points = trend["points"].as_array().unwrap();
        let sum: u64 = points.iter().map(|point| point["checks"].as_u64().unwrap()).sum();
        assert!(sum == 4 && (1..=2).contains(&points.len()), "{trend}");
    }
}

async fn uptime_and_changes_of_status_are_told(service: &Service) {
    let (owner, _upstream, path) = checked(service).await;
    let body = owner.client.get(&format!("{path}/health")).await.expect(200);
    let all = json!({ "last24Hours": 50.0, "last7Days": 50.0, "last30Days": 50.0, "last90Days": 50.0 });
    assert_eq!(body["uptime"], all);
    assert!(body.get("trend").is_none());
    let trend = trend(&owner, &path, "resolution=day").await;
    let changes = trend["changes"].as_array().unwrap();
    let told: Vec<_> = changes.iter().map(|change| (text(change, "from"), text(change, "to"))).collect();
    assert_eq!(told, [("degraded", "healthy"), ("healthy", "degraded"), ("unknown", "healthy")]);
    let check = body["history"].as_array().unwrap().first().unwrap();
    assert_eq!((&changes[0]["checkId"], &changes[0]["timestamp"]), (&check["id"], &check["timestamp"]));

    let unchecked = server_path(&register(&owner, "Closed").await);
    let body = owner.client.get(&format!("{unchecked}/health")).await.expect(200);
    assert_eq!(body["uptime"], json!({}));
}

/// R253: a bar of heartbeats.
async fn equal_slots_cover_the_range(service: &Service) {
    let (owner, _upstream, path) = checked(service).await;
    let to = chrono::DateTime::parse_from_rfc3339(text(
        &owner.client.get(&path).await.expect(200),
        "lastHealthCheck",
    ));
    let to = to.unwrap() + chrono::TimeDelta::hours(1);
    let (from, to) = ((to - chrono::TimeDelta::days(60)).timestamp(), to.timestamp());
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ");
    let query = format!("resolution=hour&slots=90&from={}&to={}", at(from), at(to));
    let trend = trend(&owner, &path, &query).await;
    let points = trend["points"].as_array().unwrap();
    assert_eq!(points.len(), 90);
    assert_eq!((&points[0]["from"], &points[89]["to"]), (&trend["from"], &trend["to"]));
    assert!(points.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]));
    assert!(points[..88].iter().all(|point| point["checks"] == 0 && point.get("uptime").is_none()));
    assert_eq!(points[88]["checks"].as_u64().unwrap() + points[89]["checks"].as_u64().unwrap(), 4);
}

async fn checks_of_a_range_are_listed(service: &Service) {
    let (owner, _upstream, path) = checked(service).await;
    let all = owner.client.get(&format!("{path}/health")).await.expect(200)["history"].clone();
    let all = all.as_array().unwrap();
    let at = |index: usize| text(&all[index], "timestamp");
    for (query, expected) in [
        (format!("from={}", at(1)), &all[..2]),
        (format!("to={}", at(1)), &all[2..]),
        (format!("from={}&to={}&resolution=raw", at(2), at(0)), &all[1..3]),
        ("from=2100-01-01T00:00:00Z".to_owned(), &all[..0]),
    ] {
        let body = owner.client.get(&format!("{path}/health?{query}")).await.expect(200);
        assert_eq!(body["history"].as_array().unwrap(), expected, "{query}");
        assert_eq!(body["pagination"]["total"], expected.len());
    }
}

async fn every_problem_of_a_range_is_told_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let path = server_path(&register(&owner, "Closed").await);
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z");
    for (query, fields) in [
        (format!("from={late}&to={early}&slots=3&page=0&limit=0"), &["limit", "page", "slots", "to"][..]),
        (format!("resolution=hour&from={early}&to={late}"), &["from"]),
        (format!("resolution=hour&from={late}&to={early}&slots=0&page=1"), &["page", "slots", "to"]),
        ("resolution=day&slots=201".to_owned(), &["slots"]),
        ("resolution=hour&slots=60".to_owned(), &["slots"]),
        ("resolution=minute".to_owned(), &["resolution"]),
        ("from=yesterday".to_owned(), &["from"]),
        ("resolution=day&from=1066-10-14T09:00:00Z".to_owned(), &["from"]),
    ] {
        let mut found = complaints(owner.client.get(&format!("{path}/health?{query}")).await);
        found.sort();
        assert_eq!(found, fields, "{query}");
    }
}

/// T4.
async fn history_is_seen_by_those_who_see_the_server(service: &Service) {
    let (_owner, _upstream, path) = checked(service).await;
    let stranger = service.actor("other", "boris", Role::ServerOwner).await;
    for query in ["", "?resolution=hour", "?resolution=day&slots=7", "?resolution=hour&slots=0"] {
        stranger.client.get(&format!("{path}/health{query}")).await.assert(404);
    }
}
