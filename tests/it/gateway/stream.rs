//! Bodies pass as they come, and nobody works for a client that has gone (P8).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use black_box_tests::{Actor, Options, Service, StoreKind, eventually, within};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use registry_core::model::role::Role;
use registry_gateway::proxy::ProxyLimits;
use serde_json::json;
use tokio::sync::oneshot;

use super::kit::{PATIENCE, echo, message, place, post};
use super::peer::{Chunks, Peer, Reply, chunks, events, reply};

on_memory!(
    events_arrive_one_by_one,
    an_event_stream_is_opened_by_get_and_resumed_by_id,
    json_stays_json_to_the_byte,
    p8_a_client_that_leaves_before_the_answer_ends_the_call,
    p8_a_client_that_leaves_a_stream_ends_it,
    a_body_of_many_megabytes_passes_whole,
);

/// What the requirement allows.
pub(super) const A_SECOND: Duration = Duration::from_secs(1);

/// Sends, and does not read the body.
pub(super) async fn open(actor: &Actor, request: Request<Bytes>) -> Response<Incoming> {
    open_at(actor.client.address(), actor.secret(), request).await
}

/// The same with this key.
pub(super) async fn open_at(address: SocketAddr, key: &str, request: Request<Bytes>) -> Response<Incoming> {
    let client = legacy::Client::builder(TokioExecutor::new()).build_http();
    let (mut parts, body) = request.into_parts();
    parts.uri = format!("http://{address}{}", parts.uri).parse().unwrap();
    parts.headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
    let request = client.request(Request::from_parts(parts, Full::new(body)));
    within("the head of the answer", PATIENCE, request).await.expect("an answer")
}

async fn next(body: &mut Incoming) -> Bytes {
    let frame = within("the next frame", PATIENCE, body.frame()).await;
    frame.expect("a frame").expect("no error").into_data().expect("data")
}

/// Answers each request with a stream, and hands its other end over.
async fn streaming() -> (Peer, Arc<Mutex<Vec<Chunks>>>) {
    let open = Arc::<Mutex<Vec<Chunks>>>::default();
    let streams = open.clone();
    let peer = Peer::start(move |_| {
        let (sender, receiver) = chunks();
        streams.lock().unwrap().push(sender);
        std::future::ready(events(receiver))
    })
    .await;
    (peer, open)
}

/// The next event is only sent when the one before has arrived.
async fn events_arrive_one_by_one(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (peer, streams) = streaming().await;
    place(&owner, "One", &peer.url, json!({})).await;
    let answer = open(&owner, message(post("one"), &echo(1, "hello"))).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    let (sender, mut body) = (streams.lock().unwrap().remove(0), answer.into_body());
    for number in 0..50 {
        let event = Bytes::from(format!("id: {number}\nevent: message\ndata: {{\"n\":{number}}}\n\n"));
        sender.send(event.clone()).unwrap();
        assert_eq!(next(&mut body).await, event);
    }
    drop(sender);
    assert!(within("the end", PATIENCE, body.frame()).await.is_none());
}

async fn an_event_stream_is_opened_by_get_and_resumed_by_id(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (peer, streams) = streaming().await;
    place(&owner, "One", &peer.url, json!({})).await;
    let get = Request::get("/mcp/one").header("accept", "text/event-stream").header("last-event-id", "41");
    let mut body = open(&owner, get.body(Bytes::new()).unwrap()).await.into_body();
    let seen = peer.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.body.len()), ("GET", 0));
    assert_eq!(
        (&seen.headers["accept"], &seen.headers["last-event-id"]),
        (&"text/event-stream".parse().unwrap(), &"41".parse().unwrap())
    );
    let sender = streams.lock().unwrap().remove(0);
    for event in [": keep-alive\n\n", "id: 42\ndata: x\n\n"] {
        sender.send(Bytes::from(event)).unwrap();
        assert_eq!(next(&mut body).await, event);
    }
}

/// No client is told an event stream for no reason, and no number or space is written anew.
async fn json_stays_json_to_the_byte(service: &Service) {
    const ODD: &str = "{ \"jsonrpc\":\"2.0\",\r\n \"id\":1.0, \"b\":1,\"a\":2, \"result\":{\"x\":1e400,\"x\":\"\\u00fc\"} }\n";
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let peer = Peer::start(async |_| reply(200, Some("application/json; charset=utf-8"), ODD)).await;
    place(&owner, "One", &peer.url, json!({})).await;
    let sent = Bytes::from_static(b"{\"id\":1, \"id\" : 2,\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n");
    let answer = owner.client.send(post("one").body(sent.clone()).unwrap()).await;
    assert_eq!(answer.assert(200).text(), ODD);
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("content-length"), ODD.len().to_string());
    assert_eq!(peer.seen()[0].body, sent);
}

/// Tells when it is dropped, which hyper does when its peer has closed the connection.
struct Present(Option<oneshot::Sender<()>>);

impl Drop for Present {
    fn drop(&mut self) {
        // Nobody may wait for it any more.
        let _ = self.0.take().map(|gone| gone.send(()));
    }
}

async fn p8_a_client_that_leaves_before_the_answer_ends_the_call(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (gone, left) = oneshot::channel();
    let present = Mutex::new(Some(Present(Some(gone))));
    let peer = Peer::start(move |_| {
        let present = present.lock().unwrap().take();
        async move {
            let _present = present;
            std::future::pending::<Reply>().await
        }
    })
    .await;
    place(&owner, "One", &peer.url, json!({})).await;
    let mut call = Box::pin(open(&owner, message(post("one"), &echo(1, "hello"))));
    let arrives = eventually("the call arrives", PATIENCE, async || (peer.hits() == 1).then_some(()));
    tokio::select! { _ = &mut call => panic!("an answer"), () = arrives => {} }
    drop(call);
    within("the upstream's connection is closed", A_SECOND, left).await.unwrap();
}

async fn p8_a_client_that_leaves_a_stream_ends_it(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (peer, streams) = streaming().await;
    place(&owner, "One", &peer.url, json!({})).await;
    for request in [
        message(post("one"), &echo(1, "hello")),
        Request::get("/mcp/one").header("accept", "text/event-stream").body(Bytes::new()).unwrap(),
    ] {
        let mut body = open(&owner, request).await.into_body();
        let sender = streams.lock().unwrap().remove(0);
        sender.send(Bytes::from("data: 1\n\n")).unwrap();
        next(&mut body).await;
        drop(body);
        within("the upstream's connection is closed", A_SECOND, sender.closed()).await;
    }
}

async fn a_body_of_many_megabytes_passes_whole(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let large = Bytes::from(format!("[{}]", "1234567,".repeat(3_000_000).trim_end_matches(',')));
    let body = large.clone();
    let peer =
        Peer::start(move |_| std::future::ready(reply(200, Some("application/json"), body.clone()))).await;
    place(&owner, "One", &peer.url, json!({})).await;
    let up = Bytes::from(vec![b' '; 4 * 1024 * 1024]);
    let answer = owner.client.send(post("one").body(up.clone()).unwrap()).await;
    assert!(answer.assert(200).bytes == large, "{} of {} bytes", answer.bytes.len(), large.len());
    assert!(peer.seen()[0].body == up);
}

/// O2: an event stream that says nothing is cut, as a failure and not as an end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_a_stream_that_is_silent_for_too_long_is_cut() {
    let proxy = ProxyLimits { stream_idle_timeout: A_SECOND, ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (peer, streams) = streaming().await;
    place(&owner, "One", &peer.url, json!({})).await;
    let mut body = open(&owner, message(post("one"), &echo(1, "hello"))).await.into_body();
    let sender = streams.lock().unwrap().remove(0);
    // Longer than that altogether, but never at a time.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        sender.send(Bytes::from(": here\n\n")).unwrap();
        next(&mut body).await;
    }
    let end = within("the cut", PATIENCE, body.frame()).await.expect("no clean end");
    assert!(end.is_err());
    within("the upstream's connection is closed", A_SECOND, sender.closed()).await;
    service.stop().await;
}
