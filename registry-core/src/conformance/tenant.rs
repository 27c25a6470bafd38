//! Cases of tenants.

use super::check::{conflict, refused};
use super::page::all_pages;
use super::world::World;
use super::{page, sample};
use crate::model::audit::EventType;
use crate::model::id::TenantId;
use crate::model::page::PageRequest;
use crate::model::tenant::Tenant;
use crate::model::text::TenantName;

/// Names that look alike, each pair one name: case, full width, ligature, compatibility signs, composed and not.
pub(super) const LOOKALIKES: &[(&str, &str)] = &[
    ("acme", "ACME"),
    ("ａｃｍｅ２", "acme2"),
    ("oﬃce", "office"),
    ("m²", "M2"),
    ("Caf\u{e9}", "cafe\u{301}"),
    ("ÀÉÎ", "àéî"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("①st", "1ST"),
];

/// Names that differ, though a collation, a case folding or a pattern may take them for one.
pub(super) const DISTINCT: &[&str] = &[
    "strasse",
    "straße",
    "istanbul",
    "ıstanbul",
    "i\u{307}stanbul",
    "cafe",
    "café",
    "a_b",
    "a%b",
    "axb",
    "a'b",
    "a\\b",
    "a\"b",
    "a*b",
    "a-b",
    "ab",
    "a.b",
    "100%",
    "%",
    "_",
    "''",
    "\\",
    "null",
    "☂",
    "𝄞",
    "ﾊﾛｰ",
    "ハロー2",
];

pub(super) async fn a_stored_tenant_is_read_back_as_it_was(world: &mut World) {
    let tenant = world.make_tenant("Größe & Söhne ☂").await;
    assert_eq!(world.store().tenant(tenant.id).await.unwrap(), Some(tenant.clone()));
    let by_name = world.store().tenant_by_name_key(&tenant.name_key()).await.unwrap();
    assert_eq!(by_name, Some(tenant));
}

pub(super) async fn what_is_not_there_is_none(world: &mut World) {
    world.make_tenant("acme").await;
    let other = sample::tenant(&*world.clock, "other");
    assert_eq!(world.store().tenant(other.id).await.unwrap(), None);
    assert_eq!(world.store().tenant(TenantId::SYSTEM).await.unwrap(), None);
    for name_key in ["other", "ACME", "acm", "acme ", "%", "", "a_me", "acme\0", "\0"] {
        assert_eq!(world.store().tenant_by_name_key(name_key).await.unwrap(), None, "{name_key:?}");
    }
}

pub(super) async fn names_that_look_alike_are_one(world: &mut World) {
    for (first, second) in LOOKALIKES {
        world.make_tenant(first).await;
        let twin = sample::tenant(&*world.clock, second);
        let write = world.store().create_tenant(&twin, world.event(TenantId::SYSTEM));
        refused!(world, write, conflict!(TenantName));
        assert_eq!(world.store().tenant(twin.id).await.unwrap(), None);
    }
}

pub(super) async fn names_that_differ_are_not_one(world: &mut World) {
    let mut tenants = Vec::new();
    for name in DISTINCT {
        tenants.push(world.make_tenant(name).await);
    }
    for tenant in tenants {
        let found = world.store().tenant_by_name_key(&tenant.name_key()).await.unwrap();
        assert_eq!(found, Some(tenant));
    }
}

pub(super) async fn an_id_is_given_once(world: &mut World) {
    let first = world.make_tenant("first").await;
    let second = Tenant { name: TenantName::parse("second").unwrap(), ..first.clone() };
    refused!(world, world.store().create_tenant(&second, world.event(TenantId::SYSTEM)), conflict!(Id));
    assert_eq!(world.store().tenant(first.id).await.unwrap(), Some(first));
    world.make_tenant("second").await;
}

pub(super) async fn creation_may_stand_in_its_own_or_the_systems_chain(world: &mut World) {
    for (name, own) in [("own", true), ("system", false)] {
        let tenant = sample::tenant(&*world.clock, name);
        let chain = if own { tenant.id } else { TenantId::SYSTEM };
        let event = sample::event(&*world.clock, chain, EventType::TenantCreated, Some(tenant.id.0));
        world.store().create_tenant(&tenant, event.clone()).await.unwrap();
        let entries = world.store().audit_after(chain, 0, 10).await.unwrap();
        assert_eq!(entries.into_iter().map(|entry| entry.event).collect::<Vec<_>>(), [event]);
    }
}

pub(super) async fn the_list_is_sorted_by_name_key_byte_by_byte(world: &mut World) {
    let mut expected = Vec::new();
    for name in DISTINCT.iter().chain(&["Zebra", "zebrA2", "Äpfel", "apfel", "ｂ", "B2", "é", "~", "-", "A"])
    {
        expected.push(world.make_tenant(name).await);
    }
    expected.sort_by_key(Tenant::name_key);
    let listed = all_pages(async |page| world.store().tenants(page).await).await;
    assert_eq!(listed, expected);
}

pub(super) async fn pages_of_every_size_make_up_the_list(world: &mut World) {
    for number in 0..103 {
        world.make_tenant(&format!("tenant {}", number * 7 % 103)).await;
    }
    let all = all_pages(async |page| world.store().tenants(page).await).await;
    assert_eq!(all.len(), 103);
    page::every_size(&all, async |page| world.store().tenants(page).await).await;
}

pub(super) async fn an_empty_list_is_a_page(world: &mut World) {
    let request = PageRequest::new(3, 7).unwrap();
    let page = world.store().tenants(request).await.unwrap();
    assert_eq!((page.items.len(), page.total, page.request), (0, 0, request));
}
