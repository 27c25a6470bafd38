//! How failing upstreams look to rmcp: the status, the challenge, the limits (F4, O2, S3).

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::StreamExt;
use http::HeaderMap;
use registry_gateway::{
    dial::UpstreamError,
    transport::streamable_http::{
        Failure, MAX_ERROR_BODY_BYTES, MAX_JSON_BODY_BYTES, StreamableHttp, any_era,
    },
};
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, PingRequest, RequestId, ServerJsonRpcMessage},
    service::{ClientInitializeError, ClientServiceExt},
    transport::streamable_http_client::{
        StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::fixture::{Canary, loopback_client, url};

/// An upstream that gives these bytes to every request; returns its URL.
async fn raw(answer: impl Into<Vec<u8>>) -> String {
    let answer: Arc<[u8]> = answer.into().into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = tcp.read(&mut [0; 4096]).await;
                let _ = tcp.write_all(&answer).await;
                // Closing with unread bytes would reset the connection and lose the answer.
                while tcp.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
            });
        }
    });
    format!("http://{address}/mcp")
}

/// A whole response, the only one on its connection.
fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn backend() -> StreamableHttp {
    StreamableHttp::new(loopback_client(), HeaderMap::new(), Duration::from_secs(2)).unwrap()
}

async fn post(
    target: &str,
    session: Option<&str>,
    max_event: usize,
) -> Result<StreamableHttpPostResponse, Failure> {
    let ping = ClientRequest::PingRequest(PingRequest::default());
    let message = ClientJsonRpcMessage::request(ping, RequestId::Number(1));
    let session = session.map(Arc::from);
    backend()
        .post_message_with_max_sse_event_size(
            target.into(),
            message,
            session,
            None,
            HashMap::new(),
            max_event,
        )
        .await
}

async fn failure(answer: String) -> Failure {
    post(&raw(answer).await, None, 1024).await.unwrap_err()
}

#[tokio::test]
async fn a_challenge_is_kept_with_401_and_403() {
    let challenge =
        "www-authenticate: Basic x\r\nwww-authenticate: Bearer resource_metadata=\"https://a/\"\r\n";
    match failure(response("401 Unauthorized", challenge, "{}")).await {
        StreamableHttpError::AuthRequired(error) => {
            assert_eq!(error.www_authenticate_header, "Bearer resource_metadata=\"https://a/\"");
        }
        other => panic!("{other:?}"),
    }
    let other = failure(response("403 Forbidden", challenge, "{}")).await;
    assert!(matches!(other, StreamableHttpError::InsufficientScope(_)), "{other:?}");
}

#[tokio::test]
async fn every_other_failed_status_is_kept_with_retry_after() {
    for status in [302, 401, 403, 404, 405, 429, 500, 503] {
        match failure(response(&format!("{status} X"), "retry-after: 7\r\n", "<html>")).await {
            StreamableHttpError::HttpStatus(error) => {
                assert_eq!((error.status, error.retry_after.as_deref()), (status, Some("7")));
            }
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_json_rpc_error_behind_a_failed_status_is_kept() {
    let body = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"mismatch"}}"#;
    for status in ["400 Bad Request", "500 Internal Server Error"] {
        let target = raw(response(status, "content-type: application/json\r\n", body)).await;
        let reply = post(&target, None, 1024).await.unwrap();
        assert!(
            matches!(reply, StreamableHttpPostResponse::Json(ServerJsonRpcMessage::Error(_), _)),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn a_404_within_a_session_means_that_the_session_is_gone() {
    let target = raw(response("404 Not Found", "", "")).await;
    assert!(matches!(post(&target, Some("s"), 1024).await, Err(StreamableHttpError::SessionExpired)));
}

#[tokio::test]
async fn s3_a_redirect_is_not_followed() {
    let canary = Canary::on("127.0.0.1").await;
    let location = format!("location: http://{}/\r\n", canary.address);
    let error = failure(response("307 Temporary Redirect", &location, "")).await;
    assert!(matches!(error, StreamableHttpError::HttpStatus(status) if status.status == 307));
    assert_eq!(canary.hits().await, 0);
}

#[tokio::test]
async fn o2_oversized_bodies_and_events_are_cut() {
    let json = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\"{}",
        "x".repeat(MAX_JSON_BODY_BYTES)
    );
    assert!(matches!(failure(json).await, StreamableHttpError::ResponseBodyTooLarge { .. }));
    let error = format!("HTTP/1.1 502 Bad Gateway\r\n\r\n{}", "x".repeat(MAX_ERROR_BODY_BYTES + 1));
    assert!(matches!(failure(error).await, StreamableHttpError::HttpStatus(status) if status.status == 502));
    let events =
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}", "x".repeat(4096));
    let StreamableHttpPostResponse::Sse(mut stream, _) = post(&raw(events).await, None, 1024).await.unwrap()
    else {
        panic!("no event stream");
    };
    assert!(stream.next().await.unwrap().unwrap_err().to_string().contains("1024"));
    let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(256 * 1024));
    assert!(matches!(failure(head).await, StreamableHttpError::Client(UpstreamError::Exchange(_))));
}

#[tokio::test]
async fn f4_silence_garbage_and_early_close_are_errors() {
    let stalled = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    for slow in futures::future::join_all([failure(String::new()), failure(stalled.into())]).await {
        assert!(matches!(slow, StreamableHttpError::Client(UpstreamError::Timeout(_))), "{slow:?}");
    }
    let garbage = failure("SSH-2.0-OpenSSH_9.9\r\n".into()).await;
    assert!(matches!(garbage, StreamableHttpError::Client(UpstreamError::Exchange(_))), "{garbage:?}");
    let html = failure(response("200 OK", "content-type: text/html\r\n", "<html>")).await;
    assert!(matches!(html, StreamableHttpError::UnexpectedContentType(Some(_))), "{html:?}");
    let text = failure(response("200 OK", "content-type: application/json\r\n", "nonsense")).await;
    assert!(matches!(text, StreamableHttpError::UnexpectedServerResponse(_)), "{text:?}");
}

#[tokio::test]
async fn the_lifecycle_reports_a_challenge_and_a_refused_address() {
    let challenge = "www-authenticate: Bearer resource_metadata=\"https://a/\"\r\n";
    let target = raw(response("401 Unauthorized", challenge, "")).await;
    let error = ().serve_with_lifecycle(backend().transport(&url(&target)), any_era()).await.unwrap_err();
    assert!(error.is_authorization_required());
    assert!(error.auth_challenge().unwrap().starts_with("Bearer"));
    let error =
        ().serve_with_lifecycle(backend().transport(&url("http://10.0.0.1/mcp")), any_era())
            .await
            .unwrap_err();
    let ClientInitializeError::TransportError { error, .. } = error else { panic!("{error:?}") };
    let failure = error.error.downcast_ref::<Failure>().unwrap();
    assert!(
        matches!(failure, StreamableHttpError::Client(UpstreamError::Dial(dial)) if dial.code() == "refused")
    );
}

#[tokio::test]
async fn the_lifecycle_reports_the_status_of_both_eras() {
    let target = raw(response("404 Not Found", "", "<html>")).await;
    let error = ().serve_with_lifecycle(backend().transport(&url(&target)), any_era()).await.unwrap_err();
    let ClientInitializeError::LegacyFallbackFailed { fallback, .. } = error else { panic!("{error:?}") };
    let ClientInitializeError::TransportError { error, .. } = *fallback else { panic!("{fallback:?}") };
    let failure = error.error.downcast_ref::<Failure>().unwrap();
    assert!(matches!(failure, StreamableHttpError::HttpStatus(status) if status.status == 404));
}
