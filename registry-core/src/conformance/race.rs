//! Cases of different operations at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::concurrency::{ROUNDS, WRITERS, all_at_once};
use super::everything::{chain_of, verify_chains};
use super::key::rotated;
use super::mixture::{used, write_everything};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::audit::{AuditEntry, AuditQuery, EventType};
use crate::model::health::CheckStatus;
use crate::model::id::TenantId;
use crate::model::key::ApiKey;
use crate::model::page::PageRequest;
use crate::model::period::Period;
use crate::model::server::{Server, ServerStatus};
use crate::model::usage::{Usage, UsageSubject};
use crate::store::{Store, StoreError};

/// How often each writer writes.
const WRITES: u32 = 20;

pub(super) async fn checks_at_the_same_time_are_all_counted(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let writers = (0..WRITERS).map(|_| {
        let checks: Vec<_> =
            (0..WRITES).map(|_| sample::check(&*world.clock, &server, CheckStatus::Healthy)).collect();
        let store = world.handle();
        async move {
            for check in checks {
                store.record_health(&sample::record(&check)).await.unwrap();
            }
        }
    });
    all_at_once(writers).await;
    let health = world.store().server(Reach::AllTenants, server.id).await.unwrap().unwrap().health;
    let expected = u64::from(WRITERS * WRITES);
    assert_eq!((health.checks, health.successes), (expected, expected));
    assert_eq!(health.total_response_us, expected * 1_500);
    let page =
        world.store().health_checks(Reach::AllTenants, server.id, Period::EVER, PageRequest::default()).await;
    assert_eq!(page.unwrap().total, expected);
}

pub(super) async fn checks_and_updates_do_not_undo_each_other(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let checks: Vec<_> =
        (0..WRITES).map(|_| sample::check(&*world.clock, &server, CheckStatus::Healthy)).collect();
    let store = world.handle();
    let checking = tokio::spawn(async move {
        for check in checks {
            store.record_health(&sample::record(&check)).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    for revision in 1..=u64::from(WRITES) {
        let changed = Server { status: ServerStatus::Maintenance, revision: revision + 1, ..server.clone() };
        world.store().update_server(&changed, revision, world.event(owner.tenant_id)).await.unwrap();
        tokio::task::yield_now().await;
    }
    checking.await.unwrap();
    let found = world.store().server(Reach::AllTenants, server.id).await.unwrap().unwrap();
    assert_eq!((found.revision, found.status), (u64::from(WRITES) + 1, ServerStatus::Maintenance));
    assert_eq!(found.health.checks, u64::from(WRITES));
}

pub(super) async fn usage_at_the_same_time_is_all_counted(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let keys = [world.make_key(&owner, "one").await, world.make_key(&owner, "two").await];
    let since = used(&*world.clock, 1);
    let writers = (0..WRITERS).map(|writer| {
        let mut batch = keys.clone().map(|key| (UsageSubject::Key(key.id), since.clone()));
        if writer % 2 == 0 {
            batch.reverse();
        }
        let store = world.handle();
        async move {
            for _ in 0..WRITES {
                store.add_usage(&batch).await.unwrap();
            }
        }
    });
    all_at_once(writers).await;
    for key in keys {
        let usage = world.store().usage(Some(owner.tenant_id), UsageSubject::Key(key.id)).await.unwrap();
        assert_eq!(usage.requests, u64::from(WRITERS * WRITES));
        assert_eq!(usage.bytes_transferred, usage.requests * 5_000_000_000);
    }
}

pub(super) async fn a_removed_server_never_leaves_an_active_key_behind(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for _ in 0..ROUNDS {
        let server = world.make_server(&owner, "Weather").await;
        let (store, event, now) = (world.handle(), world.event(owner.tenant_id), world.clock.now());
        let (tenant_id, id) = (server.tenant_id, server.id);
        let removal = tokio::spawn(async move { store.delete_server(tenant_id, id, 1, now, event).await });
        let writes = (0..WRITERS).map(|_| {
            let key = ApiKey { server_id: Some(id), ..sample::key(&*world.clock, &owner, "linked") };
            let (store, event) = (world.handle(), world.event(owner.tenant_id));
            async move { (store.create_key(&key, event).await, key) }
        });
        let written = all_at_once(writes).await;
        let revoked = removal.await.unwrap().unwrap().revoked_keys;
        for (result, key) in written {
            let found = world.store().key(Reach::AllTenants, key.id).await.unwrap();
            match result {
                Ok(()) => {
                    assert!(found.is_some_and(|key| key.revoked_at.is_some() && revoked.contains(&key.id)))
                }
                Err(error) => assert!(matches!(error, StoreError::Missing) && found.is_none(), "{error:?}"),
            }
        }
    }
}

pub(super) async fn a_removed_server_leaves_no_check_and_no_usage_behind(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for _ in 0..ROUNDS {
        let server = world.make_server(&owner, "Weather").await;
        let (subject, id) = (UsageSubject::Server(server.id), server.id);
        let writes = (0..WRITERS).map(|_| {
            let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
            let (store, since) = (world.handle(), used(&*world.clock, 1));
            async move {
                store.add_usage(&[(subject, since)]).await.unwrap();
                match store.record_health(&sample::record(&check)).await {
                    Ok(_) | Err(StoreError::Missing) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
        let writing = tokio::spawn(all_at_once(writes.collect::<Vec<_>>()));
        let (event, now) = (world.event(owner.tenant_id), world.clock.now());
        world.store().delete_server(server.tenant_id, id, 1, now, event).await.unwrap();
        writing.await.unwrap();
        world.put_server(&server).await;
        let checks = world
            .store()
            .health_checks(Reach::AllTenants, id, Period::EVER, PageRequest::default())
            .await
            .unwrap();
        assert_eq!(checks.total, 0);
        assert_eq!(world.store().usage(server.tenant_id, subject).await.unwrap(), Usage::default());
        let (event, now) = (world.event(owner.tenant_id), world.clock.now());
        world.store().delete_server(server.tenant_id, id, 1, now, event).await.unwrap();
    }
}

pub(super) async fn a_digest_is_found_at_every_moment_of_a_rotation(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut key = world.make_key(&owner, "ci").await;
    for _ in 0..ROUNDS {
        let done = Arc::new(AtomicBool::new(false));
        let (store, stop, digest) = (world.handle(), done.clone(), key.digest);
        let reading = tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                assert!(store.key_by_digest(&digest).await.unwrap().is_some());
                tokio::task::yield_now().await;
            }
        });
        let next = rotated(&*world.clock, &key);
        world.store().update_key(&next, key.revision, world.event(owner.tenant_id)).await.unwrap();
        done.store(true, Ordering::Relaxed);
        reading.await.unwrap();
        key = next;
    }
}

/// Reads the chain from its end on until it has this many entries.
async fn tail(store: Arc<dyn Store>, tenant_id: TenantId, wanted: u64) -> Vec<AuditEntry> {
    let mut seen: Vec<AuditEntry> = Vec::new();
    while seen.last().map_or(0, |entry| entry.seq) < wanted {
        let last = seen.last().map_or(0, |entry| entry.seq);
        let more = store.audit_after(tenant_id, last, 7).await.unwrap();
        if let Some(first) = more.first() {
            assert_eq!(first.seq, last + 1, "a number is seen only when all smaller ones are");
        }
        seen.extend(more);
        tokio::task::yield_now().await;
    }
    seen
}

pub(super) async fn who_tails_the_log_misses_nothing(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let wanted = 1 + u64::from(WRITERS * WRITES);
    let readers: Vec<_> = (0..2).map(|_| tokio::spawn(tail(world.handle(), tenant.id, wanted))).collect();
    let writers = (0..WRITERS).map(|writer| {
        let users: Vec<_> = (0..WRITES)
            .map(|number| sample::user(&*world.clock, &tenant, &format!("user-{writer}-{number}")))
            .map(|user| (world.event(tenant.id), user))
            .collect();
        let store = world.handle();
        async move {
            for (event, user) in users {
                store.create_user(&user, None, event).await.unwrap();
            }
        }
    });
    all_at_once(writers).await;
    let chain = chain_of(world.store(), tenant.id).await;
    for reader in readers {
        assert_eq!(reader.await.unwrap(), chain);
    }
    let numbers: Vec<_> = chain.iter().map(|entry| entry.seq).collect();
    assert_eq!(numbers, (1..=wanted).collect::<Vec<_>>());
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn losers_of_a_race_leave_no_gap_in_the_chain(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let writers = (0..WRITERS).map(|_| {
        let users: Vec<_> = (0..WRITES)
            .map(|number| sample::user(&*world.clock, &tenant, &format!("user-{number}")))
            .map(|user| (world.event(tenant.id), user))
            .collect();
        let store = world.handle();
        async move {
            let mut won = 0;
            for (event, user) in users {
                won += u32::from(store.create_user(&user, None, event).await.is_ok());
            }
            won
        }
    });
    let won: u32 = all_at_once(writers).await.into_iter().sum();
    assert_eq!(won, WRITES);
    let heads = verify_chains(world.store()).await.unwrap();
    assert_eq!(heads.iter().map(|head| head.seq).collect::<Vec<_>>(), [1 + u64::from(WRITES)]);
}

pub(super) async fn a_write_given_up_is_whole_or_was_never_there(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut servers = Vec::new();
    for number in 0..40_u64 {
        let server = sample::server(&*world.clock, &owner, &format!("Server {number}"));
        let chain = owner.tenant_id;
        let event = sample::event(&*world.clock, chain, EventType::ServerRegistered, Some(server.id.0));
        let (store, written) = (world.handle(), server.clone());
        let write = tokio::spawn(async move { store.create_server(&written, None, event).await });
        tokio::time::sleep(std::time::Duration::from_micros(number * 25)).await;
        write.abort();
        drop(write.await);
        servers.push(server);
    }
    // A write comes after those given up that are still on their way.
    world.store().append_audit(world.event(owner.tenant_id)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    for server in servers {
        let found = world.store().server(Reach::AllTenants, server.id).await.unwrap();
        let query = AuditQuery { resource_id: Some(server.id.0), ..AuditQuery::new(Reach::AllTenants) };
        let entries = world.store().audit(&query).await.unwrap().total;
        assert_eq!(entries, u64::from(found.is_some()), "{}", server.name);
        let by_slug = world.store().server_by_slug(server.tenant_id, &server.name.slug()).await.unwrap();
        assert_eq!(by_slug, found);
    }
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn chains_verify_while_they_grow(world: &mut World) {
    write_everything(world).await;
    let tenant = world.make_tenant("acme").await;
    let events: Vec<_> = (0..WRITERS * WRITES).map(|_| world.event(tenant.id)).collect();
    let store = world.handle();
    let writing = tokio::spawn(async move {
        for event in events {
            store.append_audit(event).await.unwrap();
        }
    });
    while !writing.is_finished() {
        verify_chains(world.store()).await.unwrap();
    }
    writing.await.unwrap();
}
