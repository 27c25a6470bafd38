//! The first administrator: by the set-up link, or chosen beforehand.

use std::collections::BTreeSet;

use black_box_tests::{Binary, Client, Database, Service, SignedIn, on_every_store};
use chrono::TimeDelta;
use futures::future::join_all;
use registry_core::clock::{Clock, SystemClock};
use registry_core::service::SETUP_LINK_LIFETIME;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::kit::{PASSWORD, entries};

on_every_store!(
    the_link_makes_the_first_administrator_and_signs_it_in,
    of_fifty_who_use_the_link_at_once_one_is_made,
    the_link_is_good_for_an_hour_to_the_microsecond,
    input_with_problems_does_not_use_the_link_up,
    a_wrong_or_used_link_is_refused,
);

async fn link(service: &Service) -> String {
    let secret = service.registry.setup.link().await.expect("the store answers");
    secret.expect("there is no user yet").expose_secret().to_owned()
}

fn body(token: &str, name: &str) -> Value {
    json!({ "token": token, "username": name, "password": PASSWORD })
}

async fn the_link_makes_the_first_administrator_and_signs_it_in(service: &Service) {
    let client = service.client();
    assert_eq!(client.get("/api/auth/providers").await.expect(200)["setupRequired"], true);
    let mut request = body(&link(service).await, "Anna");
    (request["displayName"], request["issueApiKey"]) = (json!("Anna Ash"), json!(true));
    let answer = client.post("/api/setup", &request).await;
    let made = answer.assert(201).json.clone();
    assert_eq!(
        (&made["username"], &made["displayName"], &made["role"]),
        (&json!("Anna"), &json!("Anna Ash"), &json!("admin"))
    );
    let anna = SignedIn::of(&client, &answer);
    assert_eq!(anna.client.get("/api/users/me").await.expect(200)["id"], made["id"]);
    let key = client.with_key(made["apiKey"]["key"].as_str().expect("the key, shown once"));
    assert_eq!(key.get("/api/users/me").await.expect(200)["id"], made["id"]);
    client.sign_in("anna", PASSWORD).await;
    assert_eq!(client.get("/api/auth/providers").await.expect(200)["setupRequired"], false);
    assert!(service.registry.setup.link().await.unwrap().is_none(), "there is no second one");
    let logins = entries(&key, "login").await;
    assert_eq!(
        (&logins[0]["metadata"]["method"], &logins[1]["metadata"]["method"]),
        (&json!("setup"), &json!("password"))
    );
}

async fn of_fifty_who_use_the_link_at_once_one_is_made(service: &Service) {
    let (token, client) = (link(service).await, service.client());
    let wanted = join_all((0..50).map(async |number| {
        let answer = client.post("/api/setup", &body(&token, &format!("anna-{number}"))).await;
        answer.status.as_u16()
    }));
    let statuses = wanted.await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    let others: BTreeSet<_> = statuses.into_iter().filter(|status| *status != 201).collect();
    assert!(others.is_subset(&[401, 503].into()), "{others:?}");
    let admin = service.admin().await;
    let users = admin.client.get("/api/users?limit=100&search=anna-").await.expect(200);
    assert_eq!(users["pagination"]["total"], 1);
}

async fn the_link_is_good_for_an_hour_to_the_microsecond(service: &Service) {
    let start = SystemClock.now();
    service.clock.set(start);
    let token = link(service).await;
    let incomplete = json!({ "token": token });
    service.clock.set(start + SETUP_LINK_LIFETIME - TimeDelta::microseconds(1));
    service.client().post("/api/setup", &incomplete).await.assert(400);
    service.clock.set(start + SETUP_LINK_LIFETIME);
    service.client().post("/api/setup", &incomplete).await.assert(401);
    service.client().post("/api/setup", &body(&token, "anna")).await.assert(401);
}

async fn input_with_problems_does_not_use_the_link_up(service: &Service) {
    let (token, client) = (link(service).await, service.client());
    for (password, problem) in
        [("short", "12 to 128"), ("password1234", "easy to guess"), ("annaannaanna", "easy to guess")]
    {
        let mut request = body(&token, "anna");
        request["password"] = json!(password);
        let details = client.post("/api/setup", &request).await.details(400);
        assert!(details["password"].as_str().is_some_and(|text| text.contains(problem)), "{details}");
    }
    let details = client.post("/api/setup", &json!({ "token": token })).await.details(400);
    assert_eq!(details.as_object().expect("fields").len(), 2, "{details}");
    client.post("/api/setup", &body(&token, "anna")).await.assert(201);
}

async fn a_wrong_or_used_link_is_refused(service: &Service) {
    let (token, client) = (link(service).await, service.client());
    let other = link(service).await;
    for wrong in ["", "x", &token[1..], &token.to_lowercase(), &format!("{token}x")] {
        client.post("/api/setup", &body(wrong, "anna")).await.assert(401);
    }
    client.post("/api/setup", &body(&token, "anna")).await.assert(201);
    client.post("/api/setup", &body(&token, "berta")).await.assert(401);
    client.post("/api/setup", &body(&other, "berta")).await.assert(401);
    let cross = client.with("origin", "https://evil.example");
    cross.post("/api/setup", &body(&token, "berta")).await.assert(403);
}

/// The token of the link that a binary printed.
fn printed(binary: &Binary) -> String {
    let link = binary.setup_link().expect("it prints the link");
    assert!(link.starts_with(&format!("http://{}/setup#token=", binary.address())), "{link}");
    assert!(!binary.stderr().contains(link.split_once('=').unwrap().1), "the log has the secret");
    link.split_once("#token=").unwrap().1.to_owned()
}

const NO_KEY: (&str, &str) = ("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", "");

#[tokio::test]
async fn the_binary_prints_the_link_until_there_is_a_user_and_never_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = Binary::start(folder.path(), &[], &[NO_KEY]);
    let unused = printed(&first);
    assert_eq!(first.stdout().matches("#token=").count(), 1);
    assert!(first.terminate().status.success());
    let second = Binary::start(folder.path(), &[], &[NO_KEY]);
    let token = printed(&second);
    assert_ne!(token, unused);
    second.client().post("/api/setup", &body(&token, "anna")).await.assert(201);
    assert!(second.terminate().status.success());
    let third = Binary::start(folder.path(), &[], &[NO_KEY]);
    assert_eq!(third.stdout(), "");
    third.client().post("/api/setup", &body(&unused, "berta")).await.assert(401);
    third.client().sign_in("anna", PASSWORD).await;
}

#[tokio::test]
async fn a_password_chosen_beforehand_is_the_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let chosen = ("MCP_REGISTRY_BOOTSTRAP_ADMIN_PASSWORD", PASSWORD);
    let first = Binary::start(folder.path(), &[], &[NO_KEY, chosen]);
    assert_eq!(first.stdout(), "", "no link, and no secret");
    let admin = first.client().sign_in("admin", PASSWORD).await;
    assert_eq!((&admin.me["role"], &admin.me["username"]), (&json!("admin"), &json!("admin")));
    assert!(!first.stderr().contains(PASSWORD));
    let new = json!({ "currentPassword": PASSWORD, "newPassword": format!("{PASSWORD}, again") });
    admin.client.put("/api/users/me/password", &new).await.assert(204);
    assert!(first.terminate().status.success());
    let second = Binary::start(folder.path(), &[], &[NO_KEY, chosen]);
    second.client().login("admin", PASSWORD).await.assert(401);
    second.client().sign_in("admin", &format!("{PASSWORD}, again")).await;
}

/// One that is easy to guess would be the way in for everybody; and a user that nobody can sign in as would hide the link.
#[tokio::test]
async fn a_weak_password_chosen_beforehand_stops_the_start_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for weak in ["adminadminadmin", "short"] {
        let chosen = ("MCP_REGISTRY_BOOTSTRAP_ADMIN_PASSWORD", weak);
        let Err(finished) = Binary::try_start(folder.path(), &[], &[NO_KEY, chosen]) else {
            panic!("{weak} was accepted")
        };
        assert!(!finished.status.success() && !finished.stderr.contains(weak), "{finished:?}");
    }
    printed(&Binary::start(folder.path(), &[], &[NO_KEY]));
}

#[tokio::test]
async fn two_nodes_of_one_database_make_one_first_administrator() {
    let (database, folder) = (Database::create().await, tempfile::tempdir().unwrap());
    let url = database.url();
    let environment = [("MCP_REGISTRY_STORE", &*url), NO_KEY];
    let one = Binary::start(folder.path(), &[], &environment);
    let other = Binary::start(folder.path(), &[], &environment);
    let (first, second) = (printed(&one), printed(&other));
    assert_ne!(first, second);
    let use_at = async |client: Client, token: &str| {
        client.post("/api/setup", &body(token, "anna")).await.status.as_u16()
    };
    assert_eq!(use_at(other.client(), &first).await, 201, "a link is good on every node");
    assert_eq!(use_at(one.client(), &second).await, 401);
    one.client().sign_in("anna", PASSWORD).await;
    drop((one, other));
    database.remove().await;
}
