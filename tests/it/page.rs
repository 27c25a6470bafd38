//! The pages as files; `browser` has what they do.

use black_box_tests::{Client, Service, StoreKind};
use bytes::Bytes;
use http::{Method, Request};

const POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o=' \
     'sha256-gYiS/BvZvRcK27JIXTuwhZ3hs2+VJ1X+2gUlE+farlg='; connect-src 'self'; img-src 'self' data:; font-src 'self'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const FILES: [(&str, &str); 11] = [
    ("/setup", "text/html; charset=utf-8"),
    ("/sign-in", "text/html; charset=utf-8"),
    ("/pages/sign-in.js", "text/javascript; charset=utf-8"),
    ("/pages/style.css", "text/css; charset=utf-8"),
    ("/pages/icon.svg", "image/svg+xml"),
    ("/", "text/html; charset=utf-8"),
    ("/servers", "text/html; charset=utf-8"),
    ("/servers/01890a5d-ac96-774b-bcce-b302099a8057", "text/html; charset=utf-8"),
    ("/theme.js", "text/javascript; charset=utf-8"),
    ("/assets/index.js", "text/javascript; charset=utf-8"),
    ("/assets/index.css", "text/css; charset=utf-8"),
];

async fn service() -> (Service, Client) {
    let service = Service::start(StoreKind::Memory).await;
    let client = service.client();
    (service, client)
}

#[tokio::test]
async fn everybody_gets_the_pages_under_a_strict_policy() {
    let (service, client) = service().await;
    for (path, content_type) in FILES {
        let answer = client.get(path).await;
        assert!(!answer.assert(200).bytes.is_empty());
        for (name, value) in [
            ("content-type", content_type),
            ("content-security-policy", POLICY),
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("vary", "Accept-Encoding"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let head = client.call(Method::HEAD, path, None).await;
        assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0), "{path}");
    }
    service.stop().await;
}

#[tokio::test]
async fn who_has_a_page_already_is_told_so() {
    let (service, client) = service().await;
    for (path, _) in FILES {
        let etag = client.get(path).await.header("etag").to_owned();
        let request = Request::get(path).header("if-none-match", &etag).body(Bytes::new());
        let answer = client.send(request.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0), "{path}");
        assert_eq!((answer.header("etag"), answer.header("cache-control")), (&*etag, "no-cache"));
    }
    service.stop().await;
}

/// The coding and the tag of the answer to somebody who accepts `coding`, and its length.
async fn sent(client: &Client, path: &str, coding: &str) -> (Option<String>, String, usize) {
    let request = Request::get(path).header("accept-encoding", coding).body(Bytes::new());
    let answer = client.send(request.unwrap()).await;
    let given =
        answer.assert(200).headers.get("content-encoding").map(|name| name.to_str().unwrap().to_owned());
    (given, answer.header("etag").to_owned(), answer.bytes.len())
}

#[tokio::test]
async fn who_accepts_gzip_gets_the_dashboard_compressed() {
    let (service, client) = service().await;
    let (none, plain_tag, plain) = sent(&client, "/assets/index.js", "br").await;
    let (gzip, tag, length) = sent(&client, "/assets/index.js", "br, gzip").await;
    assert_eq!((none, gzip.as_deref()), (None, Some("gzip")));
    assert!(length * 2 < plain, "{length} of {plain}");
    assert_ne!(tag, plain_tag);
    let again =
        Request::get("/assets/index.js").header("accept-encoding", "gzip").header("if-none-match", &tag);
    let again = client.send(again.body(Bytes::new()).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.header("etag")), (304, &*tag));
    service.stop().await;
}

#[tokio::test]
async fn pages_can_be_read_only_and_others_are_not_found() {
    let (service, client) = service().await;
    for path in FILES.map(|(path, _)| path) {
        let answer = client.call(Method::POST, path, None).await;
        assert_eq!((answer.assert(405).header("allow"), path), ("GET, HEAD", path));
    }
    let unknown =
        ["/pages", "/pages/setup.html", "/setup/", "/Setup", "/index.html", "/stamp", "/assets", "/servers/"];
    for path in unknown.into_iter().chain(["/assets/none.js", "/servers/1/2"]) {
        client.get(path).await.assert(404);
    }
    let moved = client.get("/account").await;
    assert_eq!((moved.assert(303).header("location"), moved.bytes.len()), ("/settings", 0));
    service.stop().await;
}
