//! Does everything that handles a secret of an account, and looks at each answer.

use std::time::Duration;

use black_box_tests::{Answer, Binary, Client, eventually};
use bytes::Bytes;
use http::Request;
use serde_json::json;

use super::canary::Canaries;
use super::exercise::look;
use crate::access::session::COOKIE;
use crate::support::text;

const FIRST: &str = "cAnAry first password of the administrator";
const SECOND: &str = "cAnAry second password of the administrator";
const USERS: &str = "cAnAry password of a user";
const WRONG: &str = "cAnAry password that was not right";
const REFUSED: &str = "cAnAry-refused-88d0c1f2a7";

/// Sets up, signs in, changes passwords, fails; what errors repeat is given back.
pub(super) async fn everything(binary: &Binary, canaries: &mut Canaries) -> Vec<String> {
    for password in [FIRST, SECOND, USERS, WRONG, REFUSED] {
        canaries.add("a password", password);
    }
    let browser = set_up(binary, canaries).await;
    let me = browser.get("/api/users/me").await.expect(200);
    let word = json!({ "currentPassword": FIRST, "newPassword": SECOND });
    look(canaries, browser.put("/api/users/me/password", &word).await.assert(204));
    let user =
        json!({ "username": "canary-user", "role": "user", "tenantId": me["tenantId"], "password": USERS });
    let user = browser.post("/api/users", &user).await;
    look(canaries, user.assert(201));
    let user = format!("/api/users/{}", user.id());
    look(canaries, browser.patch(&user, &json!({ "password": USERS })).await.assert(200));
    let nobody = binary.client();
    let session = signed_in(&nobody, &log_in(&nobody, "canary-user", USERS).await, canaries);
    look(canaries, session.get("/api/users/me/sessions").await.assert(200));
    look(canaries, &log_in(&nobody, "canary-user", WRONG).await);
    look(canaries, &log_in(&nobody, WRONG, WRONG).await);
    let forged = session.without("x-csrf-token").with("x-csrf-token", REFUSED);
    look(canaries, forged.delete("/api/users/me/sessions").await.assert(403));
    let cookie = nobody.with("cookie", &format!("{COOKIE}={REFUSED}"));
    look(canaries, cookie.get("/api/servers").await.assert(401));
    let leaks = refusals(&browser, &user, canaries).await;
    for path in ["/api/users", "/api/users/me/sessions", "/api/tenants", &user, &format!("{user}/sessions")] {
        look(canaries, browser.get(path).await.assert(200));
    }
    // Refusals are told with the next flush.
    let told = async || {
        let log = browser.get("/api/audit-logs?limit=100&eventType=authentication_failed").await.expect(200);
        (log["pagination"]["total"].as_u64() >= Some(2)).then_some(())
    };
    eventually("refused passwords are in the log", Duration::from_secs(20), told).await;
    look(canaries, browser.get("/api/audit-logs?limit=100").await.assert(200));
    look(canaries, session.post_empty("/api/auth/logout").await.assert(204));
    leaks
}

async fn set_up(binary: &Binary, canaries: &mut Canaries) -> Client {
    let link = binary.setup_link().expect("a set-up link");
    let (_, token) = link.split_once("#token=").expect("a token");
    canaries.add("the token of the set-up link", token);
    let nobody = binary.client();
    let weak = json!({ "token": token, "username": "anna", "password": "short" });
    look(canaries, nobody.post("/api/setup", &weak).await.assert(400));
    let body = json!({ "token": token, "username": "anna", "password": FIRST, "issueApiKey": true });
    let answer = nobody.post("/api/setup", &body).await;
    look(canaries, answer.assert(201));
    canaries.add("an API key", text(&answer.json["apiKey"], "key"));
    look(canaries, nobody.post("/api/setup", &body).await.assert(401));
    signed_in(&nobody, &answer, canaries)
}

async fn log_in(client: &Client, username: &str, password: &str) -> Answer {
    client.post("/api/auth/login", &json!({ "username": username, "password": password })).await
}

/// A client with the session of the answer, whose secrets are canaries from now on.
fn signed_in(client: &Client, answer: &Answer, canaries: &mut Canaries) -> Client {
    assert!(answer.status.is_success(), "{}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let (_, secret) = cookie.split_once('=').expect("a value");
    let token = text(&answer.json, "csrfToken");
    canaries.add("the secret of a session", secret);
    canaries.add("the token of a session", token);
    client.with("cookie", &cookie).with("x-csrf-token", token)
}

/// Secrets of the wrong type, or in the wrong place: no error repeats them.
async fn refusals(browser: &Client, user: &str, canaries: &Canaries) -> Vec<String> {
    let mut leaks = Vec::new();
    for odd in [json!([REFUSED]), json!({ "value": REFUSED }), json!(format!("{REFUSED}{}", "x".repeat(128)))]
    {
        let me = "/api/users/me/password";
        for answer in [
            browser.post("/api/users", &json!({ "password": odd })).await,
            browser.patch(user, &json!({ "password": odd })).await,
            browser.put(me, &json!({ "currentPassword": SECOND, "newPassword": odd })).await,
            browser.put(me, &json!({ "currentPassword": odd, "newPassword": "short" })).await,
            browser.post("/api/auth/login", &json!({ "username": odd, "password": odd })).await,
            browser.post("/api/setup", &json!({ "token": odd, "password": odd })).await,
        ] {
            assert!([400, 401].contains(&answer.status.as_u16()), "{} {}", answer.request, answer.text());
            note(&mut leaks, &answer, canaries);
        }
    }
    for path in ["/api/auth/login", "/api/users", "/api/setup"] {
        for body in
            [format!("{{\"password\": \"{REFUSED}"), format!("\"{REFUSED}\""), format!("password={REFUSED}")]
        {
            let request =
                Request::post(path).header("content-type", "application/json").body(Bytes::from(body));
            let answer = browser.checked(request.expect("a request")).await;
            note(&mut leaks, answer.assert(400), canaries);
        }
    }
    let callback = format!("/api/auth/oidc/corp/callback?code={REFUSED}&state={REFUSED}");
    note(&mut leaks, browser.get(&callback).await.assert(404), canaries);
    leaks
}

fn note(leaks: &mut Vec<String>, answer: &Answer, canaries: &Canaries) {
    for (name, value) in &answer.headers {
        canaries.assert_absent(&format!("{name} of {}", answer.request), value.as_bytes());
    }
    if answer.text().contains(REFUSED) {
        leaks.push(format!("{}: {}", answer.request, answer.text()));
    }
}
