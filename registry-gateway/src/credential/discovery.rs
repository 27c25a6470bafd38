//! Where an upstream's tokens are to be had, if its owner does not say: the server names its authorization server (RFC 9728),
//! and that one its token endpoint (RFC 8414, or OpenID Connect Discovery).
//!
//! What a server says of itself is believed for itself only: its metadata has to be of the same origin and of its URL, and an
//! authorization server's of the issuer that was asked for.

use std::time::Duration;

use http::{HeaderValue, Request, StatusCode, header::ACCEPT};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use super::token::TokenError;
use super::token_client::TokenClient;

/// How long the whole search may take.
pub const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(20);

/// Protected resource metadata (RFC 9728 section 2).
#[derive(Deserialize)]
struct Resource {
    resource: Url,
    #[serde(default)]
    authorization_servers: Vec<Url>,
}

/// Authorization server metadata (RFC 8414 section 2).
#[derive(Deserialize)]
struct Server {
    issuer: Url,
    token_endpoint: Option<Url>,
}

/// The token endpoint for `resource`.
pub(super) async fn token_endpoint(http: &TokenClient, resource: &Url) -> Result<Url, TokenError> {
    let search = async {
        let issuer = issuer(http, resource).await?;
        for place in server_places(&issuer) {
            let Some(server) = fetch::<Server>(http, &place).await? else { continue };
            if is_same(&server.issuer, &issuer) {
                return server.token_endpoint.ok_or(TokenError::Undiscovered);
            }
        }
        Err(TokenError::Undiscovered)
    };
    timeout(DISCOVERY_TIMEOUT, search).await.map_err(|_| TokenError::Timeout)?
}

/// Who issues tokens for `resource`: the first that it names, or its own origin if it says nothing of itself.
async fn issuer(http: &TokenClient, resource: &Url) -> Result<Url, TokenError> {
    for place in resource_places(resource) {
        let Some(told) = fetch::<Resource>(http, &place).await? else { continue };
        if is_of(&told.resource, resource) {
            return told.authorization_servers.into_iter().next().ok_or(TokenError::Undiscovered);
        }
    }
    Ok(at(resource, "/"))
}

/// RFC 9728 section 3.1: the well-known part goes before the path; and where metadata of the whole origin is.
fn resource_places(resource: &Url) -> Vec<Url> {
    let root = "/.well-known/oauth-protected-resource";
    match path(resource) {
        "" => vec![at(resource, root)],
        path => vec![at(resource, &format!("{root}{path}")), at(resource, root)],
    }
}

/// RFC 8414 section 3.1, and OpenID Connect Discovery section 4, whose path goes before.
fn server_places(issuer: &Url) -> Vec<Url> {
    let path = path(issuer);
    let mut places = vec![
        at(issuer, &format!("/.well-known/oauth-authorization-server{path}")),
        at(issuer, &format!("/.well-known/openid-configuration{path}")),
    ];
    if !path.is_empty() {
        places.push(at(issuer, &format!("{path}/.well-known/openid-configuration")));
    }
    places
}

fn at(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn path(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

/// Whether metadata of `told` is of `resource`: its own, or of a part of the same origin in which it is.
fn is_of(told: &Url, resource: &Url) -> bool {
    let rest = path(resource).strip_prefix(path(told));
    told.origin() == resource.origin() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_same(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && path(one) == path(other)
}

/// A document; `None` if there is none, or not of this kind.
async fn fetch<T: DeserializeOwned>(http: &TokenClient, place: &Url) -> Result<Option<T>, TokenError> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = place.as_str().parse().map_err(|_| TokenError::Undiscovered)?;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    let response = http.send(request).await?;
    let is_there = response.status() == StatusCode::OK;
    Ok(is_there.then(|| serde_json::from_slice(response.body()).ok()).flatten())
}

#[cfg(test)]
mod tests {
    use super::{is_of, resource_places, server_places};

    fn url(text: &str) -> url::Url {
        text.parse().unwrap()
    }

    fn texts(places: Vec<url::Url>) -> Vec<String> {
        places.into_iter().map(Into::into).collect()
    }

    #[test]
    fn the_well_known_part_goes_before_the_path() {
        assert_eq!(
            texts(resource_places(&url("https://a.example/x/mcp?y=1"))),
            [
                "https://a.example/.well-known/oauth-protected-resource/x/mcp",
                "https://a.example/.well-known/oauth-protected-resource"
            ]
        );
        assert_eq!(
            texts(server_places(&url("https://b.example/tenant/"))),
            [
                "https://b.example/.well-known/oauth-authorization-server/tenant",
                "https://b.example/.well-known/openid-configuration/tenant",
                "https://b.example/tenant/.well-known/openid-configuration"
            ]
        );
        assert_eq!(server_places(&url("https://b.example")).len(), 2);
    }

    #[test]
    fn metadata_of_another_resource_is_not_believed() {
        let resource = url("https://a.example/x/mcp");
        for (told, is_believed) in [
            ("https://a.example/x/mcp", true),
            ("https://a.example/x/mcp/", true),
            ("https://a.example/x", true),
            ("https://a.example", true),
            ("https://a.example/x/m", false),
            ("https://a.example/y", false),
            ("https://b.example/x/mcp", false),
            ("http://a.example/x/mcp", false),
        ] {
            assert_eq!(is_of(&url(told), &resource), is_believed, "{told}");
        }
    }
}
