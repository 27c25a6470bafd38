//! Cases of the alerts of tools that are not what they were.

use super::alert::{alerts, told};
use super::capability::{approve, holding, listed, put};
use super::check::refused;
use super::sample::{all_alerts, tool};
use super::world::World;
use crate::model::alert::{Alert, AlertCause, AlertStatus, AlertSubject, Severity};
use crate::model::audit::EventType::{AlertRaised, AlertResolved};
use crate::model::capability::{CapabilityKind, DefinitionDigest};
use crate::model::server::Server;
use crate::store::StoreError;

use CapabilityKind::{Prompt, Tool};

async fn all(world: &World) -> Vec<Alert> {
    alerts(world, &all_alerts()).await
}

async fn digest(world: &World, server: &Server, name: &str) -> DefinitionDigest {
    let tools = listed(world, server, Tool).await;
    tools.into_iter().find(|tool| tool.name == name).unwrap().digest
}

/// I6.
pub(super) async fn a_withheld_tool_raises_an_alert_until_the_last_one_is_approved(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = holding(world, &owner).await;
    put(world, &server, Tool, &[tool("a", "1"), tool("b", "1")]).await;
    assert_eq!(all(world).await, [], "the first list is no change");
    put(world, &server, Tool, &[tool("a", "2"), tool("b", "1")]).await;
    let raised = all(world).await.remove(0);
    assert_eq!(
        (raised.cause, raised.severity, &raised.subject, raised.tenant_id),
        (AlertCause::CapabilitiesChanged, Severity::High, &AlertSubject::Server(server.id), server.tenant_id)
    );
    assert_eq!(raised.message, "tools are withheld until somebody approves them: a");
    put(world, &server, Tool, &[tool("a", "2"), tool("b", "1"), tool("c", "1")]).await;
    let again = all(world).await;
    assert_eq!((again.len(), again[0].id, again[0].occurrences), (1, raised.id, 2), "one for the server");
    let looked_at = digest(world, &server, "a").await;
    refused!(world, approve(world, &server, "a", DefinitionDigest([0; 32])), StoreError::Stale);
    approve(world, &server, "a", looked_at).await.unwrap();
    assert_eq!(all(world).await[0].status(), AlertStatus::Open, "another one waits");
    approve(world, &server, "c", digest(world, &server, "c").await).await.unwrap();
    let over = all(world).await.remove(0);
    assert_eq!((over.status(), over.resolved_by), (AlertStatus::Resolved, None));
    let id = Some(raised.id.0);
    assert_eq!(told(world, owner.tenant_id).await, [(AlertRaised, id), (AlertResolved, id)]);
}

pub(super) async fn the_alert_is_over_when_nothing_is_withheld_any_more(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = holding(world, &owner).await;
    put(world, &server, Tool, &[tool("a", "1"), tool("b", "1")]).await;
    let open = async |world: &World| {
        all(world).await.iter().filter(|alert| alert.status() == AlertStatus::Open).count()
    };
    for (found, expected) in [
        (vec![tool("a", "2"), tool("b", "1")], 1),
        (vec![tool("a", "1"), tool("b", "1")], 0),
        (vec![tool("a", "2"), tool("b", "1"), tool("c", "1")], 1),
        (vec![tool("a", "1"), tool("c", "1")], 1),
        (vec![tool("a", "1")], 0),
    ] {
        put(world, &server, Tool, &found).await;
        assert_eq!(open(world).await, expected, "{found:?}");
    }
    assert_eq!(all(world).await.len(), 2);
}

pub(super) async fn an_accepted_change_of_a_tool_is_told_and_a_new_tool_is_not(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let prompt = |text: &str| serde_json::json!({ "name": "p", "description": text });
    put(world, &server, Tool, &[tool("a", "1")]).await;
    put(world, &server, Prompt, &[prompt("1")]).await;
    put(world, &server, Prompt, &[prompt("2")]).await;
    put(world, &server, Tool, &[tool("a", "1"), tool("b", "1")]).await;
    put(world, &server, Tool, &[tool("a", "1")]).await;
    assert_eq!(all(world).await, []);
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    put(world, &server, Tool, &names.map(|name| tool(name, "1"))).await;
    put(world, &server, Tool, &names.map(|name| tool(name, "2"))).await;
    put(world, &server, Tool, &[tool("a", "2")]).await;
    let raised = all(world).await.remove(0);
    assert_eq!((raised.severity, raised.status()), (Severity::Medium, AlertStatus::Open));
    assert_eq!(raised.message, "tools are defined otherwise than before: a, b, c, d, e and 2 more");
    approve(world, &server, "a", digest(world, &server, "a").await).await.unwrap();
    assert_eq!(all(world).await[0].status(), AlertStatus::Resolved, "somebody looked at it");
}
