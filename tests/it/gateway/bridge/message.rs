//! Which message goes where.

use black_box_tests::{Service, eventually};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::talk::{Events, Talk, VERSION, initialize, notification, place_legacy, request};
use super::wire::Legacy;
use crate::gateway::kit::{PATIENCE, echo, message, post};
use crate::gateway::stream::open;

on_memory!(
    a_response_alone_is_json,
    notifications_and_responses_are_passed_on,
    messages_arrive_as_they_were_sent,
    progress_goes_to_its_request,
    a_question_goes_to_the_open_stream_and_its_answer_back,
    a_question_without_a_stream_goes_with_a_request_in_flight,
    what_nobody_hears_waits_for_a_stream,
    an_id_in_flight_is_refused,
    what_the_upstream_asks_before_it_agrees_reaches_the_client,
);

async fn a_response_alone_is_json(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let answer = talk.send(&echo(7, "hello")).await;
    assert_eq!(answer.assert(200).header("content-type"), "application/json");
    let expected = json!({ "content": [{ "type": "text", "text": "hello" }], "wire": 0 });
    assert_eq!(answer.json, json!({ "jsonrpc": "2.0", "id": 7, "result": expected }));
    assert_eq!(legacy.wires(), 1);
}

async fn notifications_and_responses_are_passed_on(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let response = json!({ "jsonrpc": "2.0", "id": 5, "result": { "roots": [] } });
    for body in [notification("notifications/initialized"), response.clone()] {
        let answer = talk.send(&body).await;
        assert_eq!(answer.assert(202).bytes.len(), 0);
    }
    legacy.heard("notifications/initialized").await;
    eventually("the response", PATIENCE, async || legacy.all().contains(&response).then_some(())).await;
}

/// To the byte, but for line breaks.
async fn messages_arrive_as_they_were_sent(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| {
        let odd = r#"{ "result" : {"x":1e400,"x":"\u00fc"},  "jsonrpc":"2.0","id" : 3.0 }"#;
        if message["method"] == "odd" {
            wire.write(format!("data: {odd}\n\n"));
        }
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let body = "{\"id\":3,\n\r\n\"jsonrpc\":\"2.0\", \"method\":\"odd\", \"a\":\"\\n\"}";
    let head = post("one").header("mcp-session-id", &talk.handle);
    let answer = owner.client.send(head.body(body.into()).unwrap()).await;
    assert_eq!(
        answer.assert(200).text(),
        r#"{ "result" : {"x":1e400,"x":"\u00fc"},  "jsonrpc":"2.0","id" : 3.0 }"#
    );
    let (_, heard) = legacy.heard("odd").await;
    assert_eq!(heard["a"], "\n");
}

async fn progress_goes_to_its_request(service: &Service) {
    let (owner, legacy) =
        (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::start(|_, _| {}).await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let mut listener = talk.listen(&owner).await;
    let asks = ["first", "second"].map(|method| (method, request(method, method)));
    let begin = asks.iter().map(async |(method, body)| {
        let progress = async || {
            let (wire, message) = legacy.heard(method).await;
            let token = &message["params"]["_meta"]["progressToken"];
            wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                "params": { "progressToken": token, "progress": 1 } }));
            wire.answer(&message, json!({ "of": method }));
        };
        let (mut events, ()) = tokio::join!(talk.stream(&owner, body), progress());
        assert_eq!(events.expect().await["params"]["progressToken"], *method);
        assert_eq!(events.expect().await["result"]["of"], *method);
        assert!(events.next().await.is_none(), "the stream ends with the response");
    });
    futures::future::join_all(begin).await;
    let (wire, _) = legacy.heard("first").await;
    wire.say(&notification("notifications/tools/list_changed"));
    assert_eq!(listener.expect().await["method"], "notifications/tools/list_changed");
}

fn question() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {} })
}

async fn a_question_goes_to_the_open_stream_and_its_answer_back(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    // It answers the call when its own question is answered.
    let legacy = Legacy::start(|wire, message| match message["method"].as_str() {
        Some("tools/call") => wire.say(&question()),
        None => wire.answer(&json!({ "id": 1 }), message["result"].clone()),
        _ => {}
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let mut listener = talk.listen(&owner).await;
    let answers = async {
        assert_eq!(listener.expect().await, question());
        let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": { "said": "by the client" } });
        talk.send(&answer).await.assert(202);
    };
    // The same id as the question's: they are of two sides.
    let call = echo(1, "hello");
    let (answer, ()) = tokio::join!(talk.send(&call), answers);
    assert_eq!(answer.assert(200).json["result"]["said"], "by the client");
}

async fn a_question_without_a_stream_goes_with_a_request_in_flight(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| match message["method"].as_str() {
        Some("tools/call") => wire.say(&question()),
        None => wire.answer(&json!({ "id": 9 }), message["result"].clone()),
        _ => {}
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let mut events = talk.stream(&owner, &echo(9, "hello")).await;
    assert_eq!(events.expect().await, question());
    talk.send(&json!({ "jsonrpc": "2.0", "id": 1, "result": "yes" })).await.assert(202);
    assert_eq!(events.expect().await, json!({ "jsonrpc": "2.0", "id": 9, "result": "yes" }));
    assert!(events.next().await.is_none());
}

async fn what_nobody_hears_waits_for_a_stream(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|_, _| {}).await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    talk.send(&notification("notifications/initialized")).await.assert(202);
    let (wire, _) = legacy.heard("notifications/initialized").await;
    for number in 0..80 {
        wire.say(&json!({ "jsonrpc": "2.0", "id": number, "method": "roots/list" }));
    }
    // What is too much is answered, so that the upstream does not wait for ever.
    let refused = eventually("the rest is refused", PATIENCE, async || {
        let refused: Vec<Value> =
            legacy.all().into_iter().filter(|said| said.get("error").is_some()).collect();
        (refused.len() == 16).then_some(refused)
    });
    let ids: Vec<Value> = refused.await.into_iter().map(|said| said["id"].clone()).collect();
    let mut listener = talk.listen(&owner).await;
    for number in 0..64 {
        assert_eq!(listener.expect().await["id"], number);
    }
    assert!((64..80).all(|number| ids.contains(&json!(number))), "{ids:?}");
}

async fn an_id_in_flight_is_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|_, _| {}).await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let call = request(4, "slow");
    let first = talk.send(&call);
    let second = async {
        let (wire, slow) = legacy.heard("slow").await;
        let head = || post("one").header("mcp-session-id", &talk.handle);
        for id in ["4", "4.0", "4e0"] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"other"}}"#);
            let refused = owner.client.send(head().body(body.into()).unwrap()).await;
            assert_eq!(refused.assert(400).json["error"]["data"]["code"], "INVALID_REQUEST");
            assert_eq!(refused.json["id"], 4);
        }
        // The same id as text is another one, and the same token is refused.
        let params = json!({ "_meta": { "progressToken": 4 } });
        let other = json!({ "jsonrpc": "2.0", "id": "4", "method": "other", "params": params });
        talk.send(&other).await.assert(400);
        wire.answer(&slow, json!("done"));
    };
    let (answer, ()) = tokio::join!(first, second);
    assert_eq!(answer.assert(200).json["result"], "done");
    assert!(legacy.all().iter().all(|said| said["method"] != "other"));
}

async fn what_the_upstream_asks_before_it_agrees_reaches_the_client(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::strict(|wire, said| match said["method"].as_str() {
        Some("initialize") => wire.say(&json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" })),
        _ => wire.answer(&json!({ "id": "begin" }), json!({ "protocolVersion": VERSION })),
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let response = open(&owner, message(post("one"), &initialize())).await;
    let handle = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let talk = Talk { client: owner.client.clone(), server: "one".to_owned(), handle };
    let mut events = Events::of(response);
    assert_eq!(events.expect().await["method"], "ping");
    talk.send(&json!({ "jsonrpc": "2.0", "id": 0, "result": {} })).await.assert(202);
    assert_eq!(events.expect().await["result"]["protocolVersion"], VERSION);
}
