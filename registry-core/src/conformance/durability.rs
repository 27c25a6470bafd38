//! Cases of stores that keep their data: what is closed and opened again is the same.

use super::world::World;

pub(super) async fn what_was_stored_is_there_again(world: &mut World) {
    let owner = world.make_owner("acme").await;
    world.make_server(&owner, "Weather").await;
    world.make_key(&owner, "ci").await;
    let before = world.everything().await;
    world.reopen().await;
    assert_eq!(world.everything().await, before);
}
