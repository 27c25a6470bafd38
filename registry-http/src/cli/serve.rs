//! `serve`: the service.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use http::HeaderValue;
use registry_core::Registry;
use registry_core::model::key::KeySecret;
use registry_core::model::password::Password;
use registry_core::service::Bootstrap;
use registry_gateway::credential::Credentials;
use registry_gateway::probe::UpstreamProbe;
use registry_gateway::proxy::{Discovery, Proxy, ProxyLimits};
use registry_gateway::webhook::WebhookClient;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Settings, complain, logging, say};
use registry_http::app::{self, Options};
use registry_http::discovery::TokenIssuers;
use registry_http::listen::{EventLoops, Limits};
use registry_http::metrics;
use registry_http::site::Site;
use secrecy::ExposeSecret;

/// The first administrator's key on a store with no user.
const BOOTSTRAP_KEY: &str = "MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY";

/// The first administrator's password on a store with no user.
const BOOTSTRAP_PASSWORD: &str = "MCP_REGISTRY_BOOTSTRAP_ADMIN_PASSWORD";

/// Runs the service until SIGTERM or SIGINT.
pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let _log = logging::start(settings)?;
    let event_loops = EventLoops::for_each_core()?;
    let metrics = metrics::install()?;
    let dialer = settings.dialer()?;
    let identity = settings.account.identity(&dialer)?;
    let channels = settings.channels(&dialer)?;
    let credentials = Credentials::new(dialer.clone());
    let probe = UpstreamProbe::over(channels.clone(), credentials.clone());
    let registry = settings.registry(probe, &identity).await?;
    bootstrap(&registry).await?;
    let discovery = settings.account.discovery(&identity)?;
    let listener = TcpListener::bind(settings.listen);
    let listener = listener.await.with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let limits = limits(settings, discovery.clone(), address)?;
    registry.webhooks.send_by(Arc::new(WebhookClient::new(dialer.clone())));
    let proxy = Proxy::with_credentials(registry.clone(), dialer, credentials, limits);
    let proxy = proxy.with_channels(channels.clone());
    show_setup_link(&registry, &discovery, address).await?;
    let shutdown = until_told()?;
    settings.observe.start(metrics, app::ambient(&registry), &shutdown).await?;
    complain(&format!("listening on http://{address} (documentation at http://{address}/api/docs)"));
    tracing::info!(%address, "listening");
    let issuers = TokenIssuers(identity.issuers());
    let options = Options {
        limits: listen_limits(settings),
        site: Site { discovery },
        oidc: identity.oidc,
        issuers,
        monitor: settings.monitor.settings(),
        event_loops: event_loops.clone(),
    };
    let served = app::serve(registry, proxy, listener, options, shutdown).await;
    channels.close().await;
    drop(event_loops);
    served?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn bootstrap(registry: &Registry) -> anyhow::Result<()> {
    let key = match std::env::var(BOOTSTRAP_KEY) {
        Ok(text) if !text.is_empty() => {
            Some(KeySecret::parse(&text).with_context(|| format!("{BOOTSTRAP_KEY} is no key"))?)
        }
        _ => None,
    };
    let password = match std::env::var(BOOTSTRAP_PASSWORD) {
        Ok(text) if !text.is_empty() => {
            Some(Password::parse(&text).with_context(|| format!("{BOOTSTRAP_PASSWORD} is no password"))?)
        }
        _ => None,
    };
    registry.setup.bootstrap(Bootstrap { key, password }).await?;
    Ok(())
}

fn listen_limits(settings: &Settings) -> Limits {
    Limits { trusted_proxies: settings.observe.trusted_proxies(), ..Limits::default() }
}

/// The way to the first administrator. The secret is in the part of the link that browsers send to nobody.
async fn show_setup_link(registry: &Registry, site: &Discovery, address: SocketAddr) -> anyhow::Result<()> {
    if let Some(secret) = registry.setup.link().await? {
        let base = site.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        complain("there is no user yet; make the first administrator here (once, within an hour):");
        say(&format!("{base}/setup#token={}", secret.expose_secret()));
    }
    Ok(())
}

fn limits(settings: &Settings, discovery: Discovery, address: SocketAddr) -> anyhow::Result<ProxyLimits> {
    let own = own_origins(&discovery, address);
    let origins = settings.allow_origin.iter().chain(&own).map(|origin| HeaderValue::from_str(origin));
    let allowed_origins = origins.collect::<Result<_, _>>().context("--allow-origin is no origin")?;
    let (guard, sessions) = (settings.guard.limits(), settings.bridge.limits());
    Ok(ProxyLimits { allowed_origins, discovery, guard, sessions, ..ProxyLimits::default() })
}

/// Where the dashboard is, whose pages try tools out. That a page has the same host as the request would not do: a name of
/// somebody else's may lead here too (DNS rebinding).
fn own_origins(discovery: &Discovery, address: SocketAddr) -> Vec<String> {
    let (ip, port) = (address.ip(), address.port());
    let is_here = ip.is_loopback() || ip.is_unspecified();
    let here = ["127.0.0.1", "[::1]", "localhost"].map(|host| format!("http://{host}:{port}"));
    here.into_iter().filter(|_| is_here).chain(discovery.public_url.clone()).collect()
}

/// A token that SIGTERM and SIGINT cancel.
fn until_told() -> anyhow::Result<CancellationToken> {
    let shutdown = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
        told.cancel();
    });
    Ok(shutdown)
}

#[cfg(test)]
mod tests {
    use registry_gateway::proxy::Discovery;

    use super::own_origins;

    fn origins(listen: &str, public_url: Option<&str>) -> Vec<String> {
        let discovery = Discovery { public_url: public_url.map(str::to_owned), ..Discovery::default() };
        own_origins(&discovery, listen.parse().unwrap())
    }

    #[test]
    fn its_own_pages_are_those_of_its_public_url_and_of_loopback_addresses_if_it_listens_there() {
        let here = ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"];
        for listen in ["127.0.0.1:8080", "[::1]:8080", "0.0.0.0:8080", "[::]:8080"] {
            assert_eq!(origins(listen, None), here);
        }
        let public = "https://registry.example.com";
        assert_eq!(origins("127.0.0.1:8080", Some(public)), [&here[..], &[public]].concat());
        assert_eq!(origins("192.0.2.7:8080", Some(public)), [public]);
        assert_eq!(origins("192.0.2.7:8080", None), [""; 0]);
    }
}
