//! Refusals in the audit log: few entries, and no refusal that is not counted (A9).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use black_box_tests::{Binary, Client, Service, StoreKind, eventually, on_every_store};
use chrono::TimeDelta;
use registry_core::clock::{Clock, SystemClock};
use registry_core::model::audit::{EventType, Origin};
use registry_core::service::Refused;
use serde_json::{Value, json};

use super::kit::ME;
use crate::account::kit::entries;

on_every_store!(
    a_source_has_an_entry_a_minute_that_counts_them_all,
    from_however_many_sources_the_entries_are_bounded,
    what_was_not_written_when_the_service_stops_is_written_then,
);

/// How long it may take until the log tells.
const PATIENCE: Duration = Duration::from_secs(60);

/// The counts of the entries of this type.
async fn counts(admin: &Client, event_type: &str) -> Vec<u64> {
    let entries = entries(admin, event_type).await;
    entries.iter().map(|entry| entry["metadata"]["count"].as_u64().expect("a count")).collect()
}

async fn refused(client: &Client, times: usize) {
    let client = client.with_key(&format!("mcp_{}", "x".repeat(60)));
    for _ in 0..times {
        client.get(ME).await.assert(401);
    }
}

async fn a_source_has_an_entry_a_minute_that_counts_them_all(service: &Service) {
    let (admin, start) = (service.admin().await, SystemClock.now());
    service.clock.set(start);
    // The service writes by itself, each second.
    let told = async |number: usize| {
        let told = async || {
            let counts = counts(&admin.client, "authentication_failed").await;
            (counts.len() == number).then_some(counts)
        };
        eventually("the log tells of it", PATIENCE, told).await
    };
    refused(&service.client(), 7).await;
    told(1).await;
    refused(&service.client(), 20).await;
    service.clock.set(start + TimeDelta::seconds(60) - TimeDelta::microseconds(1));
    service.registry.refusals.flush(false).await.unwrap();
    told(1).await;
    service.clock.set(start + TimeDelta::seconds(60));
    assert_eq!(told(2).await.iter().sum::<u64>(), 27);
    let entry = entries(&admin.client, "authentication_failed").await.remove(0);
    assert_eq!((&entry["ipAddress"], &entry["result"]), (&json!("127.0.0.1"), &json!("unauthorized")));
    assert_eq!((entry.get("actorId"), &entry["resourceType"]), (None, &json!("address")));
    let since = entry["metadata"]["since"].as_str().map(chrono::DateTime::parse_from_rfc3339);
    assert_eq!(since.unwrap().unwrap().timestamp(), start.timestamp());
}

/// Of 10,000 addresses 4,096 are told apart; the rest is one entry, which counts them.
async fn from_however_many_sources_the_entries_are_bounded(service: &Service) {
    let (admin, before) = (service.admin().await, service.audit_entries().await);
    service.clock.set(SystemClock.now());
    for number in 0..20_000_u32 {
        let address = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number % 10_000));
        let origin = Origin::new(Some(address), None, None);
        let who = Refused::Address(Some(address.into()));
        service.registry.refusals.note(EventType::AuthenticationFailed, who, "credential", origin);
    }
    let made = async || Some(service.audit_entries().await - before).filter(|made| *made >= 4_097);
    eventually("the log tells of them", PATIENCE, made).await;
    service.registry.refusals.flush(true).await.unwrap();
    let (mut count, mut number) = (0, 0);
    for page in 1.. {
        let path = format!("/api/audit-logs?eventType=authentication_failed&limit=100&page={page}");
        let list = admin.client.get(&path).await.expect(200);
        let entries = list["entries"].as_array().unwrap();
        for entry in entries {
            let is_known = entry.get("ipAddress").is_some();
            assert_ne!(is_known, entry["metadata"]["manySources"] == true, "{entry}");
            (count, number) = (count + entry["metadata"]["count"].as_u64().unwrap(), number + 1);
        }
        if entries.is_empty() {
            break;
        }
    }
    assert_eq!(count, 20_000);
    assert!(number <= 2 * 4_097, "{number} entries");
}

async fn what_was_not_written_when_the_service_stops_is_written_then(service: &Service) {
    let admin = service.admin().await;
    service.clock.set(SystemClock.now());
    refused(&service.client(), 14).await;
    let told = async || {
        service.registry.refusals.flush(true).await.unwrap();
        let count: u64 = counts(&admin.client, "authentication_failed").await.iter().sum();
        (count == 14).then_some(())
    };
    eventually("all are told", PATIENCE, told).await;
}

#[tokio::test]
async fn the_binary_tells_of_all_refusals_before_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    for _ in 0..3 {
        refused(&binary.client(), 10).await;
        refused(&binary.client().from_address(IpAddr::V4(Ipv4Addr::new(127, 0, 9, 1))), 10).await;
    }
    assert!(binary.terminate().status.success());
    let again = Binary::start(folder.path(), &[], &[]);
    let told = entries(&again.admin(), "authentication_failed").await;
    for address in ["127.0.0.1", "127.0.9.1"] {
        let own: Vec<&Value> = told.iter().filter(|entry| entry["ipAddress"] == address).collect();
        let count: u64 = own.iter().map(|entry| entry["metadata"]["count"].as_u64().unwrap()).sum();
        assert_eq!(count, 30, "{own:?}");
        assert!(own.len() <= 2, "{own:?}");
    }
}

/// What one source's entry could not be written for waits, and so does every other's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_count_is_lost_while_the_store_takes_no_entry() {
    let service = Service::start(StoreKind::Postgres).await;
    let admin = service.admin().await;
    service.clock.set(SystemClock.now());
    let mut connection = service.database().expect("a database").connect().await;
    let mut rename = async |from: &str, to: &str| {
        let statement = sqlx::AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"));
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    };
    rename("audit_entry", "audit_entry_away").await;
    for number in 1..=5 {
        let client = service.client().from_address(IpAddr::V4(Ipv4Addr::new(127, 0, 9, number)));
        refused(&client, 4).await;
    }
    assert!(service.registry.refusals.flush(false).await.is_err());
    refused(&service.client(), 4).await;
    assert!(service.registry.refusals.flush(false).await.is_err());
    rename("audit_entry_away", "audit_entry").await;
    service.registry.refusals.flush(true).await.unwrap();
    let told = async || {
        let counts = counts(&admin.client, "authentication_failed").await;
        (counts.iter().sum::<u64>() == 24).then_some(counts)
    };
    assert_eq!(eventually("all are told", PATIENCE, told).await.len(), 6);
    service.assert_audit_is_whole().await;
    service.stop().await;
}
