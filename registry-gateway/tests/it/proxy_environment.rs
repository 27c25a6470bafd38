//! S5: a proxy in the environment is ignored.

use std::process::Command;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use crate::fixture::{Canary, loopback_client};

const TARGET: &str = "REGISTRY_GATEWAY_TEST_TARGET";

/// The environment of this process cannot be changed safely, so the request is made by a child of it.
#[tokio::test]
async fn s5_http_proxy_is_ignored() {
    let (proxy, target) = (Canary::on("127.0.0.1").await, Canary::on("127.0.0.1").await);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxy_environment::child_sends_one_request", "--ignored"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, format!("http://{}", proxy.address));
    }
    child.env(TARGET, format!("http://{}/", target.address));
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((proxy.hits().await, target.hits().await), (0, 1));
}

#[tokio::test]
#[ignore = "run by s5_http_proxy_is_ignored in a process with a proxy in its environment"]
async fn child_sends_one_request() {
    let Ok(target) = std::env::var(TARGET) else { return };
    let request = Request::get(target).body(Full::<Bytes>::default()).unwrap();
    assert_eq!(loopback_client().send(request).await.unwrap().status(), 200);
}
