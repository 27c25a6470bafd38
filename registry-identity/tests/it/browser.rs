//! What a browser does when somebody signs in: it follows redirects, keeps cookies and submits the form.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use registry_gateway::dial::UpstreamClient;
use registry_identity::oidc::{Answer, Start};
use secrecy::SecretString;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::service::dialer;

/// Where the provider sends people back to. Nobody listens there.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";

/// A browser with cookies for one host, whatever their path.
pub(crate) struct Browser {
    client: UpstreamClient<Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { client: UpstreamClient::new(dialer()), cookies: BTreeMap::new() }
    }

    /// Signs in as `name`, and comes back with what the provider says.
    pub(crate) async fn sign_in(&mut self, start: &Start, name: &str) -> Answer {
        let form = self.follow(start.url.clone()).await.expect_err("a form, because nobody is signed in");
        let password = format!("password-of-{name}");
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("login", name), ("password", &password)])
            .finish();
        let response = self.send(Method::POST, &form, fields).await;
        let next = location(&form, &response).expect("the name and the password are right");
        let back = self.follow(next).await.expect("the provider sends everybody back");
        let query: BTreeMap<_, _> = back.query_pairs().into_owned().collect();
        let text = |name: &str| SecretString::from(query[name].clone());
        Answer { code: text("code"), state: text("state"), iss: query.get("iss").cloned() }
    }

    /// Follows redirects up to the service, or to the page where they end.
    async fn follow(&mut self, mut url: Url) -> Result<Url, Url> {
        while !url.as_str().starts_with(REDIRECT_URI) {
            let response = self.send(Method::GET, &url, String::new()).await;
            match location(&url, &response) {
                Some(next) => url = next,
                None => return Err(url),
            }
        }
        Ok(url)
    }

    async fn send(&mut self, method: Method, url: &Url, body: String) -> Response<()> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(url.as_str()).header(COOKIE, cookies.join("; "));
        let request =
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Full::from(body));
        let response = self.client.send(request.unwrap()).await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response.map(drop)
    }
}

fn location(base: &Url, response: &Response<()>) -> Option<Url> {
    let is_redirect = response.status() == StatusCode::SEE_OTHER || response.status() == StatusCode::FOUND;
    is_redirect.then(|| base.join(response.headers()[LOCATION].to_str().unwrap()).unwrap())
}

/// An access token for `resource`, as a program gets it (client credentials).
pub(crate) async fn machine_token(issuer: &str, resource: &str, scope: &str) -> String {
    let fields = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("grant_type", "client_credentials"), ("resource", resource), ("scope", scope)])
        .extend_pairs([("client_id", "machine"), ("client_secret", "peer-password-of-the-machine")])
        .finish();
    let request =
        Request::post(format!("{issuer}/token")).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let client = UpstreamClient::new(dialer());
    let response = client.send(request.body(Full::<Bytes>::from(fields)).unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
}
