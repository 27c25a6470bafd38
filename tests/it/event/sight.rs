//! T4: who is told of what.

use black_box_tests::{Actor, Client, EventStream, EventsOver, Service, on_every_store, server};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::kit::{BOTH, change, is_change_of, open, told, touch};
use crate::access::session::session_client;
use crate::support::{create_key, register, text, with};

on_every_store!(
    t4_who_sees_a_record_is_told_of_it_and_nobody_else,
    t4_a_private_server_that_turns_public_is_told_to_others_from_then_on,
    t4_what_is_gone_is_told_to_its_own_tenant,
    a_narrower_stream_has_only_what_was_asked_for,
);

/// A server that everybody sees: a change of it ends what a test reads.
async fn beacon(admin: &Client) -> Value {
    let body = with(server("Beacon"), &json!({ "tenantId": null }));
    let body = with(body, &json!({ "isPublic": true }));
    let made = admin.post("/api/servers", &body).await.expect(201);
    change(admin, &made, json!({ "status": "active" })).await;
    made
}

struct Watcher {
    who: &'static str,
    stream: EventStream,
    /// How many of the events it is to be told, by their numbers.
    sees: &'static [usize],
}

struct Cast {
    admin: Actor,
    owner: Actor,
    other: Actor,
    watchers: Vec<Watcher>,
}

/// The events, by number: 0 a private server of acme is changed, 1 a key for it is made, 2 one of the owner's own is,
/// 3 a public server of globex is changed, 4 a private one of globex is, 5 a tenant is made.
async fn cast(service: &Service, over: EventsOver, acme: &Value, servers: [&Value; 2]) -> Cast {
    let admin = service.admin().await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let colleague = service.actor("acme", "otto", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let other = service.actor("globex", "gina", Role::ServerOwner).await;
    let reader = admin.client_with(service, &[Scope::ServerRead], None).await;
    let keyless = owner.client_with(service, &[Scope::HealthCheck], None).await;
    let narrow = owner.client_with(service, Scope::ALL, Some(text(acme, "id"))).await;
    let foreign = other.client_with(service, Scope::ALL, Some(text(servers[0], "id"))).await;
    let session = session_client(service, &owner).await;
    let clients: [(&'static str, &Client, &'static [usize]); 10] = [
        ("admin", &admin.client, &[0, 1, 2, 3, 4, 5]),
        ("admin who only reads servers", &reader, &[0, 3, 4]),
        ("owner", &owner.client, &[0, 1, 2, 3]),
        ("owner signed in", &session, &[0, 1, 2, 3]),
        ("owner with nothing to read", &keyless, &[]),
        ("owner for one server", &narrow, &[0, 1]),
        ("colleague", &colleague.client, &[0, 3]),
        ("user", &user.client, &[0, 3]),
        ("another tenant", &other.client, &[3, 4]),
        ("another tenant for one server", &foreign, &[3]),
    ];
    let mut watchers = Vec::new();
    for (who, client, sees) in clients {
        watchers.push(Watcher { who, stream: open(client, over).await, sees });
    }
    Cast { admin, owner, other, watchers }
}

async fn active(owner: &Actor, name: &str, is_public: bool) -> Value {
    let body = with(server(name), &json!({ "isPublic": is_public }));
    let made = owner.client.post("/api/servers", &body).await.expect(201);
    change(&owner.client, &made, json!({ "status": "active" })).await;
    made
}

async fn t4_who_sees_a_record_is_told_of_it_and_nobody_else(service: &Service) {
    let beacon = beacon(&service.admin().await.client).await;
    let acme = active(&service.actor("acme", "olga", Role::ServerOwner).await, "Acme", false).await;
    let gina = service.actor("globex", "gina", Role::ServerOwner).await;
    let (public, private) = (active(&gina, "Public", true).await, active(&gina, "Private", false).await);
    for over in BOTH {
        let Cast { admin, owner, other, watchers } = cast(service, over, &acme, [&public, &private]).await;
        touch(&owner.client, &acme, &format!("{over:?}")).await;
        let linked = create_key(&owner, json!({ "serverId": acme["id"] })).await;
        let own = create_key(&owner, json!({})).await;
        touch(&other.client, &public, &format!("{over:?}")).await;
        touch(&other.client, &private, &format!("{over:?}")).await;
        let tenant = json!({ "name": format!("Initech {over:?}") });
        let tenant = admin.client.post("/api/tenants", &tenant).await.expect(201);
        touch(&admin.client, &beacon, &format!("{over:?}")).await;
        let event = |kind: &str, record: &Value| (kind.to_owned(), text(record, "id").to_owned());
        let all = [
            event("server_updated", &acme),
            event("api_key_generated", &linked),
            event("api_key_generated", &own),
            event("server_updated", &public),
            event("server_updated", &private),
            event("tenant_created", &tenant),
        ];
        for Watcher { who, mut stream, sees } in watchers {
            if !["owner with nothing to read", "owner for one server", "another tenant for one server"]
                .contains(&who)
            {
                let events = stream.until(is_change_of(&beacon)).await;
                let expected: Vec<_> = sees.iter().map(|number| all[*number].clone()).collect();
                assert_eq!(told(&events[..events.len() - 1]), expected, "{who}, {over:?}");
                assert_near(who, &events);
                continue;
            }
            for number in sees {
                let message = stream.next().await;
                assert_eq!(told(&[message]), [all[*number].clone()], "{who}, {over:?}");
            }
            // It does not see the beacon: its own end comes next.
            drop(stream);
        }
    }
}

/// Who did it is told within the tenant, and to administrators.
fn assert_near(who: &str, events: &[Value]) {
    for message in events {
        let event = &message["event"];
        let is_told = event.get("actorId").is_some();
        assert_eq!(is_told, event.get("tenantId").is_some(), "{event}");
        if who.starts_with("admin") {
            assert!(is_told, "{who}: {event}");
        }
    }
    let last = &events.last().unwrap()["event"];
    assert_eq!(
        last.get("actorId").is_some(),
        who.starts_with("admin"),
        "{who}: the beacon is of another tenant"
    );
}

async fn t4_a_private_server_that_turns_public_is_told_to_others_from_then_on(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let other = service.actor("globex", "gina", Role::ServerOwner).await;
    let (own, beacon) = (active(&owner, "Acme", false).await, active(&other, "Beacon", false).await);
    for over in BOTH {
        let mut stream = open(&other.client, over).await;
        touch(&owner.client, &own, &format!("hidden {over:?}")).await;
        change(&owner.client, &own, json!({ "isPublic": true })).await;
        let first = stream.until(is_change_of(&own)).await;
        // What happened while it was private may be told: it is judged by what is there now.
        assert!(first.len() <= 2, "{first:?}");
        change(&owner.client, &own, json!({ "isPublic": false })).await;
        touch(&owner.client, &own, &format!("hidden again {over:?}")).await;
        touch(&other.client, &beacon, &format!("{over:?}")).await;
        let rest = stream.until(is_change_of(&beacon)).await;
        let own = text(&own, "id");
        let hidden = rest.iter().filter(|message| message["event"]["serverId"] == own).count();
        assert!(hidden <= 1, "at most the change that made it public: {rest:?}");
        assert!(!rest.iter().chain(&first).any(|message| message.to_string().contains("hidden")));
    }
}

async fn t4_what_is_gone_is_told_to_its_own_tenant(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let other = service.actor("globex", "gina", Role::ServerOwner).await;
    let beacon = beacon(&service.admin().await.client).await;
    let admin = service.admin().await;
    for over in BOTH {
        let gone = active(&owner, "Gone", true).await;
        let mut streams = Vec::new();
        for client in [&owner.client, &user.client, &other.client] {
            streams.push(open(client, over).await);
        }
        owner.client.delete(&crate::support::server_path(&gone)).await.assert(204);
        touch(&admin.client, &beacon, &format!("{over:?}")).await;
        let expected = [("server_deleted".to_owned(), text(&gone, "id").to_owned())];
        for (stream, sees) in streams.iter_mut().zip([1, 1, 0]) {
            let events = stream.until(is_change_of(&beacon)).await;
            assert_eq!(told(&events[..events.len() - 1]), expected[..sees]);
        }
    }
}

async fn a_narrower_stream_has_only_what_was_asked_for(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    for over in BOTH {
        let by_server = format!("/api/events?serverId={}", text(&two, "id"));
        let (mut of_server, _) = owner.client.events(over, &by_server).await;
        let types = "/api/events?type=server_deleted&type=server_registered";
        let (mut of_types, _) = owner.client.events(over, types).await;
        touch(&owner.client, &one, &format!("{over:?}")).await;
        touch(&owner.client, &two, &format!("{over:?}")).await;
        let made = register(&owner, &format!("Three {over:?}")).await;
        assert_eq!(
            told(&[of_server.next().await]),
            [("server_updated".to_owned(), text(&two, "id").to_owned())]
        );
        let expected = [("server_registered".to_owned(), text(&made, "id").to_owned())];
        assert_eq!(told(&[of_types.next().await]), expected);
    }
    owner.client.get("/api/events?type=nothing").await.assert(400);
    owner.client.get("/api/events?serverId=x").await.assert(400);
    let many = ["type=login"; 33].join("&");
    owner.client.get(&format!("/api/events?{many}")).await.assert(400);
}
