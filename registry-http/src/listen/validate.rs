//! The checks of a request before anything looks at it (P1, P7).

use http::{HeaderMap, Method, Uri, Version, header, uri::Authority};

use super::head::Flaw;
use crate::error::ApiError;

/// Checks the target and the `Host` of a request.
pub(super) fn check<B>(request: &http::Request<B>) -> Result<(), ApiError> {
    if !matches!(request.version(), Version::HTTP_11 | Version::HTTP_10) {
        return Err(ApiError::invalid("This version of HTTP is not spoken here"));
    }
    let host = host(request.headers())?;
    check_target(request.method(), request.uri(), host)?;
    check_path(request.uri().path())
}

/// The error for a flaw in the framing.
pub(super) fn flaw(flaw: Flaw) -> ApiError {
    ApiError::invalid(match flaw {
        Flaw::BareLineFeed => "A line of the head does not end in CR LF",
        Flaw::BadLength => "The `Content-Length` is not a number",
        Flaw::DuplicateLength => "There is more than one `Content-Length`",
        Flaw::BadEncoding => "The `Transfer-Encoding` is not `chunked`",
        Flaw::LengthAndEncoding => "There is a `Content-Length` beside a `Transfer-Encoding`",
    })
}

fn host(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(header::HOST).iter();
    let Some(value) = values.next() else { return Err(ApiError::invalid("The request has no `Host`")) };
    if values.next().is_some() {
        return Err(ApiError::invalid("The request has more than one `Host`"));
    }
    value
        .to_str()
        .ok()
        .filter(|host| is_host(host))
        .ok_or_else(|| ApiError::invalid("The `Host` is not valid"))
}

/// A name or address with an optional port; no user, path or query, which `Authority` alone would let through.
pub(super) fn is_host(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let rest = host.strip_prefix(name);
    let port_is_valid = match rest {
        Some("") => true,
        Some(port) => {
            port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok() && !port.starts_with('+'))
        }
        None => false,
    };
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let name_is_valid = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        }
    };
    port_is_valid && name_is_valid
}

/// Only `/path`, or the absolute form for the same host.
fn check_target(method: &Method, uri: &Uri, host: &str) -> Result<(), ApiError> {
    let same_host = uri.authority().is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(host));
    if method == Method::CONNECT || !uri.path().starts_with('/') || !same_host {
        return Err(ApiError::invalid("The target of the request is not valid"));
    }
    Ok(())
}

/// No dot segments and no control characters, plain or escaped: layers could normalise them differently.
///
/// Escaped slashes are allowed, for names of servers hold them; segments are judged as if they were decoded.
pub(super) fn check_path(path: &str) -> Result<(), ApiError> {
    let suspicious = path.contains("/.") || path.bytes().any(|byte| matches!(byte, b'%' | b'\\'));
    if suspicious && !is_plain(path) {
        return Err(ApiError::invalid("The path is not valid"));
    }
    Ok(())
}

fn is_plain(path: &str) -> bool {
    let Some(decoded) = decode(path) else { return false };
    let control = decoded.iter().any(u8::is_ascii_control);
    !control
        && decoded
            .split(|byte| matches!(byte, b'/' | b'\\'))
            .all(|segment| segment != b"." && segment != b"..")
}

/// The bytes of a path with its escapes resolved once; none if an escape is broken.
fn decode(path: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (high, low) = (char::from(bytes.next()?), char::from(bytes.next()?));
        decoded.push((high.to_digit(16)? * 16 + low.to_digit(16)?) as u8);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::{check_path, is_host};

    #[test]
    fn p7_hosts() {
        for good in ["x", "a.b-c_d:80", "127.0.0.1:8080", "[::1]", "[::1]:9", "EXAMPLE.com"] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            ":80",
            "x:",
            "x:99999",
            "x:+1",
            "x/health?",
            "u@x",
            "x y",
            "[::1",
            "[x]",
            "x:1:2",
            "x#",
            "x,y",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn i3_paths() {
        for good in ["/", "/a/b", "/a..b/c.", "/v0.1/servers/io.x%2Fy", "/.well-known/x", "/...", "/%25"] {
            assert!(check_path(good).is_ok(), "{good}");
        }
        for bad in [
            "/..",
            "/a/../b",
            "/a/./b",
            "/%2e%2E/a",
            "/.%2e",
            "/a%2f..%2fb",
            "/a\\..\\b",
            "/%0d%0a",
            "/%",
            "/%zz",
        ] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }
}
