//! Cases of lists of users: filters, order and pages.

use super::account::changed;
use super::page::{all_pages, every_size, these_sizes};
use super::population::Dice;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::id::TenantId;
use crate::model::role::Role;
use crate::model::tenant::Tenant;
use crate::model::text::{DisplayName, Email, UserName};
use crate::model::user::{User, UserQuery};

/// User names; several look like another's display name.
const NAMES: &[&str] =
    &["ada", "Grace", "a_b", "ﬁona", "Ünsal", "a%b", "o'neill", "zoë", "m²", "back\\slash"];
/// Names that people read.
const DISPLAYED: &[&str] = &["Ada Lovelace", "ＧＲＡＣＥ Hopper", "100% \"Zoe\u{308}\"", "O'Neill", "☂ 𝄞"];
/// Addresses.
const EMAILS: &[&str] = &["ada@example.com", "G.Hopper+navy@Example.COM", "zoë_x@example.org"];
/// What is searched for; look-alikes, signs that a pattern would take for something else, and what spans two fields.
const SEARCHES: &[&str] = &[
    "",
    "a",
    "ADA",
    "ａｄａ",
    "grace",
    "ﬁ",
    "FI",
    "zoe\u{308}",
    "ZOË",
    "zoe",
    "m2",
    "_",
    "%",
    "\\",
    "'",
    "\"",
    "100%",
    "a_b",
    "a b",
    "@example",
    "+NAVY@",
    "☂",
    "lovelace ada",
    "adaada",
    "ada\n",
    "ada\nada lovelace",
    "lovelace\nada",
    "nobody",
    "\0",
    "ada\0",
];

struct Users {
    tenants: [TenantId; 3],
    users: Vec<User>,
}

/// Users of three tenants; many names are in all of them.
async fn settle(world: &World, size: usize) -> Users {
    let mut tenants = Vec::new();
    for name in ["first", "second", "third"] {
        tenants.push(world.make_tenant(name).await);
    }
    let (mut dice, mut users) = (Dice::new(5), Vec::<User>::new());
    for number in 0..size {
        let user = user(world, &mut dice, &tenants[number % 3], number);
        world.put_user(&user, None).await;
        users.push(user);
    }
    Users { tenants: [tenants[0].id, tenants[1].id, tenants[2].id], users }
}

fn user(world: &World, dice: &mut Dice, tenant: &Tenant, number: usize) -> User {
    let round = number / 3;
    let name = NAMES[round % NAMES.len()];
    let name = if round < NAMES.len() { name.to_owned() } else { format!("{name}{}", round / NAMES.len()) };
    User {
        role: dice.pick(Role::ALL),
        display_name: dice.maybe(DISPLAYED).map(|name| DisplayName::parse(name).unwrap()),
        email: dice.maybe(EMAILS).map(|email| Email::parse(email).unwrap()),
        disabled: dice.below(4) == 0,
        ..sample::user(&*world.clock, tenant, &name)
    }
}

impl Users {
    fn expected(&self, query: &UserQuery) -> Vec<User> {
        let mut users: Vec<_> = self.users.iter().filter(|user| query.matches(user)).cloned().collect();
        users.sort_by_key(|user| (user.name_key(), user.tenant_id, user.id));
        users
    }

    /// Queries with each filter alone, and with many pairs of them.
    fn queries(&self) -> Vec<UserQuery> {
        let reaches = [Reach::AllTenants, Reach::Tenant(self.tenants[0]), Reach::Tenant(self.tenants[2])];
        let alone: Vec<_> =
            reaches.map(UserQuery::new).iter().flat_map(|query| self.narrowed(query)).collect();
        let pairs: Vec<_> = alone.iter().flat_map(|query| self.narrowed(query)).step_by(7).collect();
        [alone, pairs].concat()
    }

    /// The query, and with each filter in turn.
    fn narrowed(&self, query: &UserQuery) -> Vec<UserQuery> {
        let mut queries = vec![query.clone()];
        queries.extend(Role::ALL.iter().map(|role| UserQuery { role: Some(*role), ..query.clone() }));
        let tenants = [self.tenants[0], self.tenants[1], TenantId::SYSTEM];
        queries.extend(tenants.map(|tenant| UserQuery { tenant_id: Some(tenant), ..query.clone() }));
        let texts = SEARCHES.iter().map(|text| Some((*text).to_owned()));
        queries.extend(texts.map(|search| UserQuery { search, ..query.clone() }));
        queries
    }

    async fn check(&self, world: &World, query: &UserQuery) -> usize {
        let expected = self.expected(query);
        let page = world.store().users(query).await.unwrap();
        assert_eq!(page.total, u64::try_from(expected.len()).unwrap(), "the total of {query:?}");
        let listed = list(world, query).await;
        let names = |users: &[User]| users.iter().map(|user| (user.name_key(), user.id)).collect::<Vec<_>>();
        assert_eq!(names(&listed), names(&expected), "{query:?}");
        assert_eq!(listed, expected, "{query:?}");
        expected.len()
    }
}

async fn list(world: &World, query: &UserQuery) -> Vec<User> {
    all_pages(async |page| world.store().users(&UserQuery { page, ..query.clone() }).await).await
}

pub(super) async fn filters_alone_and_together_answer_what_matches(world: &mut World) {
    let users = settle(world, 70).await;
    let mut found = 0;
    for query in users.queries() {
        found += users.check(world, &query).await;
    }
    assert!(found > 1_000, "the queries are not all about nothing: {found}");
}

pub(super) async fn a_search_takes_names_that_look_alike_for_one(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let display_name = Some(DisplayName::parse("Zoe\u{308} M²").unwrap());
    let user = User { display_name, ..sample::user(&*world.clock, &tenant, "oﬃce") };
    world.put_user(&user, None).await;
    let mut query = UserQuery::new(Reach::AllTenants);
    for text in ["OFFI", "ｏｆｆ", "ffice", "ﬃ", "ZOË", "zoe\u{308} m", "m2", "Ｍ２"] {
        query.search = Some(text.to_owned());
        assert_eq!(list(world, &query).await, std::slice::from_ref(&user), "{text:?}");
    }
    for text in ["o_fice", "zoe m", "officezoë", "office zoë", "office\nzoë", "%"] {
        query.search = Some(text.to_owned());
        assert_eq!(list(world, &query).await, [], "{text:?}");
    }
}

pub(super) async fn a_search_looks_in_names_and_address_only(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let user = sample::full_user(&*world.clock, &tenant, "grace");
    world.put_user(&user, Some(&sample::password_hash("wanted"))).await;
    let mut query = UserQuery::new(Reach::AllTenants);
    let elsewhere = ["acme", "id.example.com/realm", "argon2", "user", "null", "false", "2026"];
    for text in elsewhere.map(str::to_owned).into_iter().chain([user.id.to_string()]) {
        query.search = Some(text.clone());
        assert_eq!(list(world, &query).await, [], "{text:?}");
    }
}

pub(super) async fn pages_over_tenants_make_up_the_list(world: &mut World) {
    let users = settle(world, 103).await;
    let query = UserQuery::new(Reach::AllTenants);
    let read = async |page| world.store().users(&UserQuery { page, ..query.clone() }).await;
    every_size(&users.expected(&query), read).await;
}

pub(super) async fn pages_of_a_filtered_list_make_it_up(world: &mut World) {
    let users = settle(world, 70).await;
    for query in users.queries().into_iter().step_by(23) {
        let read = async |page| world.store().users(&UserQuery { page, ..query.clone() }).await;
        these_sizes(&users.expected(&query), &[1, 3, 20], &read).await;
    }
}

pub(super) async fn a_tenants_list_and_total_show_nothing_of_another(world: &mut World) {
    let (own, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let query = UserQuery::new(Reach::Tenant(own.tenant_id));
    let page = world.store().users(&query).await.unwrap();
    assert_eq!((page.items, page.total), (vec![own], 1));
    let page = world.store().users(&UserQuery { tenant_id: Some(other.tenant_id), ..query }).await.unwrap();
    assert_eq!((page.items, page.total), (vec![], 0));
}

pub(super) async fn changes_and_removals_are_in_every_list(world: &mut World) {
    let mut users = settle(world, 50).await;
    let mut dice = Dice::new(13);
    for number in 0..20 {
        let index = dice.below(users.users.len());
        let name = UserName::parse(&format!("{}-new-{number}", dice.pick(NAMES))).unwrap();
        let display_name = dice.maybe(DISPLAYED).map(|name| DisplayName::parse(name).unwrap());
        let role = dice.pick(&[Role::User, Role::ServerOwner]);
        let new = changed(&users.users[index], |user| {
            (user.username, user.display_name, user.role, user.email) = (name, display_name, role, None);
        });
        world.update_user(&new).await.unwrap();
        users.users[index] = new;
    }
    for _ in 0..5 {
        let gone = users.users.swap_remove(dice.below(users.users.len()));
        world.delete_user(&gone).await.unwrap();
    }
    for query in users.queries().iter().step_by(3) {
        users.check(world, query).await;
    }
}
