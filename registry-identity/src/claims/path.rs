//! Finding a claim.

use serde_json::{Map, Value};

/// The claim at `path`: a name, or names joined by dots (`realm_access.roles`). A name may have dots of its own, as in
/// `https://acme.test/roles`; the longest name that is there wins.
pub(super) fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    path.rmatch_indices('.').find_map(|(dot, _)| {
        let inner = claims.get(&path[..dot])?.as_object()?;
        find(inner, &path[dot + 1..])
    })
}

/// The values of a claim that is a text or a list of texts; others are none.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::find;

    #[test]
    fn a_path_leads_through_objects_and_names_with_dots() {
        let claims = json!({
            "tid": "a", "realm_access": {"roles": ["b"]}, "https://acme.test/roles": "c",
            "resource_access": {"my.client": {"roles": "d"}}, "x.y": "e", "x": {"y": "f"},
        });
        let claims = claims.as_object().expect("an object");
        for (path, value) in [
            ("tid", json!("a")),
            ("realm_access.roles", json!(["b"])),
            ("https://acme.test/roles", json!("c")),
            ("resource_access.my.client.roles", json!("d")),
            ("x.y", json!("e")),
        ] {
            assert_eq!(find(claims, path), Some(&value), "{path}");
        }
        for path in ["", ".", "tid.x", "realm_access.", "realm_access.roles.0", ".tid"] {
            assert_eq!(find(claims, path), None, "{path}");
        }
    }
}
