//! The harness itself.

use black_box_tests::{Binary, Service, Upstream, on_every_store, server_at};
use serde_json::Value;

on_every_store!(a_server_is_registered_and_found);

async fn a_server_is_registered_and_found(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    let server = admin.client.post("/api/servers", &server_at("Demo", &upstream.url)).await;
    let id = server.assert(201).id();
    let found = admin.client.get(&format!("/api/servers/{id}")).await.expect(200);
    assert_eq!(found["name"], "Demo");
    assert_eq!(service.client().get("/api/servers").await.details(401), Value::Null);
}

#[tokio::test]
async fn the_binary_starts_and_its_key_works() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    assert_eq!(binary.admin().get("/api/servers").await.expect(200)["pagination"]["total"], 0);
    assert!(binary.terminate().status.success());
}
