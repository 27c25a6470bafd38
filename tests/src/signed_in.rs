//! A browser in which somebody signed in.

use http::header;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::client::Client;

/// The cookie of a session.
pub const SESSION_COOKIE: &str = "__Host-mcp-registry-session";

/// What a sign-in gave.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// A client that sends the cookie, and the token that changes need.
    pub client: Client,
    /// The cookie, `name=value`.
    pub cookie: String,
    /// The token.
    pub csrf: String,
    /// Who signed in.
    pub me: Value,
}

impl SignedIn {
    /// What this answer begins.
    ///
    /// # Panics
    /// If it does not begin a session.
    #[track_caller]
    pub fn of(base: &Client, answer: &Answer) -> Self {
        let cookie =
            cookie(answer, SESSION_COOKIE).unwrap_or_else(|| panic!("no session: {}", answer.text()));
        let csrf = answer.json["csrfToken"].as_str().unwrap_or_default().to_owned();
        let client = base.without("authorization").without("cookie").without("x-csrf-token");
        let client = client.with("cookie", &cookie).with("x-csrf-token", &csrf);
        Self { client, cookie, csrf, me: answer.json.clone() }
    }
}

impl Client {
    /// Tries to sign in with a password.
    pub async fn login(&self, username: &str, password: &str) -> Answer {
        self.post("/api/auth/login", &json!({ "username": username, "password": password })).await
    }

    /// Signs in with a password.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn sign_in(&self, username: &str, password: &str) -> SignedIn {
        let answer = self.login(username, password).await;
        SignedIn::of(self, answer.assert(200))
    }
}

/// The cookie of this name that an answer sets, `name=value`; `None` if it sets none or takes it away.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let lines = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.filter_map(|line| line.split(';').next()).map(str::to_owned);
    pairs.into_iter().find(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.len() > 1))
}
