//! Cases of lists of servers without some.

use super::page::these_sizes;
use super::population::{Population, list};
use super::server_list::orders;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::id::ServerId;
use crate::model::page::PageRequest;
use crate::model::server::ServerQuery;

/// Queries that leave out one, a few, nearly all and all of the servers.
fn queries(population: &Population, query: &ServerQuery) -> Vec<ServerQuery> {
    let ids: Vec<_> = population.servers.iter().map(|server| server.id).collect();
    let counts = [0, 1, 5, ids.len() - 1, ids.len()];
    counts.map(|count| ServerQuery { without: ids[..count].to_vec(), ..query.clone() }).to_vec()
}

pub(super) async fn those_named_are_left_out_of_list_and_total(world: &mut World) {
    let population = Population::settle(world, 40).await;
    for reach in population.reaches() {
        for (sort, order) in orders() {
            for query in queries(&population, &ServerQuery { sort, order, ..ServerQuery::new(reach) }) {
                population.check(world, &query).await;
            }
        }
    }
}

pub(super) async fn other_filters_hold_as_well(world: &mut World) {
    let mut population = Population::settle(world, 60).await;
    let ids: Vec<_> = population.servers.iter().map(|server| server.id).collect();
    let mut left_out = 0;
    for query in population.simple_queries().into_iter().filter(|query| query.without.is_empty()) {
        let without: Vec<_> = (0..12).map(|_| population.dice.pick(&ids)).collect();
        let all = population.expected(&query).len();
        let query = ServerQuery { without, ..query };
        left_out += all - population.expected(&query).len();
        population.check(world, &query).await;
    }
    assert!(left_out > 100, "the queries do leave some out: {left_out}");
}

pub(super) async fn pages_of_every_order_make_up_the_list(world: &mut World) {
    let population = Population::settle(world, 60).await;
    for (sort, order) in orders() {
        for query in queries(&population, &ServerQuery { sort, order, ..ServerQuery::new(Reach::AllTenants) })
        {
            let read =
                async |page: PageRequest| world.store().servers(&ServerQuery { page, ..query.clone() }).await;
            these_sizes(&population.expected(&query), &[7, 30, 100], &read).await;
        }
    }
}

pub(super) async fn the_only_one_can_be_left_out(world: &mut World) {
    let population = Population::settle(world, 3).await;
    let [first, second] = [population.servers[0].id, population.servers[1].id];
    for (without, total) in [(first, 0), (second, 1)] {
        let query = ServerQuery::new(Reach::AllTenants);
        let query = ServerQuery { only: Some(first), without: vec![without], ..query };
        population.check(world, &query).await;
        assert_eq!(world.store().servers(&query).await.unwrap().total, total);
    }
}

pub(super) async fn what_is_not_there_is_left_out_of_nothing(world: &mut World) {
    let population = Population::settle(world, 10).await;
    let known = population.servers[4].id;
    let mut without: Vec<_> = (0..1_500).map(|_| ServerId(world.clock.new_id())).collect();
    let all = ServerQuery::new(Reach::AllTenants);
    population.check(world, &ServerQuery { without: without.clone(), ..all.clone() }).await;
    without.extend([known, known, known]);
    let query = ServerQuery { without, ..all };
    population.check(world, &query).await;
    assert_eq!(list(world, &query).await.len(), 9);
}

pub(super) async fn a_servers_successor_is_not_left_out(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let gone = world.make_server(&owner, "Weather").await;
    let (event, now) = (world.event(owner.tenant_id), world.clock.now());
    world.store().delete_server(gone.tenant_id, gone.id, 1, now, event).await.unwrap();
    let next = world.make_server(&owner, "Weather").await;
    let query = ServerQuery { without: vec![gone.id], ..ServerQuery::new(Reach::AllTenants) };
    assert_eq!(list(world, &query).await, [next]);
}
