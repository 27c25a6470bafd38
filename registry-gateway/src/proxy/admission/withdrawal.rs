//! The end of what goes on after its call was admitted: an open stream, a session.

use std::sync::Arc;

use super::super::Failure;
use super::super::holders::Holders;
use super::super::pulse::Pulse;
use super::super::upstream::{Upstream, Upstreams};
use super::{Admission, reach};

impl Admission {
    /// Completes when the call would be admitted no more: an open stream ends with its key, or with its server. What
    /// cannot be judged because the store, or an issuer, is away goes on.
    pub(in crate::proxy) fn withdrawn(
        &self,
        upstreams: Arc<Upstreams>,
        pulse: &Arc<Pulse>,
    ) -> impl Future<Output = ()> + Send + 'static {
        self.watch(upstreams, pulse, Holders::of(self.grant.clone()), |_| true)
    }

    /// The same of something that goes on as long as one of its holders may have it, and not when the server has moved or
    /// got other credentials: a session with it as it was ends.
    pub(in crate::proxy) fn superseded(
        &self,
        upstreams: Arc<Upstreams>,
        pulse: &Arc<Pulse>,
        holders: Arc<Holders>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let was = self.upstream.clone();
        self.watch(upstreams, pulse, holders, move |now| {
            was.server.endpoint == now.server.endpoint && was.credentials.is_same(&now.credentials)
        })
    }

    fn watch(
        &self,
        upstreams: Arc<Upstreams>,
        pulse: &Arc<Pulse>,
        holders: Arc<Holders>,
        goes_on: impl Fn(&Upstream) -> bool + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (registry, id, pulse) = (self.registry.clone(), self.upstream.server.id, pulse.clone());
        async move {
            let mut beats = pulse.feel();
            drop(pulse);
            let reference = id.to_string();
            beats.first().await;
            while let Some(grant) = holders.latest() {
                let judged = async {
                    let grant = registry.auth.renew(&grant).await?;
                    reach(&registry, &upstreams, &grant, &reference).await.map(|upstream| (grant, upstream))
                };
                let grant = match judged.await {
                    Ok((_, upstream)) if !goes_on(&upstream) => return,
                    Ok((renewed, _)) => renewed,
                    Err(Failure::Unavailable | Failure::IssuerUnavailable) => grant,
                    Err(_) => {
                        holders.forget(&grant);
                        continue;
                    }
                };
                beats.next(&registry, &grant).await;
            }
        }
    }
}
