//! What the line of a request says, as members of a JSON object. They are written by hand: handing each over as a field
//! of its own takes three times as long.

use std::{
    fmt::Write,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http::{Method, StatusCode, Uri};

use crate::request_id::RequestContext;

/// The most characters of a path in the log.
const MAX_LOGGED_PATH: usize = 256;

/// What is known of a request, and of its answer so far.
pub(super) struct Line {
    pub(super) context: RequestContext,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) peer: Arc<Peer>,
    pub(super) is_mcp: bool,
    pub(super) status: Option<StatusCode>,
    pub(super) bytes: u64,
    pub(super) complete: bool,
}

/// The peer of a connection as it is written, made once.
#[derive(Debug)]
pub(super) struct Peer {
    ip: IpAddr,
    ip_text: String,
    text: String,
}

impl Peer {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { ip: address.ip(), ip_text: address.ip().to_string(), text: address.to_string() }
    }
}

impl Line {
    /// Appends its members; the answer took so long.
    pub(super) fn write(&self, text: &mut String, took: Duration) {
        let context = &self.context;
        member(text, "\"method\":", self.method.as_str());
        member(text, ",\"path\":", self.path());
        // 499 is what proxies write for a client that left before the answer.
        let status = self.status.map_or(499, |status| status.as_u16());
        // Writing to a string cannot fail.
        let _ = write!(text, ",\"status\":{status},\"duration_ms\":");
        write_millis(text, took);
        let _ = write!(text, ",\"bytes\":{},\"complete\":{}", self.bytes, self.complete);
        member(text, ",\"request_id\":", &context.request_id);
        if let Some(trace_id) = context.trace_id.as_deref() {
            member(text, ",\"trace_id\":", trace_id);
        }
        match context.client == self.peer.ip {
            true => member(text, ",\"client\":", &self.peer.ip_text),
            false => member(text, ",\"client\":", &context.client.to_string()),
        }
        member(text, ",\"remote\":", &self.peer.text);
    }

    fn path(&self) -> &str {
        let path = self.uri.path();
        if path.len() <= MAX_LOGGED_PATH {
            return path;
        }
        path.char_indices().nth(MAX_LOGGED_PATH).map_or(path, |(end, _)| &path[..end])
    }
}

fn member(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    let is_plain = value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    if is_plain {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        // A string is always JSON.
        text.push_str(&serde_json::to_string(value).unwrap_or_default());
    }
}

/// Milliseconds, rounded to three places; at least one place is written.
fn write_millis(text: &mut String, time: Duration) {
    let micros = (time.as_nanos() + 500) / 1_000;
    let _ = write!(text, "{}.{:03}", micros / 1_000, micros % 1_000);
    while text.ends_with('0') && !text.ends_with(".0") {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use http::{HeaderMap, Method};
    use serde_json::{Value, json};

    use super::{Line, MAX_LOGGED_PATH, Peer, write_millis};
    use crate::{ambient::Ambient, forwarded::TrustedProxies, request_id::RequestContext};

    fn line(uri: &str) -> Line {
        let remote = "[2001:db8::1]:8080".parse().unwrap();
        let ambient = Ambient::new(|| unreachable!("a line has no time of its own"), uuid::Uuid::nil);
        let context = RequestContext::new(&HeaderMap::new(), remote, &TrustedProxies::default(), &ambient);
        let (uri, peer, method) = (uri.parse().unwrap(), Arc::new(Peer::new(remote)), Method::POST);
        Line { context, method, uri, peer, is_mcp: true, status: None, bytes: 7, complete: false }
    }

    fn written(line: &Line) -> Value {
        let mut text = String::from("{");
        line.write(&mut text, Duration::from_nanos(1_234_567));
        serde_json::from_str(&(text + "}")).unwrap()
    }

    #[test]
    fn a_line_has_all_of_its_members() {
        let mut line = line("/a%22b?secret");
        let expected = json!({
            "method": "POST", "path": "/a%22b", "status": 499, "duration_ms": 1.235, "bytes": 7, "complete": false,
            "request_id": "00000000-0000-0000-0000-000000000000",
            "client": "2001:db8::1", "remote": "[2001:db8::1]:8080",
        });
        assert_eq!(written(&line), expected);
        line.context.client = "192.0.2.1".parse().unwrap();
        line.context.trace_id = Some("0af7651916cd43dd8448eb211c80319c".into());
        let written = written(&line);
        assert_eq!(
            (&written["client"], written["trace_id"].as_str().map(str::len)),
            (&"192.0.2.1".into(), Some(32))
        );
    }

    #[test]
    fn a_path_cannot_break_out_of_its_member_and_is_cut() {
        let odd = line("/a\"b\\ä");
        assert_eq!(written(&odd)["path"], "/a\"b\\ä");
        let long = line(&format!("/{}", "ä".repeat(2 * MAX_LOGGED_PATH)));
        assert_eq!(written(&long)["path"].as_str().unwrap().chars().count(), MAX_LOGGED_PATH);
    }

    #[test]
    fn milliseconds_have_three_places_at_most() {
        let cases = [(0, "0.0"), (499, "0.0"), (500, "0.001"), (12_000_000, "12.0"), (1_050_000, "1.05")];
        for (nanos, expected) in cases {
            let mut text = String::new();
            write_millis(&mut text, Duration::from_nanos(nanos));
            assert_eq!(text, expected);
        }
    }
}
