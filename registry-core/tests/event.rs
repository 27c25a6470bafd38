//! Live events through the registry: what a subscriber is told, and what becomes of one who does not keep up.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_core::Registry;
use registry_core::access::Caller;
use registry_core::clock::SystemClock;
use registry_core::limit::Limiter;
use registry_core::memory::MemoryStore;
use registry_core::model::account_input::TenantInput;
use registry_core::model::audit::EventType;
use registry_core::model::endpoint::Endpoint;
use registry_core::model::health::CheckError;
use registry_core::model::role::Role;
use registry_core::probe::{Probe, ProbeTarget, Probed};
use registry_core::secret::Keyring;
use registry_core::service::{
    EventEnd, EventFilter, EventSubscription, EventUpdate, MAX_RECENT, MAX_WAITING, Policy, RegistryParts,
    ResumeFrom,
};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

struct NoProbe;

#[async_trait]
impl Probe for NoProbe {
    async fn probe(&self, _: ProbeTarget<'_>) -> Probed {
        unreachable!("nothing is registered here")
    }

    async fn admit(&self, _: &Endpoint) -> Result<(), CheckError> {
        Ok(())
    }
}

struct World {
    registry: Arc<Registry>,
    admin: Caller,
    _following: JoinHandle<()>,
}

impl World {
    async fn start() -> Self {
        let registry = Arc::new(Registry::new(RegistryParts {
            store: Arc::new(MemoryStore::new()),
            probe: Arc::new(NoProbe),
            clock: Arc::new(SystemClock),
            keyring: Keyring::parse(&Keyring::generate(&SystemClock)).unwrap(),
            policy: Policy::default(),
            tokens: None,
            limiter: Limiter::local(),
        }));
        let admin = registry.setup.operator("main", "root", Role::Admin).await.unwrap();
        registry.events.prepare().await.unwrap();
        let followed = registry.clone();
        let following = tokio::spawn(async move { followed.events.follow().await });
        Self { registry, admin, _following: following }
    }

    async fn subscribe(&self, from: ResumeFrom) -> EventSubscription {
        let types = vec![EventType::TenantCreated];
        let filter = EventFilter { types, server_id: None };
        let subscribed = self.registry.events.subscribe(self.admin.clone(), filter, from).await.unwrap();
        assert!(!subscribed.is_reset);
        subscribed.subscription
    }

    async fn make_tenants(&self, begin: usize, number: usize) {
        for number in begin..begin + number {
            let input = TenantInput { name: Some(format!("Tenant {number}")), ..TenantInput::default() };
            self.registry.tenants.create(&self.admin, input).await.unwrap();
        }
    }
}

async fn next(subscription: &mut EventSubscription) -> EventUpdate {
    timeout(PATIENCE, subscription.next()).await.unwrap()
}

/// The positions of so many events.
async fn positions(subscription: &mut EventSubscription, number: usize) -> Vec<u64> {
    let mut positions = Vec::new();
    while positions.len() < number {
        match next(subscription).await {
            EventUpdate::Event { stored, .. } => positions.push(stored.position),
            other => panic!("{other:?} after {}", positions.len()),
        }
    }
    positions
}

#[tokio::test]
async fn who_does_not_keep_up_is_dropped_with_the_reason_and_can_go_on_from_there() {
    let world = World::start().await;
    let (mut slow, mut quick) =
        (world.subscribe(ResumeFrom::Now).await, world.subscribe(ResumeFrom::Now).await);
    world.make_tenants(0, 1).await;
    let first = positions(&mut slow, 1).await;
    assert_eq!(positions(&mut quick, 1).await, first);
    let mut begin = 1;
    let mut expected = first;
    while begin < 2 * MAX_WAITING {
        world.make_tenants(begin, 16).await;
        expected.extend(positions(&mut quick, 16).await);
        begin += 16;
    }
    let mut seen = positions(&mut slow, MAX_WAITING).await;
    assert!(matches!(next(&mut slow).await, EventUpdate::End(EventEnd::Slow)));
    let mut again = world.subscribe(ResumeFrom::After(slow.position())).await;
    seen.extend(positions(&mut again, expected.len() - 1 - MAX_WAITING).await);
    assert_eq!(seen, expected[1..], "nothing is lost, nothing comes twice");
}

#[tokio::test]
async fn who_was_away_for_more_than_is_at_hand_gets_it_from_the_store() {
    let world = World::start().await;
    let mut whole = world.subscribe(ResumeFrom::Now).await;
    world.make_tenants(0, 1).await;
    let begin = positions(&mut whole, 1).await[0];
    let number = MAX_RECENT + 300;
    let mut expected = Vec::new();
    for at in (0..number).step_by(100) {
        world.make_tenants(1 + at, 100.min(number - at)).await;
        expected.extend(positions(&mut whole, 100.min(number - at)).await);
    }
    let mut late = world.subscribe(ResumeFrom::After(begin)).await;
    assert_eq!(positions(&mut late, number).await, expected);
    world.make_tenants(number + 1, 1).await;
    assert_eq!(positions(&mut late, 1).await, positions(&mut whole, 1).await);
}

#[tokio::test]
async fn a_subscription_that_was_told_all_can_go_on_from_what_others_were_told() {
    let world = World::start().await;
    let mut all = world.subscribe(ResumeFrom::Now).await;
    let filter = EventFilter { types: vec![EventType::ServerDeleted], server_id: None };
    let none = world.registry.events.subscribe(world.admin.clone(), filter, ResumeFrom::Now).await.unwrap();
    let mut none = none.subscription;
    assert!(timeout(Duration::from_millis(50), none.next()).await.is_err());
    world.make_tenants(0, 5).await;
    let last = positions(&mut all, 5).await[4];
    assert_eq!((all.position(), none.position()), (last, last), "it wants none of them");
}

#[tokio::test]
async fn a_stop_ends_every_subscription_and_lets_none_begin() {
    let world = World::start().await;
    let mut live = world.subscribe(ResumeFrom::Now).await;
    assert!(timeout(Duration::from_millis(50), live.next()).await.is_err());
    let mut fresh = world.subscribe(ResumeFrom::Now).await;
    world.registry.events.close();
    assert!(matches!(next(&mut live).await, EventUpdate::End(EventEnd::Shutdown)));
    assert!(matches!(next(&mut fresh).await, EventUpdate::End(EventEnd::Shutdown)));
}
