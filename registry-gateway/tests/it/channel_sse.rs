//! HTTP with server-sent events as a channel: where credentials go, and what ends it (S3, O2).

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use registry_core::model::endpoint::Transport;
use registry_gateway::{
    dial::EgressPolicy,
    transport::{
        Channels,
        channel::{ChannelError, MAX_MESSAGE_BYTES},
    },
};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use crate::{
    channel::{PATIENCE, last_error, message, open, open_of},
    fixture::{Canary, dialer},
};

/// A server whose events a test writes. What is posted to it comes back as an event.
#[derive(Clone)]
struct Server {
    events: UnboundedSender<String>,
    stream: Arc<Mutex<Option<UnboundedReceiver<String>>>>,
    /// Method, path and credential of each request.
    seen: Arc<Mutex<Vec<String>>>,
    post_status: u16,
}

impl Server {
    /// Its first event names `endpoint`.
    async fn start(endpoint: &str, post_status: u16) -> (Self, String) {
        let (events, stream) = unbounded_channel();
        events.send(format!("event: endpoint\ndata: {endpoint}\n\n")).unwrap();
        let stream = Arc::new(Mutex::new(Some(stream)));
        let server = Self { events, stream, seen: Arc::default(), post_status };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sse", listener.local_addr().unwrap());
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let server = accepting.clone();
                let service = service_fn(move |request| server.clone().answer(request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(tcp), service));
            }
        });
        (server, url)
    }

    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
        let credential =
            request.headers().get("authorization").map_or("none", |value| value.to_str().unwrap());
        let line = format!("{} {} {credential}", request.method(), request.uri());
        self.seen.lock().unwrap().push(line);
        if request.method() == Method::GET {
            return Ok(self.events());
        }
        let body = request.into_body().collect().await.unwrap().to_bytes();
        if self.post_status == 202 {
            let _ = self.events.send(format!("event: message\ndata: {}\n\n", String::from_utf8_lossy(&body)));
        }
        let answer = Response::builder().status(self.post_status).body(Empty::new().boxed_unsync());
        Ok(answer.unwrap())
    }

    fn events(&self) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        let stream = self.stream.lock().unwrap().take().unwrap();
        let frames = futures::stream::unfold(stream, async |mut stream| {
            let event = stream.recv().await?;
            Some((Ok(Frame::data(Bytes::from(event))), stream))
        });
        let body = StreamBody::new(frames).boxed_unsync();
        Response::builder().header("content-type", "text/event-stream; charset=utf-8").body(body).unwrap()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn messages_go_as_posts_to_the_endpoint_and_come_as_events() {
    let (server, url) = Server::start("/messages?session=1", 202).await;
    let mut channel = open(Transport::Sse, &url).await.unwrap();
    for text in ["{\"id\":1}", "{\"id\":2}"] {
        channel.send(Bytes::from(text)).await.unwrap();
        assert_eq!(message(&mut channel).await, text);
    }
    server.events.send(": a comment\n\nevent: ping\ndata: x\n\ndata: {\"id\":3}\n\n".to_owned()).unwrap();
    assert_eq!(message(&mut channel).await, "{\"id\":3}");
    let post = "POST /messages?session=1 Bearer canary";
    assert_eq!(server.seen(), ["GET /sse Bearer canary", post, post]);
}

/// S3: credentials go where the owner said, and nowhere else.
#[tokio::test]
async fn s3_an_endpoint_of_another_origin_is_refused_and_sees_nothing() {
    let canary = Canary::on("127.0.0.1").await;
    let port = canary.port();
    for endpoint in [
        format!("http://127.0.0.1:{port}/messages"),
        format!("//127.0.0.1:{port}/messages"),
        format!("http://localhost:{port}/messages"),
        format!("https://127.0.0.1:{port}/messages"),
        format!("\\\\127.0.0.1:{port}\\messages"),
    ] {
        let (_, url) = Server::start(&endpoint, 202).await;
        let error = open(Transport::Sse, &url).await.unwrap_err();
        assert!(matches!(error, ChannelError::OtherOrigin), "{endpoint}: {error:?}");
    }
    for endpoint in ["javascript:alert(1)", "file:///etc/passwd", "data:,x"] {
        let (_, url) = Server::start(endpoint, 202).await;
        let error = open(Transport::Sse, &url).await.unwrap_err();
        assert!(matches!(error, ChannelError::OtherOrigin), "{endpoint}: {error:?}");
    }
    assert_eq!(canary.hits().await, 0);
}

#[tokio::test]
async fn a_refused_post_ends_it_with_the_status() {
    for status in [400, 401, 404, 307, 500] {
        let (_, url) = Server::start("/messages", status).await;
        let mut channel = open(Transport::Sse, &url).await.unwrap();
        channel.send(Bytes::from_static(b"{}")).await.unwrap();
        let error = last_error(&mut channel).await;
        assert!(matches!(error, ChannelError::Status(found) if found.as_u16() == status), "{error:?}");
    }
}

#[tokio::test]
async fn o2_an_event_without_end_ends_it() {
    let (server, url) = Server::start("/messages", 202).await;
    let mut channel = open(Transport::Sse, &url).await.unwrap();
    let chunk = format!("data: {}\n", "x".repeat(1 << 20));
    for _ in 0..=(MAX_MESSAGE_BYTES >> 20) {
        server.events.send(chunk.clone()).unwrap();
    }
    assert!(matches!(last_error(&mut channel).await, ChannelError::Protocol(_)));
}

#[tokio::test]
async fn letting_it_go_closes_the_stream() {
    let (server, url) = Server::start("/messages", 202).await;
    drop(open(Transport::Sse, &url).await.unwrap());
    timeout(PATIENCE, server.events.closed()).await.unwrap();
}

#[tokio::test]
async fn what_is_no_stream_of_this_kind_is_refused() {
    let (server, url) = Server::start("x", 202).await;
    *server.stream.lock().unwrap() = {
        let (events, stream) = unbounded_channel();
        events.send("event: message\ndata: {}\n\n".to_owned()).unwrap();
        Some(stream)
    };
    assert!(matches!(open(Transport::Sse, &url).await, Err(ChannelError::Protocol(_))));
    let canary = Canary::on("127.0.0.1").await;
    let url = format!("http://{}/sse", canary.address);
    assert!(matches!(open(Transport::Sse, &url).await, Err(ChannelError::Protocol(_))));
    let refusing = Channels::new(dialer(EgressPolicy::default()));
    let hits = canary.hits().await;
    assert!(matches!(open_of(&refusing, Transport::Sse, &url).await, Err(ChannelError::Dial(_))));
    assert_eq!(canary.hits().await, hits);
}
