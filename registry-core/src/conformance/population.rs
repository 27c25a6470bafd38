//! A population of servers of several tenants, and what a list of them has to be.

use chrono::TimeDelta;

use super::page::all_pages;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::id::{ServerId, TenantId};
use crate::model::page::SortOrder;
use crate::model::server::{Server, ServerQuery, ServerSort, ServerStatus};
use crate::model::text::{Description, Tag, Tags};
use crate::model::user::User;

/// Words of names and descriptions.
pub(super) const WORDS: &[&str] = &["weather", "Storm", "CI", "data_hub", "a-b", "Mail 2"];
/// Tags.
pub(super) const TAGS: &[&str] = &["prod", "Prod", "eu", "us-1", "a_b"];

/// Numbers that look random and are the same each time (xorshift64*).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % bound
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Half of the time nothing, else one of these.
    pub(super) fn maybe<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        (self.below(2) == 0).then(|| self.pick(choices))
    }
}

/// Servers of two tenants and of none, some shared; many have the same times and statuses.
pub(super) struct Population {
    pub(super) owners: [User; 2],
    pub(super) servers: Vec<Server>,
    pub(super) dice: Dice,
}

impl Population {
    pub(super) async fn settle(world: &World, size: usize) -> Self {
        let owners = [world.make_owner("first").await, world.make_owner("second").await];
        let mut population = Self { owners, servers: Vec::new(), dice: Dice::new(42) };
        for number in 0..size {
            let server = population.server(world, number);
            world.put_server(&server).await;
            population.servers.push(server);
        }
        population
    }

    /// A server that is not stored yet. In different tenants names are the same, within one they differ.
    pub(super) fn server(&mut self, world: &World, number: usize) -> Server {
        let dice = &mut self.dice;
        let owner = &self.owners[dice.below(2)];
        let global = dice.below(6) == 0;
        let day = |number: usize| sample::at_us(1_700_000_000_000_001) + TimeDelta::days(number as i64);
        let name = format!("{} {}", dice.pick(WORDS), number / 2);
        let tags: Vec<_> = (0..dice.below(4)).map(|_| dice.pick(TAGS)).collect();
        Server {
            tenant_id: (!global).then_some(owner.tenant_id),
            description: dice.maybe(WORDS).map(|word| Description::parse(&format!("for {word}")).unwrap()),
            tags: Tags::parse(&tags).unwrap(),
            is_public: dice.below(4) == 0,
            status: dice.pick(ServerStatus::ALL),
            created_at: day(dice.below(5)),
            updated_at: day(dice.below(5)),
            ..sample::server(&*world.clock, owner, &self.unique(&name, number))
        }
    }

    fn unique(&self, name: &str, number: usize) -> String {
        let is_taken = self.servers.iter().any(|server| server.name.as_str() == name);
        if is_taken { format!("{name} {number}") } else { name.to_owned() }
    }

    /// What the list of `query` has to be.
    pub(super) fn expected(&self, query: &ServerQuery) -> Vec<Server> {
        let mut servers: Vec<_> =
            self.servers.iter().filter(|server| query.matches(server)).cloned().collect();
        servers.sort_by(|a, b| compare(query.sort, a, b).then(a.id.cmp(&b.id)));
        if query.order == SortOrder::Desc {
            servers.reverse();
        }
        servers
    }

    /// Checks that the store's list of `query` is what it has to be.
    pub(super) async fn check(&self, world: &World, query: &ServerQuery) {
        let expected = self.expected(query);
        let listed = list(world, query).await;
        let names = |servers: &[Server]| servers.iter().map(|s| (s.name.clone(), s.id)).collect::<Vec<_>>();
        assert_eq!(names(&listed), names(&expected), "{query:?}");
        assert_eq!(listed, expected, "{query:?}");
        let page = world.store().servers(query).await.unwrap();
        assert_eq!(page.total, u64::try_from(expected.len()).unwrap(), "the total of {query:?}");
    }

    pub(super) fn tenants(&self) -> [TenantId; 2] {
        [self.owners[0].tenant_id, self.owners[1].tenant_id]
    }

    pub(super) fn reaches(&self) -> [Reach; 3] {
        let [first, second] = self.tenants();
        [Reach::AllTenants, Reach::Tenant(first), Reach::Tenant(second)]
    }

    /// Queries with each filter alone, in each reach.
    pub(super) fn simple_queries(&self) -> Vec<ServerQuery> {
        let mut queries = Vec::new();
        for reach in self.reaches() {
            let all = ServerQuery::new(reach);
            queries.push(all.clone());
            queries.push(ServerQuery { active_only: true, ..all.clone() });
            let tenants = self.tenants().into_iter().chain([TenantId::SYSTEM]);
            queries.extend(tenants.map(|tenant| ServerQuery { tenant_id: Some(tenant), ..all.clone() }));
            let statuses = ServerStatus::ALL.iter();
            queries.extend(statuses.map(|status| ServerQuery { status: Some(*status), ..all.clone() }));
            let words = WORDS.iter().map(|word| word.to_lowercase());
            queries.extend(words.map(|word| ServerQuery { search: Some(word), ..all.clone() }));
            queries.extend(TAGS.iter().map(|tag| ServerQuery { tags: tags(&[tag]), ..all.clone() }));
            let ids = self.servers.iter().map(|server| server.id).chain([ServerId(self.owners[0].id.0)]);
            queries.extend(ids.step_by(7).map(|id| ServerQuery { only: Some(id), ..all.clone() }));
            let ids: Vec<_> = self.servers.iter().map(|server| server.id).collect();
            queries.extend(ids.chunks(11).map(|ids| ServerQuery { without: ids.to_vec(), ..all.clone() }));
        }
        queries
    }

    /// A query with any of the filters, in any order.
    pub(super) fn any_query(&mut self) -> ServerQuery {
        let (tenants, reaches) = (self.tenants(), self.reaches());
        let ids: Vec<_> = self.servers.iter().map(|server| server.id).collect();
        let dice = &mut self.dice;
        let most = dice.pick(&[1, 1, 4, 30]);
        let without = (0..dice.below(most)).map(|_| dice.pick(&ids)).collect();
        let wanted: Vec<_> = (0..dice.below(3)).map(|_| dice.pick(TAGS)).collect();
        ServerQuery {
            only: if dice.below(8) == 0 { Some(dice.pick(&ids)) } else { None },
            without,
            tenant_id: dice.maybe(&tenants),
            active_only: dice.below(4) == 0,
            status: dice.maybe(ServerStatus::ALL),
            search: dice.maybe(WORDS).map(str::to_lowercase),
            tags: tags(&wanted),
            sort: dice.pick(ServerSort::ALL),
            order: dice.pick(SortOrder::ALL),
            ..ServerQuery::new(dice.pick(&reaches))
        }
    }
}

fn compare(sort: ServerSort, a: &Server, b: &Server) -> std::cmp::Ordering {
    match sort {
        ServerSort::Name => a.name_key().cmp(&b.name_key()),
        ServerSort::CreatedAt => a.created_at.cmp(&b.created_at),
        ServerSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        ServerSort::Status => a.status.as_str().cmp(b.status.as_str()),
    }
}

pub(super) fn tags(tags: &[&str]) -> Vec<Tag> {
    tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect()
}

/// All pages of the list.
pub(super) async fn list(world: &World, query: &ServerQuery) -> Vec<Server> {
    all_pages(async |page| world.store().servers(&ServerQuery { page, ..query.clone() }).await).await
}
