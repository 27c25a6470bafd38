//! The ways that a call can go, each with a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use registry_core::clock::SystemClock;
use registry_core::conformance::sample;
use registry_core::model::audit::EventType;
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_core::model::key::KeySecret;
use registry_core::model::server::Server;
use registry_core::model::settings::ServerSettings;
use storage_sled::SledStore;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::load::Target;
use crate::process::Process;
use crate::role::Role;
use crate::service::{Service, store_of};
use crate::settings::Settings;
use crate::world::{UNREACHED, World};

/// One way that calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Direct,
    Bare,
    Gateway,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::Direct, Self::Bare, Self::Gateway];
}

/// The processes. They end with this value.
pub(super) struct Ways {
    pub(super) bare: Process,
    pub(super) gateway: Service,
    _upstream: Process,
    _folder: TempDir,
    upstream_address: SocketAddr,
    bare_address: SocketAddr,
    key: String,
}

impl Ways {
    /// Starts them all. The gateway has a server for each of these paths of the upstream.
    pub(super) fn start(settings: &Settings, runtime: &Runtime, paths: &[String]) -> Result<Self> {
        let (upstream, upstream_address) = Role::Upstream.start()?;
        let folder = tempfile::tempdir_in(&settings.folder)?;
        let key = runtime.block_on(prepare(folder.path(), upstream_address, paths))?.expose().to_owned();
        let gateway = Service::start(settings.binary()?, folder.path(), &settings.log)?;
        let (bare, bare_address) = Role::Bare { upstream: upstream_address, key: key.clone() }.start()?;
        eprintln!("gateway: process {}, bare proxy: process {}", gateway.process.id(), bare.id());
        Ok(Self { bare, gateway, _upstream: upstream, _folder: folder, upstream_address, bare_address, key })
    }

    /// Where a call to this path of the upstream goes.
    pub(super) fn target(&self, way: Way, path: &str) -> Target {
        let (address, path) = match way {
            Way::Direct => (self.upstream_address, path.to_owned()),
            Way::Bare => (self.bare_address, path.to_owned()),
            Way::Gateway => (self.gateway.address, format!("/mcp{path}")),
        };
        Target { address, path, key: self.key.clone() }
    }

    /// The process between client and upstream.
    pub(super) fn middle(&self, way: Way) -> Option<&Process> {
        match way {
            Way::Direct => None,
            Way::Bare => Some(&self.bare),
            Way::Gateway => Some(&self.gateway.process),
        }
    }
}

/// Registers `paths` of the upstream as active servers named like them, and makes a key that calls them all. Every limit
/// that there is counts the calls.
async fn prepare(data: &Path, upstream: SocketAddr, paths: &[String]) -> Result<KeySecret> {
    let world = World::on(Arc::new(SledStore::open(store_of(data))?)).await?;
    for path in paths {
        let endpoint = Endpoint::parse(Transport::Http, &format!("http://{upstream}{path}"))?;
        let name = path.trim_start_matches('/');
        let settings = ServerSettings { rate_limit: Some(UNREACHED), ..ServerSettings::default() };
        let server = Server { endpoint, settings, ..sample::server(&SystemClock, &world.owner, name) };
        let (tenant, id) = (world.owner.tenant_id, Some(server.id.0));
        let event = sample::event(&SystemClock, tenant, EventType::ServerRegistered, id);
        world.store.create_server(&server, None, event).await?;
    }
    let key = world.key(None, UNREACHED).await?;
    world.registry.close().await?;
    Ok(key)
}
