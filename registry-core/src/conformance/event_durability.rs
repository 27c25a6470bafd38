//! Cases of live events in a store that is closed and opened again.

use chrono::TimeDelta;

use super::event::{all_events, minutes, positions};
use super::world::World;
use crate::clock::Clock;
use crate::model::event::{EventBounds, StoredEvent};
use crate::model::id::TenantId;

pub(super) async fn positions_go_on_where_they_ended(world: &mut World) {
    minutes(world, 3).await;
    let before = all_events(world.store()).await;
    world.reopen().await;
    let after = all_events(world.store()).await;
    let told = |events: &[StoredEvent]| -> Vec<_> {
        events.iter().map(|stored| (stored.position, stored.event.clone())).collect()
    };
    assert_eq!(told(&after), told(&before));
    let end = world.clock.now() + TimeDelta::days(1);
    assert_eq!(world.store().prune_events(end, 0, 100).await.unwrap(), 3);
    world.reopen().await;
    assert_eq!(world.store().event_bounds().await.unwrap(), EventBounds { first: 4, last: 3 });
    world.store().append_audit(world.event(TenantId::SYSTEM)).await.unwrap();
    assert_eq!(positions(&all_events(world.store()).await), [4]);
}
