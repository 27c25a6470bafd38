//! Guessing passwords: it is slow for whoever guesses, and costs the service little.

use std::time::{Duration, Instant};

use black_box_tests::{Service, on_every_store};
use futures::future::{join, join_all};
use registry_core::model::role::Role;
use registry_core::service::{MAX_HASHES_AT_ONCE, MAX_HASHES_WAITING};

use super::kit::{PASSWORD, from, olga, person};

on_every_store!(
    whoever_guesses_waits_and_the_one_guessed_at_does_not,
    more_sign_ins_at_once_than_can_be_hashed_are_told_to_come_again,
);

/// After six wrong guesses a source waits for two seconds.
async fn whoever_guesses_waits_and_the_one_guessed_at_does_not(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let (guesser, olga) = (from(service, 1), from(service, 2));
    for _ in 0..6 {
        guesser.login("olga", "wrong").await.assert(401);
    }
    let start = Instant::now();
    let slow = async {
        guesser.sign_in("olga", PASSWORD).await;
        start.elapsed()
    };
    let quick = async {
        olga.sign_in("olga", PASSWORD).await;
        start.elapsed()
    };
    let (slow, quick) = join(slow, quick).await;
    assert!(slow >= Duration::from_secs(2), "{slow:?}");
    assert!(quick < slow, "{quick:?} {slow:?}");
}

async fn more_sign_ins_at_once_than_can_be_hashed_are_told_to_come_again(service: &Service) {
    let admin = service.admin().await;
    person(&admin, &admin.tenant_id(), "olga", Role::User).await;
    let clients: Vec<_> = (0..8).map(|number| from(service, number)).collect();
    let sign_ins = (0..4 * MAX_HASHES_WAITING).map(|number| clients[number % 8].login("olga", PASSWORD));
    let (mut hashed, mut refused) = (0, 0);
    for answer in join_all(sign_ins).await {
        match answer.status.as_u16() {
            200 => hashed += 1,
            _ => {
                answer.assert(503);
                assert_eq!(answer.header("retry-after"), "1");
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && hashed >= MAX_HASHES_AT_ONCE, "{hashed} were hashed, {refused} refused");
    from(service, 9).sign_in("olga", PASSWORD).await;
}
