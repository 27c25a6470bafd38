//! Signing in with a password: who gets in, and what those see who do not.

use black_box_tests::{Answer, Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::kit::{PASSWORD, change, entries, from, login_with, olga, person};
use crate::support::text;

on_every_store!(
    whoever_knows_the_password_gets_in,
    all_who_are_refused_see_the_same,
    a_name_of_two_tenants_needs_the_tenant,
    a_name_is_the_same_in_every_spelling_and_a_password_from_every_keyboard,
    the_cookie_is_for_this_host_alone,
    a_sign_in_is_told_to_the_audit_log_and_a_refused_one_too,
    odd_input_is_refused_and_nothing_worse,
);

async fn whoever_knows_the_password_gets_in(service: &Service) {
    let admin = service.admin().await;
    let user = olga(&admin).await;
    let signed_in = service.client().sign_in("olga", PASSWORD).await;
    assert_eq!((&signed_in.me["id"], &signed_in.me["role"]), (&user["id"], &json!("server_owner")));
    let me = signed_in.client.get("/api/users/me").await.expect(200);
    assert_eq!((&me["id"], &me["csrfToken"]), (&user["id"], &json!(signed_in.csrf)));
    assert!(signed_in.me.to_string().find(PASSWORD).is_none());
}

/// What somebody sees who is refused, but for what differs between any two answers.
fn seen(answer: &Answer) -> (u16, Value, Vec<String>) {
    let mut body = answer.json.clone();
    body["timestamp"] = Value::Null;
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), body, names)
}

async fn all_who_are_refused_see_the_same(service: &Service) {
    let admin = service.admin().await;
    let (_, banned) = (olga(&admin).await, person(&admin, &admin.tenant_id(), "bert", Role::User).await);
    change(&admin, &banned, &json!({ "disabled": true })).await.assert(200);
    let closed = admin.client.post("/api/tenants", &json!({ "name": "closed" })).await.expect(201);
    person(&admin, text(&closed, "id"), "clara", Role::User).await;
    let path = format!("/api/tenants/{}", text(&closed, "id"));
    admin.client.put(&path, &json!({ "name": "closed", "disabled": true })).await.assert(200);
    let body = json!({ "username": "nopassword", "role": "user", "tenantId": admin.tenant_id() });
    admin.client.post("/api/users", &body).await.assert(201);
    let wrong = seen(&from(service, 1).login("olga", "another password").await);
    assert_eq!((wrong.0, &wrong.1["code"]), (401, &json!("UNAUTHORIZED")));
    for (number, name) in [(2, "nobody"), (3, "bert"), (4, "clara"), (5, "nopassword")] {
        assert_eq!(seen(&from(service, number).login(name, PASSWORD).await), wrong, "{name}");
    }
}

async fn a_name_of_two_tenants_needs_the_tenant(service: &Service) {
    let admin = service.admin().await;
    let acme = admin.client.post("/api/tenants", &json!({ "name": "Acme Works" })).await.expect(201);
    let (here, there) = (olga(&admin).await, person(&admin, text(&acme, "id"), "Olga", Role::User).await);
    let client = service.client();
    client.login("olga", PASSWORD).await.assert(401);
    for (tenant, expected) in [("main", &here), ("acme WORKS", &there), (" Acme Works ", &there)] {
        let answer = login_with(&client, "olga", PASSWORD, &json!({ "tenant": tenant })).await;
        assert_eq!(answer.expect(200)["id"], expected["id"], "{tenant}");
    }
    login_with(&from(service, 1), "olga", PASSWORD, &json!({ "tenant": "nowhere" })).await.assert(401);
    login_with(&from(service, 2), "root", PASSWORD, &json!({ "tenant": "acme works" })).await.assert(401);
}

async fn a_name_is_the_same_in_every_spelling_and_a_password_from_every_keyboard(service: &Service) {
    let admin = service.admin().await;
    let body = json!({ "username": "Žofie", "role": "user", "tenantId": admin.tenant_id(),
        "password": "čtyři ospalé vydry" });
    admin.client.post("/api/users", &body).await.assert(201);
    let client = service.client();
    for name in ["Žofie", "žofie", "ŽOFIE", "Z\u{30c}ofie", " žofie ", "ｚ\u{30c}ofie"] {
        client.login(name, "čtyři ospalé vydry").await.assert(200);
        client.login(name, "c\u{30c}tyr\u{30c}i ospale\u{301} vydry").await.assert(200);
    }
    login_with(&client, "žofie", "čtyři ospalé vydry", &json!({ "tenant": "" })).await.assert(200);
    from(service, 1).login("žofie", "Čtyři ospalé vydry").await.assert(401);
    from(service, 2).login("žofie", "čtyři ospalé vydry ").await.assert(401);
}

/// A10.
async fn the_cookie_is_for_this_host_alone(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let answer = service.client().login("olga", PASSWORD).await;
    let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    let mut parts = line.to_str().unwrap().split("; ");
    let (name, value) = parts.next().unwrap().split_once('=').unwrap();
    assert_eq!((name, value.len()), ("__Host-mcp-registry-session", 43));
    let mut rest: Vec<_> = parts.collect();
    rest.sort_unstable();
    assert_eq!(rest, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.text().contains(value), "scripts cannot read it");
    let signed_in = service.client().sign_in("olga", PASSWORD).await;
    let gone = signed_in.client.post_empty("/api/auth/logout").await;
    let line = gone.assert(204).header("set-cookie").to_owned();
    assert!(line.starts_with("__Host-mcp-registry-session=;") && line.contains("Max-Age=0"), "{line}");
    assert!(line.contains("Secure") && line.contains("Path=/"), "or a browser keeps it: {line}");
}

async fn a_sign_in_is_told_to_the_audit_log_and_a_refused_one_too(service: &Service) {
    let admin = service.admin().await;
    let user = olga(&admin).await;
    let client = from(service, 9).with("user-agent", "Otter/1.0");
    let signed_in = client.sign_in("olga", PASSWORD).await;
    signed_in.client.post_empty("/api/auth/logout").await.assert(204);
    client.login("olga", "wrong").await.assert(401);
    client.login("nobody", "wrong").await.assert(401);
    service.registry.refusals.flush(false).await.unwrap();
    let (login, logout) = (entries(&admin.client, "login").await, entries(&admin.client, "logout").await);
    for entry in [&login[0], &logout[0]] {
        assert_eq!((&entry["actorId"], &entry["resourceType"]), (&user["id"], &json!("session")));
        assert_eq!((&entry["ipAddress"], &entry["userAgent"]), (&json!("127.0.7.9"), &json!("Otter/1.0")));
        assert!(!entry.to_string().contains(&signed_in.cookie[30..]));
    }
    assert_eq!(login[0]["resourceId"], logout[0]["resourceId"]);
    let refused = entries(&admin.client, "authentication_failed").await;
    let of = |kind: &str| refused.iter().find(|entry| entry["resourceType"] == kind).expect(kind);
    assert_eq!((&of("user")["resourceId"], &of("user")["actorId"]), (&user["id"], &Value::Null));
    assert_eq!(
        (&of("address")["ipAddress"], &of("user")["result"]),
        (&json!("127.0.7.9"), &json!("unauthorized"))
    );
}

async fn odd_input_is_refused_and_nothing_worse(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let client = service.client();
    for name in ["ol\u{0}ga", "' OR 1=1 --", "\u{202e}olga", &"o".repeat(100_000)] {
        let number = u8::try_from(name.len() % 100).unwrap();
        from(service, number).login(name, PASSWORD).await.assert(401);
    }
    from(service, 101).login("olga", &"long ".repeat(50_000)).await.assert(401);
    login_with(&from(service, 102), "olga", PASSWORD, &json!({ "tenant": "ma\u{0}in" })).await.assert(401);
    for body in [json!({}), json!({ "username": "olga" }), json!({ "username": "", "password": "" })] {
        client.post("/api/auth/login", &body).await.assert(400);
    }
    client.post("/api/auth/login", &json!({ "username": ["olga"], "password": {} })).await.assert(400);
}
