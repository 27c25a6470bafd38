//! TLS under the original name, with the operator's own authority.

use std::sync::Arc;

use registry_gateway::dial::{DialError, Dialer, UpstreamTls};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::fixture::{Turns, policy, url};

const AUTHORITY: &[u8] = include_bytes!("fixtures/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("fixtures/upstream.pem");
const KEY: &[u8] = include_bytes!("fixtures/upstream.key.pem");

/// A TLS server for `upstream.test` that offers `alpn`; returns its port.
async fn serve(alpn: &[&str]) -> u16 {
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE).collect::<Result<_, _>>().unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY).unwrap())
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = acceptor.accept(tcp).await;
        }
    });
    port
}

async fn dial(roots: &[u8], host: &str, port: u16) -> Result<(), DialError> {
    let tls = UpstreamTls::with_extra_roots(roots).unwrap();
    let dialer = Dialer::with_resolver(policy(&[]).allow_loopback(true), tls, Turns::new(&[&["127.0.0.1"]]));
    dialer.dial(&url(&format!("https://{host}:{port}/"))).await.map(drop)
}

#[tokio::test]
async fn the_certificate_must_be_of_a_known_authority_and_of_the_name_in_the_url() {
    let port = serve(&["h2", "http/1.1"]).await;
    dial(AUTHORITY, "upstream.test", port).await.unwrap();
    dial(AUTHORITY, "UPSTREAM.test.", port).await.unwrap();
    for (roots, host) in [(&b""[..], "upstream.test"), (AUTHORITY, "other.test"), (AUTHORITY, "127.0.0.1")] {
        assert!(matches!(dial(roots, host, port).await, Err(DialError::Tls(_))), "{host}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_only_h2_is_refused_in_the_handshake() {
    let port = serve(&["h2"]).await;
    assert!(matches!(dial(AUTHORITY, "upstream.test", port).await, Err(DialError::Tls(_))));
}

#[test]
fn a_root_file_without_a_certificate_is_an_error() {
    for pem in [&b"nothing"[..], KEY] {
        assert!(matches!(UpstreamTls::with_extra_roots(pem), Err(DialError::Tls(_))));
    }
}
