//! P1 and P7, byte by byte.

use super::toy::Toy;

#[tokio::test]
async fn p7_exactly_one_valid_host() {
    let toy = Toy::plain().await;
    for hosts in ["", "Host: a\nHost: a\n", "Host: \n", "Host: x/health?\n", "Host: u@x\n"] {
        for path in ["/api/items", "/mcp/a", "/"] {
            let answer = toy.send(&format!("GET {path} HTTP/1.1\n{hosts}"), "").await;
            answer.assert_error(400, "INVALID_REQUEST");
        }
    }
    let absolute = toy.send("GET http://y/mcp HTTP/1.1\nHost: x\n", "").await;
    absolute.assert_error(400, "INVALID_REQUEST");
    assert_eq!(toy.send("GET http://x/mcp HTTP/1.1\nHost: x\n", "").await.status(), 200);
    toy.send("CONNECT x:1 HTTP/1.1\nHost: x\n", "").await.assert_error(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn p1_ambiguous_framing_is_refused_and_the_connection_closed() {
    let toy = Toy::plain().await;
    let next = "GET /mcp/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for head in [
        "POST /mcp/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /mcp/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST /mcp/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "POST /mcp/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "GET /mcp/a HTTP/1.1\nHost: x\n\n",
        "GET /mcp/a HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    ] {
        let mut client = toy.connect().await;
        client.write(head).await;
        client.write(next).await;
        let answer = client.read().await.unwrap();
        answer.assert_error(400, "INVALID_REQUEST");
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(client.read().await.is_none(), "{head:?} let a second request through");
    }
}

/// What hyper refuses by itself, before anything of ours sees a request.
#[tokio::test]
async fn p1_broken_heads_never_reach_a_service() {
    let toy = Toy::plain().await;
    for head in [
        "POST /mcp/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /mcp/a HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
        "POST /mcp/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "GET /mcp/a HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /mcp/a HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        "GET /mcp/a b HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut client = toy.connect().await;
        client.write(head).await;
        let answer = client.read().await;
        assert!(answer.as_ref().is_none_or(|answer| answer.status() == 400), "{head:?}: {answer:?}");
        assert!(client.read().await.is_none());
    }
}

#[tokio::test]
async fn a_flaw_of_a_later_request_does_not_touch_the_earlier_one() {
    let toy = Toy::plain().await;
    let mut client = toy.connect().await;
    client.write("POST /mcp/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\n\n").await;
    assert_eq!(client.read().await.unwrap().status(), 200);
    client.write("GET /mcp/a HTTP/1.1\r\nHost: x\r\n\r\nGET /mcp/a HTTP/1.1\nHost: x\n\n").await;
    assert_eq!(client.read().await.unwrap().status(), 200);
    client.read().await.unwrap().assert_error(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn a_chunked_request_is_answered_and_is_the_last() {
    let toy = Toy::plain().await;
    let mut client = toy.connect().await;
    client
        .write("POST /mcp/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        .await;
    client.write("GET /mcp/a HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = client.read().await.unwrap();
    assert!(answer.status() == 200 && answer.body.ends_with(" 3"), "{answer:?}");
    assert!(client.read().await.is_none());
}

#[tokio::test]
async fn dot_segments_are_refused() {
    let toy = Toy::plain().await;
    for path in ["/mcp/../api/items", "/mcp/%2e%2e/x", "/api/..%2fmcp", "/a\\..\\b"] {
        toy.get(path).await.assert_error(400, "INVALID_REQUEST");
    }
    // A name that only begins alike is not the gateway's.
    toy.get("/mcpx").await.assert_error(404, "NOT_FOUND");
    toy.get("//mcp").await.assert_error(404, "NOT_FOUND");
}
