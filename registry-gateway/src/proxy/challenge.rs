//! What a client without a credential is told: how to get one (RFC 6750 section 3, RFC 9728 section 5.1).

use http::{HeaderMap, HeaderValue, header};

/// Where the metadata of a protected resource is (RFC 9728 section 3).
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// The challenge where there is nothing to discover.
const PLAIN: HeaderValue = HeaderValue::from_static("Bearer");

/// How clients find out where to sign in.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// Whether there are issuers of tokens to be found at all.
    pub has_issuers: bool,
    /// Where clients reach the service, as in `https://registry.example.com`; by default where they say they do.
    pub public_url: Option<String>,
}

impl Discovery {
    /// The URL that the request came to, up to its path. `http` unless the operator has said otherwise.
    pub fn base(&self, headers: &HeaderMap) -> String {
        match &self.public_url {
            Some(url) => url.clone(),
            None => {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                format!("http://{}", host.unwrap_or("localhost"))
            }
        }
    }

    /// The value of `WWW-Authenticate` for a request for this path.
    pub fn challenge(&self, headers: &HeaderMap, path: &str) -> HeaderValue {
        if !self.has_issuers {
            return PLAIN;
        }
        let resource = if path.starts_with("/mcp/") { path } else { "" };
        let url = format!("{}{WELL_KNOWN}{resource}", self.base(headers));
        HeaderValue::from_str(&format!("Bearer resource_metadata=\"{url}\"")).unwrap_or(PLAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_where_to_look_if_there_is_something_to_find() {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("a.example:81"))]);
        let mut discovery = Discovery::default();
        assert_eq!(discovery.challenge(&headers, "/mcp/weather"), "Bearer");
        discovery.has_issuers = true;
        let expected = "Bearer resource_metadata=\"http://a.example:81/.well-known/oauth-protected-resource/mcp/weather\"";
        assert_eq!(discovery.challenge(&headers, "/mcp/weather"), expected);
        discovery.public_url = Some("https://registry.example".to_owned());
        let expected =
            "Bearer resource_metadata=\"https://registry.example/.well-known/oauth-protected-resource\"";
        assert_eq!(discovery.challenge(&headers, "/api/servers"), expected);
    }
}
