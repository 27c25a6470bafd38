//! A channel that several requests share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver};
use tokio_util::sync::CancellationToken;

use super::super::id::Id;
use super::super::lend::Lent;
use super::super::parcel::Heard;
use super::super::session::{Begin, Common, Session};
use super::super::wait::Waiter;
use super::{PATIENCE, ping, question, whose};
use crate::proxy::head::Head;

/// A shared channel.
fn shared() -> (Arc<Session>, Receiver<Bytes>) {
    let (outgoing, upstream) = mpsc::channel(4);
    let common = Some(Common::default());
    (Session::new(whose(0, common), outgoing, CancellationToken::new()), upstream)
}

/// A request of a client that calls it 1, and what the upstream is told instead.
fn lend(session: &Arc<Session>, message: &Value) -> (Waiter, Id) {
    let body = message.to_string();
    let head = Head::parse(body.as_bytes()).unwrap();
    let lent = Arc::new(Lent::of(&head, Id::Number(1), Some(Id::Number(1))));
    let name = session.new_name();
    let token = Some(name.clone());
    let waiter =
        session.begin(Begin { id: name.clone(), token, streams: true, opens: false, lent: Some(lent) });
    (waiter.unwrap(), name)
}

async fn said(waiter: &mut Waiter) -> Value {
    match waiter.next(PATIENCE).await.unwrap() {
        Heard::Other(parcel) | Heard::Response(parcel, None) => {
            serde_json::from_slice(&parcel.message).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

/// T5: requests with the same ids and tokens hear each of itself alone.
#[tokio::test]
async fn t5_requests_on_a_shared_channel_hear_of_themselves_under_their_own_names() {
    let (session, _upstream) = shared();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call" });
    let (mut one, its_name) = lend(&session, &call);
    let (mut other, other_name) = lend(&session, &call);
    assert_ne!(its_name, other_name);
    for (name, text) in [(&other_name, "other"), (&its_name, "one")] {
        let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress",
            "params": { "progressToken": name, "message": text } });
        session.deliver(Bytes::from(progress.to_string()).into()).await.unwrap();
        let response = json!({ "jsonrpc": "2.0", "id": name, "result": text });
        session.deliver(Bytes::from(response.to_string()).into()).await.unwrap();
    }
    for (waiter, text) in [(&mut one, "one"), (&mut other, "other")] {
        let progress = said(waiter).await;
        assert_eq!(
            (&progress["params"]["progressToken"], &progress["params"]["message"]),
            (&json!(1), &json!(text))
        );
        let response = said(waiter).await;
        assert_eq!((&response["id"], &response["result"]), (&json!(1), &json!(text)));
    }
}

#[tokio::test]
async fn a_subscription_hears_of_changes_and_of_its_end() {
    let (session, mut upstream) = shared();
    let (mut listens, name) =
        lend(&session, &json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen" }));
    let (mut call, _) = lend(&session, &json!({ "jsonrpc": "2.0", "id": 1, "method": "a" }));
    let change = |of: &Value| {
        let meta = json!({ "io.modelcontextprotocol/subscriptionId": of });
        let params = json!({ "_meta": meta });
        let method = "notifications/tools/list_changed";
        json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
    };
    for of in [json!("r9"), json!(1), json!(name)] {
        session.deliver(Bytes::from(change(&of)).into()).await.unwrap();
    }
    let heard = said(&mut listens).await;
    assert_eq!(heard["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1);
    let cancelled =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": name } });
    session.deliver(Bytes::from(cancelled.to_string()).into()).await.unwrap();
    assert!(matches!(listens.next(PATIENCE).await, Ok(Heard::Cancelled)));
    drop(listens);
    assert!(upstream.try_recv().is_err(), "the upstream ended it itself");
    let late = tokio::time::timeout(Duration::from_millis(1), call.next(PATIENCE)).await;
    assert!(late.is_err(), "the call heard of what is not its own");
}

/// Log messages do not say of which request they are.
#[tokio::test]
async fn what_is_logged_goes_to_the_one_request_that_wants_it_and_to_none_of_several() {
    let (session, _upstream) = shared();
    let level = json!({ "_meta": { "io.modelcontextprotocol/logLevel": "info" } });
    let wants = json!({ "jsonrpc": "2.0", "id": 1, "method": "a", "params": level });
    let (mut one, _) = lend(&session, &wants);
    let (_quiet, _) = lend(&session, &json!({ "jsonrpc": "2.0", "id": 1, "method": "a" }));
    assert!(session.lock().has_room(false) && !session.lock().has_room(true));
    let log = |data: &str| -> Bytes {
        let params = json!({ "level": "info", "data": data });
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": params }).to_string().into()
    };
    session.deliver(log("its own").into()).await.unwrap();
    assert_eq!(said(&mut one).await["params"]["data"], "its own");
    let (other, _) = lend(&session, &wants);
    session.deliver(log("whose?").into()).await.unwrap();
    drop(other);
    session.deliver(log("its own again").into()).await.unwrap();
    assert_eq!(said(&mut one).await["params"]["data"], "its own again");
}

/// A server of versions without sessions asks clients nothing but in its answers.
#[tokio::test]
async fn what_an_upstream_asks_over_a_shared_channel_reaches_no_client() {
    let (session, mut upstream) = shared();
    let (_waiter, _) = lend(&session, &json!({ "jsonrpc": "2.0", "id": 1, "method": "a" }));
    session.deliver(question().into()).await.unwrap();
    session.deliver(ping().into()).await.unwrap();
    let answers = [upstream.recv().await.unwrap(), upstream.recv().await.unwrap()];
    let [refused, pong] = answers.map(|answer| serde_json::from_slice::<Value>(&answer).unwrap());
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(1), &json!(-32601)));
    assert_eq!((&pong["id"], &pong["result"]), (&json!(1), &json!({})));
}
