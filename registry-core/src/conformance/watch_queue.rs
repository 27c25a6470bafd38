//! Cases of the queue of servers that are to be checked, in a store that is opened again.

use super::sample;
use super::watch::{claim, ids, late, watched};
use super::world::World;
use crate::model::health::CheckStatus;

pub(super) async fn the_queue_is_there_again(world: &mut World) {
    let servers = watched(world).await;
    let checked = claim(world, late(), 1).await.remove(0);
    let check = sample::check(&*world.clock, &checked.server, CheckStatus::Healthy);
    world.store().record_health(&sample::claimed(&check, checked.lease)).await.unwrap();
    world.reopen().await;
    let first = servers[1].next_due(servers[1].created_at);
    assert_eq!(world.store().earliest_due().await.unwrap(), Some(first));
    let rest: Vec<_> = servers[1..].iter().map(|server| server.id).collect();
    assert_eq!(ids(&claim(world, late(), 100).await), rest);
}
