//! Fuzz targets of what headers say: whose request it is, and from which page it came.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::cookie::{SESSION_COOKIE, named, session};
use crate::forwarded::{TrustedProxies, TrustedProxy};
use crate::site::{CSRF_HEADER, Site};

/// Whatever a client writes into a forwarding header, what a listed proxy appends to it decides.
#[test]
fn fuzz_forwarded() {
    let proxies: TrustedProxies =
        ["10.0.0.0/8".parse::<TrustedProxy>().expect("a network")].into_iter().collect();
    let (peer, client): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "203.0.113.9".parse().unwrap());
    let appended = [
        (header::FORWARDED, &b"for=203.0.113.9;proto=https"[..]),
        (header::FORWARDED, b"for=\"203.0.113.9:80\""),
        (HeaderName::from_static("x-forwarded-for"), b"203.0.113.9"),
    ];
    bolero::check!().for_each(|bytes: &[u8]| {
        for (name, element) in &appended {
            let Ok(written) = HeaderValue::from_bytes(bytes) else { return };
            let mut line = HeaderMap::new();
            line.insert(name, HeaderValue::from_bytes(&[bytes, b", ", element].concat()).expect("a header"));
            assert_eq!(proxies.client(peer, &line), client, "{line:?}");
            // The same, where the proxy appends a line of its own.
            let mut lines = HeaderMap::new();
            lines.append(name, written);
            lines.append(name, HeaderValue::from_bytes(element).expect("a header"));
            assert_eq!(proxies.client(peer, &lines), client, "{lines:?}");
            assert_eq!(proxies.client(client, &lines), client, "who is not listed is not asked");
        }
        let text = String::from_utf8_lossy(bytes);
        assert!(text.parse::<TrustedProxy>().is_err() || !text.ends_with("/0"), "{text}");
    });
}

/// No origin but the service's own passes, however it is written.
#[test]
fn fuzz_site() {
    let site = Site::default();
    bolero::check!().for_each(|bytes: &[u8]| {
        let Ok(origin) = HeaderValue::from_bytes(bytes) else { return };
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("own.example:81"))]);
        headers.insert(CSRF_HEADER, HeaderValue::from_static("token"));
        headers.insert(header::ORIGIN, origin);
        if site.require_own(&Method::POST, &headers, "token").is_ok() {
            let is_own = [&b"http://own.example:81"[..], b"https://own.example:81"]
                .iter()
                .any(|own| bytes.eq_ignore_ascii_case(own));
            assert!(is_own, "{headers:?}");
        }
    });
}

/// A session is found only in a cookie of its name, whole.
#[test]
fn fuzz_cookie() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
        let headers: HeaderMap = lines.map(|line| (header::COOKIE, line)).collect();
        let Some(secret) = session(&headers) else { return };
        assert_eq!(named(&headers, SESSION_COOKIE).as_deref(), Some(secret.expose()));
        let text = String::from_utf8_lossy(bytes);
        assert!(text.contains(SESSION_COOKIE) && text.contains(secret.expose()));
    });
}
