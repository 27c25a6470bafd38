//! Fuzz targets of what decides where the service connects to.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use super::target::Target;
use super::{AddressClass, AllowRule, EgressPolicy};

/// Whatever is written, the default policy lets through names and public addresses, over TLS for addresses; and what
/// it takes for a name is no address in disguise.
#[test]
fn fuzz_url_guard() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(url) = Url::parse(&text) else { return };
        let Ok(target) = Target::of(&url) else { return };
        assert!(url.username().is_empty() && url.password().is_none() && target.port() != 0);
        match (target.literal(), target.name()) {
            (Some(ip), None) => {
                let is_safe = AddressClass::of(ip) == AddressClass::Global && target.is_tls();
                assert_eq!(EgressPolicy::default().check_url(&url).is_ok(), is_safe, "{url}");
            }
            (None, Some(name)) => {
                assert!(matches!(Host::parse(name), Ok(Host::Domain(same)) if same == name), "{url}");
            }
            other => panic!("{url}: {other:?}"),
        }
    });
}

/// What the standard library knows not to be public is not public here.
#[test]
fn fuzz_address() {
    bolero::check!().with_type().for_each(|bytes: &[u8; 16]| {
        let ip = IpAddr::V6(Ipv6Addr::from(*bytes)).to_canonical();
        let is_inside = match ip {
            IpAddr::V4(ip) => {
                ip.is_private()
                    || ip.is_loopback()
                    || ip.is_link_local()
                    || ip.is_broadcast()
                    || ip.is_documentation()
            }
            IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        };
        let is_inside = is_inside || ip.is_multicast() || ip.is_unspecified();
        assert!(!is_inside || AddressClass::of(ip) != AddressClass::Global, "{ip}");
    });
}

/// A rule that names no loopback address does not open one.
#[test]
fn fuzz_allow_rule() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(rule) = text.parse::<AllowRule>() else { return };
        let policy = EgressPolicy::new(vec![rule]);
        let metadata: Url = "https://169.254.169.254/".parse().expect("a URL");
        let is_exact = text.contains("169.254.169.254") || text.to_ascii_lowercase().contains("a9fe");
        assert!(is_exact || policy.check_url(&metadata).is_err() || !text.contains('.'), "{text}");
    });
}
