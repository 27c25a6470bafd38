//! Clients that list and call now and then: enough to see how long it takes, too few to be the load themselves.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use registry_core::model::id::ServerId;
use serde_json::{Value, json};

use super::fleet::Fleet;
use crate::exchange::Connection;
use crate::load::Target;
use crate::stats::p50_p99_ms;

/// The pause between two requests of a client.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Clients {
    list: Vec<u8>,
    call: Vec<u8>,
    address: SocketAddr,
}

impl Clients {
    pub(super) fn new(address: SocketAddr, fleet: &Fleet) -> Self {
        let key = &fleet.key;
        let list = format!(
            "GET /api/servers?limit=20&sortBy=name HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             user-agent: bench/1\r\n\r\n"
        );
        let server = fleet.servers.first().map(ServerId::to_string).unwrap_or_default();
        let target = Target { address, path: format!("/mcp/{server}"), key: key.clone() };
        Self { list: list.into_bytes(), call: target.request(), address }
    }

    /// How long pages of lists and calls take, one client of each, for so long.
    pub(super) fn measure(&self, time: Duration) -> Result<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (lists, calls) = runtime
            .block_on(async { tokio::try_join!(self.ask(&self.list, time), self.ask(&self.call, time)) })?;
        let ((list_p50, list_p99), (call_p50, call_p99)) = (p50_p99_ms(&lists), p50_p99_ms(&calls));
        Ok(json!({ "requests": lists.len() + calls.len(), "list_p50_ms": list_p50, "list_p99_ms": list_p99,
            "call_p50_ms": call_p50, "call_p99_ms": call_p99 }))
    }

    async fn ask(&self, request: &[u8], time: Duration) -> Result<Vec<Duration>> {
        let mut connection = Connection::open(self.address).await?;
        // The first finds caches empty.
        connection.exchange(request).await?;
        let (end, mut times) = (Instant::now() + time, Vec::new());
        while Instant::now() < end {
            let begun = Instant::now();
            connection.exchange(request).await?;
            times.push(begun.elapsed());
            tokio::time::sleep(PAUSE).await;
        }
        Ok(times)
    }
}
