//! Cases of lists of keys.

use chrono::TimeDelta;

use super::page::{all_pages, every_size};
use super::population::Dice;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::id::{ApiKeyId, UserId};
use crate::model::key::{ApiKey, KeyQuery, KeyStatus};
use crate::model::server::Server;
use crate::model::user::User;

struct Keys {
    users: Vec<User>,
    servers: Vec<Server>,
    keys: Vec<ApiKey>,
}

/// Keys of four users of two tenants, some of the same moment, some linked.
async fn settle(world: &World, size: usize) -> Keys {
    let (mut users, mut servers, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for name in ["first", "second"] {
        let tenant = world.make_tenant(name).await;
        for name in ["ada", "bob"] {
            users.push(world.make_user(&tenant, name).await);
        }
        let owner = users.last().unwrap();
        let server = Server { is_public: true, ..sample::server(&*world.clock, owner, "Shared") };
        world.put_server(&server).await;
        servers.push(server);
    }
    let mut dice = Dice::new(7);
    let makers: Vec<UserId> = users.iter().map(|user| user.id).collect();
    for number in 0..size {
        let owner = &users[dice.below(4)];
        let linked = [None, Some(servers[0].id), Some(servers[1].id)];
        let key = sample::key(&*world.clock, owner, &format!("key {number}"));
        let created_at = sample::at_us(1_700_000_000_000_000 + dice.below(9) as i64);
        let (created_by, server_id) = (dice.pick(&makers), dice.pick(&linked));
        let key = ApiKey { created_by, server_id, created_at, ..key };
        world.put_key(&key).await;
        keys.push(key);
    }
    Keys { users, servers, keys }
}

impl Keys {
    fn expected(&self, query: &KeyQuery) -> Vec<ApiKey> {
        let mut keys: Vec<_> = self.keys.iter().filter(|key| query.matches(key)).cloned().collect();
        keys.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
        keys
    }

    fn reaches(&self) -> [Reach; 3] {
        let tenant = |user: usize| Reach::Tenant(self.users[user].tenant_id);
        [Reach::AllTenants, tenant(0), tenant(2)]
    }

    /// Queries with each filter alone and with pairs of them.
    fn queries(&self) -> Vec<KeyQuery> {
        let mut queries = self.reaches().map(KeyQuery::new).to_vec();
        let ids = [self.keys[0].id, self.keys[1].id, ApiKeyId(self.users[0].id.0)];
        for _ in 0..2 {
            for query in queries.clone() {
                queries.extend(
                    self.users.iter().map(|user| KeyQuery { managed_by: Some(user.id), ..query.clone() }),
                );
                queries.extend(
                    self.users.iter().map(|user| KeyQuery { owner_id: Some(user.id), ..query.clone() }),
                );
                let tenants = [0, 2].map(|user| Some(self.users[user].tenant_id));
                queries.extend(tenants.map(|tenant_id| KeyQuery { tenant_id, ..query.clone() }));
                let servers = self.servers.iter().map(|server| Some(server.id));
                queries.extend(servers.map(|server_id| KeyQuery { server_id, ..query.clone() }));
                queries.extend(ids.map(|id| KeyQuery { only: Some(id), ..query.clone() }));
            }
        }
        queries
    }
}

async fn check(world: &World, keys: &Keys, query: &KeyQuery) {
    let expected = keys.expected(query);
    let page = world.store().keys(query).await.unwrap();
    assert_eq!(page.total, u64::try_from(expected.len()).unwrap(), "the total of {query:?}");
    let listed = all_pages(async |page| world.store().keys(&KeyQuery { page, ..query.clone() }).await).await;
    let ids = |keys: &[ApiKey]| keys.iter().map(|key| (key.created_at, key.id)).collect::<Vec<_>>();
    assert_eq!(ids(&listed), ids(&expected), "{query:?}");
    assert_eq!(listed, expected, "{query:?}");
}

pub(super) async fn filters_alone_and_together_answer_what_matches(world: &mut World) {
    let keys = settle(world, 40).await;
    for query in keys.queries() {
        check(world, &keys, &query).await;
    }
}

pub(super) async fn pages_of_every_size_make_up_the_list(world: &mut World) {
    let keys = settle(world, 103).await;
    let query = KeyQuery::new(Reach::AllTenants);
    let read = async |page| world.store().keys(&KeyQuery { page, ..query.clone() }).await;
    every_size(&keys.expected(&query), read).await;
}

pub(super) async fn a_tenants_list_and_total_show_nothing_of_another(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let own = world.make_key(&owner, "own").await;
    for name in ["one", "two"] {
        world.make_key(&other, name).await;
    }
    let query = KeyQuery::new(Reach::Tenant(owner.tenant_id));
    let page = world.store().keys(&query).await.unwrap();
    assert_eq!((page.items, page.total), (vec![own], 1));
    let page = world.store().keys(&KeyQuery { tenant_id: Some(other.tenant_id), ..query }).await.unwrap();
    assert_eq!((page.items, page.total), (vec![], 0));
}

pub(super) async fn a_change_is_in_every_list(world: &mut World) {
    let mut keys = settle(world, 30).await;
    let mut dice = Dice::new(11);
    for _ in 0..20 {
        let index = dice.below(keys.keys.len());
        let old = keys.keys[index].clone();
        let server_id = dice.maybe(&[keys.servers[0].id, keys.servers[1].id]);
        let fresh = sample::key(&*world.clock, &keys.users[0], "fresh");
        let (digest, prefix) = (fresh.digest, fresh.prefix);
        let new = ApiKey { digest, prefix, server_id, revision: old.revision + 1, ..old };
        world.store().update_key(&new, new.revision - 1, world.event(new.tenant_id)).await.unwrap();
        keys.keys[index] = new;
    }
    for query in keys.queries() {
        check(world, &keys, &query).await;
    }
}

pub(super) async fn keys_that_expire_soon_are_found_the_soonest_first(world: &mut World) {
    let mut keys = settle(world, 40).await;
    let now = sample::at_us(1_800_000_000_000_000);
    let by = now + TimeDelta::days(14);
    for (number, key) in (0..).zip(&mut keys.keys) {
        let expires_at = now + TimeDelta::days(number % 20 - 3);
        let revoked_at = (number % 7 == 0).then_some(now);
        let unclaimed_until = (number % 5 == 0).then(|| now + TimeDelta::hours(number % 2 * 2 - 1));
        let new =
            ApiKey { expires_at, revoked_at, unclaimed_until, revision: key.revision + 1, ..key.clone() };
        world.store().update_key(&new, key.revision, world.event(new.tenant_id)).await.unwrap();
        *key = new;
    }
    let mut found = 0;
    for query in keys.queries() {
        let is_such =
            |key: &&ApiKey| query.matches(key) && key.status(now) == KeyStatus::Active && key.expires_at < by;
        let mut expected: Vec<_> = keys.keys.iter().filter(is_such).cloned().collect();
        expected.sort_by_key(|key| (key.expires_at, key.id));
        let page = world.store().expiring_keys(&query, now, by).await.unwrap();
        assert_eq!(page.total, u64::try_from(expected.len()).unwrap(), "the total of {query:?}");
        let list =
            async |page| world.store().expiring_keys(&KeyQuery { page, ..query.clone() }, now, by).await;
        assert_eq!(all_pages(list).await, expected, "{query:?}");
        found += expected.len();
    }
    assert!(found > 100, "the queries are not all about nothing: {found}");
}
