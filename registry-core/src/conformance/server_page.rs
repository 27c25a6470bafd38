//! Cases of the pages of lists of servers.

use super::page::{every_size, these_sizes};
use super::population::Population;
use super::server_list::orders;
use super::world::World;
use crate::access::Reach;
use crate::model::page::PageRequest;
use crate::model::server::{Server, ServerQuery};
use crate::store::StoreError;

async fn read(
    world: &World,
    query: &ServerQuery,
    page: PageRequest,
) -> Result<crate::model::page::Page<Server>, StoreError> {
    world.store().servers(&ServerQuery { page, ..query.clone() }).await
}

pub(super) async fn pages_of_every_size_make_up_the_list(world: &mut World) {
    let population = Population::settle(world, 103).await;
    let query = ServerQuery::new(Reach::AllTenants);
    every_size(&population.expected(&query), async |page| read(world, &query, page).await).await;
}

pub(super) async fn pages_of_every_order_make_up_the_list(world: &mut World) {
    let population = Population::settle(world, 60).await;
    for reach in population.reaches() {
        for (sort, order) in orders() {
            let query = ServerQuery { sort, order, ..ServerQuery::new(reach) };
            let expected = population.expected(&query);
            these_sizes(&expected, &[1, 7, 30, 100], &async |page| read(world, &query, page).await).await;
        }
    }
}

pub(super) async fn pages_of_a_filtered_list_make_it_up(world: &mut World) {
    let mut population = Population::settle(world, 60).await;
    for _ in 0..20 {
        let query = population.any_query();
        let expected = population.expected(&query);
        these_sizes(&expected, &[1, 3, 20], &async |page| read(world, &query, page).await).await;
    }
}

pub(super) async fn an_empty_list_is_a_page(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let query = ServerQuery::new(Reach::Tenant(owner.tenant_id));
    these_sizes(&[], &[1, 20, 100], &async |page| read(world, &query, page).await).await;
}
