//! Comparisons of all servers. Reading the figures of thousands takes a moment, so what was read is kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, Semaphore};

use super::context::Context;
use crate::access::{Caller, Reach};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::id::ServerId;
use crate::model::usage_ranking::{FiguresQuery, RankedServer, RankingRange};

/// How old figures may be before they are read again.
const FRESH_FOR: TimeDelta = TimeDelta::seconds(60);
/// How old figures of the last 24 hours may be to be shown while they are read again.
const USABLE_FOR: TimeDelta = TimeDelta::minutes(10);
/// How long an overview waits for figures that nobody has asked for lately.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many servers' figures are read at once.
const READ_AT_ONCE: u32 = 250;
/// How many comparisons are made at the same time.
const MADE_AT_ONCE: usize = 2;
/// How many servers all comparisons that are kept have together, at most; the oldest go.
const MAX_KEPT: usize = 500_000;
/// How many comparisons are kept, at most.
const MAX_BOARDS: usize = 1_000;

/// Which servers are compared, and over which time: `None` for the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    reach: Reach,
    active_only: bool,
    range: Option<RankingRange>,
}

/// A comparison that was made.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    /// When.
    pub(super) at: Timestamp,
    /// Over which time.
    pub(super) range: RankingRange,
    /// The servers, by id.
    pub(super) servers: Arc<[RankedServer]>,
}

#[derive(Debug, Default)]
struct Board {
    compared: Mutex<Option<Compared>>,
    /// Held by who makes it, so that others wait for it instead of making it too.
    making: Arc<AsyncMutex<()>>,
}

/// The comparisons that are kept.
#[derive(Debug)]
pub(super) struct Rankings {
    boards: Mutex<HashMap<Key, Arc<Board>>>,
    makers: Semaphore,
}

impl Default for Rankings {
    fn default() -> Self {
        Self { boards: Mutex::default(), makers: Semaphore::new(MADE_AT_ONCE) }
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Option<Compared>> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was compared no longer ago than this.
    fn since(&self, now: Timestamp, age: TimeDelta) -> Option<Compared> {
        self.lock().clone().filter(|compared| now - compared.at < age)
    }

    fn servers(&self) -> usize {
        self.lock().as_ref().map_or(0, |compared| compared.servers.len())
    }

    fn made_at(&self) -> Option<Timestamp> {
        self.lock().as_ref().map(|compared| compared.at)
    }
}

impl Rankings {
    fn board(&self, key: Key) -> Arc<Board> {
        let mut boards = self.lock();
        let board = boards.entry(key).or_default().clone();
        drop_oldest(&mut boards, key);
        board
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Board>>> {
        self.boards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops what was made longest ago until the rest is within bounds; not the one of this key.
fn drop_oldest(boards: &mut HashMap<Key, Arc<Board>>, but: Key) {
    let mut servers: usize = boards.values().map(|board| board.servers()).sum();
    while servers > MAX_KEPT || boards.len() > MAX_BOARDS {
        let others = boards.iter().filter(|(key, _)| **key != but);
        let Some((key, _)) = others.min_by_key(|(_, board)| board.made_at()) else { return };
        let key = *key;
        servers -= boards.remove(&key).map_or(0, |board| board.servers());
    }
}

impl Context {
    /// The servers that the caller may compare, with their figures over this range, or over the last 24 hours: as they were
    /// up to a minute ago; of the last 24 hours up to ten minutes, if nobody asked for longer.
    pub(super) async fn compared(
        self: &Arc<Self>,
        caller: &Caller,
        range: Option<RankingRange>,
    ) -> Result<Compared, Error> {
        let key = Key { reach: caller.reach(), active_only: caller.sees_active_only(), range };
        if caller.linked_server().is_some() {
            return self.compare(key, caller.linked_server()).await;
        }
        let (board, now) = (self.rankings.board(key), self.clock.now());
        if let Some(compared) = board.since(now, FRESH_FOR) {
            return Ok(compared);
        }
        if let Some(compared) = board.since(now, USABLE_FOR).filter(|_| range.is_none()) {
            if let Ok(making) = board.making.clone().try_lock_owned() {
                tokio::spawn(self.clone().compare_again(key, board, making));
            }
            return Ok(compared);
        }
        let _making = board.making.lock().await;
        if let Some(compared) = board.since(self.clock.now(), FRESH_FOR) {
            return Ok(compared);
        }
        let compared = self.compare(key, None).await?;
        *board.lock() = Some(compared.clone());
        Ok(compared)
    }

    /// The same over the last 24 hours, unless it takes longer than [`PATIENCE`]: then it goes on for whoever asks next.
    pub(super) async fn compared_soon(self: &Arc<Self>, caller: &Caller) -> Result<Option<Compared>, Error> {
        let (context, caller) = (self.clone(), caller.clone());
        let comparing = tokio::spawn(async move { context.compared(&caller, None).await });
        match tokio::time::timeout(PATIENCE, comparing).await {
            Ok(Ok(compared)) => compared.map(Some),
            // It takes long, or the service stops.
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    async fn compare_again(self: Arc<Self>, key: Key, board: Arc<Board>, _making: OwnedMutexGuard<()>) {
        match self.compare(key, None).await {
            Ok(compared) => *board.lock() = Some(compared),
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "servers were not compared; the next request tries again");
            }
        }
    }

    /// Reads the figures of all servers, or of this one, a bounded number at a time.
    async fn compare(&self, key: Key, only: Option<ServerId>) -> Result<Compared, Error> {
        // It is never closed.
        let _maker = self.rankings.makers.acquire().await.ok();
        let at = self.clock.now();
        let range = key.range.unwrap_or_else(|| RankingRange::recent(at));
        let mut servers: Vec<RankedServer> = Vec::new();
        loop {
            let after = servers.last().map(|last| last.server_id);
            let Key { reach, active_only, .. } = key;
            let query = FiguresQuery { reach, only, active_only, range, after, limit: READ_AT_ONCE };
            let figures = self.store.server_figures(&query).await?;
            servers.extend(figures.iter().map(RankedServer::from));
            if figures.len() < READ_AT_ONCE as usize {
                return Ok(Compared { at, range, servers: servers.into() });
            }
        }
    }
}
