//! The client of a call, as far as it can be told apart from others.

use std::net::IpAddr;

use http::{HeaderMap, header};
use registry_core::model::audit::Origin;

/// From where a call comes, and under which name it is logged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Client<'a> {
    /// Its address.
    pub address: Option<IpAddr>,
    /// The request's id.
    pub request_id: Option<&'a str>,
    /// The request's headers.
    pub headers: Option<&'a HeaderMap>,
}

impl Client<'_> {
    /// The same for the audit log; made only when there is something to tell.
    pub(super) fn origin(&self) -> Origin {
        let user_agent = self.headers.and_then(|headers| headers.get(header::USER_AGENT));
        let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
        Origin::new(self.address, user_agent.as_deref(), self.request_id.map(str::to_owned))
    }
}
