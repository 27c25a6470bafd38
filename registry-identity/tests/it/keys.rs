//! An issuer's keys over time: fetched once, renewed, rotated, and gone.

use std::sync::Arc;

use chrono::TimeDelta;
use registry_core::identity::TokenError;

use crate::authority::Authority;
use crate::service::Service;
use crate::signer::Signer;

#[tokio::test]
async fn keys_are_fetched_at_need_and_once_for_all_who_wait() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    assert_eq!(authority.asked(), 0, "nothing is fetched at the start");
    let token = signer.sign(&service.claims(&authority));
    let outcomes = futures::future::join_all((0..20).map(|_| service.verify(&token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(authority.asked(), 1);
}

#[tokio::test]
async fn keys_are_renewed_after_ten_minutes_or_when_the_issuer_says_within_bounds() {
    let signer = Signer::ec("k1");
    for (says, minutes) in
        [("", 10), ("max-age=1200", 20), ("max-age=1", 5), ("no-store", 5), ("max-age=86400", 60)]
    {
        let authority = Authority::of(&[&signer]).await;
        authority.cache_control(says);
        let service = Service::trusting(&authority);
        let token = signer.sign(&service.claims(&authority));
        service.verify(&token).await.unwrap();
        service.pass(TimeDelta::minutes(minutes) - TimeDelta::seconds(1));
        service.verify(&token).await.unwrap();
        assert_eq!(authority.asked(), 1, "{says}: fresh");
        service.pass(TimeDelta::seconds(1));
        service.verify(&token).await.unwrap();
        assert_eq!(authority.asked(), 2, "{says}: renewed");
    }
}

#[tokio::test]
async fn a_new_key_is_found_and_a_withdrawn_one_no_longer() {
    let (old, new) = (Signer::ec("k1"), Signer::ec("k2"));
    let authority = Authority::of(&[&old]).await;
    let service = Service::trusting(&authority);
    let (by_old, by_new) = (old.sign(&service.claims(&authority)), new.sign(&service.claims(&authority)));
    service.verify(&by_old).await.unwrap();
    authority.publish(&[&new]);
    service.pass(TimeDelta::seconds(30));
    service.verify(&by_new).await.expect("an unknown key has them fetched anew");
    assert_eq!(service.refusal(&by_old).await, "its key is not one of the issuer's");
    assert_eq!(authority.asked(), 2, "once in 30 seconds, whatever is asked for");
}

#[tokio::test]
async fn unknown_keys_have_the_issuer_asked_once_in_30_seconds() {
    let (signer, stranger) = (Signer::ec("k1"), Signer::ec("k2"));
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    let token = stranger.sign(&service.claims(&authority));
    for _ in 0..5 {
        assert_eq!(service.refusal(&token).await, "its key is not one of the issuer's");
    }
    assert_eq!(authority.asked(), 1);
    for asked in 2..4 {
        service.pass(TimeDelta::seconds(30));
        for _ in 0..5 {
            service.refusal(&token).await;
        }
        assert_eq!(authority.asked(), asked);
    }
}

#[tokio::test]
async fn stale_keys_serve_for_a_day_when_the_issuer_is_down() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    let claims = |service: &Service| signer.sign(&service.claims(&authority));
    service.verify(&claims(&service)).await.unwrap();
    authority.down(true);
    service.pass(TimeDelta::hours(23));
    service.verify(&claims(&service)).await.expect("the keys of yesterday");
    service.pass(TimeDelta::hours(1));
    let outcome = service.verify(&claims(&service)).await;
    assert!(matches!(outcome, Err(TokenError::Unavailable(_))), "{outcome:?}");
    authority.down(false);
    service.pass(TimeDelta::seconds(30));
    service.verify(&claims(&service)).await.expect("it is back");
}

#[tokio::test]
async fn while_an_issuer_is_away_one_call_asks_it_and_the_others_do_not_wait() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Arc::new(Service::trusting(&authority));
    let token = signer.sign(&service.claims(&authority));
    service.verify(&token).await.unwrap();
    authority.down(true);
    service.pass(TimeDelta::minutes(11));
    service.verify(&token).await.unwrap();
    authority.hold(true);
    service.pass(TimeDelta::seconds(30));
    let (asking, asked) = (service.clone(), token.clone());
    let asking = tokio::spawn(async move { asking.verify(&asked).await });
    authority.arrival().await;
    service.verify(&token).await.unwrap();
    assert!(!asking.is_finished(), "it still waits for the issuer");
    authority.hold(false);
    asking.await.unwrap().expect("the keys that are held serve it too");
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_end_the_fetch() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Arc::new(Service::trusting(&authority));
    let token = signer.sign(&service.claims(&authority));
    authority.hold(true);
    let (leaving, asked) = (service.clone(), token.clone());
    let leaving = tokio::spawn(async move { leaving.verify(&asked).await });
    authority.arrival().await;
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    authority.hold(false);
    service.verify(&token).await.unwrap();
    assert_eq!(authority.asked(), 1, "the next one waits for what was begun");
}

#[tokio::test]
async fn an_issuer_that_was_never_there_is_unavailable_until_it_is() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    authority.down(true);
    let service = Service::trusting(&authority);
    let token = signer.sign(&service.claims(&authority));
    for _ in 0..3 {
        let outcome = service.verify(&token).await;
        assert!(matches!(outcome, Err(TokenError::Unavailable(_))), "{outcome:?}");
    }
    authority.down(false);
    service.pass(TimeDelta::seconds(5));
    service.verify(&token).await.expect("it is there now");
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_believed() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    authority.lie();
    let outcome = service.verify(&signer.sign(&service.claims(&authority))).await;
    assert_eq!(outcome, Err(TokenError::Unavailable("the issuer's metadata is another issuer's".to_owned())));
    assert_eq!(authority.asked(), 0);
}

#[tokio::test]
async fn keys_come_from_the_address_that_the_operator_gives() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    authority.lie();
    let origin = authority.issuer.trim_end_matches("/realms/acme");
    let service = Service::configured(&[&authority], &format!("jwks_uri = \"{origin}/keys\""));
    service.verify(&signer.sign(&service.claims(&authority))).await.expect("no metadata is needed");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let signer = Signer::ec("k1");
    let (authority, other) = (Authority::of(&[&signer]).await, Authority::of(&[&signer]).await);
    let service = Service::trusting(&authority);
    authority.redirect(&format!("{}/keys", other.issuer.trim_end_matches("/realms/acme")));
    let outcome = service.verify(&signer.sign(&service.claims(&authority))).await;
    assert_eq!(outcome, Err(TokenError::Unavailable("the answer has the status 302 Found".to_owned())));
    assert_eq!(other.asked(), 0);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    authority.bloat(1024 * 1024);
    match service.verify(&signer.sign(&service.claims(&authority))).await {
        Err(TokenError::Unavailable(reason)) => {
            assert!(reason.contains("more than 1048576 bytes"), "{reason}")
        }
        other => panic!("it was read: {other:?}"),
    }
}
