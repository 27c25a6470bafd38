//! Which thread does what.

use std::num::NonZeroUsize;

use super::toy::Toy;
use crate::listen::EventLoops;

async fn toy() -> Toy {
    Toy::driven_by(EventLoops::start(NonZeroUsize::MIN).unwrap(), |_| {}).await
}

#[tokio::test]
async fn calls_stay_on_the_thread_of_their_connection_and_other_requests_do_not_hold_it_up() {
    let toy = toy().await;
    assert_eq!(toy.get("/mcp/thread").await.body, "connections-0");
    let other = toy.post(r#"{"name": "thread", "size": 1}"#).await;
    assert_eq!(other.status(), 201);
    assert!(!other.body.contains("connections-0"), "{}", other.body);
}

#[tokio::test]
async fn a_panic_of_either_is_a_500_and_the_thread_lives_on() {
    let toy = toy().await;
    toy.post(r#"{"name": "panic", "size": 1}"#).await.assert_error(500, "INTERNAL_ERROR");
    toy.get("/mcp/panic").await.assert_error(500, "INTERNAL_ERROR");
    assert_eq!(toy.get("/mcp/thread").await.status(), 200);
}
