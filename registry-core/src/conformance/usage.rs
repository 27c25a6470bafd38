//! Cases of usage counters.

use std::net::IpAddr;

use super::mixture::used;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::id::{ApiKeyId, ServerId, TenantId};
use crate::model::latency::{BUCKETS, Latencies};
use crate::model::server::Server;
use crate::model::usage::{Usage, UsageSubject};

async fn usage(world: &World, tenant_id: Option<TenantId>, subject: UsageSubject) -> Usage {
    world.store().usage(tenant_id, subject).await.unwrap()
}

pub(super) async fn counters_begin_at_zero_and_add_up(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let server = world.make_server(&owner, "Weather").await;
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "Global") };
    world.put_server(&global).await;
    let own = Some(owner.tenant_id);
    let subjects = [
        (own, UsageSubject::Key(key.id)),
        (own, UsageSubject::Server(server.id)),
        (None, UsageSubject::Server(global.id)),
    ];
    let mut expected = subjects.map(|_| Usage::default());
    for round in 0..4 {
        for ((tenant_id, subject), expected) in subjects.iter().zip(&expected) {
            assert_eq!(usage(world, *tenant_id, *subject).await, *expected, "round {round}");
        }
        let batch: Vec<_> = (1..).zip(subjects).map(|(n, (_, s))| (s, used(&*world.clock, n))).collect();
        world.store().add_usage(&batch).await.unwrap();
        for ((_, since), expected) in batch.iter().zip(&mut expected) {
            expected.add(since);
        }
    }
}

pub(super) async fn a_subject_may_be_in_a_batch_twice(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let subject = UsageSubject::Key(key.id);
    let (first, second) = (used(&*world.clock, 2), used(&*world.clock, 3));
    world.store().add_usage(&[(subject, first.clone()), (subject, second.clone())]).await.unwrap();
    let mut expected = first;
    expected.add(&second);
    assert_eq!(usage(world, Some(owner.tenant_id), subject).await, expected);
    world.store().add_usage(&[]).await.unwrap();
    assert_eq!(usage(world, Some(owner.tenant_id), subject).await, expected);
}

pub(super) async fn histograms_of_any_length_add_up(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let subject = UsageSubject::Server(world.make_server(&owner, "Weather").await.id);
    let mut expected = Usage::default();
    for counts in [vec![], vec![3], vec![0, 0, 5], vec![1], vec![7; BUCKETS], vec![], vec![0, 2]] {
        let latencies = Latencies::new(counts, 11).unwrap();
        let since = Usage { requests: latencies.total(), latencies, ..Usage::default() };
        world.store().add_usage(&[(subject, since.clone())]).await.unwrap();
        expected.add(&since);
        assert_eq!(usage(world, Some(owner.tenant_id), subject).await, expected);
    }
    assert_eq!(expected.latencies.sum_us(), 77);
}

pub(super) async fn the_later_use_is_the_last_whatever_comes_first(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let subject = UsageSubject::Key(world.make_key(&owner, "ci").await.id);
    let (early, late) = (used(&*world.clock, 1), used(&*world.clock, 1));
    let late = Usage { last_used_ip: Some(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])), ..late };
    let unused = Usage { requests: 1, ..Usage::default() };
    let nameless = Usage { last_used_ip: None, ..used(&*world.clock, 1) };
    let mut expected = Usage::default();
    for since in [&unused, &late, &early, &unused, &nameless] {
        world.store().add_usage(&[(subject, since.clone())]).await.unwrap();
        expected.add(since);
        assert_eq!(usage(world, Some(owner.tenant_id), subject).await, expected);
    }
    assert_eq!((expected.requests, expected.last_used_at), (5, nameless.last_used_at));
}

pub(super) async fn what_is_gone_is_passed_over(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let gone = [UsageSubject::Key(ApiKeyId(owner.id.0)), UsageSubject::Server(ServerId(owner.id.0))];
    let since = used(&*world.clock, 3);
    let batch = [gone[0], UsageSubject::Key(key.id), gone[1]].map(|subject| (subject, since.clone()));
    world.store().add_usage(&batch).await.unwrap();
    assert_eq!(usage(world, Some(owner.tenant_id), UsageSubject::Key(key.id)).await, since);
    for subject in gone {
        for tenant_id in [Some(owner.tenant_id), None] {
            assert_eq!(usage(world, tenant_id, subject).await, Usage::default());
        }
    }
}

pub(super) async fn counters_are_read_in_their_tenant_only(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let key = world.make_key(&owner, "ci").await;
    let server = world.make_server(&owner, "Weather").await;
    for subject in [UsageSubject::Key(key.id), UsageSubject::Server(server.id)] {
        world.store().add_usage(&[(subject, used(&*world.clock, 3))]).await.unwrap();
        assert_ne!(usage(world, Some(owner.tenant_id), subject).await, Usage::default());
        for tenant_id in [Some(other.tenant_id), None] {
            assert_eq!(usage(world, tenant_id, subject).await, Usage::default());
        }
    }
}

pub(super) async fn a_key_and_a_server_of_one_id_count_apart(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let server = Server { id: ServerId(key.id.0), ..sample::server(&*world.clock, &owner, "Weather") };
    world.put_server(&server).await;
    let since = used(&*world.clock, 3);
    world.store().add_usage(&[(UsageSubject::Key(key.id), since.clone())]).await.unwrap();
    let own = Some(owner.tenant_id);
    assert_eq!(usage(world, own, UsageSubject::Server(server.id)).await, Usage::default());
    assert_eq!(usage(world, own, UsageSubject::Key(key.id)).await, since);
}

pub(super) async fn the_last_uses_of_keys_are_told_at_once(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let clock = world.clock.clone();
    let mut expected = Vec::new();
    for (owner, name) in [(&owner, "one"), (&owner, "two"), (&other, "foreign")] {
        let key = world.make_key(owner, name).await;
        let since = used(&*clock, 3);
        world.store().add_usage(&[(UsageSubject::Key(key.id), since.clone())]).await.unwrap();
        expected.push((key.id, since.last_used_at.unwrap()));
    }
    let (never, unknown) = (world.make_key(&owner, "never").await, ApiKeyId(owner.id.0));
    let nameless = Usage { requests: 1, ..Usage::default() };
    world.store().add_usage(&[(UsageSubject::Key(never.id), nameless)]).await.unwrap();
    let mut asked: Vec<_> = expected.iter().map(|(id, _)| *id).collect();
    asked.extend([never.id, unknown]);
    for (reach, expected) in [
        (Reach::AllTenants, &expected[..]),
        (Reach::Tenant(owner.tenant_id), &expected[..2]),
        (Reach::Tenant(other.tenant_id), &expected[2..]),
    ] {
        let mut told = world.store().last_uses(reach, &asked).await.unwrap();
        told.sort_unstable();
        assert_eq!(told, expected, "{reach:?}");
    }
    let one = world.store().last_uses(Reach::AllTenants, &asked[1..2]).await.unwrap();
    assert_eq!(one, expected[1..2]);
    assert_eq!(world.store().last_uses(Reach::AllTenants, &[]).await.unwrap(), []);
    // A server of the same id has nothing to do with it.
    let server = Server { id: ServerId(never.id.0), ..sample::server(&*clock, &owner, "Weather") };
    world.put_server(&server).await;
    world.store().add_usage(&[(UsageSubject::Server(server.id), used(&*clock, 1))]).await.unwrap();
    assert_eq!(world.store().last_uses(Reach::AllTenants, &[never.id]).await.unwrap(), []);
}

pub(super) async fn counting_changes_no_record_and_no_chain(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let head = world.store().audit_head(owner.tenant_id).await.unwrap();
    world.store().add_usage(&[(UsageSubject::Key(key.id), used(&*world.clock, 3))]).await.unwrap();
    assert_eq!(world.store().audit_head(owner.tenant_id).await.unwrap(), head);
    let holder = world.store().key_by_digest(&key.digest).await.unwrap().unwrap();
    assert_eq!(holder.key, key);
}
