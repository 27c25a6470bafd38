//! Servers: register, list, change, remove.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::context::Context;
use super::event::What;
use super::secret::Purpose;
use super::server_build::{differences, shown_url};
use super::server_connect::require_may_launch;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::audit::{Action, AuditEvent, EventType, ResourceType};
use crate::model::field::FieldErrors;
use crate::model::id::{ServerId, TenantId};
use crate::model::key::KeySecret;
use crate::model::page::{Page, PageRequest, SortOrder};
use crate::model::role::Role;
use crate::model::server::{HealthStatus, Revision, Server, ServerSort, ServerStatus};
use crate::model::server_input::{ServerDraft, ServerInput};
use crate::model::text::Tag;
use crate::probe::Probed;
use crate::service::key::IssuedKey;
use crate::store::{StoreError, UniqueField};

/// Whose a new server is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TenantChoice {
    /// The caller's tenant's.
    #[default]
    Own,
    /// Nobody's: every tenant sees it. Administrators only.
    Global,
    /// This tenant's. Administrators only, unless it is the caller's own.
    Tenant(TenantId),
}

/// A registration.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    /// The server.
    pub input: ServerInput,
    /// Whose it is to be.
    pub tenant: TenantChoice,
    /// Stores the server without connecting to it, as inactive.
    pub skip_connection: bool,
}

/// What a registration made.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The server.
    pub server: Server,
    /// The key that it comes with, shown this once.
    pub key: IssuedKey,
}

/// Which servers to list.
#[derive(Debug, Clone)]
pub struct ListServers {
    /// Only this tenant's own.
    pub tenant_id: Option<TenantId>,
    /// Only this status.
    pub status: Option<ServerStatus>,
    /// Only of one of these healths, as lists show it; of any if there are none.
    pub health: Vec<HealthStatus>,
    /// Only those whose name or description has this text, in any case.
    pub search: Option<String>,
    /// Only those with all of these tags.
    pub tags: Vec<Tag>,
    /// Also those that the caller's preferences hide.
    pub with_hidden: bool,
    /// What to sort by.
    pub sort: ServerSort,
    /// In which direction.
    pub order: SortOrder,
    /// Which page.
    pub page: PageRequest,
}

impl Default for ListServers {
    fn default() -> Self {
        let (sort, order) = (ServerSort::CreatedAt, SortOrder::Desc);
        Self {
            tenant_id: None,
            status: None,
            health: Vec::new(),
            search: None,
            tags: Vec::new(),
            with_hidden: false,
            sort,
            order,
            page: PageRequest::default(),
        }
    }
}

/// Servers.
pub struct ServerService {
    pub(super) context: Arc<Context>,
}

impl ServerService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Registers a server: checks the input, connects to it (unless told not to), and stores it together with a
    /// fresh key for it.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Conflict`] if the name is taken, [`Error::Unreachable`].
    pub async fn register(&self, caller: &Caller, registration: Registration) -> Result<Registered, Error> {
        require_create(caller)?;
        let tenant_id = tenant_of(caller, registration.tenant)?;
        let draft = registration.input.validate_new()?;
        require_may_launch(caller, &draft.endpoint)?;
        self.refuse_taken_name(tenant_id, &draft).await?;
        self.context.require_dependencies(caller, tenant_id, &draft.depends_on, None).await?;
        let auth = draft.auth.clone().unwrap_or_default();
        let check = self.connect(&draft, &auth, registration.skip_connection).await?;
        let server = self.context.new_server(caller, tenant_id, draft, &auth, check.is_some())?;
        let registered = self.store_new(caller, server).await?;
        match check {
            Some(probed) => self.with_first_check(registered, probed).await,
            None => Ok(registered),
        }
    }

    /// Checks what a registration would be given: input, name, and that the endpoint may be connected to.
    ///
    /// # Errors
    /// As [`register`](Self::register), but for what only a connection can tell.
    pub async fn validate(&self, caller: &Caller, input: &ServerInput) -> Result<(), Error> {
        require_create(caller)?;
        let draft = input.validate_new()?;
        require_may_launch(caller, &draft.endpoint)?;
        self.refuse_taken_name(Some(caller.tenant_id()), &draft).await?;
        self.context.probe.admit(&draft.endpoint).await.map_err(Error::Unreachable)
    }

    /// One server.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn get(&self, caller: &Caller, id: ServerId) -> Result<Server, Error> {
        let server = self.context.permitted_server(caller, Permission::ServerRead, id).await?;
        self.context.with_dependencies(caller, server).await
    }

    /// A page of the servers that the caller sees.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller, list: ListServers) -> Result<Page<Server>, Error> {
        caller.require(Permission::ServerRead)?;
        let query = self.context.server_query(caller, list).await?;
        let mut page = self.context.store.servers(&query).await?;
        self.context.note_dependencies(caller, &mut page.items).await?;
        Ok(page)
    }

    /// Changes a server. It is connected to again if endpoint, transport or credentials change, unless
    /// `skip_connection` says otherwise.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Conflict`], [`Error::Unreachable`];
    /// [`Error::Stale`] if the server no longer has the revision `expected`.
    pub async fn update(
        &self,
        caller: &Caller,
        id: ServerId,
        input: ServerInput,
        expected: Option<Revision>,
        skip_connection: bool,
    ) -> Result<Server, Error> {
        let old = self.context.permitted_server(caller, Permission::ServerUpdate, id).await?;
        if expected.is_some_and(|expected| expected != old.revision) {
            return Err(Error::Stale);
        }
        let draft = input.validate_change(&old)?;
        self.context.require_dependencies(caller, old.tenant_id, &draft.depends_on, Some(&old)).await?;
        if draft.endpoint != old.endpoint {
            require_may_launch(caller, &draft.endpoint)?;
        }
        let mut probed = None;
        if draft.auth.is_some() || draft.endpoint != old.endpoint {
            let auth = match &draft.auth {
                Some(auth) => auth.clone(),
                None => self.context.open_auth(&old, Purpose::Change)?,
            };
            probed = self.connect(&draft, &auth, skip_connection).await?;
        }
        let server = self.store_change(caller, &old, draft).await?;
        if let Some(probed) = probed {
            self.context.keep_capabilities(&server, probed.lists).await?;
        }
        Ok(server)
    }

    /// Removes a server with its health checks and usage, and revokes the keys linked to it. Servers that depend on it
    /// keep it from being removed, as far as the caller sees them, unless `force` says otherwise.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] if servers depend on it; [`Error::Stale`] if it no longer has the revision `expected`.
    pub async fn delete(
        &self,
        caller: &Caller,
        id: ServerId,
        expected: Option<Revision>,
        force: bool,
    ) -> Result<(), Error> {
        let server = self.context.permitted_server(caller, Permission::ServerDelete, id).await?;
        if caller.role() == Role::ServerOwner && !self.context.policy.server_owner_may_delete {
            return Err(Error::Forbidden("only administrators may remove servers here".to_owned()));
        }
        if !force {
            self.context.refuse_needed(caller, id).await?;
        }
        let expected = expected.unwrap_or(server.revision);
        let metadata = json!({ "name": server.name });
        let event = self.event(caller, &server, EventType::ServerDeleted, Action::Delete, metadata);
        let now = self.context.clock.now();
        let deleted = self.context.store.delete_server(server.tenant_id, id, expected, now, event).await;
        self.changed();
        self.context.grants.end_all();
        deleted.map(|_| ()).map_err(Error::from)
    }

    async fn store_new(&self, caller: &Caller, mut server: Server) -> Result<Registered, Error> {
        let secret = KeySecret::generate(self.context.clock.as_ref());
        let key = self.context.key_of_registration(caller, &server, &secret).ok_or(Error::NotFound)?;
        server.api_key_id = Some(key.id);
        let metadata = json!({ "name": server.name, "endpointUrl": shown_url(&server), "apiKeyId": key.id,
            "authType": server.auth.auth_type(), "isPublic": server.is_public });
        let event = self.event(caller, &server, EventType::ServerRegistered, Action::Create, metadata);
        self.context.store.create_server(&server, Some(&key), event).await.map_err(name_conflict)?;
        self.changed();
        self.context.grants.end_key(&key);
        Ok(Registered { server, key: IssuedKey { key, secret } })
    }

    async fn store_change(&self, caller: &Caller, old: &Server, draft: ServerDraft) -> Result<Server, Error> {
        let new = self.context.changed_server(old, draft)?;
        let metadata = json!({ "changed": differences(old, &new) });
        let event = self.event(caller, &new, EventType::ServerUpdated, Action::Update, metadata);
        let stored = self.context.store.update_server(&new, old.revision, event).await;
        self.changed();
        stored.map_err(name_conflict)?;
        Ok(new)
    }

    fn event(
        &self,
        caller: &Caller,
        server: &Server,
        event_type: EventType,
        action: Action,
        metadata: Value,
    ) -> AuditEvent {
        let (resource_type, resource_id) = (ResourceType::Server, server.id.0);
        let what = What { event_type, action, resource_type, resource_id, tenant_id: server.tenant_id };
        self.context.event(caller, what, metadata)
    }

    async fn refuse_taken_name(&self, tenant_id: Option<TenantId>, draft: &ServerDraft) -> Result<(), Error> {
        match self.context.store.server_by_slug(tenant_id, &draft.name.slug()).await? {
            Some(_) => Err(name_conflict(StoreError::Conflict(UniqueField::ServerName))),
            None => Ok(()),
        }
    }

    /// Ends what is kept of servers. A change that failed ends it too, which does no harm.
    fn changed(&self) {
        self.context.servers_epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// A first check of a server that was just registered belongs to its history.
    async fn with_first_check(&self, registered: Registered, probed: Probed) -> Result<Registered, Error> {
        let Registered { mut server, key } = registered;
        server.health = self.record_first_check(&server, probed).await?;
        Ok(Registered { server, key })
    }
}

/// A key that is for one server describes no others.
pub(super) fn require_create(caller: &Caller) -> Result<(), Error> {
    caller.require(Permission::ServerCreate)?;
    match caller.linked_server() {
        Some(_) => Err(Error::Forbidden("the key is for one server".to_owned())),
        None => Ok(()),
    }
}

fn tenant_of(caller: &Caller, choice: TenantChoice) -> Result<Option<TenantId>, Error> {
    let tenant = match choice {
        TenantChoice::Own => Some(caller.tenant_id()),
        TenantChoice::Global => None,
        TenantChoice::Tenant(tenant) => Some(tenant),
    };
    if tenant != Some(caller.tenant_id()) && caller.role() != Role::Admin {
        return Err(Error::Forbidden(
            "only administrators register servers outside their own tenant".to_owned(),
        ));
    }
    Ok(tenant)
}

fn name_conflict(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueField::ServerName) => Error::Conflict {
            field: "name",
            message: "a server of this tenant has this name; letters in another case, and ' ', '-' and '_', are alike"
                .to_owned(),
        },
        StoreError::Missing => FieldErrors::one("tenantId", "there is no such tenant").into(),
        error => error.into(),
    }
}
