//! The changes: an upstream begins to fail, or to answer, and the service is asked to check the server. The event is that the
//! server's health changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Map, Value};

use super::fleet::{Fleet, Unsteady};
use crate::exchange::Connection;
use crate::stats::{p50_p99_ms, round};
use crate::upstream::TURN;

/// The time from one change to the next: eight in a second.
const PACE: Duration = Duration::from_millis(125);

/// When each server's last change was asked for, by its id.
pub(super) type Sent = Rc<RefCell<HashMap<String, Instant>>>;

pub(super) struct Changes<'a> {
    fleet: &'a Fleet,
    service: Connection,
    upstream: Connection,
    address: SocketAddr,
    sent: Sent,
    made: usize,
}

impl<'a> Changes<'a> {
    /// Changes that the service at this address is asked for.
    pub(super) async fn begin(fleet: &'a Fleet, address: SocketAddr) -> Result<Self> {
        let upstream = Connection::open((Ipv4Addr::LOCALHOST, fleet.port).into()).await?;
        let service = Connection::open(address).await?;
        Ok(Self { fleet, service, upstream, address, sent: Sent::default(), made: 0 })
    }

    /// When changes were asked for.
    pub(super) fn sent(&self) -> Sent {
        self.sent.clone()
    }

    /// How many were made.
    pub(super) fn made(&self) -> usize {
        self.made
    }

    /// Has each server checked once: from then on each is known to answer.
    pub(super) async fn settle(&mut self) -> Result<()> {
        for server in &self.fleet.servers {
            self.check(server).await?;
        }
        Ok(())
    }

    /// Makes changes for so long, one after the other. Tells how many, and how long the service took to answer who asked.
    pub(super) async fn make(&mut self, time: Duration) -> Result<Map<String, Value>> {
        let (begun, mut times) = (Instant::now(), Vec::new());
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for server in self.fleet.servers.iter().cycle() {
            if begun.elapsed() >= time {
                break;
            }
            pace.tick().await;
            self.turn(server).await?;
            let before = Instant::now();
            self.sent.borrow_mut().insert(server.id.to_string(), before);
            self.check(server).await?;
            times.push(before.elapsed());
            self.made += 1;
        }
        let (p50, p99) = p50_p99_ms(&times);
        let mut figures = Map::new();
        figures.insert("changes".to_owned(), self.made.into());
        let rate = self.made as f64 / begun.elapsed().as_secs_f64();
        figures.insert("changes_per_second".to_owned(), round(rate, 2).into());
        figures.insert("answer_p50_ms".to_owned(), p50.into());
        figures.insert("answer_p99_ms".to_owned(), p99.into());
        Ok(figures)
    }

    async fn turn(&mut self, server: &Unsteady) -> Result<()> {
        let request = format!("GET {TURN}{} HTTP/1.1\r\nhost: localhost\r\n\r\n", server.name);
        self.upstream.exchange(request.as_bytes()).await?;
        Ok(())
    }

    async fn check(&mut self, server: &Unsteady) -> Result<()> {
        let (address, key) = (self.address, &self.fleet.owner);
        let request = format!(
            "POST /api/servers/{}/health-check HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             user-agent: bench/1\r\ncontent-length: 0\r\n\r\n",
            server.id
        );
        self.service.exchange(request.as_bytes()).await?;
        Ok(())
    }
}
