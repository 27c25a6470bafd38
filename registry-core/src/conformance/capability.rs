//! Cases of what servers list.

use serde_json::{Map, Value, json};

use super::check::refused;
use super::everything::chain_of;
use super::page::{all_pages, every_size, these_sizes};
use super::sample::{self, tool};
use super::world::World;
use crate::access::Reach;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::capability::{
    Capability, CapabilityChange, CapabilityKind, ChangeNature, DefinitionDigest, MAX_DEFINITION_BYTES,
    ToolChanges,
};
use crate::model::id::{ServerId, TenantId};
use crate::model::inventory::{Inventory, MAX_CAPABILITIES, MAX_CHANGES};
use crate::model::page::PageRequest;
use crate::model::server::Server;
use crate::model::user::User;
use crate::store::StoreError;

use CapabilityKind::{Prompt, Resource, ResourceTemplate, Tool};

fn event(world: &World, server: &Server) -> AuditEvent {
    let tenant = server.tenant_id.unwrap_or(TenantId::SYSTEM);
    sample::event(&*world.clock, tenant, EventType::CapabilitiesChanged, Some(server.id.0))
}

/// Puts what a look at the server found; whether something was written.
pub(super) async fn put(world: &World, server: &Server, kind: CapabilityKind, found: &[Value]) -> bool {
    let inventory = sample::inventory(&*world.clock, server, kind, found);
    world.store().put_capabilities(&inventory, event(world, server)).await.unwrap()
}

pub(super) async fn listed(world: &World, server: &Server, kind: CapabilityKind) -> Vec<Capability> {
    let reach = Reach::AllTenants;
    all_pages(async |page| Ok(world.store().capabilities(reach, server.id, kind, page).await?.items)).await
}

pub(super) async fn changes(world: &World, reach: Reach, id: ServerId) -> Vec<CapabilityChange> {
    all_pages(async |page| world.store().capability_changes(reach, id, page).await).await
}

/// What the last entry of this type says.
async fn last_metadata(world: &World, tenant: TenantId, event_type: EventType) -> Map<String, Value> {
    let entries = chain_of(world.store(), tenant).await.into_iter();
    entries.map(|entry| entry.event).rfind(|event| event.event_type == event_type).unwrap().metadata
}

pub(super) async fn holding(world: &World, owner: &User) -> Server {
    let mut server = sample::server(&*world.clock, owner, "Weather");
    server.settings.tool_changes = ToolChanges::Hold;
    world.put_server(&server).await;
    server
}

async fn held(world: &World, server: &Server) -> Vec<String> {
    world.store().held_tools(Reach::AllTenants, server.id).await.unwrap()
}

pub(super) async fn approve(
    world: &World,
    server: &Server,
    name: &str,
    digest: DefinitionDigest,
) -> Result<Capability, StoreError> {
    let event = event(world, server);
    world.store().approve_tool(server.tenant_id, server.id, name, digest, event).await
}

/// Definitions with what may stand in a name and a text.
fn odd() -> Vec<Value> {
    let names =
        ["a\u{0}b", "<script>alert(1)</script>", "x'; DROP TABLE server;--", "ä☂𝄞", "a/b c", "%_\\", "Z"];
    let odd =
        |name: &&str| json!({ "name": name, "title": *name, "n": [1.5e300, -7, 9_007_199_254_740_993_u64] });
    names.iter().map(odd).collect()
}

pub(super) async fn what_a_look_found_is_read_back_as_it_was(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let resource = json!({ "uri": "file:///a b?ä=1", "name": "a" });
    let template = json!({ "uriTemplate": "file:///{path}", "name": "t" });
    let prompt = json!({ "name": "greet", "arguments": [{ "name": "who", "required": true }] });
    let found = [
        (Tool, odd()),
        (Resource, vec![resource]),
        (ResourceTemplate, vec![template]),
        (Prompt, vec![prompt]),
    ];
    for (kind, found) in &found {
        assert!(put(world, &server, *kind, found).await);
    }
    for (kind, found) in &found {
        let listed = listed(world, &server, *kind).await;
        let mut expected = found.clone();
        let name = |definition: &Value| definition[kind.name_field()].as_str().unwrap().to_owned();
        expected.sort_by_key(name);
        let definitions: Vec<_> = listed.iter().map(|one| Value::Object(one.definition.to_map())).collect();
        assert_eq!(definitions, expected);
        for (one, definition) in listed.iter().zip(&expected) {
            assert_eq!((one.kind, &one.name, one.is_cut), (*kind, &name(definition), false));
            assert_eq!((one.digest, one.approved), (DefinitionDigest::of(definition), Some(one.digest)));
        }
    }
    assert_eq!(changes(world, Reach::AllTenants, server.id).await, [], "a first list changes nothing");
}

pub(super) async fn a_list_that_was_never_read_is_unknown_and_one_of_nothing_is_empty(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let reach = Reach::AllTenants;
    let page = PageRequest::default();
    let unknown = world.store().capabilities(reach, server.id, Tool, page).await.unwrap();
    assert_eq!((unknown.left_out, unknown.items.total), (None, 0));
    assert!(put(world, &server, Tool, &[]).await, "the first list is known from now on");
    let empty = world.store().capabilities(reach, server.id, Tool, page).await.unwrap();
    assert_eq!((empty.left_out, empty.items.total), (Some(0), 0));
    assert!(put(world, &server, Tool, &[tool("new", "")]).await);
    assert_eq!(changes(world, reach, server.id).await[0].nature, ChangeNature::Added);
}

pub(super) async fn what_did_not_change_is_not_written(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    assert!(put(world, &server, Tool, &[tool("a", "1"), tool("b", "2")]).await);
    assert!(put(world, &server, Prompt, &[]).await);
    let before = world.everything().await;
    assert!(!put(world, &server, Tool, &[tool("b", "2"), tool("a", "1")]).await);
    assert!(!put(world, &server, Prompt, &[]).await);
    let nothing = Inventory { lists: Vec::new(), ..sample::inventory(&*world.clock, &server, Tool, &[]) };
    assert!(!world.store().put_capabilities(&nothing, event(world, &server)).await.unwrap());
    assert_eq!(world.everything().await, before);
}

pub(super) async fn a_change_is_kept_with_before_and_after_and_audited(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    put(world, &server, Tool, &[tool("a", "1"), tool("b", "2"), tool("c", "3")]).await;
    let first = last_metadata(world, owner.tenant_id, EventType::CapabilitiesListed).await;
    assert_eq!(first["first"], json!({ "tool": 3 }));
    let old = listed(world, &server, Tool).await;
    put(world, &server, Tool, &[tool("a", "1"), tool("b", "two"), tool("d", "4")]).await;
    let new = listed(world, &server, Tool).await;
    assert_eq!((&new[0], new[1].first_seen_at), (&old[0], old[1].first_seen_at), "what stays is as it was");
    assert!(new[1].changed_at > old[1].changed_at && new[2].first_seen_at == new[1].changed_at);
    let found = changes(world, Reach::AllTenants, server.id).await;
    let sides = |change: &CapabilityChange| (change.before.clone(), change.after.clone());
    let of = |name: &str| found.iter().find(|change| change.name == name).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(sides(of("b")), (Some(old[1].definition.clone()), Some(new[1].definition.clone())));
    assert_eq!(sides(of("c")), (Some(old[2].definition.clone()), None));
    assert_eq!(sides(of("d")), (None, Some(new[2].definition.clone())));
    let metadata = last_metadata(world, owner.tenant_id, EventType::CapabilitiesChanged).await;
    for (nature, name) in [("added", "d"), ("changed", "b"), ("removed", "c")] {
        assert_eq!(metadata[nature], json!({ "count": 1, "items": [{ "kind": "tool", "name": name }] }));
        assert_eq!(of(name).nature.as_str(), nature);
    }
}

pub(super) async fn a_tool_that_changed_or_is_new_is_held_until_it_is_approved(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = holding(world, &owner).await;
    put(world, &server, Tool, &[tool("a", "1"), tool("b", "2")]).await;
    assert_eq!(held(world, &server).await, [] as [&str; 0], "what is there at first is taken");
    put(world, &server, Tool, &[tool("a", "one"), tool("b", "2"), tool("new", "3")]).await;
    assert_eq!(held(world, &server).await, ["a", "new"]);
    let metadata = last_metadata(world, owner.tenant_id, EventType::CapabilitiesChanged).await;
    assert_eq!(metadata["held"]["count"], 2);
    let digest = listed(world, &server, Tool).await[0].digest;
    let approved = approve(world, &server, "a", digest).await.unwrap();
    assert_eq!((approved.approved, approved.is_held()), (Some(digest), false));
    assert_eq!(held(world, &server).await, ["new"]);
    put(world, &server, Tool, &[tool("a", "two"), tool("b", "2"), tool("new", "3")]).await;
    assert_eq!(held(world, &server).await, ["a", "new"]);
    put(world, &server, Tool, &[tool("a", "one"), tool("b", "2"), tool("new", "3")]).await;
    assert_eq!(held(world, &server).await, ["new"], "what was approved may come back");
    put(world, &server, Tool, &[tool("b", "2")]).await;
    put(world, &server, Tool, &[tool("a", "one"), tool("b", "2")]).await;
    assert_eq!(held(world, &server).await, ["a"], "what went away is new when it comes back");
    assert!(held(world, &Server { id: ServerId(owner.id.0), ..server }).await.is_empty());
}

pub(super) async fn only_what_was_looked_at_is_approved(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = holding(world, &owner).await;
    put(world, &server, Tool, &[tool("a", "1")]).await;
    put(world, &server, Prompt, &[json!({ "name": "p" })]).await;
    let old = listed(world, &server, Tool).await[0].digest;
    put(world, &server, Tool, &[tool("a", "2")]).await;
    refused!(world, approve(world, &server, "a", old), StoreError::Stale);
    let digest = listed(world, &server, Tool).await[0].digest;
    refused!(world, approve(world, &server, "b", digest), StoreError::Missing);
    refused!(world, approve(world, &server, "p", digest), StoreError::Missing);
    refused!(world, approve(world, &server, "a\0", digest), StoreError::Missing);
    let other = Server { tenant_id: None, ..server.clone() };
    refused!(world, approve(world, &other, "a", digest), StoreError::Missing);
    approve(world, &server, "a", digest).await.unwrap();
    approve(world, &server, "a", digest).await.unwrap();
    assert!(held(world, &server).await.is_empty());
}

pub(super) async fn a_change_that_is_accepted_is_approved(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = world.make_server(&owner, "Weather").await;
    put(world, &server, Tool, &[tool("a", "1")]).await;
    put(world, &server, Tool, &[tool("a", "2"), tool("b", "1")]).await;
    server.settings.tool_changes = ToolChanges::Hold;
    server.revision = 2;
    world.store().update_server(&server, 1, world.event(owner.tenant_id)).await.unwrap();
    assert!(held(world, &server).await.is_empty());
    put(world, &server, Tool, &[tool("a", "3"), tool("b", "1")]).await;
    assert_eq!(held(world, &server).await, ["a"], "the policy is the server's own as it is now");
}

pub(super) async fn the_last_changes_stay(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let (server, beside) =
        (world.make_server(&owner, "Weather").await, world.make_server(&owner, "Beside").await);
    put(world, &beside, Tool, &[tool("a", "1")]).await;
    put(world, &beside, Tool, &[tool("a", "2")]).await;
    put(world, &server, Tool, &[]).await;
    let tools = |text: &str| (0..30).map(|number| tool(&format!("t{number:02}"), text)).collect::<Vec<_>>();
    let mut all = Vec::new();
    for round in 0..4 {
        put(world, &server, Tool, &tools(&round.to_string())).await;
        let newest = changes(world, Reach::AllTenants, server.id).await;
        all.splice(0..0, newest.into_iter().take(30));
    }
    all.truncate(MAX_CHANGES);
    every_size(&all, async |page| world.store().capability_changes(Reach::AllTenants, server.id, page).await)
        .await;
    assert_eq!(changes(world, Reach::AllTenants, beside.id).await.len(), 1);
    assert_eq!(all[0].name, "t29");
}

pub(super) async fn as_much_as_there_may_be_comes_back(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let mut found: Vec<_> =
        (0..MAX_CAPABILITIES + 7).map(|number| tool(&format!("t{number:04}"), "x")).collect();
    found[0] = tool("t0000", &"☂".repeat((MAX_DEFINITION_BYTES - 200) / "☂".len()));
    found[1] = tool("t0001", &"x".repeat(MAX_DEFINITION_BYTES));
    put(world, &server, Tool, &found).await;
    let page = PageRequest::new(1, 2).unwrap();
    let first = world.store().capabilities(Reach::AllTenants, server.id, Tool, page).await.unwrap();
    assert_eq!((first.left_out, first.items.total), (Some(7), MAX_CAPABILITIES as u64));
    let [whole, cut] = &first.items.items[..] else { panic!("{first:?}") };
    assert_eq!((Value::Object(whole.definition.to_map()), whole.is_cut), (found[0].clone(), false));
    assert_eq!((cut.definition.as_str(), cut.is_cut), (r#"{"name":"t0001"}"#, true));
    assert_eq!(cut.digest, DefinitionDigest::of(&found[1]));
    let all = listed(world, &server, Tool).await;
    these_sizes(&all, &[97], &async |page| {
        Ok(world.store().capabilities(Reach::AllTenants, server.id, Tool, page).await?.items)
    })
    .await;
    found[1] = tool("t0001", &"y".repeat(MAX_DEFINITION_BYTES));
    assert!(put(world, &server, Tool, &found).await, "what is cut is watched all the same");
}

pub(super) async fn an_inventory_needs_its_server_in_its_tenant(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let server = world.make_server(&owner, "Weather").await;
    let inventory = sample::inventory(&*world.clock, &server, Tool, &[tool("a", "1")]);
    let strays = [
        Inventory { server_id: ServerId(owner.id.0), ..inventory.clone() },
        Inventory { tenant_id: Some(other.tenant_id), ..inventory.clone() },
        Inventory { tenant_id: None, ..inventory },
    ];
    for stray in strays {
        let event = event(world, &server);
        refused!(world, world.store().put_capabilities(&stray, event), StoreError::Missing);
    }
}

pub(super) async fn capabilities_are_seen_by_those_who_see_the_server(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let mut private = sample::server(&*world.clock, &owner, "private");
    private.settings.tool_changes = ToolChanges::Hold;
    let public = Server { is_public: true, ..sample::server(&*world.clock, &owner, "public") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "global") };
    for mut server in [private, public, global] {
        server.settings.tool_changes = ToolChanges::Hold;
        world.put_server(&server).await;
        put(world, &server, Tool, &[tool("a", "1")]).await;
        put(world, &server, Tool, &[tool("a", "2")]).await;
        for reach in [Reach::AllTenants, Reach::Tenant(owner.tenant_id), Reach::Tenant(other.tenant_id)] {
            let number = usize::from(reach.sees(&server));
            let page = PageRequest::default();
            let tools = world.store().capabilities(reach, server.id, Tool, page).await.unwrap();
            assert_eq!((tools.items.items.len(), tools.left_out.is_some()), (number, number == 1));
            assert_eq!(changes(world, reach, server.id).await.len(), number, "{reach:?}");
            assert_eq!(world.store().held_tools(reach, server.id).await.unwrap().len(), number);
        }
    }
}

pub(super) async fn a_removed_server_takes_what_it_lists_along(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let (server, kept) =
        (world.make_server(&owner, "Weather").await, world.make_server(&owner, "Kept").await);
    for server in [&server, &kept] {
        for kind in CapabilityKind::ALL {
            put(world, server, *kind, &[json!({ kind.name_field(): "a" })]).await;
            put(world, server, *kind, &[json!({ kind.name_field(): "b" })]).await;
        }
    }
    let (event, now) = (world.event(owner.tenant_id), sample::at_us(1));
    world.store().delete_server(server.tenant_id, server.id, 1, now, event).await.unwrap();
    world.put_server(&server).await;
    for kind in CapabilityKind::ALL {
        let page = PageRequest::default();
        let gone = world.store().capabilities(Reach::AllTenants, server.id, *kind, page).await.unwrap();
        assert_eq!((gone.left_out, gone.items.total), (None, 0));
        assert_eq!(listed(world, &kept, *kind).await.len(), 1);
    }
    assert_eq!(changes(world, Reach::AllTenants, server.id).await, []);
    assert_eq!(changes(world, Reach::AllTenants, kept.id).await.len(), 8);
}
