//! Where the service is reached, and what came from there: the defence against requests that other sites make a browser
//! send (CSRF).

use http::{HeaderMap, Method, header};
use registry_gateway::proxy::Discovery;
use subtle::ConstantTimeEq;

use crate::error::{ApiError, ErrorCode};

/// The header with the token that another site cannot know.
pub const CSRF_HEADER: &str = "x-csrf-token";
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The service as browsers and clients see it.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Where clients reach it, and how they find out where to sign in.
    pub discovery: Discovery,
}

impl Site {
    /// Whether a browser sent the request from a page of ours, as far as the browser tells (`Sec-Fetch-Site`, `Origin`).
    ///
    /// # Errors
    /// 403 if it came from elsewhere.
    pub fn require_same_origin(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let site = headers.get(SEC_FETCH_SITE).map(|value| value.as_bytes());
        let is_ours = site.is_none_or(|site| site == b"same-origin" || site == b"none");
        match is_ours
            && headers.get_all(header::ORIGIN).iter().all(|origin| self.is_own(origin.as_bytes(), headers))
        {
            true => Ok(()),
            false => Err(ApiError::new(ErrorCode::Forbidden, "This came from another site's page")),
        }
    }

    /// Whether a request with a session's cookie may do what its method does: one that changes something has to come from
    /// a page of ours, with the session's token.
    ///
    /// # Errors
    /// 403.
    pub fn require_own(&self, method: &Method, headers: &HeaderMap, token: &str) -> Result<(), ApiError> {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        self.require_same_origin(headers)?;
        let given = headers.get(CSRF_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
        match bool::from(given.ct_eq(token.as_bytes())) {
            true => Ok(()),
            false => Err(ApiError::new(
                ErrorCode::Forbidden,
                "A change with a session needs its token in the header X-CSRF-Token; see GET /api/users/me",
            )),
        }
    }

    fn is_own(&self, origin: &[u8], headers: &HeaderMap) -> bool {
        if let Some(url) = &self.discovery.public_url
            && origin == url.as_bytes()
        {
            return true;
        }
        let host = headers.get(header::HOST).map(|host| host.as_bytes()).unwrap_or_default();
        let rest = origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"));
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        list.iter().map(pair).collect()
    }

    #[test]
    fn only_our_own_pages_may_change_things_and_only_with_the_token() {
        let site = Site {
            discovery: Discovery {
                public_url: Some("https://registry.example".to_owned()),
                ..Discovery::default()
            },
        };
        let allowed = |list: &[(&'static str, &'static str)]| {
            site.require_own(&Method::POST, &headers(list), "token").is_ok()
        };
        let (host, token) = (("host", "127.0.0.1:8080"), ("x-csrf-token", "token"));
        assert!(allowed(&[host, token]));
        assert!(allowed(&[
            host,
            token,
            ("origin", "http://127.0.0.1:8080"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(allowed(&[host, token, ("origin", "https://registry.example")]));
        for bad in [
            &[host][..],
            &[host, ("x-csrf-token", "other")],
            &[host, token, ("sec-fetch-site", "cross-site")],
            &[host, token, ("sec-fetch-site", "same-site")],
            &[host, token, ("origin", "https://evil.example")],
            &[host, token, ("origin", "null")],
            &[host, token, ("origin", "http://127.0.0.1:8081")],
        ] {
            assert!(!allowed(bad), "{bad:?}");
        }
        assert!(
            site.require_own(&Method::GET, &headers(&[host, ("sec-fetch-site", "cross-site")]), "token")
                .is_ok()
        );
    }
}
