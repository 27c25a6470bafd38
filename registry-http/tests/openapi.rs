//! The checked-in OpenAPI document is the one that the service serves.

use std::sync::Arc;

use registry_core::Registry;
use registry_core::clock::SystemClock;
use registry_core::limit::Limiter;
use registry_core::memory::MemoryStore;
use registry_core::secret::Keyring;
use registry_core::service::{Policy, RegistryParts};
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamTls};
use registry_gateway::probe::UpstreamProbe;

#[test]
fn the_checked_in_openapi_document_is_the_one_that_is_served() {
    let dialer = Dialer::new(EgressPolicy::default(), UpstreamTls::new().unwrap());
    let registry = Arc::new(Registry::new(RegistryParts {
        store: Arc::new(MemoryStore::new()),
        probe: Arc::new(UpstreamProbe::new(dialer)),
        clock: Arc::new(SystemClock),
        keyring: Keyring::parse(&Keyring::generate(&SystemClock)).unwrap(),
        policy: Policy::default(),
        tokens: None,
        limiter: Limiter::local(),
    }));
    let served = registry_http::app::openapi(&registry).unwrap();
    let checked_in: serde_json::Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    assert_eq!(
        served, checked_in,
        "run `cargo run -- openapi > registry-http/openapi.json` and look at the difference"
    );
}
