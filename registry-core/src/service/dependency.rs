//! Dependencies between servers: who may depend on whom, and what an unhealthy server means for those that need it.

use std::collections::HashMap;

use super::context::Context;
use super::server::ServerService;
use crate::access::{Caller, Permission, Reach, Resource};
use crate::error::Error;
use crate::model::dependency::{Dependencies, Impaired, MAX_IMPAIRED};
use crate::model::field::FieldErrors;
use crate::model::id::{ServerId, TenantId};
use crate::model::server::{HealthStatus, Server};

/// How many servers that depend on one are told of.
pub const MAX_DEPENDENTS: u32 = 100;

impl ServerService {
    /// At most [`MAX_DEPENDENTS`] of the servers that depend on this one directly and that the caller sees, by id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn dependents(&self, caller: &Caller, id: ServerId) -> Result<Vec<Server>, Error> {
        self.context.permitted_server(caller, Permission::ServerRead, id).await?;
        self.context.dependents(caller, id).await
    }
}

impl Context {
    async fn dependents(&self, caller: &Caller, id: ServerId) -> Result<Vec<Server>, Error> {
        let mut servers = self.store.dependents(caller.reach(), id, MAX_DEPENDENTS).await?;
        servers.retain(|server| server.is_visible_to(caller));
        Ok(servers)
    }

    /// Refuses dependencies that the caller, or the server's tenant, does not see. Those that `old` has already stay.
    pub(super) async fn require_dependencies(
        &self,
        caller: &Caller,
        tenant_id: Option<TenantId>,
        wanted: &Dependencies,
        old: Option<&Server>,
    ) -> Result<(), Error> {
        let has = |id: &&ServerId| old.is_some_and(|old| old.depends_on.as_slice().contains(id));
        for id in wanted.as_slice().iter().filter(|id| !has(id)) {
            let server = self.store.server(tenant_id.map_or(Reach::AllTenants, Reach::Tenant), *id).await?;
            // A server that every tenant sees depends on such alone.
            let fits =
                |server: &Server| server.is_visible_to(caller) && (tenant_id.is_some() || server.is_shared());
            if old.is_some_and(|old| old.id == *id) {
                return Err(FieldErrors::one("dependsOn", "must not be the server itself").into());
            }
            if !server.as_ref().is_some_and(fits) {
                return Err(FieldErrors::one("dependsOn", format!("there is no such server: {id}")).into());
            }
        }
        Ok(())
    }

    /// Fails if servers that the caller sees depend on this one; the message names them.
    pub(super) async fn refuse_needed(&self, caller: &Caller, id: ServerId) -> Result<(), Error> {
        let needed_by = self.dependents(caller, id).await?;
        if needed_by.is_empty() {
            return Ok(());
        }
        let names: Vec<_> =
            needed_by.iter().map(|server| format!("{} ({})", server.name, server.id)).collect();
        let message =
            format!("servers depend on it: {}; `force=true` removes it all the same", names.join(", "));
        Err(Error::Conflict { field: "dependents", message })
    }

    /// The servers that are healthy themselves, while something that they need is unhealthy: at most [`MAX_IMPAIRED`], the
    /// others count as what their own checks say.
    pub(super) async fn impaired_servers(&self) -> Result<Impaired, Error> {
        Ok(Impaired::new(self.store.impaired_servers(MAX_IMPAIRED).await?))
    }

    /// The server with what its dependencies make of its health.
    pub(super) async fn with_dependencies(
        &self,
        caller: &Caller,
        mut server: Server,
    ) -> Result<Server, Error> {
        self.note_dependencies(caller, std::slice::from_mut(&mut server)).await?;
        Ok(server)
    }

    /// Notes what their dependencies make of the health of these servers: one that is well itself is degraded while
    /// something that it needs is unhealthy. What that is is told to those who see it.
    pub(super) async fn note_dependencies(
        &self,
        caller: &Caller,
        servers: &mut [Server],
    ) -> Result<(), Error> {
        let is_open = |server: &Server| {
            server.health.status == HealthStatus::Healthy && !server.depends_on.as_slice().is_empty()
        };
        let ids: Vec<_> = servers.iter().filter(|server| is_open(server)).map(|server| server.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let failing: HashMap<_, _> = self.store.failing_dependencies(&ids).await?.into_iter().collect();
        for server in servers {
            if let Some(by) = failing.get(&server.id) {
                let seen = self.store.server(caller.reach(), *by).await?;
                server.health.status = HealthStatus::Degraded;
                server.health.degraded_by =
                    seen.filter(|seen| seen.is_visible_to(caller)).map(|seen| seen.id);
            }
        }
        Ok(())
    }
}
