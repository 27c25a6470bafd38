//! The connection, which a task of its own keeps up. A call uses what is there and never waits for a connect.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::{Notify, watch};
use tokio_util::task::AbortOnDropHandle;

/// How long a connect, and an answer to a ping, may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How long the start waits for the first connect.
const START_WITHIN: Duration = Duration::from_secs(2);
/// The pause between two tries to connect.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// How often a connection that nobody complains of is pinged: one whose other end is gone without a word shows
/// no error for many minutes.
const PING_EVERY: Duration = Duration::from_secs(1);

/// Why there is no connection.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Down {
    #[error("not connected yet")]
    Starting,
    #[error("the connection was lost")]
    Lost,
    #[error("{0}")]
    Redis(#[from] RedisError),
}

type State = Result<MultiplexedConnection, Down>;

/// The connection, if there is one.
pub(crate) struct Link {
    state: watch::Receiver<State>,
    lost: Arc<Notify>,
    _task: AbortOnDropHandle<()>,
}

impl Link {
    /// Begins to connect, and waits for the outcome of the first try.
    pub(crate) async fn start(client: Client) -> Self {
        let (publish, mut state) = watch::channel(Err(Down::Starting));
        let lost = Arc::new(Notify::new());
        let task = AbortOnDropHandle::new(tokio::spawn(keep_up(client, publish, Arc::clone(&lost))));
        // Neither the time running out nor a task that ended is of interest: calls see the state.
        let _ = tokio::time::timeout(START_WITHIN, state.changed()).await;
        Self { state, lost, _task: task }
    }

    /// The connection as it is now.
    pub(crate) fn connection(&self) -> State {
        self.state.borrow().clone()
    }

    /// Says that the connection was of no use. Many may say so; nothing of it is left for the next connection.
    pub(crate) fn lost(&self) {
        self.lost.notify_waiters();
    }
}

async fn keep_up(client: Client, state: watch::Sender<State>, lost: Arc<Notify>) {
    loop {
        match connect(&client).await {
            Ok(connection) => {
                drop(state.send_replace(Ok(connection.clone())));
                let down = until_lost(connection, &lost).await;
                drop(state.send_replace(Err(down)));
            }
            Err(error) => drop(state.send_replace(Err(error.into()))),
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER_WITHIN))
        .set_response_timeout(Some(ANSWER_WITHIN));
    client.get_multiplexed_async_connection_with_config(&config).await
}

async fn until_lost(mut connection: MultiplexedConnection, lost: &Notify) -> Down {
    loop {
        tokio::select! {
            () = lost.notified() => return Down::Lost,
            () = tokio::time::sleep(PING_EVERY) => {}
        }
        if let Err(error) = redis::cmd("PING").exec_async(&mut connection).await {
            return error.into();
        }
    }
}
