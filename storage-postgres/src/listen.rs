//! Listening for the events of other nodes, on one connection of its own.
//!
//! What is heard is a hint only: a connection that is cut is opened again, and in between whoever waits for events looks now
//! and then by itself.

use std::convert::Infallible;
use std::time::Duration;

use metrics::Gauge;
use registry_core::store::EventSignal;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::connect::PostgresOptions;
use crate::error::Failure;

/// What `registry_place_events` notifies on.
const CHANNEL: &str = "mcp_registry_event";
/// The metric of the connection.
const LISTENING: &str = "mcp_registry_postgres_listening";
/// How long to wait before the connection is opened again.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// After how much silence the connection is tried.
const SILENCE: Duration = Duration::from_secs(15);
/// How long it may take to answer then.
const PATIENCE: Duration = Duration::from_secs(5);

/// Raises `signal` for what is heard, until the handle is dropped.
pub(crate) fn start(options: PostgresOptions, signal: EventSignal) -> AbortOnDropHandle<()> {
    metrics::describe_gauge!(LISTENING, "1 while other nodes' events are heard at once");
    let listening = metrics::gauge!(LISTENING);
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let Err(failure) = listen(&options, &signal, &listening).await;
            listening.set(0);
            tracing::debug!(error = %failure.0, "the events of other nodes are not heard; they are looked for");
            // What was not heard is found.
            signal.raise();
            sleep(RETRY_AFTER).await;
        }
    }))
}

/// Listens until the connection is lost.
async fn listen(
    options: &PostgresOptions,
    signal: &EventSignal,
    listening: &Gauge,
) -> Result<Infallible, Failure> {
    let mut listener = open(options).await?;
    listening.set(1);
    signal.raise();
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(heard) => heard?.map(|_| signal.raise()).ok_or_else(lost)?,
            Err(_) => try_out(&mut listener).await?,
        }
    }
}

async fn open(options: &PostgresOptions) -> Result<PgListener, Failure> {
    let connect = options.parse()?.application_name("mcp-registry-events");
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(connect)
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// A peer that is gone without a word is found out by asking.
async fn try_out(listener: &mut PgListener) -> Result<(), Failure> {
    let answer = timeout(PATIENCE, sqlx::query("SELECT 1").execute(&mut *listener)).await;
    answer.map_err(|_| lost())?.map(drop).map_err(Failure::from)
}

fn lost() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into())
}
