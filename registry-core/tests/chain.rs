//! What the verification of an audit chain finds: each kind of damage, at the first bad entry.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::sync::{LazyLock, Mutex};

use async_trait::async_trait;
use registry_core::chain::{self, Verdict};
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::{AuditEntry, AuditEvent, AuditHead, AuditQuery, AuditResult, EventType};
use registry_core::model::id::TenantId;
use registry_core::model::page::Page;
use registry_core::store::{AuditStore, StoreError};

const SIZE: u64 = 1_005;

/// A log whose entries a test has tampered with.
struct Log {
    head: AuditHead,
    /// What the head was when it was read before.
    heads: Mutex<Vec<AuditHead>>,
    entries: Vec<AuditEntry>,
    /// The entry that cannot be decoded.
    unreadable: Option<u64>,
}

#[async_trait]
impl AuditStore for Log {
    async fn append_audit(&self, _: AuditEvent) -> Result<(), StoreError> {
        unreachable!("verification only reads")
    }

    async fn audit(&self, _: &AuditQuery) -> Result<Page<AuditEntry>, StoreError> {
        unreachable!("verification reads the chain")
    }

    async fn audit_after(&self, _: TenantId, seq: u64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let after: Vec<_> = self.entries.iter().filter(|entry| entry.seq > seq).collect();
        let readable = after.iter().take_while(|entry| Some(entry.seq) != self.unreadable);
        let entries: Vec<_> = readable.take(limit as usize).map(|entry| (*entry).clone()).collect();
        if entries.is_empty() && !after.is_empty() {
            return Err(StoreError::Corrupt("not JSON".to_owned()));
        }
        Ok(entries)
    }

    async fn audit_head(&self, _: TenantId) -> Result<AuditHead, StoreError> {
        Ok(self.heads.lock().unwrap().pop().unwrap_or(self.head))
    }

    async fn audit_chains(&self) -> Result<Vec<TenantId>, StoreError> {
        Ok(vec![self.head.tenant_id])
    }
}

/// A whole chain, longer than the verifier's batches.
fn log() -> Log {
    static WHOLE: LazyLock<Log> = LazyLock::new(new_log);
    Log { head: WHOLE.head, heads: Mutex::default(), entries: WHOLE.entries.clone(), unreadable: None }
}

fn empty(tenant_id: TenantId) -> Log {
    Log { head: AuditHead::empty(tenant_id), heads: Mutex::default(), entries: Vec::new(), unreadable: None }
}

fn new_log() -> Log {
    let clock = SampleClock::default();
    let tenant_id = sample::tenant(&clock, "acme").id;
    let mut log = empty(tenant_id);
    for _ in 0..SIZE {
        let event = sample::event(&clock, tenant_id, EventType::ServerUpdated, None);
        let entry = chain::next(log.head, event).unwrap();
        log.head = entry.head();
        log.entries.push(entry);
    }
    log
}

/// Hashes the entries from this place on anew, as somebody would who can write but not change the head.
fn rehash(log: &mut Log, from: usize) {
    let before = from.checked_sub(1).map(|index| log.entries[index].head());
    let mut head = before.unwrap_or_else(|| AuditHead::empty(log.head.tenant_id));
    for entry in &mut log.entries[from..] {
        *entry = chain::next(head, entry.event.clone()).unwrap();
        head = entry.head();
    }
}

/// Does `damage` to a whole chain; answers with the number of the first bad entry and the reason.
async fn found_after(damage: impl FnOnce(&mut Log)) -> (u64, String) {
    let mut log = log();
    damage(&mut log);
    match chain::verify(&log, log.head.tenant_id).await.unwrap() {
        Verdict::Broken(broken) => (broken.seq, broken.reason),
        Verdict::Whole(head) => panic!("whole up to {head:?}"),
    }
}

#[tokio::test]
async fn a_whole_chain_is_whole() {
    let log = log();
    let verdict = chain::verify(&log, log.head.tenant_id).await.unwrap();
    assert_eq!(verdict, Verdict::Whole(log.head));
    let tenant_id = log.head.tenant_id;
    let empty = empty(tenant_id);
    assert_eq!(chain::verify(&empty, tenant_id).await.unwrap(), Verdict::Whole(empty.head));
}

#[tokio::test]
async fn an_entry_written_during_the_verification_does_no_harm() {
    let log = Log { heads: Mutex::new(vec![log().entries[1_000].head()]), ..log() };
    let verdict = chain::verify(&log, log.head.tenant_id).await.unwrap();
    assert_eq!(verdict, Verdict::Whole(log.entries[1_004].head()));
}

#[tokio::test]
async fn a_head_that_was_set_back_or_removed_is_found() {
    let (seq, reason) = found_after(|log| log.head = log.entries[1_000].head()).await;
    assert_eq!((seq, reason.as_str()), (1_002, "the head ends the chain before it, at entry 1001"));
    let (seq, _) = found_after(|log| log.head = AuditHead::empty(log.head.tenant_id)).await;
    assert_eq!(seq, 1);
}

#[tokio::test]
async fn an_edited_entry_is_found() {
    for index in [0, 999, 1_000, 1_004] {
        let (seq, reason) = found_after(|log| log.entries[index].event.result = AuditResult::Failure).await;
        assert_eq!((seq, reason.as_str()), (index as u64 + 1, "its content was changed"));
    }
}

#[tokio::test]
async fn an_edited_entry_with_a_fitting_hash_is_found_at_the_next() {
    let (seq, reason) = found_after(|log| {
        log.entries[7].event.result = AuditResult::Failure;
        let head = log.entries[6].head();
        log.entries[7] = chain::next(head, log.entries[7].event.clone()).unwrap();
    })
    .await;
    assert_eq!((seq, reason.as_str()), (9, "it does not follow the entry before it"));
}

#[tokio::test]
async fn a_chain_rewritten_to_its_end_is_found_by_the_head() {
    let (seq, reason) = found_after(|log| {
        log.entries[7].event.result = AuditResult::Failure;
        rehash(log, 7);
    })
    .await;
    assert_eq!((seq, reason.as_str()), (SIZE, "it is not the entry that the head names"));
}

#[tokio::test]
async fn a_deleted_entry_is_found() {
    let (seq, reason) = found_after(|log| drop(log.entries.remove(1_000))).await;
    assert_eq!((seq, reason.as_str()), (1_001, "it is missing; entry 1002 comes next"));
}

#[tokio::test]
async fn a_deleted_entry_whose_followers_were_renumbered_is_found_at_the_end() {
    let (seq, _) = found_after(|log| {
        log.entries.remove(5);
        rehash(log, 5);
    })
    .await;
    assert_eq!(seq, SIZE);
}

#[tokio::test]
async fn entries_in_another_order_are_found() {
    let (seq, _) = found_after(|log| log.entries.swap(10, 11)).await;
    assert_eq!(seq, 11);
    let (seq, reason) = found_after(|log| {
        log.entries.swap(10, 11);
        (log.entries[10].seq, log.entries[11].seq) = (11, 12);
    })
    .await;
    assert_eq!((seq, reason.as_str()), (11, "it does not follow the entry before it"));
}

#[tokio::test]
async fn a_chain_cut_at_its_end_is_found() {
    let (seq, reason) = found_after(|log| log.entries.truncate(1_000)).await;
    assert_eq!((seq, reason.as_str()), (1_001, "it is missing; the chain has 1005 entries"));
    let (seq, _) = found_after(|log| log.entries.clear()).await;
    assert_eq!(seq, 1);
}

#[tokio::test]
async fn a_head_that_names_another_entry_is_found() {
    let (seq, reason) = found_after(|log| log.head.hash[0] ^= 1).await;
    assert_eq!((seq, reason.as_str()), (SIZE, "it is not the entry that the head names"));
}

#[tokio::test]
async fn an_entry_of_another_tenant_is_found() {
    let (seq, reason) = found_after(|log| log.entries[3].event.tenant_id = TenantId::SYSTEM).await;
    assert_eq!((seq, reason.as_str()), (4, "it belongs to another tenant"));
}

#[tokio::test]
async fn an_entry_that_cannot_be_decoded_is_found() {
    for seq in [1, 500, 1_001] {
        let found = found_after(|log| log.unreadable = Some(seq)).await;
        assert_eq!(found, (seq, "not JSON".to_owned()));
    }
}
