//! A canary listener, an injected resolver and shorthands.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::Full;
use registry_gateway::dial::{AllowRule, Dialer, EgressPolicy, Resolve, UpstreamClient, UpstreamTls};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

const EMPTY_OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A listener that counts connections and answers each with an empty 200.
pub(crate) struct Canary {
    pub(crate) address: SocketAddr,
    hits: Arc<AtomicUsize>,
}

impl Canary {
    pub(crate) async fn on(ip: &str) -> Self {
        Self::at((ip, 0)).await
    }

    pub(crate) async fn at(address: (&str, u16)) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let canary = Self { address: listener.local_addr().unwrap(), hits: Arc::default() };
        let hits = canary.hits.clone();
        tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                hits.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let _ = tcp.read(&mut [0; 1024]).await;
                    let _ = tcp.write_all(EMPTY_OK).await;
                });
            }
        });
        canary
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connections so far, after a moment in which late ones may arrive.
    pub(crate) async fn hits(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.hits.load(Ordering::SeqCst)
    }
}

/// Answers the next list of addresses at each call, over and over, whatever the name.
#[derive(Debug)]
pub(crate) struct Turns {
    answers: Vec<Vec<IpAddr>>,
    calls: AtomicUsize,
}

impl Turns {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers =
            answers.iter().map(|list| list.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Arc::new(Self { answers, calls: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Resolve for Turns {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[call % self.answers.len()].clone())
    }
}

pub(crate) fn policy(rules: &[&str]) -> EgressPolicy {
    EgressPolicy::new(rules.iter().map(|rule| rule.parse::<AllowRule>().unwrap()).collect())
}

pub(crate) fn dialer(policy: EgressPolicy) -> Dialer {
    Dialer::new(policy, UpstreamTls::new().unwrap())
}

pub(crate) fn dialer_with(policy: EgressPolicy, resolver: Arc<dyn Resolve>) -> Dialer {
    Dialer::with_resolver(policy, UpstreamTls::new().unwrap(), resolver)
}

/// A client that may reach the servers of these tests.
pub(crate) fn loopback_client() -> UpstreamClient<Full<Bytes>> {
    UpstreamClient::new(dialer(EgressPolicy::default().allow_loopback(true)))
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}
