//! The cookies of the service (RFC 6265bis): one for the session, one for a sign-in that is under way.
//!
//! Both have the prefix `__Host-`: a browser takes them only over a secure connection (or from the same machine), from
//! this very host, for all of its paths. Scripts cannot read them.

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use registry_core::model::session::SessionSecret;

/// The cookie of a session.
pub const SESSION_COOKIE: &str = "__Host-mcp-registry-session";
/// The cookie of a browser that is about to come back from an OpenID provider.
pub const SIGN_IN_COOKIE: &str = "__Host-mcp-registry-sign-in";

/// The session's secret that the request has in its cookie. Two cookies of the name are none: who could set the second?
pub fn session(headers: &HeaderMap) -> Option<SessionSecret> {
    named(headers, SESSION_COOKIE).and_then(|value| SessionSecret::parse(&value).ok())
}

/// The value of the only cookie of this name.
pub fn named(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines.flat_map(Cookie::split_parse).flatten().filter(|cookie| cookie.name() == name);
    let value = found.next().map(|cookie| cookie.value().to_owned());
    if found.next().is_some() { None } else { value }
}

/// `Set-Cookie` for a session cookie or a sign-in cookie with this value; without one the cookie is taken away. The
/// session's own end is on the server; the browser keeps the cookie until it is closed.
pub fn set(name: &'static str, value: Option<&str>) -> Option<HeaderValue> {
    let mut cookie = Cookie::build((name, value.unwrap_or_default()))
        .path("/")
        .secure(true)
        .http_only(true)
        // Not `Strict`: a browser that comes back from an OpenID provider could not begin its session.
        .same_site(SameSite::Lax)
        .build();
    if value.is_none() {
        cookie.set_max_age(cookie::time::Duration::ZERO);
    }
    let mut value = HeaderValue::from_str(&cookie.to_string()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn only_one_cookie_of_the_name_counts() {
        assert_eq!(named(&cookies(&["a=1; b=2", "c=3"]), "c").as_deref(), Some("3"));
        assert_eq!(named(&cookies(&["a=1; a=2"]), "a"), None);
        assert_eq!(named(&cookies(&["a=1", "a=1"]), "a"), None);
        assert_eq!(named(&cookies(&["ab=1"]), "a"), None);
    }

    #[test]
    fn a_cookie_is_for_this_host_and_no_script() {
        let set = set(SESSION_COOKIE, Some("x")).unwrap();
        assert_eq!(
            set.to_str().unwrap(),
            "__Host-mcp-registry-session=x; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
    }
}
