//! How keys and the values of indexes are spelled in bytes.

use registry_core::clock::Timestamp;
use registry_core::model::id::TenantId;
use registry_core::model::period::Period;
use registry_core::store::StoreError;
use uuid::Uuid;

/// The length of an id in a key.
pub(crate) const ID: usize = 16;

/// The first part of a key: whose it is. Global records have the nil id, which no tenant has.
pub(crate) fn owner(tenant: Option<TenantId>) -> [u8; ID] {
    tenant.unwrap_or(TenantId::SYSTEM).0.into_bytes()
}

/// The reverse of [`owner`], for nouns that may be global.
pub(crate) fn tenant_of(bytes: &[u8]) -> Result<Option<TenantId>, StoreError> {
    let id = uuid_at(bytes, 0)?;
    Ok((!id.is_nil()).then_some(TenantId(id)))
}

/// A key of two ids.
pub(crate) fn pair(first: [u8; ID], second: Uuid) -> Vec<u8> {
    [first, second.into_bytes()].concat()
}

/// A time as bytes that sort as times do.
pub(crate) fn time(at: Timestamp) -> [u8; 8] {
    sortable(at.timestamp_micros())
}

/// What comes right after [`time`]: the end of a range of keys that begin with a time up to `at`.
pub(crate) fn after_time(at: Timestamp) -> [u8; 8] {
    u64::from_be_bytes(time(at)).saturating_add(1).to_be_bytes()
}

/// Where the keys begin and end that consist of `prefix` and a time in this period, and maybe more.
pub(crate) fn range_of(prefix: &[u8], period: Period) -> (Vec<u8>, Option<Vec<u8>>) {
    let at = |moment: Timestamp| [prefix, &time(moment)].concat();
    let start = period.from.map_or_else(|| prefix.to_vec(), at);
    (start, period.to.map_or_else(|| after(prefix), |to| Some(at(to))))
}

fn sortable(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// The time that stands at `offset`: the reverse of [`time`].
pub(crate) fn time_at(bytes: &[u8], offset: usize) -> Result<Timestamp, StoreError> {
    let number = (u64_at(bytes, offset)? ^ (1 << 63)).cast_signed();
    let time = Timestamp::from_timestamp_micros(number);
    time.ok_or_else(|| StoreError::Corrupt("an index row has a time beyond the calendar".to_owned()))
}

/// The id that stands at `offset`.
pub(crate) fn uuid_at(bytes: &[u8], offset: usize) -> Result<Uuid, StoreError> {
    Ok(Uuid::from_bytes(*array_at(bytes, offset)?))
}

/// The number that stands at `offset`.
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> Result<u64, StoreError> {
    Ok(u64::from_be_bytes(*array_at(bytes, offset)?))
}

/// The `N` bytes that stand at `offset`.
pub(crate) fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> Result<&[u8; N], StoreError> {
    let array = bytes.get(offset..).and_then(<[u8]>::first_chunk);
    array.ok_or_else(|| StoreError::Corrupt("an index row is too short".to_owned()))
}

/// The first key after all that begin with `prefix`; `None` if there is no such key.
pub(crate) fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut key = prefix[..=last].to_vec();
    key[last] += 1;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_bytes() {
        let numbers = [i64::MIN, -1_000, -1, 0, 1, 1_700_000_000_000_000, i64::MAX];
        assert!(numbers.map(sortable).is_sorted());
        let at = Timestamp::from_timestamp_micros(-1_000).unwrap();
        assert_eq!(time_at(&time(at), 0).unwrap(), at);
    }

    #[test]
    fn the_key_after_a_prefix_is_above_all_that_begin_with_it() {
        assert_eq!(after(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after(&[1, 0xff, 0xff]), Some(vec![2]));
        assert_eq!(after(&[0xff]), None);
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn global_records_stand_under_the_nil_id() {
        let tenant = TenantId(Uuid::from_u128(7));
        assert_eq!(tenant_of(&owner(Some(tenant))).unwrap(), Some(tenant));
        assert_eq!(tenant_of(&owner(None)).unwrap(), None);
        assert!(matches!(tenant_of(&[0; 15]), Err(StoreError::Corrupt(_))));
    }
}
