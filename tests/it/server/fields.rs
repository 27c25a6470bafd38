//! Values of fields that are refused, with the field that the error must name.

use serde_json::{Value, json};

use super::bounds;

/// Fields to lay over a valid server, and the field of `details` that tells what is wrong.
pub(super) type Case = (Value, &'static str);

const UUID: &str = "01900000-0000-7000-8000-000000000000";

/// Wrong values that a registration and a change must refuse alike (R25 to R42, C15 to C18).
pub(super) fn wrong() -> Vec<Case> {
    [names(), texts(), versions(), endpoints(), credentials(), lists(), metadata(), bounds::wrong(), types()]
        .into_iter()
        .flatten()
        .collect()
}

/// What only a registration must refuse: absent fields, and fields that are not its to set.
pub(super) fn wrong_when_new() -> Vec<Case> {
    vec![
        (json!({ "name": null }), "name"),
        (json!({ "version": null }), "version"),
        (json!({ "endpointUrl": null }), "endpointUrl"),
        (json!({ "status": "active" }), "status"),
        (json!({ "tenantId": "acme" }), "tenantId"),
        (json!({ "authType": "bearer" }), "authConfig.bearerToken"),
        (json!({ "authType": "api_key" }), "authConfig.apiKey"),
        (json!({ "authType": "custom" }), "authConfig.custom"),
        (json!({ "authType": "bearer", "authConfig": { "apiKey": "k" } }), "authConfig.bearerToken"),
    ]
}

fn of(field: &'static str, values: impl IntoIterator<Item = Value>) -> Vec<Case> {
    values.into_iter().map(|value| (json!({ field: value }), field)).collect()
}

fn names() -> Vec<Case> {
    let long = "n".repeat(101);
    let values =
        ["", "   ", &long, "a\tb", "a\nb", "\n", "a.b", "a/b", "Wetterdienst Ä", "名前", "a\u{0}b", UUID];
    of("name", values.map(Value::from))
}

fn texts() -> Vec<Case> {
    let descriptions =
        ["d".repeat(501), "☂".repeat(501), "nul \u{0}".to_owned(), "escape \u{1b}[1m".to_owned()];
    let categories = ["c".repeat(51), "two\nlines".to_owned()];
    let mut cases = of("description", descriptions.map(Value::from));
    cases.extend(of("category", categories.map(Value::from)));
    cases
}

fn versions() -> Vec<Case> {
    let long = format!("1.0.0-{}", "a".repeat(45));
    let values = ["", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.x", "latest", &long];
    of("version", values.map(Value::from))
}

fn endpoints() -> Vec<Case> {
    let long = format!("https://weather.example/{}", "p".repeat(2048));
    let urls = [
        "",
        "nonsense",
        "/relative",
        "//weather.example/",
        "ftp://weather.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "ws://weather.example/",
        "stdio:launcher",
        "https://user:password@weather.example/",
        "https://user@weather.example/",
        "https://weather.example/#fragment",
        "https://weather.example:99999/",
        "http://[::1",
        &long,
    ];
    let mut cases = of("endpointUrl", urls.map(Value::from));
    let https = "https://weather.example/";
    for (transport, url) in [("websocket", https), ("stdio", https), ("sse", "wss://weather.example/")] {
        cases.push((json!({ "transportType": transport, "endpointUrl": url }), "endpointUrl"));
    }
    cases.extend(of("transportType", ["", "HTTP", "carrier pigeon"].map(Value::from)));
    cases
}

fn credentials() -> Vec<Case> {
    let case = |auth_type: &str, config: Value, field| {
        (json!({ "authType": auth_type, "authConfig": config }), field)
    };
    let many: serde_json::Map<_, _> = (0..21).map(|n| (format!("X-{n}"), json!("v"))).collect();
    let mut cases = of("authType", ["", "Bearer", "magic"].map(Value::from));
    for token in [String::new(), "a\r\nX-Evil: 1".to_owned(), "Ä".to_owned(), "t".repeat(8193)] {
        cases.push(case("bearer", json!({ "bearerToken": token }), "authConfig.bearerToken"));
        cases.push(case("api_key", json!({ "apiKey": token }), "authConfig.apiKey"));
        cases.push(case("custom", json!({ "custom": { "X-Team": token } }), "authConfig.custom"));
    }
    for header in ["", "two words", "Host", "Content-Length", "Mcp-Session-Id", "X-Forwarded-For", "a:b"] {
        let config = json!({ "apiKey": "k", "apiKeyHeader": header });
        cases.push(case("api_key", config, "authConfig.apiKeyHeader"));
        cases.push(case("custom", json!({ "custom": { header: "v" } }), "authConfig.custom"));
    }
    for custom in [json!({}), json!(many)] {
        cases.push(case("custom", json!({ "custom": custom }), "authConfig.custom"));
    }
    // S7: plain http only on loopback.
    for url in
        ["http://login.example/token", "javascript:alert(1)", "file:///x", "", "https://u:p@login.example/"]
    {
        for (name, field) in [
            ("tokenUrl", "authConfig.oauth.tokenUrl"),
            ("authorizationUrl", "authConfig.oauth.authorizationUrl"),
        ] {
            cases.push(case("oauth", json!({ "oauth": { name: url } }), field));
        }
    }
    cases.push(case("oauth", json!({ "oauth": { "clientId": "" } }), "authConfig.oauth.clientId"));
    cases.push(case("oauth", json!({ "oauth": { "clientSecret": "" } }), "authConfig.oauth.clientSecret"));
    cases
}

fn lists() -> Vec<Case> {
    let many: Vec<_> = (0..11).map(|n| format!("t{n}")).collect();
    let long = "t".repeat(51);
    of("tags", [json!(many), json!([long]), json!([""]), json!(["a b"]), json!(["ä"]), json!(["ok", "a,b"])])
}

fn metadata() -> Vec<Case> {
    let deep = (0..17).fold(json!(1), |inner, _| json!({ "a": inner }));
    of("metadata", [json!({ "big": "m".repeat(16 * 1024) }), deep, json!({ "nul": "\u{0}" })])
}

/// Values of the wrong JSON type: the path names the field.
fn types() -> Vec<Case> {
    vec![
        (json!({ "name": 5 }), "name"),
        (json!({ "tags": "weather" }), "tags"),
        (json!({ "tags": [5] }), "tags[0]"),
        (json!({ "isPublic": "yes" }), "isPublic"),
        (json!({ "metadata": [] }), "metadata"),
        (json!({ "healthCheckInterval": -1 }), "healthCheckInterval"),
        (json!({ "healthCheckInterval": 60.5 }), "healthCheckInterval"),
        (json!({ "healthCheckInterval": 99_999_999_999_u64 }), "healthCheckInterval"),
        (json!({ "authConfig": "token" }), "authConfig"),
        (json!({ "authConfig": { "custom": { "X-Team": 1 } } }), "authConfig.custom.X-Team"),
        (json!({ "settings": { "rateLimit": { "rpm": 5 } } }), "settings.rateLimit"),
        (json!({ "settings": { "timeoutMs": "1s" } }), "settings.timeoutMs"),
    ]
}
