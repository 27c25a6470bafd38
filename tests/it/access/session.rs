//! Sessions for tests: of somebody for whom an issuer vouches, so that no password has to be hashed.

use black_box_tests::{Actor, Client, Service};
use registry_core::identity::ExternalUser;
use registry_core::model::account_input::UserChange;
use registry_core::model::audit::Origin;
use registry_core::model::role::Role;
use registry_core::model::user::Identity;
use registry_core::service::SignedIn;

/// The cookie of a session.
pub(crate) const COOKIE: &str = "__Host-mcp-registry-session";

/// A new session of `actor`.
pub(crate) async fn sign_in(service: &Service, actor: &Actor) -> SignedIn {
    let (registry, id) = (&service.registry, actor.caller.user_id());
    let operator = registry.setup.operator("main", "root", Role::Admin).await.unwrap();
    let user = registry.users.get(&operator, id).await.unwrap();
    let tenant = registry.tenants.get(&operator, user.tenant_id).await.unwrap();
    let identity = Identity { issuer: "https://id.example".to_owned(), subject: id.to_string() };
    if user.identities.is_empty() {
        let change = UserChange { identities: Some(vec![identity.clone()]), ..UserChange::default() };
        registry.users.update(&operator, id, change, None).await.unwrap();
    }
    let external = ExternalUser {
        identity,
        tenant: tenant.name,
        role: user.role,
        username: user.username,
        display_name: None,
        email: None,
        creates_user: false,
        creates_tenant: false,
    };
    registry.sign_in.with_issuer(&external, Origin::default()).await.unwrap()
}

/// A browser's client with a new session of `actor`, and with its token for changes.
pub(crate) async fn session_client(service: &Service, actor: &Actor) -> Client {
    let signed_in = sign_in(service, actor).await;
    let client = service.client().with("cookie", &format!("{COOKIE}={}", signed_in.secret.expose()));
    client.with("x-csrf-token", &signed_in.secret.csrf_token())
}
