//! Which addresses the service may connect to.

use std::net::IpAddr;

use url::Url;

use super::{
    address::{AddressClass, nat64_embedded},
    error::DialError,
    rule::AllowRule,
    target::Target,
};

/// The operator's egress policy: the public internet over https, plus what is admitted here.
///
/// The default admits nothing more. Rules apply to the final address or to the host name as written.
/// Metadata services are opened neither by `allow_loopback` nor by a name or a network, but only by a rule
/// that is exactly their address.
///
/// ```
/// use registry_gateway::dial::EgressPolicy;
///
/// let inside = "https://10.0.0.7/mcp".parse()?;
/// assert!(EgressPolicy::default().check_url(&inside).is_err());
/// assert!(EgressPolicy::new(vec!["10.0.0.0/8".parse()?]).check_url(&inside).is_ok());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct EgressPolicy {
    rules: Vec<AllowRule>,
    allow_loopback: bool,
    allow_insecure_upstreams: bool,
}

impl EgressPolicy {
    /// A policy with the operator's allow-list.
    #[must_use]
    pub fn new(rules: Vec<AllowRule>) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Admits `127.0.0.0/8` and `::1`, on every port; for a service that itself listens on loopback only.
    #[must_use]
    pub fn allow_loopback(mut self, allow: bool) -> Self {
        self.allow_loopback = allow;
        self
    }

    /// Admits plain http to public addresses too. Without it http is for loopback, private and
    /// link-local addresses that the policy admits.
    #[must_use]
    pub fn allow_insecure_upstreams(mut self, allow: bool) -> Self {
        self.allow_insecure_upstreams = allow;
        self
    }

    /// Checks what can be checked without a resolver: scheme, userinfo, port and a literal address.
    ///
    /// # Errors
    /// `InvalidUrl`, `Refused` or `InsecureScheme`. A host name passes; the dial itself decides about it.
    pub fn check_url(&self, url: &Url) -> Result<(), DialError> {
        let target = Target::of(url)?;
        target.literal().map_or(Ok(()), |ip| self.check_address(&target, ip))
    }

    /// Decides about one address of `target`.
    pub(crate) fn check_address(&self, target: &Target, ip: IpAddr) -> Result<(), DialError> {
        let ip = ip.to_canonical();
        if !self.admits(target, ip) {
            return Err(DialError::Refused);
        }
        let plain_in_the_open = !target.is_tls() && !AddressClass::of(ip).is_local();
        if plain_in_the_open && !self.allow_insecure_upstreams {
            return Err(DialError::InsecureScheme);
        }
        Ok(())
    }

    fn admits(&self, target: &Target, ip: IpAddr) -> bool {
        match AddressClass::of(ip) {
            AddressClass::Global => true,
            AddressClass::Loopback if self.allow_loopback => true,
            AddressClass::Metadata => self.rules.iter().any(|rule| rule.names(target, ip)),
            AddressClass::Loopback | AddressClass::Local | AddressClass::Special => {
                self.rules.iter().any(|rule| rule.admits(target, ip))
                    // A NAT64 network that the operator admits must not lead to IPv4 addresses that he does not.
                    && nat64_embedded(ip).is_none_or(|inner| self.admits(target, inner))
            }
        }
    }
}
