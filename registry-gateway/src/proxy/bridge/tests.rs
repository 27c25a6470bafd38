//! One session over a pair of queues.

mod shared;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use registry_core::model::id::{ServerId, TenantId};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::SessionLimits;
use super::answer::{self, Answer};
use super::event::Said;
use super::id::Id;
use super::limits::{MAX_REQUESTS, MAX_STREAM_MESSAGES, MAX_UNHEARD_MESSAGES, NOTICE_TIMEOUT, STALL};
use super::parcel::Heard;
use super::session::{Begin, Common, Session, Whose};
use super::sessions::Sessions;
use super::wait::{Patience, Waiter};
use crate::proxy::Failure;
use crate::proxy::session::SessionScope;

const PATIENCE: Patience = Patience { first: Duration::from_secs(30), next: Duration::from_secs(900) };

const SCOPE: SessionScope =
    SessionScope { tenant: TenantId(Uuid::nil()), credential: Uuid::nil(), server: ServerId(Uuid::nil()) };

fn whose(id: u128, common: Option<Common>) -> Whose {
    Whose { id: Uuid::from_u128(id), scope: SCOPE, holders: Arc::default(), common }
}

fn session() -> (Arc<Session>, Receiver<Bytes>) {
    let (outgoing, upstream) = mpsc::channel(4);
    (Session::new(whose(0, None), outgoing, CancellationToken::new()), upstream)
}

fn begin(session: &Arc<Session>, id: i64) -> Result<Waiter, Failure> {
    let token = Some(Id::Number(id));
    session.begin(Begin { id: Id::Number(id), token, streams: true, opens: false, lent: None })
}

fn response(id: i64) -> Bytes {
    json!({ "jsonrpc": "2.0", "id": id, "result": id }).to_string().into()
}

fn progress(token: i64) -> Bytes {
    let params = json!({ "progressToken": token, "progress": 1 });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params }).to_string().into()
}

fn question() -> Bytes {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "elicitation/create" }).to_string().into()
}

fn ping() -> Bytes {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string().into()
}

async fn answered(waiter: &mut Waiter, id: i64) {
    let heard = waiter.next(PATIENCE).await.unwrap();
    let Heard::Response(parcel, None) = heard else { panic!("{heard:?}") };
    assert_eq!(parcel.message, response(id));
}

#[tokio::test]
async fn each_response_finds_its_request() {
    let (session, mut upstream) = session();
    let mut waiters: Vec<Waiter> = (0..10).map(|id| begin(&session, id).unwrap()).collect();
    for id in (0..10).rev() {
        session.deliver(response(id).into()).await.unwrap();
    }
    for (id, waiter) in (0..).zip(&mut waiters) {
        answered(waiter, id).await;
    }
    drop(waiters);
    assert!(upstream.try_recv().is_err(), "what was answered is not cancelled");
    assert!(session.lock().idle_since().is_some());
}

#[tokio::test]
async fn a_line_break_is_space_between_words_and_no_message_within_a_string() {
    let (session, _upstream) = session();
    let mut waiter = begin(&session, 1).unwrap();
    for json in [
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"a\nb\"}",
        "{\"jsonrpc\":\"2.0\",\n\"id\":1,\"result\":2}",
    ] {
        session.deliver(Bytes::from(json).into()).await.unwrap();
    }
    let Ok(Heard::Response(parcel, None)) = waiter.next(PATIENCE).await else { panic!("no response") };
    assert_eq!(parcel.message, "{\"jsonrpc\":\"2.0\", \"id\":1,\"result\":2}");
}

#[tokio::test]
async fn a_request_that_is_dropped_is_cancelled_and_its_id_is_free_again() {
    let (session, mut upstream) = session();
    drop(begin(&session, 5).unwrap());
    let notice: Value = serde_json::from_slice(&upstream.recv().await.unwrap()).unwrap();
    assert_eq!(
        (&notice["method"], &notice["params"]["requestId"]),
        (&json!("notifications/cancelled"), &json!(5))
    );
    session.deliver(response(5).into()).await.unwrap();
    let mut again = begin(&session, 5).unwrap();
    session.deliver(response(5).into()).await.unwrap();
    answered(&mut again, 5).await;
}

#[tokio::test]
async fn a_request_that_is_dropped_with_its_response_leaves_a_later_one_with_its_id_alone() {
    let (session, mut upstream) = session();
    let first = begin(&session, 5).unwrap();
    session.deliver(response(5).into()).await.unwrap();
    let mut second = begin(&session, 5).unwrap();
    drop(first);
    session.deliver(response(5).into()).await.unwrap();
    answered(&mut second, 5).await;
    assert!(upstream.try_recv().is_err(), "the later one is not cancelled");
}

#[tokio::test]
async fn requests_in_flight_are_bounded_and_their_ids_differ() {
    let (session, _upstream) = session();
    let mut waiters: Vec<Waiter> = (1..MAX_REQUESTS).map(|id| begin(&session, id as i64).unwrap()).collect();
    assert!(matches!(begin(&session, 1), Err(Failure::Door(_))));
    // A request that is refused takes no place.
    waiters.push(begin(&session, 0).unwrap());
    assert!(matches!(begin(&session, -1), Err(Failure::Sessions(_))));
    assert_eq!(waiters.len(), MAX_REQUESTS);
}

#[tokio::test(start_paused = true)]
async fn a_request_has_its_time_and_more_after_each_sign_of_life() {
    let (session, _upstream) = session();
    let (mut quiet, mut busy) = (begin(&session, 1).unwrap(), begin(&session, 2).unwrap());
    session.deliver(progress(2).into()).await.unwrap();
    assert!(matches!(busy.next(PATIENCE).await, Ok(Heard::Other(_))));
    assert!(matches!(quiet.next(PATIENCE).await, Err(Failure::Timeout(_))));
    let began = tokio::time::Instant::now();
    assert!(matches!(busy.next(PATIENCE).await, Err(Failure::Timeout(_))));
    assert!(began.elapsed() > Duration::from_secs(800));
}

#[tokio::test(start_paused = true)]
async fn a_question_to_the_client_gives_it_time_to_answer() {
    let (session, _upstream) = session();
    let ear = session.listen().unwrap();
    let mut waiter = begin(&session, 1).unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    session.deliver(question().into()).await.unwrap();
    let late = tokio::time::timeout(Duration::from_secs(600), waiter.next(PATIENCE)).await;
    assert!(late.is_err(), "the person is still being asked");
    drop(ear);
}

/// O1: an upstream that pings keeps no request in flight beyond its time, on whichever stream it does so.
#[tokio::test(start_paused = true)]
async fn o1_a_ping_gives_no_request_more_time() {
    let (session, _upstream) = session();
    for ear in [Some(session.listen().unwrap()), None] {
        let (began, mut waiter) = (tokio::time::Instant::now(), begin(&session, 1).unwrap());
        let is_heard_by_it = ear.is_none();
        tokio::time::advance(Duration::from_secs(20)).await;
        session.deliver(ping().into()).await.unwrap();
        if is_heard_by_it {
            assert!(matches!(waiter.next(PATIENCE).await, Ok(Heard::Ping(_))));
        }
        assert!(matches!(waiter.next(PATIENCE).await, Err(Failure::Timeout(_))));
        assert_eq!(began.elapsed().as_secs(), PATIENCE.first.as_secs());
    }
}

/// O1: the upstream waits for a while, and then the one stream that is not read ends; nothing else does.
#[tokio::test(start_paused = true)]
async fn o1_a_client_that_does_not_read_loses_its_stream_and_no_other() {
    let (session, mut upstream) = session();
    let (mut stalled, mut other) = (begin(&session, 1).unwrap(), begin(&session, 2).unwrap());
    for _ in 0..MAX_STREAM_MESSAGES {
        session.deliver(progress(1).into()).await.unwrap();
    }
    let began = tokio::time::Instant::now();
    session.deliver(progress(1).into()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), STALL.as_secs());
    for _ in 0..MAX_STREAM_MESSAGES {
        assert!(matches!(stalled.next(PATIENCE).await, Ok(Heard::Other(_))));
    }
    assert!(matches!(stalled.next(PATIENCE).await, Err(Failure::Door(_))));
    let notice = upstream.recv().await.unwrap();
    assert!(String::from_utf8_lossy(&notice).contains("cancelled"));
    session.deliver(response(2).into()).await.unwrap();
    answered(&mut other, 2).await;
}

#[tokio::test]
async fn the_end_of_a_session_is_told_to_all_that_wait() {
    let (session, _upstream) = session();
    let (mut waiter, ear) = (begin(&session, 1).unwrap(), session.listen().unwrap());
    session.end(Failure::BadAnswer("gone"));
    session.end(Failure::Internal);
    assert_eq!(waiter.next(PATIENCE).await.unwrap_err(), Failure::BadAnswer("gone"));
    let events = futures::StreamExt::count(ear.events(CancellationToken::new()));
    assert_eq!(events.await, 1, "the first comment");
    assert!(begin(&session, 2).is_err() && session.listen().is_err());
}

#[tokio::test]
async fn a_session_is_found_in_its_own_scope_alone() {
    let sessions = Sessions::new(SessionLimits::default());
    let (own, _upstream) = session();
    sessions.insert(own.clone());
    assert!(sessions.get(own.id, SCOPE).is_some());
    let other = Uuid::max();
    for scope in [
        SessionScope { tenant: TenantId(other), ..SCOPE },
        SessionScope { credential: other, ..SCOPE },
        SessionScope { server: ServerId(other), ..SCOPE },
    ] {
        assert!(sessions.get(own.id, scope).is_none(), "{scope:?}");
    }
}

/// A comment of the bridge's own settles no circuit, nor does a stream that ends because the request was taken back.
#[tokio::test(start_paused = true)]
async fn what_the_bridge_says_itself_is_no_word_of_the_upstream() {
    let (session, _upstream) = session();
    let (hung, busy) = (begin(&session, 1).unwrap(), begin(&session, 2).unwrap());
    session.deliver(progress(2).into()).await.unwrap();
    session.lock().call(&Id::Number(1)).unwrap().try_send(Heard::Cancelled).unwrap();
    let mut said = Vec::new();
    for waiter in [busy, hung] {
        let answer = answer::of(waiter, PATIENCE, true).await;
        let Ok(Answer::Stream(mut events, None)) = answer else { panic!("no stream") };
        said.push(futures::StreamExt::next(&mut events).await);
    }
    assert!(matches!(said[..], [Some(Said::Event(_)), None]), "{said:?}");
    let late = begin(&session, 3).unwrap();
    let Ok(Answer::Stream(mut events, None)) = answer::of(late, PATIENCE, true).await else { panic!() };
    assert!(matches!(futures::StreamExt::next(&mut events).await, Some(Said::Comment)));
    session.lock().call(&Id::Number(3)).unwrap().try_send(Heard::Cancelled).unwrap();
    assert!(futures::StreamExt::next(&mut events).await.is_none());
}

/// O1: an upstream that asks and asks, and takes no answer, waits for a while, and then its session ends.
#[tokio::test(start_paused = true)]
async fn o1_questions_that_nobody_hears_are_answered_one_by_one() {
    let (session, mut upstream) = session();
    for _ in 0..MAX_UNHEARD_MESSAGES + upstream.max_capacity() {
        session.deliver(question().into()).await.unwrap();
    }
    let began = tokio::time::Instant::now();
    assert!(matches!(session.deliver(question().into()).await, Err(Failure::Timeout(_))));
    assert_eq!(began.elapsed().as_secs(), NOTICE_TIMEOUT.as_secs());
    let answer: Value = serde_json::from_slice(&upstream.recv().await.unwrap()).unwrap();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32603)));
    session.deliver(question().into()).await.unwrap();
}

fn bounds() -> SessionLimits {
    SessionLimits { max_sessions: 4, max_per_server: 3, max_per_credential: 2, ..SessionLimits::default() }
}

fn begun(sessions: &Sessions, id: u128) -> Arc<Session> {
    let (outgoing, _) = mpsc::channel(1);
    let session = Session::new(whose(id, None), outgoing, CancellationToken::new());
    sessions.insert(session.clone());
    session
}

/// O1: what has ended, and is not removed yet, makes no room a second time.
#[tokio::test(start_paused = true)]
async fn o1_each_session_beyond_the_bound_of_its_credential_ends_an_open_one() {
    let sessions = Sessions::new(SessionLimits { max_per_server: 9, max_sessions: 9, ..bounds() });
    let _places = [sessions.reserve(SCOPE).unwrap(), sessions.reserve(SCOPE).unwrap()];
    let old = begun(&sessions, 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    let new = begun(&sessions, 2);
    let _third = sessions.reserve(SCOPE).unwrap();
    assert!(!old.is_open() && new.is_open());
    let _fourth = sessions.reserve(SCOPE).unwrap();
    assert!(!new.is_open());
    assert!(matches!(sessions.reserve(SCOPE), Err(Failure::Sessions(_))));
}

#[tokio::test]
async fn a_session_for_which_the_server_has_no_room_ends_no_other() {
    let sessions = Sessions::new(bounds());
    let others = SessionScope { credential: Uuid::max(), ..SCOPE };
    let _places = [SCOPE, SCOPE, others].map(|scope| sessions.reserve(scope).unwrap());
    let idle = begun(&sessions, 1);
    assert!(matches!(sessions.reserve(SCOPE), Err(Failure::Sessions(_))));
    assert!(idle.is_open());
}
