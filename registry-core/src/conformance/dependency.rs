//! Cases of dependencies between servers.

use super::check::refused;
use super::concurrency::all_at_once;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::dependency::Dependencies;
use crate::model::health::CheckStatus;
use crate::model::id::ServerId;
use crate::model::server::Server;
use crate::store::StoreError;

fn on(servers: &[&Server]) -> Dependencies {
    Dependencies::new(servers.iter().map(|server| server.id).collect()).unwrap()
}

async fn update(world: &World, server: &Server, depends_on: Dependencies) -> Result<(), StoreError> {
    let current = world.store().server(Reach::AllTenants, server.id).await?.unwrap();
    let revision = current.revision;
    let changed = Server { depends_on, revision: revision + 1, ..current };
    world.store().update_server(&changed, revision, world.event(server.tenant_id.unwrap())).await
}

async fn servers<const N: usize>(world: &World) -> [Server; N] {
    let owner = world.make_owner("acme").await;
    let mut servers = Vec::new();
    for number in 0..N {
        servers.push(world.make_server(&owner, &format!("s{number}")).await);
    }
    servers.try_into().unwrap()
}

async fn dependents(world: &World, reach: Reach, of: &Server) -> Vec<ServerId> {
    let found = world.store().dependents(reach, of.id, 10).await.unwrap();
    found.into_iter().map(|server| server.id).collect()
}

pub(super) async fn dependents_are_those_that_depend_directly_and_are_seen(world: &mut World) {
    let [base, middle, top] = servers(world).await;
    let other = world.make_owner("other").await;
    let foreign = Server { depends_on: on(&[&base]), ..sample::server(&*world.clock, &other, "foreign") };
    world.put_server(&foreign).await;
    update(world, &middle, on(&[&base])).await.unwrap();
    update(world, &top, on(&[&middle])).await.unwrap();
    let own = Reach::Tenant(base.tenant_id.unwrap());
    assert_eq!(dependents(world, own, &base).await, [middle.id]);
    assert_eq!(dependents(world, own, &middle).await, [top.id]);
    assert_eq!(dependents(world, own, &top).await, []);
    assert_eq!(dependents(world, Reach::AllTenants, &base).await, [middle.id, foreign.id]);
    assert_eq!(world.store().dependents(Reach::AllTenants, base.id, 1).await.unwrap().len(), 1);
    update(world, &middle, Dependencies::default()).await.unwrap();
    assert_eq!(dependents(world, own, &base).await, []);
}

pub(super) async fn a_server_never_depends_on_itself(world: &mut World) {
    let [a, b, c] = servers(world).await;
    update(world, &a, on(&[&b])).await.unwrap();
    update(world, &b, on(&[&c])).await.unwrap();
    for (server, needs) in [(&c, &a), (&b, &a), (&a, &a)] {
        refused!(world, update(world, server, on(&[needs])), StoreError::DependsOnItself);
    }
    update(world, &a, on(&[&b, &c])).await.unwrap();
}

pub(super) async fn two_changes_do_not_close_a_circle_together(world: &mut World) {
    for round in 0..5 {
        let owner = world.make_owner(&format!("t{round}")).await;
        let (a, b) = (world.make_server(&owner, "a").await, world.make_server(&owner, "b").await);
        let write = |server: &Server, needs: &Server| {
            let changed = Server { depends_on: on(&[needs]), revision: 2, ..server.clone() };
            let (store, event) = (world.handle(), world.event(owner.tenant_id));
            async move { store.update_server(&changed, 1, event).await }
        };
        let outcomes = all_at_once([write(&a, &b), write(&b, &a)]).await;
        let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::DependsOnItself)));
        assert_eq!((refused.count(), outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (1, 1));
    }
}

pub(super) async fn a_removed_server_is_needed_no_more(world: &mut World) {
    let [base, top] = servers(world).await;
    update(world, &top, on(&[&base])).await.unwrap();
    let event = world.event(base.tenant_id.unwrap());
    let now = world.clock.now();
    world.store().delete_server(base.tenant_id, base.id, 1, now, event).await.unwrap();
    let left = world.store().server(Reach::AllTenants, top.id).await.unwrap().unwrap();
    assert_eq!((left.depends_on, left.revision), (Dependencies::default(), 2));
}

pub(super) async fn an_unhealthy_server_is_found_along_dependencies(world: &mut World) {
    let [base, middle, top, aside] = servers(world).await;
    update(world, &middle, on(&[&base])).await.unwrap();
    update(world, &top, on(&[&middle, &aside])).await.unwrap();
    let all = [top.id, aside.id, middle.id, base.id];
    assert_eq!(world.store().failing_dependencies(&all).await.unwrap(), []);
    let check = sample::check(&*world.clock, &base, CheckStatus::Timeout);
    world.store().record_health(&sample::record(&check)).await.unwrap();
    let mut failing = world.store().failing_dependencies(&all).await.unwrap();
    failing.sort_unstable();
    assert_eq!(failing, [(middle.id, base.id), (top.id, base.id)]);
    assert_eq!(world.store().failing_dependencies(&[aside.id]).await.unwrap(), []);
    assert_eq!(world.store().failing_dependencies(&[]).await.unwrap(), []);
}

pub(super) async fn who_needs_an_unhealthy_server_is_impaired_while_it_is_healthy_itself(world: &mut World) {
    let [base, middle, top, aside, sick, alone] = servers(world).await;
    let check = async |server: &Server, status| {
        let check = sample::check(&*world.clock, server, status);
        world.store().record_health(&sample::record(&check)).await.unwrap();
    };
    for server in [&base, &middle, &top, &aside, &alone] {
        check(server, CheckStatus::Healthy).await;
    }
    update(world, &middle, on(&[&base])).await.unwrap();
    update(world, &top, on(&[&middle, &alone])).await.unwrap();
    update(world, &aside, on(&[&alone])).await.unwrap();
    update(world, &sick, on(&[&base])).await.unwrap();
    assert_eq!(world.store().impaired_servers(10).await.unwrap(), []);
    // What never worked is unhealthy at once; what is unknown or unhealthy itself is shown as that.
    let global = Server { id: ServerId(world.clock.new_id()), tenant_id: None, ..base.clone() };
    world.put_server(&global).await;
    check(&global, CheckStatus::Timeout).await;
    update(world, &base, on(&[&global])).await.unwrap();
    let mut expected = [base.id, middle.id, top.id];
    expected.sort_unstable();
    assert_eq!(world.store().impaired_servers(10).await.unwrap(), expected);
    assert_eq!(world.store().impaired_servers(2).await.unwrap(), expected[..2]);
    check(&sick, CheckStatus::Timeout).await;
    assert_eq!(world.store().impaired_servers(10).await.unwrap(), expected);
    check(&global, CheckStatus::Healthy).await;
    assert_eq!(world.store().impaired_servers(10).await.unwrap(), []);
}
