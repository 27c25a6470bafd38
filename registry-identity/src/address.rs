//! Which addresses of issuers and of their endpoints are good enough to be trusted with an identity.

use registry_core::model::field::Invalid;
use url::{Host, Url};

/// The path segments in the place of a tenant that stand for any Entra tenant: such an issuer names itself otherwise
/// in its tokens, and would let in everybody who has an account at Microsoft.
const ENTRA_HOST: &str = "login.microsoftonline.com";
const ENTRA_ANYBODY: [&str; 3] = ["common", "organizations", "consumers"];

/// Whether what comes from `url` comes from its host: https, or http that does not leave the machine.
pub(crate) fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Reads the address of an endpoint.
pub(crate) fn endpoint(text: &str) -> Result<Url, Invalid> {
    if text.contains(['<', '>', '{', '}', ' ']) {
        return Err(Invalid::new("still has a placeholder or a space in it"));
    }
    let url = Url::parse(text).map_err(|_| Invalid::new("must be an absolute URL"))?;
    if !is_secure(&url) {
        return Err(Invalid::new("must be https (http only for localhost and loopback addresses)"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Invalid::new("must not have a user name, password or fragment"));
    }
    Ok(url)
}

/// Reads an issuer identifier (RFC 8414 section 2): an endpoint's address without a query.
pub(crate) fn issuer(text: &str) -> Result<Url, Invalid> {
    let url = endpoint(text)?;
    if url.query().is_some() {
        return Err(Invalid::new("must not have a query"));
    }
    let first = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    if url.host_str() == Some(ENTRA_HOST) && ENTRA_ANYBODY.contains(&first) {
        return Err(Invalid::new("must name one Entra tenant by its id, not `common` and such"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::{endpoint, issuer};

    #[test]
    fn an_issuer_is_https_or_stays_on_the_machine() {
        for good in [
            "https://id.acme.test/realms/a",
            "http://localhost:8080",
            "http://127.0.0.1:1/x",
            "http://[::1]/",
        ] {
            assert!(issuer(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.acme.test",
            "http://10.0.0.1/",
            "http://localhost.acme.test/",
            "ftp://localhost/",
            "id",
        ] {
            assert!(issuer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_issuer_names_one_place_and_nothing_else() {
        for bad in [
            "https://a@id.test/",
            "https://id.test/?a=b",
            "https://id.test/#a",
            "https://<tenant id>.id.test/",
        ] {
            assert!(issuer(bad).is_err(), "{bad}");
        }
        assert!(endpoint("https://id.test/keys?policy=1").is_ok(), "an endpoint may have a query");
    }

    #[test]
    fn an_entra_issuer_names_its_tenant() {
        for bad in ["common", "organizations", "consumers", "<tenant id>"] {
            assert!(issuer(&format!("https://login.microsoftonline.com/{bad}/v2.0")).is_err(), "{bad}");
        }
        assert!(
            issuer("https://login.microsoftonline.com/9c1f2a7e-0000-4000-8000-000000000000/v2.0").is_ok()
        );
    }
}
