//! How much waits on this node for those who do not take it: messages of upstreams, from when they were received until they
//! were sent on.
//!
//! Each channel has room of its own, and its upstream waits when that is full. All channels together have a budget: who
//! holds most of it when it is spent loses its channel, so that a few who do not read take nothing from the others.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use metrics::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::channel::{ChannelError, MAX_MESSAGE_BYTES};

/// How many bytes of messages wait on this node, unless it is told otherwise.
pub const MAX_BUFFERED_BYTES: usize = 256 * 1024 * 1024;
/// How many bytes of messages wait for the holder of one channel: two of the largest.
pub const MAX_WAITING_BYTES: usize = 2 * MAX_MESSAGE_BYTES;
/// How long an upstream waits for a holder that does not take its messages. Then the channel ends.
pub const STALL: Duration = Duration::from_secs(10);
/// How long it takes at most until the room of a channel that ended is free.
const RELEASE: Duration = Duration::from_secs(1);

const BUFFERED: &str = "mcp_registry_gateway_buffered_bytes";

/// The budget of a node. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Node>);

#[derive(Debug)]
struct Node {
    free: Arc<Semaphore>,
    accounts: Mutex<Vec<Weak<Account>>>,
    /// Who makes room does so alone.
    making_room: tokio::sync::Mutex<()>,
}

/// What one channel holds of the budget.
#[derive(Debug)]
pub struct Account {
    node: Arc<Node>,
    own: Arc<Semaphore>,
    why: OnceLock<Overrun>,
    over: CancellationToken,
}

/// Why a channel ended that held too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overrun {
    /// Its holder took nothing for too long.
    Stalled,
    /// It held most when the budget was spent.
    Crowded,
}

/// Room that a message takes until it is sent on.
#[derive(Debug)]
pub struct Room {
    bytes: usize,
    _own: OwnedSemaphorePermit,
    _node: OwnedSemaphorePermit,
}

impl Budget {
    /// One of so many bytes, at least one message's.
    pub(super) fn new(bytes: usize) -> Self {
        metrics::describe_gauge!(BUFFERED, "Bytes of messages that wait for clients of bridged sessions");
        let bytes = bytes.clamp(MAX_MESSAGE_BYTES, Semaphore::MAX_PERMITS);
        let free = Arc::new(Semaphore::new(bytes));
        Self(Arc::new(Node { free, accounts: Mutex::default(), making_room: tokio::sync::Mutex::default() }))
    }

    /// An account for one channel more.
    pub(super) fn open(&self) -> Arc<Account> {
        let own = Arc::new(Semaphore::new(MAX_WAITING_BYTES));
        let (node, why, over) = (self.0.clone(), OnceLock::new(), CancellationToken::new());
        let account = Arc::new(Account { node, own, why, over });
        let mut accounts = self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() == accounts.capacity() {
            accounts.retain(|account| account.strong_count() > 0);
        }
        accounts.push(Arc::downgrade(&account));
        account
    }
}

impl Node {
    fn try_take(&self, bytes: u32) -> Option<OwnedSemaphorePermit> {
        self.free.clone().try_acquire_many_owned(bytes).ok()
    }

    /// Ends the channel that holds most.
    fn end_largest(&self) {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let open = accounts.iter().filter_map(Weak::upgrade).filter(|account| !account.over.is_cancelled());
        let largest = open.max_by_key(|account| account.used());
        drop(accounts);
        if let Some(account) = largest {
            account.end(Overrun::Crowded);
        }
    }

    /// Takes room by making some: the channels that hold most end, one by one.
    async fn make_room(&self, bytes: u32) -> Option<OwnedSemaphorePermit> {
        let _alone = self.making_room.lock().await;
        if let Some(room) = self.try_take(bytes) {
            return Some(room);
        }
        self.end_largest();
        timeout(RELEASE, self.free.clone().acquire_many_owned(bytes)).await.ok()?.ok()
    }
}

impl Account {
    /// Takes room for a message of so many bytes; waits while the holder has not taken what came before it.
    ///
    /// # Errors
    /// [`ChannelError::Stalled`] or [`ChannelError::Crowded`], and the channel is over.
    pub(super) async fn take(&self, bytes: usize) -> Result<Room, ChannelError> {
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let own = timeout(STALL, self.own.clone().acquire_many_owned(permits)).await;
        let Ok(Ok(own)) = own else { return Err(self.end(Overrun::Stalled)) };
        let node = match self.node.try_take(permits) {
            Some(node) => Some(node),
            None => self.node.make_room(permits).await,
        };
        let Some(node) = node else { return Err(self.end(Overrun::Crowded)) };
        buffered().increment(gauged(bytes));
        Ok(Room { bytes, _own: own, _node: node })
    }

    /// Completes when the channel ends because it held too much.
    pub async fn over(&self) -> ChannelError {
        self.over.cancelled().await;
        self.why.get().copied().unwrap_or(Overrun::Stalled).error()
    }

    fn used(&self) -> usize {
        MAX_WAITING_BYTES.saturating_sub(self.own.available_permits())
    }

    fn end(&self, why: Overrun) -> ChannelError {
        let why = *self.why.get_or_init(|| why);
        self.over.cancel();
        why.error()
    }
}

impl Overrun {
    fn error(self) -> ChannelError {
        match self {
            Self::Stalled => ChannelError::Stalled,
            Self::Crowded => ChannelError::Crowded,
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        buffered().decrement(gauged(self.bytes));
    }
}

fn buffered() -> Gauge {
    metrics::gauge!(BUFFERED)
}

#[expect(clippy::cast_precision_loss, reason = "far fewer bytes than a float counts exactly")]
fn gauged(bytes: usize) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = MAX_MESSAGE_BYTES;

    /// O2: a channel holds no more than its own, and its upstream waits for a while.
    #[tokio::test(start_paused = true)]
    async fn o2_a_channel_whose_holder_takes_nothing_ends() {
        let account = Budget::new(8 * LARGE).open();
        let room = [account.take(LARGE).await.unwrap(), account.take(LARGE).await.unwrap()];
        let began = tokio::time::Instant::now();
        assert!(matches!(account.take(1).await, Err(ChannelError::Stalled)));
        assert_eq!(began.elapsed(), STALL);
        assert!(matches!(account.over().await, ChannelError::Stalled));
        drop(room);
    }

    /// O2: who holds most is ended, and nobody else is.
    #[tokio::test(start_paused = true)]
    async fn o2_when_the_budget_is_spent_the_channel_that_holds_most_ends() {
        let budget = Budget::new(3 * LARGE);
        let (greedy, modest, newcomer) = (budget.open(), budget.open(), budget.open());
        let held = [greedy.take(LARGE).await.unwrap(), greedy.take(LARGE - 1).await.unwrap()];
        let _little = modest.take(LARGE / 2).await.unwrap();
        let lets_go = async {
            assert!(matches!(greedy.over().await, ChannelError::Crowded));
            drop(held);
        };
        let (room, ()) = tokio::join!(newcomer.take(LARGE), lets_go);
        assert!(room.is_ok());
        assert!(!modest.over.is_cancelled() && !newcomer.over.is_cancelled());
    }

    /// O2: many who want room at once end no more than has to be.
    #[tokio::test(start_paused = true)]
    async fn o2_room_is_made_once_for_all_who_fit_into_it() {
        let budget = Budget::new(2 * LARGE);
        let (greedy, others) = (budget.open(), [(); 4].map(|()| budget.open()));
        let held = [greedy.take(LARGE).await.unwrap(), greedy.take(LARGE).await.unwrap()];
        let lets_go = async {
            greedy.over().await;
            drop(held);
        };
        let takes = futures::future::join_all(others.iter().map(|account| account.take(LARGE / 4)));
        let (taken, ()) = tokio::join!(takes, lets_go);
        assert!(taken.iter().all(Result::is_ok));
        assert!(others.iter().all(|account| !account.over.is_cancelled()));
    }
}
