//! One line per request, on every way out.

use serde_json::Value;

use super::toy::Toy;
use crate::log::capture::Capture;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn lines_of(filter: &str, heads: &[&str]) -> Vec<Value> {
    let (capture, _guard) = Capture::start(filter);
    let toy = Toy::plain().await;
    for head in heads {
        toy.send(head, "").await;
    }
    toy.shutdown.cancel();
    toy.serving.await.unwrap();
    capture.lines()
}

#[tokio::test]
async fn every_request_has_one_line() {
    let traced =
        format!("GET /mcp/a?k=secret HTTP/1.1\nHost: x\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01\n");
    let named = "GET /nothing?k=secret HTTP/1.1\nHost: x\nX-Request-Id: one\n";
    let lines = lines_of("info", &[named, &traced, "GET /mcp/b HTTP/1.1\n"]).await;
    let expected =
        [("access::web", "/nothing", 404), ("access::mcp", "/mcp/a", 200), ("access::mcp", "/mcp/b", 400)];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, (target, path, status)) in lines.iter().zip(expected) {
        assert_eq!((&line["target"], &line["path"]), (&target.into(), &path.into()));
        assert_eq!((&line["status"], &line["complete"]), (&status.into(), &true.into()));
        assert!(line["bytes"].as_u64().unwrap() > 0 && line["duration_ms"].as_f64().unwrap() > 0.0);
        assert_eq!(line["client"], "127.0.0.1");
        assert!(line["remote"].as_str().unwrap().starts_with("127.0.0.1:"));
        assert!(!line.to_string().contains("secret"));
    }
    assert_eq!(lines[0]["request_id"], "one");
    assert_eq!(lines[1]["trace_id"], TRACE);
}

#[tokio::test]
async fn p5_the_line_and_the_handler_have_the_client_that_a_listed_proxy_names() {
    const ITEM: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let (capture, _guard) = Capture::start("info");
    let mut clients = Vec::new();
    for proxies in [vec![], vec!["127.0.0.0/8".parse().unwrap()]] {
        let toy = Toy::start(|limits| limits.trusted_proxies = proxies.into_iter().collect()).await;
        let head = format!("GET /api/items/{ITEM} HTTP/1.1\nHost: x\nX-Forwarded-For: 6.6.6.6, 192.0.2.1\n");
        let answer = toy.send(&head, "").await;
        clients.push(answer.json()["name"].as_str().unwrap().rsplit_once(' ').unwrap().1.to_owned());
        toy.shutdown.cancel();
        toy.serving.await.unwrap();
    }
    assert_eq!(clients, ["127.0.0.1", "192.0.2.1"]);
    let lines = capture.lines();
    assert_eq!(lines.iter().map(|line| line["client"].as_str().unwrap()).collect::<Vec<_>>(), clients);
    assert!(lines.iter().all(|line| line["remote"].as_str().unwrap().starts_with("127.0.0.1:")));
}

#[tokio::test]
async fn the_lines_of_the_gateway_can_be_silenced() {
    let heads = ["GET /mcp/a HTTP/1.1\nHost: x\n", "GET / HTTP/1.1\nHost: x\n"];
    let lines = lines_of("info,access::mcp=off", &heads).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["path"], "/");
}

/// R207: what went wrong is logged with its causes, under the request's name.
#[tokio::test]
async fn a_failure_is_logged_with_its_causes_and_the_requests_name() {
    let (capture, _guard) = Capture::start("info");
    let toy = Toy::plain().await;
    let body = r#"{"name":"failed","size":1}"#;
    let head = format!(
        "POST /api/items HTTP/1.1\nHost: x\nX-Request-Id: one\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01\n\
         Content-Type: application/json\nContent-Length: {}\n",
        body.len()
    );
    toy.send(&head, body).await.assert_error(500, "INTERNAL_ERROR");
    toy.send("GET /mcp/warn HTTP/1.1\nHost: x\nX-Request-Id: two\n", "").await;
    toy.send("GET /mcp/panic HTTP/1.1\nHost: x\nX-Request-Id: three\n", "").await;
    toy.shutdown.cancel();
    toy.serving.await.unwrap();
    let lines = capture.lines();
    let line = |message: &str| lines.iter().find(|line| line["message"] == message).unwrap();
    let failed = line("a service failed");
    assert_eq!(failed["error"], format!("reading failed: {}", std::fmt::Error));
    assert_eq!((&failed["span"]["request_id"], &failed["span"]["trace_id"]), (&"one".into(), &TRACE.into()));
    assert_eq!(line("a call failed")["span"]["request_id"], "two");
    assert_eq!(line("a handler panicked")["request_id"], "three");
}
