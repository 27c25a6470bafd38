//! The audit log's hash chain.
//!
//! Each tenant has a chain of entries numbered from 1. An entry's hash is SHA-256 over the canonical JSON
//! (RFC 8785) of `{event, previousHash, seq}`, so anybody can verify an export with a dozen lines of any
//! language. A change, a gap, a reordering or a cut in the middle breaks the chain at that entry; a cut at the end
//! is found by the head, which the store keeps apart from the entries, and by an anchored copy of it.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::audit::{AuditEntry, AuditEvent, AuditHead, ChainHash};
use crate::model::id::TenantId;
use crate::store::{AuditStore, StoreError};

/// How many entries the verifier reads at a time.
const BATCH: u32 = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hashed<'a> {
    event: &'a AuditEvent,
    previous_hash: String,
    seq: u64,
}

/// The hash of the entry with this number after the one with `previous_hash`.
///
/// # Errors
/// [`StoreError::Corrupt`] if the event has no canonical JSON (a number that is not finite).
pub fn hash(seq: u64, previous_hash: &ChainHash, event: &AuditEvent) -> Result<ChainHash, StoreError> {
    let hashed = Hashed { event, previous_hash: hex::encode(previous_hash), seq };
    let text = serde_json_canonicalizer::to_vec(&hashed).map_err(|error| {
        StoreError::Corrupt(format!("audit event {} has no canonical JSON: {error}", event.id))
    })?;
    Ok(Sha256::digest(&text).into())
}

/// The entry that comes after `head`. A store calls this inside its write.
///
/// # Errors
/// As [`hash`]; and [`StoreError::Corrupt`] if the event's metadata has a number that is not whole or beyond 2^53 - 1:
/// canonical JSON (RFC 8785 section 3.2.2.3) writes such numbers inexactly, so a change of one could go unseen.
pub fn next(head: AuditHead, event: AuditEvent) -> Result<AuditEntry, StoreError> {
    if !event.metadata.values().all(has_exact_numbers) {
        return Err(StoreError::Corrupt(format!("audit event {} has a number that is not exact", event.id)));
    }
    let seq = head.seq + 1;
    let hash = hash(seq, &head.hash, &event)?;
    Ok(AuditEntry { seq, previous_hash: head.hash, hash, event })
}

/// Whether every number in `value` is whole and within what an IEEE double tells apart.
fn has_exact_numbers(value: &Value) -> bool {
    const MAX: u64 = (1 << 53) - 1;
    match value {
        Value::Number(number) => {
            number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs)).is_some_and(|size| size <= MAX)
        }
        Value::Array(items) => items.iter().all(has_exact_numbers),
        Value::Object(fields) => fields.values().all(has_exact_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

impl AuditEntry {
    /// The head of a chain that ends with this entry.
    pub fn head(&self) -> AuditHead {
        AuditHead { tenant_id: self.event.tenant_id, seq: self.seq, hash: self.hash }
    }
}

impl AuditHead {
    /// The head of an empty chain.
    pub fn empty(tenant_id: TenantId) -> Self {
        Self { tenant_id, seq: 0, hash: [0; 32] }
    }
}

/// Where a chain is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("audit chain of tenant {tenant_id} is broken at entry {seq}: {reason}")]
pub struct BrokenChain {
    /// Whose chain.
    pub tenant_id: TenantId,
    /// The number of the first bad entry.
    pub seq: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The chain is whole up to this head.
    Whole(AuditHead),
    /// It is not.
    Broken(BrokenChain),
}

/// Verifies every tenant's chain, and the system's own.
///
/// # Errors
/// As [`verify`].
pub async fn verify_all(store: &dyn AuditStore) -> Result<Vec<Verdict>, StoreError> {
    let mut verdicts = Vec::new();
    for tenant in store.audit_chains().await? {
        verdicts.push(verify(store, tenant).await?);
    }
    Ok(verdicts)
}

/// Verifies the chain of one tenant from its first entry to its head. Entries may be written meanwhile.
///
/// # Errors
/// [`StoreError`] if the store cannot be read. An entry that cannot be decoded is a broken chain, not an error.
pub async fn verify(store: &dyn AuditStore, tenant_id: TenantId) -> Result<Verdict, StoreError> {
    let mut found = AuditHead::empty(tenant_id);
    loop {
        // Before the entries: whatever this head names must be among them.
        let stored = store.audit_head(tenant_id).await?;
        let entries = match store.audit_after(tenant_id, found.seq, BATCH).await {
            Ok(entries) => entries,
            Err(StoreError::Corrupt(reason)) => return Ok(broken(found, found.seq + 1, reason)),
            Err(error) => return Err(error),
        };
        for entry in &entries {
            if let Err(reason) = follows(found, entry) {
                return Ok(broken(found, found.seq + 1, reason));
            }
            found = entry.head();
            if found.seq == stored.seq && found.hash != stored.hash {
                return Ok(broken(found, found.seq, "it is not the entry that the head names".to_owned()));
            }
        }
        if entries.is_empty() {
            return Ok(verify_end(stored, found));
        }
    }
}

fn broken(chain: AuditHead, seq: u64, reason: String) -> Verdict {
    Verdict::Broken(BrokenChain { tenant_id: chain.tenant_id, seq, reason })
}

/// `stored` was read when all of the entries up to `found` were there, so it must name the last of them.
fn verify_end(stored: AuditHead, found: AuditHead) -> Verdict {
    if stored.seq > found.seq {
        return broken(found, found.seq + 1, format!("it is missing; the chain has {} entries", stored.seq));
    }
    if stored.seq < found.seq {
        return broken(
            found,
            stored.seq + 1,
            format!("the head ends the chain before it, at entry {}", stored.seq),
        );
    }
    Verdict::Whole(found)
}

fn follows(head: AuditHead, entry: &AuditEntry) -> Result<(), String> {
    if entry.seq != head.seq + 1 {
        return Err(format!("it is missing; entry {} comes next", entry.seq));
    }
    if entry.event.tenant_id != head.tenant_id {
        return Err("it belongs to another tenant".to_owned());
    }
    if entry.previous_hash != head.hash {
        return Err("it does not follow the entry before it".to_owned());
    }
    match hash(entry.seq, &entry.previous_hash, &entry.event) {
        Ok(hash) if hash == entry.hash => Ok(()),
        Ok(_) => Err("its content was changed".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
