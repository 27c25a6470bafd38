//! The whole service over one [`Registry`]: API, documentation and gateway behind the accept loop.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use poem::{EndpointExt, Route};
use registry_core::Registry;
use registry_gateway::proxy::{AnswerBody, Proxy};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::ambient::Ambient;
use crate::error::{AllowTable, ErrorRenderer};
use crate::listen::{self, App, Limits, McpService};
use crate::request_id::RequestContext;
use crate::{api, docs};

/// How often usage is stored: what a crash may lose.
const USAGE_INTERVAL: Duration = Duration::from_secs(1);

/// The gateway as the accept loop knows it.
struct Gateway(Proxy);

impl McpService for Gateway {
    type Body = AnswerBody;

    async fn call(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        let context = request.extensions().get::<RequestContext>().cloned();
        let address = context.as_ref().map(|context| context.client);
        self.0.call(request, address, context.as_ref().map(|context| &*context.request_id)).await
    }
}

/// The OpenAPI document of the API.
///
/// # Errors
/// If it cannot be made, which is a mistake in the build.
pub fn openapi(registry: &Arc<Registry>) -> anyhow::Result<Value> {
    docs::document(&api::service(registry).spec())
}

/// Serves until `shutdown` is cancelled, then lets running requests finish, stores usage and closes the store.
///
/// # Errors
/// If the service cannot be put together, or the store fails at the end.
pub async fn serve(
    registry: Arc<Registry>,
    proxy: Proxy,
    listener: TcpListener,
    limits: Limits,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let document = openapi(&registry)?;
    let allow = docs::paths()
        .iter()
        .fold(AllowTable::of_document(&document, ""), |allow, (path, methods)| allow.with(path, methods));
    let api = Route::new().nest("/", api::service(&registry));
    let web = docs::mount(api, &document)?.data(registry.clone());
    let ambient = ambient(&registry);
    let errors = ErrorRenderer::new(ambient.clone(), allow);
    let proxy = proxy.listening_until(shutdown.clone());
    let app = App::new(Gateway(proxy), web, errors, ambient, limits);
    let flushing = tokio::spawn(flush_usage(registry.clone(), shutdown.clone()));
    listen::serve(listener, Arc::new(app), shutdown).await;
    flushing.await?;
    registry.close().await?;
    Ok(())
}

/// Time and identifiers from the registry's clock.
pub fn ambient(registry: &Arc<Registry>) -> Ambient {
    let (now, ids) = (registry.clock().clone(), registry.clock().clone());
    Ambient::new(move || now.now(), move || ids.new_id())
}

async fn flush_usage(registry: Arc<Registry>, shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(USAGE_INTERVAL);
    while shutdown.run_until_cancelled(interval.tick()).await.is_some() {
        if let Err(error) = registry.usage.flush().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "usage was not stored; it waits for the next time"
            );
        }
    }
}
