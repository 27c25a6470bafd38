//! Rate limits of calls: what each takes from, and what is told of those that were one too many.

use std::net::IpAddr;
use std::sync::Arc;

use super::context::Context;
use super::grant::{Grant, GrantBuckets};
use super::refusal::Refused;
use crate::access::Proof;
use crate::limit::{Bucket, BucketName, Buckets, Decision, Limit};
use crate::model::audit::{EventType, Origin};
use crate::model::id::ServerId;
use crate::model::server::Server;
use crate::model::settings::RateLimit;

/// What somebody without a credential that holds does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressUse {
    /// Signs in, or sets the registry up.
    SignIn,
    /// Presents a credential that is refused, or none where one is needed.
    Refused,
    /// Asks for health, documentation or static pages.
    Public,
}

/// Rate limits. A call takes from the limits of its key, its user and its tenant, one through the gateway also from those of
/// the server; the strictest wins.
pub struct LimitService {
    context: Arc<Context>,
}

impl LimitService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Takes a call of the grant's holder, which also takes from `extras`. One too many is told to the audit log, coalesced;
    /// `origin` is asked only then.
    pub async fn take(
        &self,
        grant: &Grant,
        extras: [Option<&Bucket>; 2],
        origin: impl FnOnce() -> Origin,
    ) -> Decision {
        let buckets = grant.buckets(extras);
        let decision = match self.context.limiter.try_take_local(&buckets) {
            Some(decision) => decision,
            None => self.context.limiter.take(&buckets).await,
        };
        if let Decision::Denied(standing) = decision {
            let who = Refused::from(&grant.caller(Origin::default()));
            let reason = standing.kind().as_str();
            self.context.note_refusal(EventType::RateLimitExceeded, who, reason, origin());
        }
        decision
    }

    /// Takes a call of somebody who is known by address only.
    pub async fn take_address(&self, purpose: AddressUse, origin: &Origin) -> Decision {
        let Some(address) = origin.ip_address else { return Decision::Unlimited };
        let (name, limit) = self.of_address(purpose, address);
        let bucket = self.context.limiter.bucket(name, limit);
        let decision = self.context.limiter.take(&Buckets::from([bucket.as_deref()])).await;
        if let Decision::Denied(standing) = decision {
            let (who, reason) = (Refused::Address(Some(address.into())), standing.kind().as_str());
            self.context.note_refusal(EventType::RateLimitExceeded, who, reason, origin.clone());
        }
        decision
    }

    /// The limit that the grant's user has set for its own calls to a server.
    pub fn preferred(&self, grant: &Grant, server_id: ServerId, limit: RateLimit) -> Option<Arc<Bucket>> {
        let name = BucketName::Preference(grant.user().id, server_id);
        if self.context.policy.limits.own { self.context.limiter.bucket(name, limit) } else { None }
    }

    /// The limit of a server's own, which all who call it take from.
    pub fn of_server(&self, server: &Server) -> Option<Arc<Bucket>> {
        let limit = server.settings.rate_limit.filter(|_| self.context.policy.limits.own)?;
        self.context.limiter.bucket(BucketName::Server(server.id), limit)
    }

    fn of_address(&self, purpose: AddressUse, address: IpAddr) -> (BucketName, Limit) {
        let limits = &self.context.policy.limits;
        match purpose {
            AddressUse::SignIn => (BucketName::SignIn(address.into()), limits.anonymous),
            AddressUse::Refused => (BucketName::Refused(address.into()), limits.anonymous),
            AddressUse::Public => (BucketName::Public(address.into()), limits.public),
        }
    }
}

impl Context {
    /// The grant with the buckets of its key, user and tenant. A user has one limit whatever it comes with, so a token that
    /// acts in a lower role counts against the limit of the user's own: two limits of one name would make each other new.
    pub(super) fn limited(&self, grant: Grant) -> Grant {
        let (limits, role) = (&self.policy.limits, grant.user().role);
        let key = grant.key_limit().filter(|_| limits.own).and_then(|limit| {
            let Proof::Key { id, .. } = grant.proof() else { return None };
            self.limiter.bucket(BucketName::Key(id), limit)
        });
        let user = self.limiter.bucket(BucketName::User(grant.user().id), limits.of_role(role));
        let of_tenant = match (limits.of_tenant(role), grant.tenant().requests_per_minute) {
            (Limit::Of(_), Some(own)) => Limit::per_minute(own).unwrap_or(limits.tenant),
            (limit, _) => limit,
        };
        let tenant = self.limiter.bucket(BucketName::Tenant(grant.tenant_id()), of_tenant);
        grant.limited(GrantBuckets { key, user, tenant })
    }
}
