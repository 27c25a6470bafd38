//! Numbers with bounds.

use serde_json::{Value, json};

use super::fields::Case;

/// Each field by its path, with the smallest and the largest value (R79, R82, and the table of defaults).
const BOUNDS: [(&str, u64, u64); 10] = [
    ("settings.timeoutMs", 1_000, 300_000),
    ("settings.maxRetries", 0, 10),
    ("settings.backoffMs", 100, 60_000),
    ("settings.cacheTtlSeconds", 60, 86_400),
    ("settings.rateLimit.rpm", 1, 10_000),
    ("settings.rateLimit.burst", 1, 1_000),
    ("healthCheckInterval", 60, 3_600),
    ("healthCheckTimeout", 1, 30),
    ("healthCheckRetries", 0, 10),
    ("alertThreshold", 1, 100),
];

/// One below and one above each field's bounds.
pub(super) fn wrong() -> Vec<Case> {
    let cases = BOUNDS.iter().flat_map(|(field, min, max)| {
        let below = min.checked_sub(1).map(|value| (body(field, value), *field));
        below.into_iter().chain([(body(field, max + 1), *field)])
    });
    cases.collect()
}

/// Each field at both of its bounds.
pub(super) fn right() -> Vec<(Value, &'static str, u64)> {
    let at = |(field, min, max): &(&'static str, u64, u64)| [(*field, *min), (*field, *max)];
    BOUNDS.iter().flat_map(at).map(|(field, value)| (body(field, value), field, value)).collect()
}

fn body(path: &str, value: u64) -> Value {
    match path.split('.').collect::<Vec<_>>()[..] {
        ["settings", "rateLimit", field] => {
            let mut limit = json!({ "rpm": 1, "burst": 1 });
            limit[field] = value.into();
            json!({ "settings": { "rateLimit": limit } })
        }
        ["settings", field] => json!({ "settings": { field: value } }),
        _ => json!({ path: value }),
    }
}
