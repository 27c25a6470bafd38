//! The registry inside a program of one's own: no HTTP, no server to run.
//!
//! ```text
//! cargo run -p registry-examples --example embed
//! cargo run -p registry-examples --example embed -- --folder /tmp/registry
//! ```
//!
//! It makes a tenant, a user and a key, registers a server with that key, lists it, and has the audit log prove what
//! happened. Without `--folder` everything is in memory. With one it can be run again: tenant and user are then there
//! already, and the server's name is taken.
#![expect(clippy::print_stdout, reason = "the output is what the program is run for")]

use std::{path::PathBuf, sync::Arc};

use clap::Parser;
use registry_core::{
    Registry,
    access::Caller,
    chain::Verdict,
    clock::SystemClock,
    limit::Limiter,
    memory::MemoryStore,
    model::{audit::Origin, role::Role, server_input::ServerInput},
    secret::Keyring,
    service::{KeyInput, ListServers, Policy, Registration, RegistryParts},
    store::Store,
};
use registry_gateway::{
    dial::{Dialer, EgressPolicy, UpstreamTls},
    probe::UpstreamProbe,
};
use storage_sled::SledStore;

/// Embeds the registry.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of a sled store; without one everything is in memory.
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let registry = registry(Arguments::parse())?;
    let outcome = tour(&registry).await;
    registry.close().await?;
    outcome
}

/// A registry is its parts. What is given here decides where it keeps things and what it may connect to.
fn registry(arguments: Arguments) -> anyhow::Result<Registry> {
    let store: Arc<dyn Store> = match arguments.folder {
        Some(folder) => Arc::new(SledStore::open(folder)?),
        None => Arc::new(MemoryStore::new()),
    };
    let dialer = Dialer::new(EgressPolicy::default().allow_loopback(true), UpstreamTls::new()?);
    Ok(Registry::new(RegistryParts {
        store,
        probe: Arc::new(UpstreamProbe::new(dialer)),
        clock: Arc::new(SystemClock),
        // Credentials of servers are encrypted with it: a program that stores some keeps its text in a safe place.
        keyring: Keyring::parse(&Keyring::generate(&SystemClock))?,
        policy: Policy::default(),
        tokens: None,
        limiter: Limiter::local(),
    }))
}

async fn tour(registry: &Registry) -> anyhow::Result<()> {
    let caller = sign_in(registry).await?;
    register(registry, &caller).await?;
    for server in registry.servers.list(&caller, ListServers::default()).await?.items {
        println!("{} {} at {} is {}", server.name, server.version, server.endpoint, server.status);
    }
    for verdict in registry.audit.verify().await? {
        match verdict {
            Verdict::Whole(head) => println!("the audit chain of {} entries is whole", head.seq),
            Verdict::Broken(broken) => println!("{broken}"),
        }
    }
    Ok(())
}

/// Only what proves who somebody is makes a caller (a key, a session, a token), or the operator: here the operator makes
/// a key, and the key a caller.
async fn sign_in(registry: &Registry) -> anyhow::Result<Caller> {
    let operator = registry.setup.operator("acme", "deploy", Role::ServerOwner).await?;
    let input = KeyInput {
        name: Some("embedded".to_owned()),
        scopes: Some(vec!["server:read".to_owned(), "server:write".to_owned()]),
        ..KeyInput::default()
    };
    let issued = registry.keys.create(&operator, input).await?;
    println!("made the key {}... of the user deploy in the tenant acme", issued.key.prefix);
    let grant = registry.auth.authenticate(issued.secret.expose()).await?;
    Ok(grant.caller(Origin::default()))
}

/// Stores a server without connecting to it; with `skip_connection: false` it would have to answer.
async fn register(registry: &Registry, caller: &Caller) -> anyhow::Result<()> {
    let input = ServerInput {
        name: Some("Demo".to_owned()),
        version: Some("1.0.0".to_owned()),
        endpoint_url: Some("http://127.0.0.1:3001/mcp".to_owned()),
        ..ServerInput::default()
    };
    let registration = Registration { input, skip_connection: true, ..Registration::default() };
    match registry.servers.register(caller, registration).await {
        Ok(registered) => println!("registered {}", registered.server.name),
        Err(error) => println!("did not register Demo: {error}"),
    }
    Ok(())
}
