//! The pages as files; `browser` has what they do.

use black_box_tests::{Client, Service, StoreKind};
use bytes::Bytes;
use http::{Method, Request};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FILES: [(&str, &str); 6] = [
    ("/setup", "text/html; charset=utf-8"),
    ("/sign-in", "text/html; charset=utf-8"),
    ("/account", "text/html; charset=utf-8"),
    ("/pages/account.js", "text/javascript; charset=utf-8"),
    ("/pages/style.css", "text/css; charset=utf-8"),
    ("/pages/icon.svg", "image/svg+xml"),
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

#[tokio::test]
async fn pages_can_be_read_only_and_others_are_not_found() {
    let (service, client) = service().await;
    for path in FILES.map(|(path, _)| path).into_iter().chain(["/"]) {
        let answer = client.call(Method::POST, path, None).await;
        assert_eq!((answer.assert(405).header("allow"), path), ("GET, HEAD", path));
    }
    for path in ["/pages", "/pages/", "/pages/setup.html", "/setup/", "/Setup"] {
        client.get(path).await.assert(404);
    }
    let home = client.send(Request::get("/").body(Bytes::new()).unwrap()).await;
    assert_eq!((home.assert(303).header("location"), home.bytes.len()), ("/account", 0));
    service.stop().await;
}
