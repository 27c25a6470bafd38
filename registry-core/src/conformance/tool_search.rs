//! Cases of searches of the tools of all servers.

use serde_json::json;

use super::capability::put;
use super::page::{all_pages, these_sizes};
use super::population::Population;
use super::sample::tool;
use super::world::World;
use crate::access::Reach;
use crate::model::capability::{CapabilityKind::Tool, FoundTool, ToolQuery};
use crate::model::server::Server;

async fn search(world: &World, query: &ToolQuery) -> Vec<FoundTool> {
    all_pages(async |page| world.store().tools(&ToolQuery { page, ..query.clone() }).await).await
}

/// The servers and names of what a search finds.
async fn names(world: &World, query: &ToolQuery) -> Vec<String> {
    let found = search(world, query).await;
    found.into_iter().map(|found| format!("{}:{}", found.server_name, found.tool.name)).collect()
}

fn text(text: &str) -> ToolQuery {
    ToolQuery { search: Some(text.to_owned()), ..ToolQuery::new(Reach::AllTenants) }
}

pub(super) async fn a_search_finds_names_titles_and_descriptions_in_any_case(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let (one, two) = (world.make_server(&owner, "One").await, world.make_server(&owner, "Two").await);
    let titled = json!({ "name": "z", "title": "Get FORECAST", "inputSchema": { "hidden": "schema" } });
    put(world, &one, Tool, &[tool("forecast", "of the day"), titled]).await;
    put(world, &two, Tool, &[tool("Other", "no foreCAST, but ÄRGER \"50%_\" a\\b"), tool("none", "")]).await;
    assert_eq!(names(world, &text("forecast")).await, ["Two:Other", "One:forecast", "One:z"]);
    for part in ["ärger", "\"50%_\"", "50%_", "a\\b", "no f"] {
        assert_eq!(names(world, &text(part)).await, ["Two:Other"], "{part}");
    }
    for nothing in ["FORECAST", "hidden", "50_", "\0", "forecastof", "z\0"] {
        assert_eq!(names(world, &text(nothing)).await, [] as [&str; 0], "{nothing:?}");
    }
    let all = ToolQuery::new(Reach::AllTenants);
    assert_eq!(names(world, &all).await, ["Two:Other", "One:forecast", "Two:none", "One:z"]);
}

pub(super) async fn a_search_follows_what_the_servers_list(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = world.make_server(&owner, "One").await;
    put(world, &server, Tool, &[tool("a", "old")]).await;
    put(world, &server, Tool, &[tool("a", "new")]).await;
    assert_eq!((names(world, &text("old")).await.len(), names(world, &text("new")).await.len()), (0, 1));
    (server.name, server.revision) = (crate::model::text::ServerName::parse("Renamed").unwrap(), 2);
    world.store().update_server(&server, 1, world.event(owner.tenant_id)).await.unwrap();
    assert_eq!(names(world, &text("new")).await, ["Renamed:a"]);
    let (event, now) = (world.event(owner.tenant_id), super::sample::at_us(1));
    world.store().delete_server(server.tenant_id, server.id, 2, now, event).await.unwrap();
    assert_eq!(names(world, &text("new")).await, [] as [&str; 0]);
}

pub(super) async fn a_search_shows_what_matches_every_part_and_nothing_of_another_tenant(world: &mut World) {
    let population = Population::settle(world, 40).await;
    for (number, server) in population.servers.iter().enumerate() {
        put(world, server, Tool, &[tool("same", "alike"), tool(&format!("t{}", number % 7), "of its own")])
            .await;
    }
    let ids =
        |range: std::ops::Range<usize>| population.servers[range].iter().map(|server| server.id).collect();
    let mut reaches = vec![Reach::AllTenants];
    reaches.extend(population.owners.iter().map(|owner| Reach::Tenant(owner.tenant_id)));
    for reach in reaches {
        for (without, active_only, search) in [
            (Vec::new(), false, None),
            (ids(0..5), false, Some("own")),
            (Vec::new(), true, Some("same")),
            (ids(3..20), true, Some("t3")),
        ] {
            let search = search.map(str::to_owned);
            let query = ToolQuery { without, active_only, search, ..ToolQuery::new(reach) };
            compare(world, &population.servers, &query).await;
        }
        for server in &population.servers[..10] {
            let query = ToolQuery { only: Some(server.id), active_only: true, ..ToolQuery::new(reach) };
            compare(world, &population.servers, &query).await;
        }
    }
}

/// Checks that the search finds what it has to, in pages of some sizes.
async fn compare(world: &World, servers: &[Server], query: &ToolQuery) {
    let mut expected = Vec::new();
    for (number, server) in servers.iter().enumerate().filter(|(_, server)| query.matches_server(server)) {
        let texts = [("same".to_owned(), "same\n\nalike"), (format!("t{}", number % 7), "\n\nof its own")];
        for (name, text) in texts {
            if query.matches_text(&format!("{name}{text}")) {
                expected.push((name, server.id));
            }
        }
    }
    expected.sort_unstable();
    let found = search(world, query).await;
    let keys: Vec<_> = found.iter().map(|found| (found.tool.name.clone(), found.server_id)).collect();
    assert_eq!(keys, expected, "{query:?}");
    these_sizes(&found, &[3, 20], &async |page| {
        world.store().tools(&ToolQuery { page, ..query.clone() }).await
    })
    .await;
}
