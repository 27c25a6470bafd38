//! Every error has the one shape, and every answer its id and its headers.

use super::toy::Toy;

const NIL: &str = "/api/items/00000000-0000-0000-0000-000000000001";

#[tokio::test]
async fn errors_of_the_framework() {
    let toy = Toy::plain().await;
    toy.get("/nothing").await.assert_error(404, "NOT_FOUND");
    toy.get("/api/items/x").await.assert_error(400, "INVALID_REQUEST");
    let parameter = toy.get(&format!("{NIL}?size=x")).await.assert_error(400, "INVALID_REQUEST");
    assert!(parameter["details"]["size"].is_string());
    let wrong_type = "POST /api/items HTTP/1.1\nHost: x\nContent-Type: text/plain\nContent-Length: 2\n";
    toy.send(wrong_type, "{}").await.assert_error(415, "UNSUPPORTED_MEDIA_TYPE");
    toy.send("POST /api/items HTTP/1.1\nHost: x\n", "").await.assert_error(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let toy = Toy::plain().await;
    for (path, allow) in [("/api/items", "POST"), (NIL, "GET, HEAD")] {
        let answer = toy.send(&format!("DELETE {path} HTTP/1.1\nHost: x\n"), "").await;
        answer.assert_error(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some(allow));
    }
}

#[tokio::test]
async fn bad_bodies_say_where() {
    let toy = Toy::plain().await;
    let syntax = toy.post("{").await.assert_error(400, "INVALID_REQUEST");
    assert!(syntax["error"].as_str().unwrap().contains("line 1"));
    let field = toy.post(r#"{"name": "a", "size": 300}"#).await.assert_error(400, "INVALID_REQUEST");
    assert!(field["details"]["size"].is_string());
    toy.post("").await.assert_error(400, "INVALID_REQUEST");
    let deep = "[".repeat(10_000);
    toy.post(&deep).await.assert_error(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn answers_of_handlers() {
    let toy = Toy::plain().await;
    let created = toy.post(r#"{"name": "a", "size": 1, "unknown": []}"#).await;
    assert_eq!((created.status(), created.header("etag")), (201, Some("\"1\"")));
    assert_eq!(created.body, r#"{"name":"a","size":1}"#);
    let two = toy.post(r#"{"name": "twice", "size": 1}"#).await.assert_error(400, "INVALID_REQUEST");
    let expected = serde_json::json!({ "a": "1", "b": "2" });
    assert_eq!(two["details"], expected);
    let busy = toy.post(r#"{"name": "busy", "size": 1}"#).await;
    busy.assert_error(429, "RATE_LIMIT_EXCEEDED");
    assert_eq!(busy.header("retry-after"), Some("3"));
    toy.post(r#"{"name": "broken", "size": 1}"#).await.assert_error(500, "INTERNAL_ERROR");
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_service_lives_on() {
    let toy = Toy::plain().await;
    toy.post(r#"{"name": "panic", "size": 1}"#).await.assert_error(500, "INTERNAL_ERROR");
    toy.get("/mcp/panic").await.assert_error(500, "INTERNAL_ERROR");
    assert_eq!(toy.get(NIL).await.status(), 200);
}

#[tokio::test]
async fn the_request_id_is_the_clients_or_new() {
    let toy = Toy::plain().await;
    let given = toy.send(&format!("GET {NIL} HTTP/1.1\nHost: x\nX-Request-Id: abc-1\n"), "").await;
    assert_eq!(given.header("x-request-id"), Some("abc-1"));
    assert_eq!(given.json()["name"], "abc-1 127.0.0.1");
    let fresh = toy.send(&format!("GET {NIL} HTTP/1.1\nHost: x\nX-Request-Id: a b\n"), "").await;
    assert!(fresh.header("x-request-id").unwrap().starts_with("00000000-"));
    let mcp = toy.send("GET /mcp/a HTTP/1.1\nHost: x\nX-Request-Id: abc-2\n", "").await;
    assert_eq!((mcp.header("x-request-id"), mcp.body.as_str()), (Some("abc-2"), "mcp abc-2 0"));
}

#[tokio::test]
async fn security_headers() {
    let toy = Toy::plain().await;
    let answer = toy.get(NIL).await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert!(toy.get("/mcp/a").await.header("cache-control").is_none());
}

#[tokio::test]
async fn the_documentation_has_nothing_from_elsewhere() {
    let toy = Toy::plain().await;
    let page = toy.get("/api/docs").await;
    assert!(page.status() == 200 && !page.body.contains("http") && !page.body.contains("<style"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    for path in ["/api/docs/swagger-ui.js", "/api/docs/swagger-ui.css", "/api/docs/start.js"] {
        assert!(page.body.contains(path));
        assert_eq!(toy.get(path).await.status(), 200);
    }
}

#[tokio::test]
async fn the_document_has_the_error_shape_for_every_operation() {
    let toy = Toy::plain().await;
    let document = toy.get("/api/openapi.json").await.json();
    for (path, method, statuses) in [
        ("/api/items", "post", &["400", "401", "413", "415", "429", "500", "503"][..]),
        ("/api/items/{id}", "get", &["400", "401", "404", "429", "500", "503"]),
    ] {
        let responses = &document["paths"][path][method]["responses"];
        for status in statuses {
            let content = &responses[status]["content"]["application/json"];
            assert_eq!(content["schema"]["$ref"], "#/components/schemas/Error", "{path} {status}");
        }
    }
    assert!(document["paths"]["/api/items/{id}"]["get"]["responses"].get("415").is_none());
}
