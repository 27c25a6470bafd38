//! A sign-in, and at the same time a change of the one who signs in.

use black_box_tests::{Answer, Client, Service, SignedIn, on_every_store};
use futures::future::{join, join_all};
use registry_core::model::role::Role;
use serde_json::json;

use super::kit::{PASSWORD, change, from, person, user_path};

on_every_store!(
    no_session_that_began_with_the_old_password_outlives_its_change,
    no_session_outlives_its_user,
    sign_ins_at_once_keep_the_bound_of_sessions,
);

const ROUNDS: u8 = 15;
/// As many as are hashed at once, and a few that come a little later.
const AT_ONCE: usize = 4;

/// The session that a sign-in began, if it did; if not, the refusal is one of those that are documented.
fn begun(client: &Client, answer: &Answer) -> Option<SignedIn> {
    match answer.status.as_u16() {
        200 => Some(SignedIn::of(client, answer)),
        401 | 503 => None,
        _ => panic!("{}: {}", answer.status, answer.text()),
    }
}

/// The change ends the sessions that are there. One whose sign-in read the old password before, and is stored after, must
/// not be there either.
async fn no_session_that_began_with_the_old_password_outlives_its_change(service: &Service) {
    let admin = service.admin().await;
    let mut number_begun = 0;
    for round in 0..ROUNDS {
        let user = person(&admin, &admin.tenant_id(), &format!("olga-{round}"), Role::User).await;
        let (name, client) = (user["username"].as_str().unwrap(), from(service, round));
        let sign_ins = join_all((0..AT_ONCE).map(|_| client.login(name, PASSWORD)));
        let new = json!({ "password": format!("{PASSWORD}!") });
        let (answers, changed) = join(sign_ins, change(&admin, &user, &new)).await;
        changed.assert(200);
        for signed_in in answers.iter().filter_map(|answer| begun(&client, answer)) {
            number_begun += 1;
            signed_in.client.get("/api/users/me").await.assert(401);
        }
        let list = admin.client.get(&format!("{}/sessions", user_path(&user))).await.expect(200);
        assert_eq!(list["sessions"], json!([]), "round {round}");
    }
    assert!(number_begun > 0, "no sign-in was quicker than the change, which proves little");
}

async fn no_session_outlives_its_user(service: &Service) {
    let admin = service.admin().await;
    for round in 0..ROUNDS {
        let user = person(&admin, &admin.tenant_id(), &format!("olga-{round}"), Role::User).await;
        let (name, client) = (user["username"].as_str().unwrap(), from(service, round));
        let sign_ins = join_all((0..AT_ONCE).map(|_| client.login(name, PASSWORD)));
        let path = user_path(&user);
        let removal = async {
            let seen =
                black_box_tests::eventually("a session", std::time::Duration::from_secs(20), async || {
                    let list = admin.client.get(&format!("{path}/sessions")).await.expect(200);
                    (list["sessions"] != json!([])).then_some(())
                });
            seen.await;
            admin.client.delete(&path).await
        };
        let (answers, removed) = join(sign_ins, removal).await;
        removed.assert(204);
        for signed_in in answers.iter().filter_map(|answer| begun(&client, answer)) {
            signed_in.client.get("/api/users/me").await.assert(401);
        }
    }
}

async fn sign_ins_at_once_keep_the_bound_of_sessions(service: &Service) {
    let admin = service.admin().await;
    let user = person(&admin, &admin.tenant_id(), "olga", Role::User).await;
    let client = from(service, 1);
    for _ in 0..2 {
        for answer in join_all((0..15).map(|_| client.login("olga", PASSWORD))).await {
            answer.assert(200);
        }
    }
    let list = admin.client.get(&format!("{}/sessions", user_path(&user))).await.expect(200);
    assert_eq!(list["sessions"].as_array().unwrap().len(), registry_core::service::MAX_SESSIONS);
}
