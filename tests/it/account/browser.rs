//! A browser that signs in at a provider: it follows redirects, keeps cookies and submits the form.

use std::collections::BTreeMap;

use black_box_tests::{Answer, Client, Service, SignedIn};
use bytes::Bytes;
use http::{Method, Request};
use url::{Url, form_urlencoded};

/// A browser, with the cookies of the service and of the provider.
pub(crate) struct Browser {
    service: Client,
    origin: String,
    cookies: BTreeMap<String, String>,
    elsewhere: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(service: &Service) -> Self {
        let origin = format!("http://{}", service.address);
        Self { service: service.client(), origin, cookies: BTreeMap::new(), elsewhere: BTreeMap::new() }
    }

    /// Begins to sign in; the provider's URL.
    pub(crate) async fn start(&mut self, query: &str) -> Url {
        let answer = self.visit(&format!("/api/auth/oidc/peer/start{query}")).await;
        answer.assert(303).header("location").parse().unwrap()
    }

    /// Signs in there as `name`; the path of this service, with its query, that the provider sends the browser back to.
    pub(crate) async fn sign_in_there(&mut self, start: Url, name: &str) -> String {
        let form = match self.follow(start).await {
            Ok(back) => return back,
            Err(form) => form,
        };
        let password = format!("password-of-{name}");
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("login", name), ("password", &*password)])
            .finish();
        let next = self.send(Method::POST, &form, fields).await.expect("the name and the password are right");
        self.follow(next).await.expect("the provider sends everybody back")
    }

    /// All of it; where the browser ends, and its session.
    pub(crate) async fn sign_in(&mut self, name: &str) -> Answer {
        let start = self.start("").await;
        let back = self.sign_in_there(start, name).await;
        self.visit(&back).await
    }

    /// A page of the service, with its cookies.
    pub(crate) async fn visit(&mut self, path: &str) -> Answer {
        let client = self.service.with("cookie", &cookie_line(&self.cookies));
        let answer = client.get(path).await;
        for line in answer.headers.get_all("set-cookie") {
            keep(&mut self.cookies, line.to_str().unwrap());
        }
        answer
    }

    /// The session that it has now.
    pub(crate) fn session(&self) -> SignedIn {
        let client = self.service.with("cookie", &cookie_line(&self.cookies));
        let cookie = cookie_line(&self.cookies);
        SignedIn { client, cookie, csrf: String::new(), me: serde_json::Value::Null }
    }

    /// Forgets the cookies of the service.
    pub(crate) fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Follows redirects up to the service, or to the page where they end.
    async fn follow(&mut self, mut url: Url) -> Result<String, Url> {
        loop {
            if url.as_str().starts_with(&self.origin) {
                return Ok(url.as_str()[self.origin.len()..].to_owned());
            }
            match self.send(Method::GET, &url, String::new()).await {
                Some(next) => url = next,
                None => return Err(url),
            }
        }
    }

    /// Where the provider sends it on to.
    async fn send(&mut self, method: Method, url: &Url, body: String) -> Option<Url> {
        let provider = Client::new(url.socket_addrs(|| None).unwrap()[0]);
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let request =
            Request::builder().method(method).uri(target).header("cookie", cookie_line(&self.elsewhere));
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(Bytes::from(body));
        let answer = provider.send(request.unwrap()).await;
        for line in answer.headers.get_all("set-cookie") {
            keep(&mut self.elsewhere, line.to_str().unwrap());
        }
        let is_redirect = [302, 303].contains(&answer.status.as_u16());
        is_redirect.then(|| url.join(answer.header("location")).unwrap())
    }
}

/// One that is taken away is gone.
fn keep(cookies: &mut BTreeMap<String, String>, line: &str) {
    let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
    match value {
        "" => cookies.remove(name),
        value => cookies.insert(name.to_owned(), value.to_owned()),
    };
}

fn cookie_line(cookies: &BTreeMap<String, String>) -> String {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}
