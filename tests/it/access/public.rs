//! What answers without a credential (A1, C4).

use black_box_tests::{Options, Service, StoreKind, on_every_store};
use http::Request;
use registry_core::limit::{Limit, RateLimits};
use registry_core::service::Policy;
use registry_http::app;
use registry_http::discovery::TokenIssuers;

use super::scene::Scene;
use super::table::{DISCOVERY_PAGES, Needs, PUBLIC_PAGES, TABLE, operations};

on_every_store!(without_a_key_only_what_is_public_answers);

/// The whole list: what is added to it is added here, on purpose.
const PUBLIC: [&str; 7] = [
    "get /api/auth/oidc/{provider}/callback",
    "get /api/auth/oidc/{provider}/start",
    "get /api/auth/providers",
    "get /api/health",
    "get /api/ready",
    "post /api/auth/login",
    "post /api/setup",
];

/// The document asks for a credential just where the table does.
#[test]
fn the_document_names_what_is_public() {
    let open = operations().into_iter().filter(|(_, operation)| operation.get("security").is_none());
    let mut open: Vec<_> = open.map(|(operation, _)| operation).collect();
    open.sort();
    assert_eq!(open, PUBLIC);
    let public = TABLE.iter().filter(|row| row.needs == Needs::Nothing).map(|row| row.operation);
    let mut public: Vec<_> = public.collect();
    public.sort_unstable();
    assert_eq!(public, open);
}

async fn without_a_key_only_what_is_public_answers(service: &Service) {
    let (scene, nobody) = (Scene::new(service).await, service.client());
    for row in &TABLE {
        let expected = if row.needs == Needs::Nothing { row.success } else { 401 };
        let answer = scene.call(&scene.owner, &nobody, row).await;
        assert_eq!(answer.status, expected, "{}", row.operation);
        if expected == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{}", row.operation);
        }
    }
    for path in PUBLIC_PAGES {
        nobody.get(path).await.assert(200);
    }
    for path in ["/api", "/metrics", "/api/docs/", "/.well-known/x", "/mcp", "/mcp/weather"] {
        let answer = nobody.send(Request::get(path).body(bytes::Bytes::new()).unwrap()).await;
        assert!(matches!(answer.status.as_u16(), 401 | 404), "{path}: {}", answer.status);
    }
    for path in DISCOVERY_PAGES {
        nobody.get(path).await.assert(404);
    }
}

/// RFC 9728: who has no credential learns where to get one, and nothing of what there is here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_are_issuers_their_list_is_public() {
    let issuers = TokenIssuers(vec!["https://id.example".to_owned()]);
    let app = app::Options { issuers, ..app::Options::default() };
    let service = Service::start_with(StoreKind::Memory, Options { app, ..Options::default() }).await;
    for path in DISCOVERY_PAGES {
        let found = service.client().get(path).await.expect(200);
        assert_eq!(found["authorization_servers"], serde_json::json!(["https://id.example"]));
    }
    service.client().get("/.well-known/oauth-protected-resource/api").await.assert(404);
    service.stop().await;
}

/// C4: what is public is limited by address, and so is asking without a credential.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_no_credential_is_limited() {
    let few = Limit::per_minute(3).unwrap();
    for row in TABLE.iter().filter(|row| row.operation.starts_with("get ") || row.needs == Needs::Nothing) {
        let limits = RateLimits { anonymous: few, public: few, ..RateLimits::unlimited() };
        let policy = Policy { limits, ..Policy::default() };
        let service = Service::start_with(StoreKind::Memory, Options { policy, ..Options::default() }).await;
        let scene = Scene::new(&service).await;
        let request = scene.prepare(row, &scene.owner).await;
        let mut statuses = Vec::new();
        for _ in 0..10 {
            statuses.push(request.send(&service.client()).await.status.as_u16());
        }
        assert_eq!(statuses[9], 429, "{}: {statuses:?}", row.operation);
        service.stop().await;
    }
}
