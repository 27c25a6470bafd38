//! TLS towards upstreams.

use std::{io, net::IpAddr, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use url::Host;

use super::{error::DialError, target::Target};

/// The trust roots and protocol settings for upstream TLS: Mozilla's roots, plus the operator's own.
#[derive(Clone)]
pub struct UpstreamTls {
    connector: TlsConnector,
}

impl UpstreamTls {
    /// Mozilla's roots only.
    ///
    /// # Errors
    /// `Tls` when the crypto provider does not support the protocol versions.
    pub fn new() -> Result<Self, DialError> {
        Self::with_extra_roots(&[])
    }

    /// Mozilla's roots and every certificate of `pem`, the operator's own authorities.
    ///
    /// # Errors
    /// `Tls` when `pem` is not empty and holds no usable certificate, or any unusable one.
    pub fn with_extra_roots(pem: &[u8]) -> Result<Self, DialError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
            roots.add(certificate).map_err(|error| invalid(error.to_string()))?;
        }
        if !pem.is_empty() && roots.len() == before {
            return Err(invalid("the extra root file holds no certificate".to_owned()));
        }
        Ok(Self { connector: TlsConnector::from(Arc::new(config(roots)?)) })
    }

    /// Negotiates TLS with the name (or address) of the URL, never with the address that was connected to.
    pub(crate) async fn handshake(
        &self,
        target: &Target,
        tcp: TcpStream,
    ) -> Result<TlsStream<TcpStream>, DialError> {
        self.connector.connect(server_name(target)?, tcp).await.map_err(DialError::tls)
    }
}

impl std::fmt::Debug for UpstreamTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamTls").finish_non_exhaustive()
    }
}

/// The provider is named because a process with two rustls providers in its graph has no default one.
fn config(roots: RootCertStore) -> Result<ClientConfig, DialError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // The client speaks HTTP/1.1 only, also to a server that would rather have h2.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn server_name(target: &Target) -> Result<ServerName<'static>, DialError> {
    match target.host() {
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|_| DialError::InvalidUrl("the host name cannot be used with TLS")),
        Host::Ipv4(ip) => Ok(ServerName::from(IpAddr::V4(*ip))),
        Host::Ipv6(ip) => Ok(ServerName::from(IpAddr::V6(*ip))),
    }
}

fn invalid(reason: String) -> DialError {
    DialError::tls(io::Error::new(io::ErrorKind::InvalidData, reason))
}
