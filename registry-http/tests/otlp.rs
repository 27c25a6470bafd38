//! The binary exports the spans of requests to an OpenTelemetry collector.
#![cfg(feature = "otlp")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const PATIENCE: Duration = Duration::from_secs(30);

type Exports = mpsc::UnboundedReceiver<Request<Bytes>>;

/// A collector: whatever it gets is told.
async fn collector() -> (SocketAddr, Exports) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (got, exports) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let got = got.clone();
            let service = service_fn(move |request: Request<Incoming>| collect(request, got.clone()));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, exports)
}

async fn collect(
    request: Request<Incoming>,
    got: mpsc::UnboundedSender<Request<Bytes>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let _ = got.send(Request::from_parts(head, body.collect().await.unwrap().to_bytes()));
    Ok(Response::new(Full::default()))
}

/// The service; it is killed when it is dropped.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Service {
    fn start(collector: SocketAddr) -> (Self, SocketAddr) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-registry"));
        command.args(["--listen", "127.0.0.1:0", "--store", "memory:", "--log", "error"]);
        command.args(["--otlp-endpoint", &format!("http://{collector}")]).env_clear();
        command.env("OTEL_BSP_SCHEDULE_DELAY", "100").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let service = Self(child);
        let mut lines = BufReader::new(stderr).lines();
        let address = lines.find_map(|line| {
            let (_, rest) =
                line.unwrap().split_once("listening on http://").map(|(a, b)| (a.len(), b.to_owned()))?;
            rest.split_once(' ').unwrap().0.parse().ok()
        });
        // Whatever else it says goes nowhere, but must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        (service, address.unwrap())
    }

    fn terminate(mut self) {
        let kill = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

#[expect(clippy::disallowed_methods, reason = "this connection is a client's, to the service under test")]
fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\ntraceparent: {traceparent}\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Reads exports until one has a span of this name in it.
async fn export_of(exports: &mut Exports, name: &str) -> Request<Bytes> {
    loop {
        let export = timeout(PATIENCE, exports.recv()).await.expect("an export in time").unwrap();
        if has(export.body(), name.as_bytes()) {
            return export;
        }
    }
}

/// In protobuf, ids and texts stand as they are.
fn has(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

fn assert_span(export: &Request<Bytes>, route: &str) {
    assert_eq!((export.method().as_str(), export.uri().path()), ("POST", "/v1/traces"));
    assert_eq!(export.headers()["content-type"], "application/x-protobuf");
    let body = export.body();
    for id in [TRACE, PARENT] {
        assert!(has(body, &hex::decode(id).unwrap()), "no {id}");
    }
    for text in [route, "http.response.status_code", "mcp-registry"] {
        assert!(has(body, text.as_bytes()), "no {text}");
    }
    assert!(!has(body, b"secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_gets_a_span_of_the_clients_trace_and_the_last_ones_at_the_end() {
    let (collector, mut exports) = collector().await;
    let (service, address) = Service::start(collector);
    assert!(get(address, "/api/health?a=secret").starts_with("HTTP/1.1 200"));
    assert_span(&export_of(&mut exports, "GET /api/health").await, "/api/health");
    assert!(get(address, "/mcp/secret").starts_with("HTTP/1.1 401"));
    tokio::task::spawn_blocking(move || service.terminate()).await.unwrap();
    assert_span(&export_of(&mut exports, "GET /mcp/{server}").await, "/mcp/{server}");
}
