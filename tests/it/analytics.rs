//! Usage over time, servers compared, and the overview (R210 to R216, R226, R250).

use std::time::Duration;

use black_box_tests::{Actor, Client, Mode, Service, Upstream, eventually, on_every_store, server_at};
use chrono::TimeDelta;
use registry_core::clock::Clock as _;
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use crate::support::{
    complaints, create_key, initialize, names, raise_alert, register, server_path, text, with,
};

on_every_store!(
    calls_are_told_by_minute_hour_and_day,
    equal_slots_make_up_the_whole,
    every_problem_of_what_is_asked_is_told_at_once,
    servers_are_compared_by_each_figure,
    the_overview_tells_what_there_is_and_what_happened,
    the_overview_and_lists_count_health_alike,
    figures_follow_the_time,
    t4_usage_is_told_within_what_one_sees,
    t4_an_overview_shows_nothing_of_another_tenant,
);

/// A server that answers, called so often well, and so often at a name that it does not have.
async fn called(service: &Service, owner: &Actor, name: &str, upstream: &Upstream, calls: usize) -> Value {
    let made = owner.client.post("/api/servers", &server_at(name, &upstream.url)).await.expect(201);
    for _ in 0..calls {
        initialize(&owner.client, &format!("/{}", text(&made, "id"))).await.assert(200);
    }
    service.registry.usage.flush(true).await.unwrap();
    made
}

async fn usage(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/analytics/usage?{query}")).await.expect(200)
}

fn requests(series: &Value) -> u64 {
    series["total"]["requests"].as_u64().unwrap()
}

async fn calls_are_told_by_minute_hour_and_day(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let one = called(service, &owner, "One", &upstream, 3).await;
    let two = called(service, &owner, "Two", &upstream, 2).await;
    upstream.set(Mode::Status(500));
    initialize(&owner.client, "/two").await.assert(502);
    service.registry.usage.flush(true).await.unwrap();
    for resolution in ["minute", "hour", "day"] {
        let both = format!("serverId={}&serverId={}", text(&two, "id"), text(&one, "id"));
        let told = usage(&owner.client, &format!("{both}&resolution={resolution}")).await;
        assert_eq!(told["resolution"], resolution);
        let series = told["series"].as_array().unwrap();
        assert_eq!((&series[0]["serverId"], &series[1]["serverId"]), (&two["id"], &one["id"]));
        assert_eq!((requests(&series[0]), requests(&series[1])), (3, 3));
        let (failed, well) = (&series[0]["total"], &series[1]["total"]);
        assert_eq!((&failed["errors"], &failed["errorRate"]), (&json!(1), &json!(33.33)), "{failed}");
        assert_eq!(failed["errorsByKind"]["upstream"], 1);
        assert_eq!((&well["errors"], &well["errorRate"]), (&json!(0), &json!(0.0)));
        for field in ["average", "p50", "p95", "p99"] {
            assert!(well["responseTimes"][field].as_f64().unwrap() > 0.0, "{well}");
        }
        assert!(well["bytesIn"].as_u64().unwrap() > 100 && well["bytesOut"].as_u64().unwrap() > 10, "{well}");
        // The minute, the hour or the day may have ended in between.
        let points = series[1]["points"].as_array().unwrap();
        let sum: u64 = points.iter().map(|point| point["requests"].as_u64().unwrap()).sum();
        assert!(sum == 3 && (1..=3).contains(&points.len()), "{told}");

        let whole = usage(&owner.client, &format!("resolution={resolution}")).await;
        let series = whole["series"].as_array().unwrap();
        assert_eq!((series.len(), requests(&series[0]), series[0].get("serverId")), (1, 6, None));
    }
    owner.client.delete(&server_path(&one)).await.assert(204);
    owner.client.get(&format!("/api/analytics/usage?serverId={}", text(&one, "id"))).await.assert(404);
    assert_eq!(requests(&usage(&owner.client, "").await["series"][0]), 6, "the whole keeps what is gone");
}

async fn equal_slots_make_up_the_whole(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    called(service, &owner, "One", &upstream, 4).await;
    for query in ["resolution=minute&slots=60", "slots=24", "resolution=day&slots=30"] {
        let told = usage(&owner.client, query).await;
        let points = told["series"][0]["points"].as_array().unwrap();
        assert_eq!(
            (&points[0]["from"], &points[points.len() - 1]["to"]),
            (&told["from"], &told["to"]),
            "{query}"
        );
        assert!(points.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{query}");
        assert!(points[0].get("errorRate").is_none() && points[0].get("responseTimes").is_none(), "{query}");
        let sum: u64 = points.iter().map(|point| point["requests"].as_u64().unwrap()).sum();
        assert_eq!(sum, 4, "{query}");
    }
}

async fn every_problem_of_what_is_asked_is_told_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z");
    let many: String =
        (0..11).map(|n| format!("&serverId=01a200ce-57ad-77bf-824b-ff757c2ead{:02}", n + 10)).collect();
    for (query, fields) in [
        (format!("from={late}&to={early}&slots=0{many}"), &["serverId", "slots", "to"][..]),
        (format!("from={early}&to={late}"), &["from"]),
        (format!("resolution=minute&from={early}&to=2026-01-02T00:00:01Z"), &["from"]),
        ("resolution=day&from=1066-10-14T09:00:00Z".to_owned(), &["from"]),
        ("resolution=hour&slots=26".to_owned(), &["slots"]),
        ("resolution=raw".to_owned(), &["resolution"]),
        ("serverId=weather".to_owned(), &["serverId"]),
    ] {
        let mut found = complaints(owner.client.get(&format!("/api/analytics/usage?{query}")).await);
        found.sort();
        found.dedup();
        assert_eq!(found, fields, "{query}");
    }
    for (query, field) in [
        ("sort=name".to_owned(), "sort"),
        ("limit=101".to_owned(), "limit"),
        ("page=0".to_owned(), "page"),
        (format!("from={early}&to={late}"), "from"),
        (format!("from={late}&to={early}"), "to"),
    ] {
        let found = complaints(owner.client.get(&format!("/api/analytics/servers?{query}")).await);
        assert_eq!(found, [field], "{query}");
    }
}

/// The names of a comparison, in order.
async fn ranked(client: &Client, query: &str) -> Vec<String> {
    names(client, &format!("/api/analytics/servers?{query}")).await
}

async fn servers_are_compared_by_each_figure(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    called(service, &owner, "Often", &upstream, 5).await;
    called(service, &owner, "Seldom", &upstream, 1).await;
    let down = Upstream::start().await;
    let failing = called(service, &owner, "Failing", &down, 1).await;
    let never = register(&owner, "Never").await;
    down.set(Mode::Status(500));
    initialize(&owner.client, "/failing").await.assert(502);
    owner.client.post_empty(&format!("{}/health-check", server_path(&failing))).await.assert(200);
    service.registry.usage.flush(true).await.unwrap();
    assert_eq!(ranked(&owner.client, "").await, ["Often", "Failing", "Seldom", "Never"]);
    assert_eq!(ranked(&owner.client, "sort=requests&order=asc&limit=1").await, ["Never"]);
    assert_eq!(ranked(&owner.client, "sort=errorRate&limit=1").await, ["Failing"]);
    assert_eq!(ranked(&owner.client, "sort=uptime&limit=1").await, ["Failing"]);
    assert_eq!(ranked(&owner.client, "sort=p95").await.last().unwrap(), "Never");
    assert_eq!(ranked(&owner.client, "page=2&limit=3").await, ["Never"]);
    let days = ranked(&owner.client, "from=2026-01-01T00:00:00Z&to=2026-01-20T00:00:00Z&sort=p95").await;
    assert_eq!(days.len(), 4, "nothing was called then, and all are told");

    let told = owner.client.get("/api/analytics/servers?sort=errorRate").await.expect(200);
    assert_eq!(
        (&told["pagination"]["total"], &told["servers"][0]["uptime"]),
        (&json!(4), &json!(50.0)),
        "{told}"
    );
    let first = &told["servers"][0];
    assert_eq!(
        (&first["requests"], &first["errors"], &first["errorRate"]),
        (&json!(2), &json!(1), &json!(50.0))
    );
    assert_eq!((&first["serverId"], &first["status"]), (&failing["id"], &json!("active")));
    let last =
        told["servers"].as_array().unwrap().iter().find(|server| server["serverId"] == never["id"]).unwrap();
    assert_eq!(
        (&last["requests"], last.get("errorRate"), last.get("responseTimes")),
        (&json!(0), None, None)
    );
}

async fn the_overview_tells_what_there_is_and_what_happened(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let mut made = Vec::new();
    for calls in 1..=6 {
        made.push(called(service, &owner, &format!("Server {calls}"), &upstream, calls).await);
    }
    raise_alert(service, text(&made[0], "id")).await;
    create_key(&owner, json!({ "name": "later", "expiresInDays": 10 })).await;
    create_key(&owner, json!({ "name": "soon", "expiresInDays": 3 })).await;
    create_key(&owner, json!({ "name": "not soon", "expiresInDays": 15 })).await;
    let told = owner.client.get("/api/overview").await.expect(200);
    assert_eq!((&told["servers"]["total"], &told["servers"]["byHealth"]["healthy"]), (&json!(6), &json!(6)));
    assert_eq!(told["recentChanges"].as_array().unwrap().len(), 6);
    let usage = &told["usage"];
    assert_eq!(
        (&usage["last24Hours"]["requests"], &usage["last24Hours"]["errorRate"]),
        (&json!(21), &json!(0.0))
    );
    assert_eq!(
        (&usage["previous24Hours"]["requests"], usage["previous24Hours"].get("errorRate")),
        (&json!(0), None)
    );
    let names = |list: &str| -> Vec<String> {
        told[list].as_array().unwrap().iter().map(|server| text(server, "name").to_owned()).collect()
    };
    assert_eq!(names("busiest"), ["Server 6", "Server 5", "Server 4", "Server 3", "Server 2"]);
    assert_eq!(names("slowest").len(), 5);
    let slowest: Vec<_> =
        told["slowest"].as_array().unwrap().iter().map(|s| s["responseTimes"]["p95"].as_f64()).collect();
    assert!(slowest.windows(2).all(|pair| pair[0] >= pair[1]) && slowest[4] > Some(0.0), "{told}");
    let alerts = &told["alerts"];
    assert_eq!((&alerts["open"], &alerts["openBySeverity"]["high"]), (&json!(1), &json!(1)), "{alerts}");
    assert_eq!(alerts["acknowledged"], 0);
    let keys = &told["expiringKeys"];
    let ends: Vec<_> = keys["keys"].as_array().unwrap().iter().map(|key| text(key, "name")).collect();
    assert_eq!((&keys["total"], ends), (&json!(2), vec!["soon", "later"]), "{keys}");
    assert!(told.get("recentActivity").is_none(), "an owner may not read the audit log");

    let admin = service.admin().await;
    let told = admin.client.get("/api/overview").await.expect(200);
    let activity = told["recentActivity"].as_array().unwrap();
    let log = admin.client.get("/api/audit-logs?limit=10").await.expect(200);
    let ids =
        |list: &Value| list.as_array().unwrap().iter().map(|entry| entry["id"].clone()).collect::<Vec<_>>();
    assert_eq!((activity.len(), ids(&told["recentActivity"])), (10, ids(&log["entries"])));
    assert_eq!(told["usage"]["last24Hours"]["requests"], 21);
}

/// C20: what something unhealthy is needed by counts as degraded, in lists, in their filters and in the overview.
async fn the_overview_and_lists_count_health_alike(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (base, top) = (Upstream::start().await, Upstream::start().await);
    let made = owner.client.post("/api/servers", &server_at("Base", &base.url)).await.expect(201);
    let needs = json!({ "dependsOn": [made["id"]] });
    owner.client.post("/api/servers", &with(server_at("Top", &top.url), &needs)).await.expect(201);
    owner.client.post("/api/servers", &server_at("Aside", &top.url)).await.expect(201);
    register(&owner, "Unknown").await;
    let threshold = json!({ "alertThreshold": 1 });
    owner.client.put(&server_path(&made), &threshold).await.assert(200);
    base.set(Mode::Status(500));
    owner.client.post_empty(&format!("{}/health-check", server_path(&made))).await.assert(200);
    let counts = owner.client.get("/api/overview").await.expect(200)["servers"]["byHealth"].clone();
    assert_eq!(counts, json!({ "healthy": 1, "degraded": 1, "unhealthy": 1, "unknown": 1 }));
    for (health, expected) in [
        ("healthStatus=healthy", &["Aside"][..]),
        ("healthStatus=degraded", &["Top"]),
        ("healthStatus=unhealthy", &["Base"]),
        ("healthStatus=unknown", &["Unknown"]),
        ("healthStatus=healthy&healthStatus=degraded", &["Aside", "Top"]),
        ("healthStatus=unhealthy&search=top", &[]),
    ] {
        let query = format!("/api/servers?{health}&sortBy=name&sortOrder=asc");
        assert_eq!(names(&owner.client, &query).await, expected, "{health}");
        let list = owner.client.get(&query).await.expect(200);
        assert_eq!(list["pagination"]["total"], expected.len(), "{health}");
        assert!(list["filters"]["healthStatus"].is_array(), "{list}");
    }
    let found = complaints(owner.client.get("/api/servers?healthStatus=ill").await);
    assert_eq!(found, ["healthStatus"]);
}

async fn figures_follow_the_time(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let one = called(service, &owner, "One", &upstream, 3).await;
    let overview = async || owner.client.get("/api/overview").await.expect(200);
    let now = service.clock.now();
    service.clock.set(now);
    assert_eq!(overview().await["busiest"][0]["requests"], 3);
    initialize(&owner.client, "/one").await.assert(200);
    service.registry.usage.flush(true).await.unwrap();
    let told = overview().await;
    assert_eq!(
        (&told["usage"]["last24Hours"]["requests"], &told["busiest"][0]["requests"]),
        (&json!(4), &json!(3))
    );

    // What is older than a minute is shown once more, and read again meanwhile.
    service.clock.set(now + TimeDelta::seconds(61));
    let again = async || (overview().await["busiest"][0]["requests"] == 4).then_some(());
    eventually("the servers are compared again", Duration::from_secs(30), again).await;

    service.clock.set(now + TimeDelta::hours(25));
    let told = overview().await;
    let calls =
        ["last24Hours", "previous24Hours"].map(|day| told["usage"][day]["requests"].as_u64().unwrap());
    assert_eq!((calls, &told["busiest"]), ([0, 4], &json!([])));
    assert_eq!(ranked(&owner.client, "sort=requests").await, ["One"]);
    let minutes = format!(
        "serverId={}&resolution=minute&from={}",
        text(&one, "id"),
        (now - TimeDelta::minutes(9)).format("%FT%TZ")
    );
    let to = (now + TimeDelta::minutes(9)).format("%FT%TZ");
    assert_eq!(requests(&usage(&owner.client, &format!("{minutes}&to={to}")).await["series"][0]), 4);
    service.registry.analytics.prune().await.unwrap();
    assert_eq!(requests(&usage(&owner.client, &format!("{minutes}&to={to}")).await["series"][0]), 4);
    // The service forgets too, and who comes meanwhile leaves it to that.
    let hours = format!("from={}&to={to}", (now - TimeDelta::minutes(9)).format("%FT%TZ"));
    let forgotten = async || {
        service.clock.set(now + TimeDelta::days(32));
        service.registry.analytics.prune().await.unwrap();
        service.clock.release();
        (requests(&usage(&owner.client, &hours).await["series"][0]) == 0).then_some(())
    };
    eventually("the hours are forgotten", Duration::from_secs(60), forgotten).await;
    assert_eq!(requests(&usage(&owner.client, "resolution=day").await["series"][0]), 4);
}

async fn t4_usage_is_told_within_what_one_sees(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let one = called(service, &owner, "One", &upstream, 2).await;
    let shared = called(service, &owner, "Shared", &upstream, 3).await;
    owner.client.put(&server_path(&shared), &json!({ "isPublic": true })).await.assert(200);
    let stranger = service.actor("other", "boris", Role::ServerOwner).await;
    initialize(&stranger.client, &format!("/{}", text(&shared, "id"))).await.assert(200);
    service.registry.usage.flush(true).await.unwrap();
    let of = |server: &Value| format!("/api/analytics/usage?serverId={}", text(server, "id"));
    stranger.client.get(&of(&one)).await.assert(404);
    stranger.client.get(&of(&shared)).await.assert(403);
    assert_eq!(requests(&usage(&stranger.client, "").await["series"][0]), 0);
    assert_eq!(ranked(&stranger.client, "").await, Vec::<String>::new());
    assert_eq!(requests(&usage(&owner.client, "").await["series"][0]), 6, "whoever called");
    assert_eq!(requests(&usage(&service.admin().await.client, "").await["series"][0]), 6);

    let user = service.actor("acme", "ulli", Role::User).await;
    assert_eq!(requests(&user.client.get(&of(&one)).await.expect(200)["series"][0]), 2);
    owner.client.put(&server_path(&one), &json!({ "status": "inactive" })).await.assert(200);
    user.client.get(&of(&one)).await.assert(404);
    assert_eq!(ranked(&user.client, "").await, ["Shared"]);
    assert_eq!(ranked(&owner.client, "").await, ["Shared", "One"]);

    let narrow = owner.client_with(service, &[Scope::ServerRead], Some(text(&one, "id"))).await;
    let told = usage(&narrow, "").await;
    assert_eq!((&told["series"][0]["serverId"], requests(&told["series"][0])), (&one["id"], 2));
    assert_eq!(ranked(&narrow, "").await, ["One"]);
    narrow.get(&of(&shared)).await.assert(404);
    assert_eq!(narrow.get("/api/overview").await.expect(200)["usage"]["last24Hours"]["requests"], 2);
}

async fn t4_an_overview_shows_nothing_of_another_tenant(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let one = called(service, &owner, "One", &upstream, 2).await;
    raise_alert(service, text(&one, "id")).await;
    create_key(&owner, json!({ "expiresInDays": 3 })).await;
    let stranger = service.actor("other", "boris", Role::ServerOwner).await;
    let told = stranger.client.get("/api/overview").await.expect(200);
    assert_eq!(
        (&told["servers"]["total"], &told["usage"]["last24Hours"]["requests"]),
        (&json!(0), &json!(0))
    );
    for list in ["recentChanges", "busiest", "slowest"] {
        assert_eq!(told[list], json!([]), "{list}");
    }
    assert_eq!((&told["alerts"]["open"], &told["expiringKeys"]["total"]), (&json!(0), &json!(0)));

    // A colleague who does not manage the key, and a key without the scopes.
    let colleague = service.actor("acme", "otto", Role::ServerOwner).await;
    let told = colleague.client.get("/api/overview").await.expect(200);
    assert_eq!((&told["servers"]["total"], &told["expiringKeys"]["total"]), (&json!(1), &json!(0)));
    let admin = service.admin().await;
    let narrow = admin.client_with(service, &[Scope::ServerRead], None).await;
    let told = narrow.get("/api/overview").await.expect(200);
    assert_eq!((told.get("expiringKeys"), told.get("recentActivity")), (None, None));
    assert_eq!(told["servers"]["total"], 1);
}
