//! Cases of keys that have to be looked after.

use chrono::TimeDelta;

use super::sample;
use super::world::World;
use crate::clock::Timestamp;
use crate::model::key::{ApiKey, RotationPolicy};
use crate::model::text::KeyName;

/// The least time that a store tells apart.
const TICK: TimeDelta = TimeDelta::microseconds(1);

/// Keys by what they are, of which those that begin with `!` need care at `now` if what expires by `soon` does.
fn keys(plain: &ApiKey, now: Timestamp, soon: Timestamp) -> Vec<(&'static str, ApiKey)> {
    let plain = ApiKey { expires_at: soon + TICK, created_at: now - TimeDelta::days(10), ..plain.clone() };
    let rotation = |days, auto_rotate| RotationPolicy { days, auto_rotate };
    let rotating = ApiKey { rotation: rotation(10, true), ..plain.clone() };
    let expiring = ApiKey { expires_at: soon, ..plain.clone() };
    let waiting = |until| ApiKey { unclaimed_until: Some(until), ..plain.clone() };
    vec![
        ("expires later", plain.clone()),
        ("! expires soon", expiring.clone()),
        ("! expires at once", ApiKey { expires_at: now + TICK, ..plain.clone() }),
        ("has expired", ApiKey { expires_at: now, ..plain.clone() }),
        ("is revoked", ApiKey { revoked_at: Some(now), ..expiring }),
        ("! waits for its owner", waiting(now + TICK)),
        ("has waited for too long", waiting(now)),
        ("! is to be rotated", rotating.clone()),
        (
            "is to be rotated in a moment",
            ApiKey { created_at: rotating.created_at + TICK, ..rotating.clone() },
        ),
        ("was rotated since", ApiKey { last_rotated_at: Some(now - TimeDelta::days(9)), ..rotating.clone() }),
        (
            "! was rotated long ago",
            ApiKey { last_rotated_at: Some(now - TimeDelta::days(11)), ..rotating.clone() },
        ),
        ("is rotated by people", ApiKey { rotation: rotation(10, false), ..plain.clone() }),
        ("is rotated later", ApiKey { rotation: rotation(11, true), ..plain }),
        ("is revoked and to be rotated", ApiKey { revoked_at: Some(now), ..rotating }),
    ]
}

pub(super) async fn keys_that_need_care_are_found_whosever_they_are(world: &mut World) {
    let now = sample::at_us(1_800_000_000_000_000);
    let soon = now + TimeDelta::days(14);
    let mut expected = Vec::new();
    for tenant in ["acme", "other"] {
        let owner = world.make_owner(tenant).await;
        for (name, key) in keys(&sample::key(&*world.clock, &owner, "plain"), now, soon) {
            let ApiKey { id, digest, prefix, .. } = sample::key(&*world.clock, &owner, "new");
            let name = KeyName::parse(name).unwrap();
            let key = ApiKey { id, digest, prefix, name, ..key };
            world.put_key(&key).await;
            if key.name.as_str().starts_with('!') {
                expected.push(key);
            }
        }
    }
    expected.sort_unstable_by_key(|key| key.id);
    assert_eq!(expected.len(), 10);
    for limit in [1, 3, 10, 100] {
        let (mut found, mut last) = (Vec::new(), None);
        loop {
            let page = world.store().keys_in_need(now, soon, last, limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(key) = page.last() else { break };
            last = Some(key.id);
            found.extend(page);
        }
        assert_eq!(found, expected, "by {limit}");
    }
}
