//! Records: JSON values. What is longer than [`PART_BYTES`] is stored in parts.
//!
//! sled writes a leaf of its tree (up to 16 values, a few more while it merges) as one message, and a message of
//! more than a quarter of a segment (128 KiB) into a file of its own under `blobs/`, which it never syncs. Values of
//! at most 4 KiB keep every leaf below that, so there are no such files. ([`crate::disk`] syncs them
//! should there be one all the same.)

use registry_core::store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sled::IVec;

use crate::codec;
use crate::table::Table;

/// The longest value of a record that is stored whole, and the length of a part.
pub(crate) const PART_BYTES: usize = 4 * 1024;
/// First byte of a value that says where the parts are. JSON begins with `{`, or with `"`.
const IN_PARTS: u8 = 1;
/// How often a reader starts again when a record is replaced while it collects the parts.
const READ_ATTEMPTS: usize = 16;

/// Where values are read: the durable view of readers, or the draft of a write.
pub(crate) trait Read {
    /// The value of `key`.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<IVec>, StoreError>;

    /// The record of `key`.
    fn record<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.json(table, key)?.map(|json| decode(table, key, &json)).transpose()
    }

    /// The JSON of the record of `key`.
    fn json(&self, table: Table, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        for _ in 0..READ_ATTEMPTS {
            let Some(value) = self.get(table, key)? else { return Ok(None) };
            if let Some(json) = whole(self, table, key, value)? {
                return Ok(Some(json));
            }
        }
        Err(corrupt(table, key, "parts of it are missing"))
    }

    /// The record of `key`, which an index names.
    fn indexed<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Result<T, StoreError> {
        self.record(table, key)?.ok_or_else(|| corrupt(table, key, "an index names it, but it is not there"))
    }
}

/// The JSON of a stored value; `None` if one of its parts is gone.
fn whole(
    read: &(impl Read + ?Sized),
    table: Table,
    key: &[u8],
    value: IVec,
) -> Result<Option<IVec>, StoreError> {
    let Some(head) = Head::parse(&value) else { return Ok(Some(value)) };
    let mut json = Vec::with_capacity(usize::from(head.parts) * PART_BYTES);
    for number in 0..head.parts {
        let Some(part) = read.get(Table::Part, &head.part_key(table, key, number))? else { return Ok(None) };
        json.extend_from_slice(&part);
    }
    Ok(Some(json.into()))
}

/// The record that has this JSON.
pub(crate) fn decode<T: DeserializeOwned>(table: Table, key: &[u8], json: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|error| corrupt(table, key, &error.to_string()))
}

fn corrupt(table: Table, key: &[u8], reason: &str) -> StoreError {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * key.len());
    for byte in key {
        let _ = write!(text, "{byte:02x}");
    }
    StoreError::Corrupt(format!("{} {text}: {reason}", table.name()))
}

/// What stands in the place of a record that is stored in parts. Each time that it is replaced the version
/// grows, so that a reader never joins parts of two versions.
#[derive(Clone, Copy)]
struct Head {
    version: u64,
    parts: u16,
}

impl Head {
    fn parse(value: &[u8]) -> Option<Self> {
        let (first, rest) = value.split_first()?;
        let (version, parts) = rest.split_first_chunk()?;
        let parts = u16::from_be_bytes(parts.try_into().ok()?);
        (*first == IN_PARTS).then_some(Self { version: u64::from_be_bytes(*version), parts })
    }

    fn to_bytes(self) -> Vec<u8> {
        [&[IN_PARTS][..], &self.version.to_be_bytes(), &self.parts.to_be_bytes()].concat()
    }

    fn part_key(self, table: Table, key: &[u8], number: u16) -> Vec<u8> {
        let table = table.name().as_bytes();
        [key, table, &self.version.to_be_bytes()[..], &number.to_be_bytes()].concat()
    }
}

/// The changes that put `record` in the place of `old`.
pub(crate) fn replace<T: Serialize>(
    table: Table,
    key: &[u8],
    old: Option<&[u8]>,
    record: &T,
) -> Result<Vec<Change>, StoreError> {
    let json = serde_json::to_vec(record).map_err(StoreError::backend)?;
    let mut changes = remove_parts(table, key, old);
    if json.len() <= PART_BYTES {
        changes.push((table, key.to_vec(), Some(json)));
        return Ok(changes);
    }
    let parts = json.chunks(PART_BYTES);
    let count = u16::try_from(parts.len()).map_err(StoreError::backend)?;
    let version = old.and_then(Head::parse).map_or(0, |head| head.version + 1);
    let head = Head { version, parts: count };
    changes.push((table, key.to_vec(), Some(head.to_bytes())));
    let part =
        |(number, part): (u16, &[u8])| (Table::Part, head.part_key(table, key, number), Some(part.to_vec()));
    changes.extend((0..count).zip(parts).map(part));
    Ok(changes)
}

/// The changes that remove the record whose stored value is `old`.
pub(crate) fn remove(table: Table, key: &[u8], old: &[u8]) -> Vec<Change> {
    let mut changes = remove_parts(table, key, Some(old));
    changes.push((table, key.to_vec(), None));
    changes
}

/// What a write changes: a key of a tree gets a value, or loses it.
pub(crate) type Change = (Table, Vec<u8>, Option<Vec<u8>>);

fn remove_parts(table: Table, key: &[u8], old: Option<&[u8]>) -> Vec<Change> {
    let Some(head) = old.and_then(Head::parse) else { return Vec::new() };
    (0..head.parts).map(|number| (Table::Part, head.part_key(table, key, number), None)).collect()
}

/// A counter of the `Total` tree: of what, in whose.
pub(crate) fn total_key(tenant: [u8; codec::ID], noun: &[u8]) -> Vec<u8> {
    [&tenant[..], noun].concat()
}

/// The counter's value; 0 if nothing was counted.
pub(crate) fn total(read: &impl Read, key: &[u8]) -> Result<u64, StoreError> {
    read.get(Table::Total, key)?.map_or(Ok(0), |value| codec::u64_at(&value, 0))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Default)]
    struct Map(RefCell<Values>);

    type Values = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

    impl Map {
        fn apply(&self, changes: Vec<Change>) {
            for (table, key, value) in changes {
                match value {
                    Some(value) => self.0.borrow_mut().insert((table, key), value),
                    None => self.0.borrow_mut().remove(&(table, key)),
                };
            }
        }

        fn put(&self, text: &BTreeMap<&str, String>) {
            let old = self.get(Table::Audit, b"k").unwrap();
            self.apply(replace(Table::Audit, b"k", old.as_deref(), text).unwrap());
        }
    }

    impl Read for Map {
        fn get(&self, table: Table, key: &[u8]) -> Result<Option<IVec>, StoreError> {
            Ok(self.0.borrow().get(&(table, key.to_vec())).map(|value| value.as_slice().into()))
        }
    }

    #[test]
    fn long_records_are_kept_in_parts_and_leave_none_behind() {
        let map = Map::default();
        for length in [10, 5_000, 300_000, 4_100, 3] {
            let record = BTreeMap::from([("text", "x".repeat(length))]);
            map.put(&record);
            let read: BTreeMap<String, String> = map.indexed(Table::Audit, b"k").unwrap();
            assert_eq!(read["text"].len(), length);
            assert!(map.0.borrow().values().all(|value| value.len() <= PART_BYTES));
        }
        let last = map.get(Table::Audit, b"k").unwrap().unwrap();
        map.apply(remove(Table::Audit, b"k", &last));
        assert!(map.0.borrow().is_empty());
    }

    #[test]
    fn a_missing_part_is_told() {
        let map = Map::default();
        map.put(&BTreeMap::from([("text", "x".repeat(9_000))]));
        map.0.borrow_mut().pop_last();
        let read = map.record::<BTreeMap<String, String>>(Table::Audit, b"k");
        assert!(matches!(read, Err(StoreError::Corrupt(reason)) if reason.contains("missing")));
    }
}
