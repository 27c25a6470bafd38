//! What passes the door: headers that mirror the body (P2), bodies that can be read in two ways (P3), and keys that are
//! narrowed to tools.

use black_box_tests::{Actor, Answer, Client, Service};
use bytes::Bytes;
use http::Request;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::kit::{call, echo, place, post};
use super::peer::{Peer, json_reply};
use crate::support::{create_key, text};

on_memory!(
    p2_headers_that_differ_from_the_body_are_refused,
    p2_headers_that_agree_with_the_body_pass_to_the_byte,
    p2_headers_of_an_older_era_are_the_upstreams_matter,
    p3_a_body_that_can_be_read_in_two_ways_is_refused,
    p3_what_the_upstream_would_decode_is_not_judged,
    p3_a_body_on_which_nothing_depends_is_not_read,
    a_narrowed_key_calls_its_tools_and_no_other,
    what_a_narrowed_key_may_call_changes_at_once,
    o1_a_body_that_is_judged_has_to_arrive_in_time,
    o2_a_body_that_is_judged_is_bounded_in_size_and_depth,
    i3_the_name_of_a_tool_changes_neither_path_nor_headers,
);

const MODERN: &str = "2026-07-28";

/// An owner, and its server `one` that answers whatever it is asked.
async fn scene(service: &Service) -> (Actor, Peer) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let peer = Peer::start(async |_| json_reply(&json!({ "jsonrpc": "2.0", "id": 1, "result": {} }))).await;
    place(&owner, "One", &peer.url, json!({ "settings": { "timeoutMs": 1_000 } })).await;
    (owner, peer)
}

async fn narrowed(service: &Service, owner: &Actor, tools: &[&str]) -> Client {
    let key = create_key(owner, json!({ "scopes": ["mcp:invoke"], "tools": tools })).await;
    service.client().with_key(text(&key, "key"))
}

async fn send(client: &Client, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let request = headers.iter().fold(post("one"), |request, (name, value)| request.header(*name, *value));
    client.send(request.body(body.into()).unwrap()).await
}

/// A refusal with this status, stable code and JSON-RPC code, of the request with this id.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str, rpc_code: i32, id: &Value) {
    let (error, text) = (&answer.json["error"], answer.text());
    assert_eq!(answer.status.as_u16(), status, "{text}");
    assert_eq!((&error["data"]["code"], &error["code"]), (&json!(code), &json!(rpc_code)), "{text}");
    assert_eq!((&answer.json["jsonrpc"], &answer.json["id"]), (&json!("2.0"), id), "{text}");
}

fn tool_call(name: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": name } }).to_string()
}

async fn p2_headers_that_differ_from_the_body_are_refused(service: &Service) {
    let (owner, peer) = scene(service).await;
    let read = r#"{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"file:///a"}}"#;
    let task = r#"{"jsonrpc":"2.0","id":7,"method":"tasks/get","params":{"taskId":"t"}}"#;
    let start = r#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}"#;
    let (version, method, name) = ("mcp-protocol-version", "mcp-method", "mcp-name");
    let call = tool_call("echo");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[(version, MODERN)], &call),
        (&[(version, MODERN), (method, "tools/call")], &call),
        (&[(version, MODERN), (name, "echo")], &call),
        (&[(version, MODERN), (method, "tools/list"), (name, "echo")], &call),
        (&[(version, MODERN), (method, "Tools/Call"), (name, "echo")], &call),
        (&[(version, MODERN), (method, "tools/call"), (name, "delete")], &call),
        (&[(version, MODERN), (method, "tools/call"), (name, "=?base64?ZGVsZXRl?=")], &call),
        (&[(version, MODERN), (method, "tools/call"), (name, "=?base64?%?=")], &call),
        (&[(version, MODERN), (method, "tools/call"), (method, "tools/call"), (name, "echo")], &call),
        (&[(version, MODERN), (method, "tools/call"), (name, "echo"), (name, "delete")], &call),
        (&[(version, "2025-06-18"), (version, MODERN), (method, "tools/call"), (name, "echo")], &call),
        (&[(version, "2027-01-01"), (method, "tools/call")], &call),
        (&[(version, MODERN), (method, "resources/read"), (name, "file:///b")], read),
        (&[(version, MODERN), (method, "tasks/get")], task),
        (&[(version, MODERN), (method, "tools/call")], start),
    ];
    for (headers, body) in cases {
        let answer = send(&owner.client, headers, (*body).to_owned()).await;
        assert_refused(&answer, 400, "HEADER_MISMATCH", -32020, &json!(7));
    }
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#;
    let told = [(version, MODERN), (method, "tools/call")];
    let answer = send(&owner.client, &told, notification).await;
    assert_refused(&answer, 400, "HEADER_MISMATCH", -32020, &Value::Null);
    assert_eq!(peer.hits(), 0);
}

async fn p2_headers_that_agree_with_the_body_pass_to_the_byte(service: &Service) {
    let (owner, peer) = scene(service).await;
    let (version, method, name) = (("mcp-protocol-version", MODERN), "mcp-method", "mcp-name");
    let odd = r#" {"params" : {"arguments":{"n":1e999, "name":"x"},"name":"w\u00e4hle"},"id":"x",  "method":"tools\/call","jsonrpc":"2.0"} "#;
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[version, (method, "tools/call"), (name, "echo")], &tool_call("echo")),
        (&[version, (method, "tools/call"), (name, "=?base64?ZWNobw==?=")], &tool_call("echo")),
        (&[version, (method, "tools/call"), (name, "=?base64?d8OkaGxl?=")], odd),
        (&[version, (method, "tools/list")], r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#),
        (&[version, (method, "tools/call")], r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#),
        (&[version], r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#),
        (&[version], r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        (&[version], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
    ];
    for (number, (headers, body)) in cases.iter().enumerate() {
        send(&owner.client, headers, (*body).to_owned()).await.assert(200);
        let seen = peer.seen();
        assert_eq!((seen.len(), &*seen[number].body), (number + 1, body.as_bytes()), "{body}");
        for (name, value) in *headers {
            assert_eq!(seen[number].headers[*name], *value, "{body}");
        }
    }
}

async fn p2_headers_of_an_older_era_are_the_upstreams_matter(service: &Service) {
    let (owner, peer) = scene(service).await;
    for headers in
        [&[("mcp-protocol-version", "2025-11-25"), ("mcp-name", "other")][..], &[("mcp-method", "x")]]
    {
        send(&owner.client, headers, tool_call("echo")).await.assert(200);
    }
    assert_eq!(peer.hits(), 2);
}

/// Which of two keys an upstream takes is its parser's choice, and Go's takes `Name` for `name`.
async fn p3_a_body_that_can_be_read_in_two_ways_is_refused(service: &Service) {
    let (owner, peer) = scene(service).await;
    let key = narrowed(service, &owner, &["echo"]).await;
    let modern =
        [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "=?base64?ZWNobw==?=")];
    for body in [
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","name":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","n\u0061me":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","NAME":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo"},"params":{"name":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo"},"paramſ":{"name":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","method":"tools/call","params":{"name":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"id":8,"method":"tools/call","params":{"name":"echo"}}"#,
        r#"{"jsonrpc":"2.0","jsonrpc":"1.0","id":7,"method":"tools/call","params":{"name":"echo"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":["tools/call"],"params":{"name":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo"}} {"id":8}"#,
        r#"[{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"delete"}}]"#,
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"delete\"}}",
        "",
    ] {
        for (client, headers) in [(&key, &[][..]), (&owner.client, &modern)] {
            let answer = send(client, headers, body.to_owned()).await;
            assert_refused(&answer, 400, "INVALID_REQUEST", -32600, &Value::Null);
        }
    }
    let latin =
        [b"{\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"".as_slice(), b"\xe4\"}}"].concat();
    assert_refused(&send(&key, &[], latin).await, 400, "INVALID_REQUEST", -32600, &Value::Null);
    assert_eq!(peer.hits(), 0);
}

/// In UTF-7 `+AGQ-elete` is `delete`, and what is packed can say anything.
async fn p3_what_the_upstream_would_decode_is_not_judged(service: &Service) {
    let (owner, peer) = scene(service).await;
    let key = narrowed(service, &owner, &["echo"]).await;
    for (name, value) in
        [("content-encoding", "gzip"), ("content-encoding", "identity"), ("content-type", "text/plain")]
    {
        let answer = send(&key, &[(name, value)], tool_call("echo")).await;
        assert_refused(&answer, 415, "UNSUPPORTED_MEDIA_TYPE", -32600, &Value::Null);
    }
    let utf_7 = Request::post("/mcp/one").header("content-type", "application/json; charset=utf-7");
    let answer = key.send(utf_7.body(tool_call("echo").into()).unwrap()).await;
    assert_refused(&answer, 415, "UNSUPPORTED_MEDIA_TYPE", -32600, &Value::Null);
    assert_eq!(peer.hits(), 0);
}

async fn p3_a_body_on_which_nothing_depends_is_not_read(service: &Service) {
    let (owner, peer) = scene(service).await;
    for body in ["", "no JSON", "[]", r#"{"id":1,"id":2}"#, &"[".repeat(100_000)] {
        send(&owner.client, &[("mcp-protocol-version", "2025-03-26")], body.to_owned()).await.assert(200);
        assert_eq!(peer.seen().pop().unwrap().body, body);
    }
}

async fn a_narrowed_key_calls_its_tools_and_no_other(service: &Service) {
    let (owner, peer) = scene(service).await;
    let key = narrowed(service, &owner, &["echo", "get_*"]).await;
    for name in ["echo", "get_", "get_weather", "get_\u{1f327}"] {
        send(&key, &[], tool_call(name)).await.assert(200);
    }
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"delete"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"name":"delete"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
    ] {
        send(&key, &[], body).await.assert(200);
    }
    let listening = key.send(Request::get("/mcp/one").body(Bytes::new()).unwrap()).await;
    listening.assert(200);
    let passed = peer.hits();
    for name in ["delete", "Echo", "echo2", "get", "", "../get_x", "echo\u{0}"] {
        let answer = send(&key, &[], tool_call(name)).await;
        assert_refused(&answer, 403, "TOOL_NOT_ALLOWED", -32600, &json!(7));
        // The header is no way round: it names a tool that may be called.
        let headers = [("mcp-name", "echo"), ("mcp-method", "tools/list")];
        let answer = send(&key, &headers, tool_call(name)).await;
        assert_refused(&answer, 403, "TOOL_NOT_ALLOWED", -32600, &json!(7));
    }
    for params in [json!({ "name": ["delete"] }), json!({ "name": null }), json!({}), json!(["delete"])] {
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params }).to_string();
        assert_refused(&send(&key, &[], body).await, 400, "INVALID_REQUEST", -32600, &json!(7));
    }
    assert_eq!(peer.hits(), passed);
}

async fn what_a_narrowed_key_may_call_changes_at_once(service: &Service) {
    let (owner, _peer) = scene(service).await;
    let made = create_key(&owner, json!({ "scopes": ["mcp:invoke"] })).await;
    let (client, path) =
        (service.client().with_key(text(&made, "key")), format!("/api/api-keys/{}", text(&made, "id")));
    for (tools, status) in
        [(json!(null), 200), (json!(["other"]), 403), (json!(["ec*"]), 200), (json!(null), 200)]
    {
        owner.client.patch(&path, &json!({ "tools": tools })).await.assert(200);
        call(&client, "one").await.assert(status);
    }
}

async fn o1_a_body_that_is_judged_has_to_arrive_in_time(service: &Service) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (owner, peer) = scene(service).await;
    let made = create_key(&owner, json!({ "scopes": ["mcp:invoke"], "tools": ["echo"] })).await;
    #[expect(clippy::disallowed_methods, reason = "the test's own client, to the service under test")]
    let mut tcp = tokio::net::TcpStream::connect(service.address).await.unwrap();
    let head = format!(
        "POST /mcp/one HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        text(&made, "key")
    );
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let count =
        black_box_tests::within("the answer", super::kit::PATIENCE, tcp.read(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..count]);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
    assert_eq!(peer.hits(), 0);
}

async fn o2_a_body_that_is_judged_is_bounded_in_size_and_depth(service: &Service) {
    let (owner, peer) = scene(service).await;
    let key = narrowed(service, &owner, &["echo"]).await;
    for depth in [200, 2_000_000] {
        let deep = format!(r#"{{"id":7,"method":"ping","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let answer = send(&key, &[], deep).await;
        match depth {
            200 => assert_refused(&answer, 400, "INVALID_REQUEST", -32600, &Value::Null),
            _ => assert!([400, 413].contains(&answer.status.as_u16()), "{}", answer.text()),
        }
    }
    let large = format!("{}{}", tool_call("echo"), " ".repeat(5_000_000));
    let answer = send(&key, &[], large).await;
    assert_refused(&answer, 413, "PAYLOAD_TOO_LARGE", -32600, &Value::Null);
    assert_eq!(peer.hits(), 0);
}

async fn i3_the_name_of_a_tool_changes_neither_path_nor_headers(service: &Service) {
    let (owner, peer) = scene(service).await;
    let key = narrowed(service, &owner, &["*"]).await;
    let plain = send(&key, &[], echo(1, "hello").to_string()).await;
    plain.assert(200);
    let expected = peer.seen().pop().unwrap();
    for odd in
        ["../../admin", "%2f..%2f", "a\r\nx-evil: 1\r\n\r\nGET / HTTP/1.1", "?admin=1#x", "http://x/", "\0"]
    {
        for body in [tool_call(odd), echo(1, odd).to_string()] {
            send(&key, &[], body.clone()).await.assert(200);
            let seen = peer.seen().pop().unwrap();
            assert_eq!((&seen.target, &*seen.body), (&expected.target, body.as_bytes()), "{odd:?}");
            let mut headers = [expected.headers.clone(), seen.headers];
            for headers in &mut headers {
                headers.remove("content-length");
            }
            assert_eq!(headers[0], headers[1], "{odd:?}");
        }
    }
}
