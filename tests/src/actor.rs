//! Somebody who calls.

use registry_core::access::Caller;
use registry_core::model::role::{Role, Scope};
use registry_core::service::{IssuedKey, KeyInput};

use crate::client::Client;
use crate::service::Service;

/// A user with a key of every scope, and a client that uses it.
pub struct Actor {
    /// The operator acting as this user: makes keys, and calls services directly.
    pub caller: Caller,
    /// The key.
    pub key: IssuedKey,
    /// A client with the key.
    pub client: Client,
    minter: Caller,
    base: Client,
}

impl Actor {
    pub(crate) async fn new(service: &Service, tenant: &str, user: &str, role: Role) -> Self {
        let setup = &service.registry.setup;
        let caller = setup.operator(tenant, user, role).await.expect("a user");
        // The role user may not make keys: an administrator of the tenant makes it one (C37).
        let minter = match role {
            Role::User => setup.operator(tenant, "minter", Role::Admin).await.expect("an administrator"),
            _ => caller.clone(),
        };
        let base = service.client();
        let key = mint(service, &minter, &caller, Scope::ALL, None).await;
        let client = base.with_key(key.secret.expose());
        Self { caller, key, client, minter, base }
    }

    /// The key itself.
    pub fn secret(&self) -> &str {
        self.key.secret.expose()
    }

    /// The id of the user.
    pub fn user_id(&self) -> String {
        self.caller.user_id().to_string()
    }

    /// The id of the tenant.
    pub fn tenant_id(&self) -> String {
        self.caller.tenant_id().to_string()
    }

    /// One more key of this user.
    pub async fn mint(&self, service: &Service, scopes: &[Scope], server_id: Option<&str>) -> IssuedKey {
        mint(service, &self.minter, &self.caller, scopes, server_id).await
    }

    /// A client with one more key of this user.
    pub async fn client_with(&self, service: &Service, scopes: &[Scope], server_id: Option<&str>) -> Client {
        self.base.with_key(self.mint(service, scopes, server_id).await.secret.expose())
    }
}

async fn mint(
    service: &Service,
    minter: &Caller,
    owner: &Caller,
    scopes: &[Scope],
    server_id: Option<&str>,
) -> IssuedKey {
    let input = KeyInput {
        name: Some("test".to_owned()),
        scopes: Some(scopes.iter().map(Scope::to_string).collect()),
        server_id: server_id.map(str::to_owned),
        owner_user_id: Some(owner.user_id().to_string()),
        ..KeyInput::default()
    };
    service.registry.keys.create(minter, input).await.expect("a key")
}
