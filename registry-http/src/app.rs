//! The whole service over one [`Registry`]: API, documentation and gateway behind the accept loop.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use poem::{EndpointExt, Route};
use registry_core::Registry;
use registry_core::service::MonitorSettings;
use registry_gateway::proxy::{AnswerBody, Proxy};
use registry_identity::Oidc;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::ambient::Ambient;
use crate::discovery::TokenIssuers;
use crate::error::{AllowTable, ErrorRenderer};
use crate::events::EventStreams;
use crate::listen::{self, App, EventLoops, Limits, McpService};
use crate::request_id::RequestContext;
use crate::site::Site;
use crate::{api, deliver, discovery, docs, forget, limit, pages};

/// How often usage, refusals and uses of credentials are stored: what a crash may lose.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);
/// How often it is looked what happened to circuits.
const CIRCUIT_INTERVAL: Duration = Duration::from_secs(1);
/// How often sessions that are over and old events are forgotten, and alerts looked after.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);

/// The gateway as the accept loop knows it.
struct Gateway(Proxy);

impl McpService for Gateway {
    type Body = AnswerBody;

    fn call(
        &self,
        request: Request<Incoming>,
        context: &RequestContext,
    ) -> impl Future<Output = Response<AnswerBody>> + Send {
        self.0.call(request, Some(context.client), Some(&context.request_id))
    }
}

/// What the service is besides its registry and gateway.
#[derive(Clone, Default)]
pub struct Options {
    /// Bounds of the listener.
    pub limits: Limits,
    /// Where it is reached.
    pub site: Site,
    /// The OpenID providers at which people sign in.
    pub oidc: Option<Arc<Oidc>>,
    /// The issuers whose tokens are accepted.
    pub issuers: TokenIssuers,
    /// How servers are watched.
    pub monitor: MonitorSettings,
    /// What drives connections. To be kept until the store is closed, for what was opened there goes with it.
    pub event_loops: EventLoops,
}

/// The OpenAPI document of the API.
///
/// # Errors
/// If it cannot be made, which is a mistake in the build.
pub fn openapi(registry: &Arc<Registry>) -> anyhow::Result<Value> {
    docs::document(&api::service(registry, None).spec())
}

/// Serves until `shutdown` is cancelled, then lets running requests finish, stores usage and closes the store.
///
/// # Errors
/// If the service cannot be put together, or the store fails at the end.
pub async fn serve(
    registry: Arc<Registry>,
    proxy: Proxy,
    listener: TcpListener,
    options: Options,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let Options { limits, site, oidc, issuers, monitor, event_loops } = options;
    let document = openapi(&registry)?;
    let streams = EventStreams::new(&registry);
    let allow = allow(&document);
    let api = Route::new().nest("/", api::service(&registry, oidc.as_ref()));
    let web = discovery::mount(pages::mount(docs::mount(api, &document)?)?)
        .around(pages::home)
        .around(limit::public)
        .data(registry.clone())
        .data(streams.clone())
        .data(Arc::new(site))
        .data(Arc::new(issuers));
    let ambient = ambient(&registry);
    let errors = ErrorRenderer::new(ambient.clone(), allow);
    let proxy = proxy.listening_until(shutdown.clone());
    let app = App::new(Gateway(proxy), web, errors, ambient, limits);
    registry.sign_in.prepare().await?;
    registry.events.prepare().await?;
    let flushing = tokio::spawn(flush(registry.clone(), shutdown.clone()));
    let following = tokio::spawn(follow(registry.clone(), shutdown.clone()));
    let pruning = tokio::spawn(prune(registry.clone(), shutdown.clone()));
    let telling = tokio::spawn(tell_circuits(registry.clone(), shutdown.clone()));
    let delivering = tokio::spawn(deliver::run(registry.clone(), shutdown.clone()));
    let watching = tokio::spawn(watch(registry.clone(), monitor, shutdown.clone()));
    let forgetting = tokio::spawn(forget::run(registry.clone(), shutdown.clone()));
    listen::serve(listener, Arc::new(app), event_loops, shutdown).await;
    watching.await?;
    telling.await?;
    delivering.await?;
    flushing.await?;
    pruning.await?;
    forgetting.await?;
    following.await?;
    streams.ended().await;
    registry.close().await?;
    Ok(())
}

fn allow(document: &Value) -> AllowTable {
    let docs = docs::paths().map(|(path, methods)| (path.to_owned(), methods));
    let all = docs.into_iter().chain(discovery::paths()).chain(pages::paths());
    all.fold(AllowTable::of_document(document, ""), |allow, (path, methods)| allow.with(&path, &methods))
}

/// Time and identifiers from the registry's clock.
pub fn ambient(registry: &Arc<Registry>) -> Ambient {
    let (now, ids) = (registry.clock().clone(), registry.clock().clone());
    Ambient::new(move || now.now(), move || ids.new_passing_id())
}

/// Stores usage, refusals and uses of credentials; what the store does not take waits for the next time.
async fn flush(registry: Arc<Registry>, shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(FLUSH_INTERVAL);
    while shutdown.run_until_cancelled(interval.tick()).await.is_some() {
        warn(registry.usage.flush(false).await, "usage was not stored; it waits for the next time");
        warn(registry.refusals.flush(false).await, "refusals were not stored; they wait for the next time");
        warn(
            registry.secrets.flush(false).await,
            "uses of secrets were not stored; they wait for the next time",
        );
    }
}

/// Tells live events until the service stops; then their streams end.
async fn follow(registry: Arc<Registry>, shutdown: CancellationToken) {
    shutdown.run_until_cancelled(registry.events.follow()).await;
    registry.events.close();
}

async fn prune(registry: Arc<Registry>, shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(PRUNE_INTERVAL);
    while shutdown.run_until_cancelled(interval.tick()).await.is_some() {
        warn(registry.sessions.prune().await.map(drop), "sessions that are over were not forgotten");
        warn(registry.alerts.tend().await, "alerts that are over were not ended or forgotten");
        warn(
            registry.keys.tend().await,
            "keys were not all warned of or rotated; they wait for the next time",
        );
        warn(registry.webhooks.prune().await, "old deliveries to webhooks were not forgotten");
        warn(registry.events.prune().await, "old events were not forgotten");
    }
}

/// Raises and ends alerts of circuits.
async fn tell_circuits(registry: Arc<Registry>, shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(CIRCUIT_INTERVAL);
    while shutdown.run_until_cancelled(interval.tick()).await.is_some() {
        warn(registry.alerts.tell_circuits().await, "alerts of circuits wait for the next time");
    }
}

/// Checks servers that are due.
async fn watch(registry: Arc<Registry>, settings: MonitorSettings, shutdown: CancellationToken) {
    registry.monitor.run(settings, shutdown.cancelled()).await;
}

fn warn(outcome: Result<(), registry_core::Error>, message: &str) {
    if let Err(error) = outcome {
        tracing::warn!(error = registry_core::error::chain(&error), "{message}");
    }
}
