//! Cases of lists of servers: filters and orders.

use super::population::{Population, list, tags};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::dependency::Impaired;
use crate::model::health::CheckStatus;
use crate::model::id::TenantId;
use crate::model::page::SortOrder;
use crate::model::server::{HealthFilter, HealthStatus, Server, ServerHealth, ServerQuery, ServerSort};
use crate::model::text::{Description, Tags};
use crate::model::user::User;

async fn put_described(world: &World, owner: &User, name: &str, description: &str) -> Server {
    let description = Some(Description::parse(description).unwrap());
    let server = Server { description, ..sample::server(&*world.clock, owner, name) };
    world.put_server(&server).await;
    server
}

/// Checks that searching for `text` finds the servers that [`ServerQuery::matches`] says, and how many.
async fn check_search(world: &World, servers: &[Server], text: &str) -> usize {
    let search = Some(text.to_owned());
    let query = ServerQuery { search, order: SortOrder::Asc, ..ServerQuery::new(Reach::AllTenants) };
    let expected: Vec<_> = servers.iter().filter(|server| query.matches(server)).cloned().collect();
    assert_eq!(list(world, &query).await, expected, "search for {text:?}");
    expected.len()
}

pub(super) async fn each_filter_alone_answers_what_matches(world: &mut World) {
    let population = Population::settle(world, 60).await;
    for query in population.simple_queries() {
        population.check(world, &query).await;
    }
}

pub(super) async fn filters_together_answer_what_matches_all_of_them(world: &mut World) {
    let mut population = Population::settle(world, 60).await;
    let mut found = 0;
    for _ in 0..400 {
        let query = population.any_query();
        found += population.expected(&query).len();
        population.check(world, &query).await;
    }
    assert!(found > 400, "the queries are not all about nothing: {found}");
}

pub(super) async fn each_order_goes_both_ways_equal_ones_by_id(world: &mut World) {
    let population = Population::settle(world, 60).await;
    for reach in population.reaches() {
        for (sort, order) in orders() {
            population.check(world, &ServerQuery { sort, order, ..ServerQuery::new(reach) }).await;
        }
    }
}

/// Every sort key, both ways.
pub(super) fn orders() -> impl Iterator<Item = (ServerSort, SortOrder)> {
    ServerSort::ALL.iter().flat_map(|sort| SortOrder::ALL.iter().map(|order| (*sort, *order)))
}

pub(super) async fn names_are_sorted_byte_by_byte_in_lower_case(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for name in ["b", "a b", "A-C", "a_d", "ab", "Z", "a", "0", "10", "9", "_", "--", "aB2", "a-c 1", "a2"] {
        world.make_server(&owner, name).await;
    }
    let query = ServerQuery::new(Reach::AllTenants);
    let query = ServerQuery { sort: ServerSort::Name, order: SortOrder::Asc, ..query };
    let names: Vec<_> = list(world, &query).await.iter().map(Server::name_key).collect();
    let mut expected = names.clone();
    expected.sort_unstable();
    assert_eq!((names.len(), names), (15, expected));
}

pub(super) async fn times_long_ago_and_far_ahead_keep_their_order_and_microseconds(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut expected = Vec::new();
    let times = [
        -62_135_596_800_000_000,
        -1_000_001,
        -1,
        0,
        1,
        999_999,
        1_767_323_045_000_006,
        253_402_300_799_999_999,
    ];
    for (number, us) in times.into_iter().enumerate() {
        let time = sample::at_us(us);
        let server = sample::server(&*world.clock, &owner, &format!("Server {number}"));
        let server = Server { created_at: time, updated_at: time, ..server };
        world.put_server(&server).await;
        expected.push(server);
    }
    for sort in [ServerSort::CreatedAt, ServerSort::UpdatedAt] {
        let query = ServerQuery::new(Reach::Tenant(owner.tenant_id));
        let query = ServerQuery { sort, order: SortOrder::Asc, ..query };
        assert_eq!(list(world, &query).await, expected);
    }
}

pub(super) async fn a_search_takes_signs_as_they_are(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let texts = [
        "50% off",
        "50 percent",
        "a_b",
        "axb",
        "it's",
        "its",
        "C:\\temp",
        "C:/temp",
        "x*y",
        "xzy",
        "a.c",
        "(a|b)",
        "[a-z]",
        "\"quoted\"",
        "semi;colon",
        "--",
        "tab\there",
        "two\nlines",
        "''",
        "null",
        "$1",
        "?",
        "^a",
        "\u{1F980} crab",
    ];
    let mut servers = Vec::new();
    for (number, text) in texts.into_iter().enumerate() {
        servers.push(put_described(world, &owner, &format!("S{number}"), text).await);
    }
    for text in texts {
        let found = check_search(world, &servers, &text.to_lowercase()).await;
        assert!(found >= 1, "{text:?} finds itself");
    }
    for text in [
        "%",
        "_",
        "'",
        "\\",
        "\\%",
        "\\_",
        "*",
        ".",
        "?",
        "%%",
        "a%",
        "' or '1'='1",
        " ",
        "\t",
        "\n",
        "",
        "s1\n",
    ] {
        check_search(world, &servers, text).await;
    }
}

pub(super) async fn a_search_is_in_lower_case_as_unicode_has_it(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let texts = [
        "STRASSE",
        "Straße",
        "İSTANBUL",
        "ISTANBUL",
        "ıstanbul",
        "ΣΊΣΥΦΟΣ",
        "Cafe\u{301}",
        "CAFÉ",
        "ＡＢＣ",
        "ǅ",
        "ﬃ",
    ];
    let mut servers = Vec::new();
    for (number, text) in texts.into_iter().enumerate() {
        servers.push(put_described(world, &owner, &format!("S{number}"), text).await);
    }
    for text in texts {
        assert!(check_search(world, &servers, &text.to_lowercase()).await >= 1, "{text:?} finds itself");
    }
    for text in [
        "strasse", "straße", "ss", "istanbul", "i\u{307}", "ı", "σ", "ς", "é", "e\u{301}", "abc", "STRASSE",
        "S",
    ] {
        check_search(world, &servers, text).await;
    }
}

pub(super) async fn a_search_for_what_cannot_be_stored_finds_nothing(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    for text in ["\0", "weather\0", "weather\n\0"] {
        assert_eq!(check_search(world, std::slice::from_ref(&server), text).await, 0);
    }
}

pub(super) async fn a_search_looks_in_name_and_description_only(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let full = sample::full_server(&*world.clock, &owner, "Full Name");
    world.put_server(&full).await;
    let servers = [full];
    for (text, found) in
        [("full name", 1), ("line one", 1), ("name\nline", 1), ("météo", 0), ("prod", 0), ("region", 0)]
    {
        assert_eq!(check_search(world, &servers, text).await, found, "{text:?}");
    }
}

pub(super) async fn all_tags_are_wanted_as_they_are_written(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut expected = Vec::new();
    for (name, own) in
        [("one", &["prod", "eu"][..]), ("two", &["Prod"]), ("three", &["prod"]), ("four", &["eu", "us"])]
    {
        let server = sample::server(&*world.clock, &owner, name);
        let server = Server { tags: Tags::parse(own).unwrap(), ..server };
        world.put_server(&server).await;
        expected.push(server);
    }
    let wanted: [&[&str]; 9] = [
        &[],
        &["prod"],
        &["Prod"],
        &["PROD"],
        &["eu"],
        &["eu", "prod"],
        &["prod", "prod"],
        &["us", "prod"],
        &["pro"],
    ];
    for wanted in wanted {
        let query =
            ServerQuery { tags: tags(wanted), order: SortOrder::Asc, ..ServerQuery::new(Reach::AllTenants) };
        let expected: Vec<_> = expected.iter().filter(|server| query.matches(server)).cloned().collect();
        assert_eq!(list(world, &query).await, expected, "{wanted:?}");
    }
}

pub(super) async fn a_tenants_list_and_total_show_nothing_of_another(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let own = world.make_server(&owner, "Weather").await;
    for name in ["Weather", "Storm", "Rain"] {
        world.make_server(&other, name).await;
    }
    let public = Server { is_public: true, ..sample::server(&*world.clock, &other, "Shared") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &other, "Global") };
    for server in [&public, &global] {
        world.put_server(server).await;
    }
    let query = ServerQuery { order: SortOrder::Asc, ..ServerQuery::new(Reach::Tenant(owner.tenant_id)) };
    let page = world.store().servers(&query).await.unwrap();
    assert_eq!((page.items, page.total), (vec![own, public.clone(), global], 3));
    let query = ServerQuery { tenant_id: Some(other.tenant_id), ..query };
    let page = world.store().servers(&query).await.unwrap();
    assert_eq!((page.items, page.total), (vec![public.clone()], 1));
    let hidden = Server { is_public: false, revision: 2, ..public };
    world.store().update_server(&hidden, 1, world.event(other.tenant_id)).await.unwrap();
    let page = world.store().servers(&query).await.unwrap();
    assert_eq!((page.items, page.total), (vec![], 0), "no longer shared");
}

pub(super) async fn a_change_is_in_every_list(world: &mut World) {
    let mut population = Population::settle(world, 40).await;
    for round in 0..30 {
        let index = population.dice.below(population.servers.len());
        let old = population.servers[index].clone();
        let new = population.server(world, 1_000 + round);
        let (id, tenant_id, owner_id) = (old.id, old.tenant_id, old.owner_id);
        let new = Server { id, tenant_id, owner_id, revision: old.revision + 1, ..new };
        world.store().update_server(&new, old.revision, world.event(population.tenants()[0])).await.unwrap();
        population.servers[index] = new;
    }
    for query in population.simple_queries() {
        population.check(world, &query).await;
    }
    for (sort, order) in orders() {
        population.check(world, &ServerQuery { sort, order, ..ServerQuery::new(Reach::AllTenants) }).await;
    }
}

pub(super) async fn a_removal_is_in_every_list(world: &mut World) {
    let mut population = Population::settle(world, 40).await;
    for round in 0..25 {
        let server = population.servers.swap_remove(population.dice.below(population.servers.len()));
        let (event, now) = (world.event(population.tenants()[0]), server.updated_at);
        world.store().delete_server(server.tenant_id, server.id, 1, now, event).await.unwrap();
        if round % 5 == 0 {
            let new = population.server(world, 2_000 + round);
            world.put_server(&new).await;
            population.servers.push(new);
        }
    }
    for query in population.simple_queries() {
        population.check(world, &query).await;
    }
    for (sort, order) in orders() {
        population.check(world, &ServerQuery { sort, order, ..ServerQuery::new(Reach::AllTenants) }).await;
    }
}

pub(super) async fn a_list_shows_health_as_it_is_now(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let check = sample::check(&*world.clock, &server, CheckStatus::Timeout);
    let health = world.store().record_health(&sample::record(&check)).await.unwrap();
    let listed = list(world, &ServerQuery::new(Reach::AllTenants)).await;
    assert_eq!(listed, [Server { health, ..server }]);
}

/// Has checks find each server in some state, and notes it.
async fn check_all(world: &World, population: &mut Population) {
    for index in 0..population.servers.len() {
        let status =
            population.dice.maybe(&[CheckStatus::Healthy, CheckStatus::Degraded, CheckStatus::Timeout]);
        if let Some(status) = status {
            let check = sample::check(&*world.clock, &population.servers[index], status);
            population.servers[index].health =
                world.store().record_health(&sample::record(&check)).await.unwrap();
        }
    }
}

/// Filters by each health, by two of them and by none, with some servers that are impaired and without.
fn health_filters(population: &Population) -> Vec<HealthFilter> {
    let ids = population.servers.iter().step_by(3).map(|server| server.id).collect();
    let mut sets: Vec<Vec<HealthStatus>> = HealthStatus::ALL.iter().map(|health| vec![*health]).collect();
    sets.extend([
        vec![HealthStatus::Healthy, HealthStatus::Degraded],
        HealthStatus::ALL.to_vec(),
        Vec::new(),
    ]);
    sets.extend([vec![HealthStatus::Degraded, HealthStatus::Unknown]]);
    let filters = |impaired: Impaired| {
        sets.clone().into_iter().map(move |any_of| HealthFilter { any_of, impaired: impaired.clone() })
    };
    filters(Impaired::default()).chain(filters(Impaired::new(ids))).collect()
}

pub(super) async fn servers_are_found_by_their_health_as_it_is_shown(world: &mut World) {
    let mut population = Population::settle(world, 60).await;
    check_all(world, &mut population).await;
    let filters = health_filters(&population);
    for reach in population.reaches() {
        for (number, health) in filters.iter().enumerate() {
            let (sort, order) = orders().nth(number % orders().count()).unwrap();
            let query = ServerQuery { health: Some(health.clone()), sort, order, ..ServerQuery::new(reach) };
            population.check(world, &query).await;
        }
    }
    let mut found = 0;
    for number in 0..150 {
        let health = Some(filters[number % filters.len()].clone());
        let query = ServerQuery { health, ..population.any_query() };
        found += population.expected(&query).len();
        population.check(world, &query).await;
    }
    assert!(found > 50, "the queries are not all about nothing: {found}");
}

pub(super) async fn a_change_of_health_is_in_every_list_by_health(world: &mut World) {
    let mut population = Population::settle(world, 20).await;
    for round in 0..4 {
        check_all(world, &mut population).await;
        if round == 2 {
            // A change of the server leaves its health, whatever the change was made from.
            for server in population.servers.iter_mut().step_by(2) {
                let (revision, health) = (server.revision + 1, ServerHealth::default());
                let changed = Server { revision, health, ..server.clone() };
                let event = world.event(server.tenant_id.unwrap_or(TenantId::SYSTEM));
                world.store().update_server(&changed, revision - 1, event).await.unwrap();
                server.revision = revision;
            }
        }
        for health in health_filters(&population) {
            for reach in population.reaches() {
                let query = ServerQuery { health: Some(health.clone()), ..ServerQuery::new(reach) };
                population.check(world, &query).await;
            }
        }
    }
}
