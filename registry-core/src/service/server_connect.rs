//! Connecting to servers: the check before one is stored, the test of a description, the way to one for the gateway.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use secrecy::SecretString;

use super::grant::Grant;
use super::secret::Purpose;
use super::server::{ServerService, require_create};
use crate::access::{Caller, Resource};
use crate::circuit::{Circuit, Circuits};
use crate::error::Error;
use crate::model::audit::Origin;
use crate::model::credential::UpstreamAuth;
use crate::model::endpoint::{Endpoint, Transport};
use crate::model::health::{CheckError, CheckType};
use crate::model::id::{ServerId, TenantId};
use crate::model::role::Role;
use crate::model::server::{Server, ServerHealth};
use crate::model::server_input::{ServerDraft, ServerInput};
use crate::probe::{ProbeTarget, Probed, UPSTREAM_ERROR};

/// A server with its credentials open: what the gateway needs to call it.
#[derive(Debug, Clone)]
pub struct Route {
    /// The server.
    pub server: Server,
    /// Its credentials.
    pub auth: UpstreamAuth<SecretString>,
    /// The names of its tools that wait to be approved, in order.
    pub withheld: Vec<String>,
}

impl ServerService {
    /// Connects to a server as described, lists what it offers, and stores nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`]; [`Error::Unreachable`] only if the address is refused: what else
    /// goes wrong is in the report.
    pub async fn test(&self, caller: &Caller, input: &ServerInput) -> Result<Probed, Error> {
        require_create(caller)?;
        let draft = input.validate_new()?;
        require_may_launch(caller, &draft.endpoint)?;
        self.context.probe.admit(&draft.endpoint).await.map_err(Error::Unreachable)?;
        Ok(self.probe(&draft, &draft.auth.clone().unwrap_or_default()).await)
    }

    /// The server that `reference` (an id, or the slug of a name in the key's tenant, or of a global server) names for this key.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what the key may not see.
    pub async fn route(&self, grant: &Grant, reference: &str) -> Result<Route, Error> {
        let caller = grant.caller(Origin::default());
        let store = &self.context.store;
        let server = match reference.parse::<ServerId>() {
            Ok(id) => store.server(caller.reach(), id).await?,
            Err(_) => self.by_slug(caller.tenant_id(), &reference.to_ascii_lowercase()).await?,
        };
        let server = server.filter(|server| server.is_visible_to(&caller)).ok_or(Error::NotFound)?;
        let withheld = self.context.withheld_tools(caller.reach(), &server).await?;
        let auth = self.context.open_auth(&server, Purpose::Call)?;
        Ok(Route { server, auth, withheld })
    }

    /// A tenant's own server comes before a global one of the same name.
    async fn by_slug(&self, tenant: TenantId, slug: &str) -> Result<Option<Server>, Error> {
        match self.context.store.server_by_slug(Some(tenant), slug).await? {
            Some(server) => Ok(Some(server)),
            None => Ok(self.context.store.server_by_slug(None, slug).await?),
        }
    }

    /// From now on `circuits` tells of circuits; the first that says so does.
    pub fn watch_circuits(&self, circuits: Arc<dyn Circuits>) {
        // A second gateway over the same registry keeps its circuits to itself.
        let _ = self.context.circuits.set(circuits);
    }

    /// What a gateway of this node knows of the server's circuit.
    pub fn circuit(&self, server: &Server) -> Option<Circuit> {
        self.context.circuits.get()?.circuit(server)
    }

    /// Grows with every change of a server through this registry: a route that was made at another value is old.
    pub fn epoch(&self) -> u64 {
        self.context.servers_epoch.load(Ordering::SeqCst)
    }

    /// Connects to what is about to be stored. A refused address is refused even when the connection is skipped.
    pub(super) async fn connect(
        &self,
        draft: &ServerDraft,
        auth: &UpstreamAuth<SecretString>,
        skip: bool,
    ) -> Result<Option<Probed>, Error> {
        self.context.probe.admit(&draft.endpoint).await.map_err(Error::Unreachable)?;
        if skip {
            return Ok(None);
        }
        let probed = self.probe(draft, auth).await;
        if !probed.report.status.is_failure() {
            return Ok(Some(probed));
        }
        Err(Error::Unreachable(probed.report.error.unwrap_or_else(|| CheckError {
            code: UPSTREAM_ERROR.to_owned(),
            message: "the server does not answer as an MCP server does".to_owned(),
        })))
    }

    async fn probe(&self, draft: &ServerDraft, auth: &UpstreamAuth<SecretString>) -> Probed {
        let timeout = Duration::from_secs(draft.health_policy.timeout_seconds.into());
        let target = ProbeTarget { endpoint: &draft.endpoint, auth, timeout, deep: true };
        self.context.probe.probe(target).await.judged(&draft.health_policy)
    }

    pub(super) async fn record_first_check(
        &self,
        server: &Server,
        probed: Probed,
    ) -> Result<ServerHealth, Error> {
        let Probed { report, lists } = probed;
        let check = self.context.health_check(server, report, CheckType::Automatic, true);
        let health = self.context.store.record_health(&self.context.health_record(check, None)).await?;
        self.context.keep_capabilities(server, lists).await?;
        Ok(health)
    }
}

/// A server over stdio is a process on the service's own machine: administrators say who gets one.
pub(super) fn require_may_launch(caller: &Caller, endpoint: &Endpoint) -> Result<(), Error> {
    if endpoint.transport() == Transport::Stdio && caller.role() != Role::Admin {
        return Err(Error::Forbidden("only administrators register servers over stdio".to_owned()));
    }
    Ok(())
}
