//! Something that an issuer publishes (keys, metadata), kept and fetched anew in time.
//!
//! Reading what is fresh takes no lock. Only one fetch is under way at a time, in a task of its own, so that a client
//! that goes away does not end it; only those wait for it who need what it brings. What was fetched goes on to serve
//! for [`MAX_AGE`] if the issuer is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use chrono::TimeDelta;
use registry_core::clock::{Clock, Timestamp};
use registry_core::error::chain;
use tokio::sync::{Mutex, MutexGuard};

/// What was fetched is not used when it is older.
pub(crate) const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// After an attempt there is none for so long: what is held serves on, and what it does not have is unknown.
pub(crate) const PAUSE: TimeDelta = TimeDelta::seconds(30);
/// The same while nothing is held.
pub(crate) const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);

/// Where something comes from.
#[async_trait]
pub(crate) trait Source: Send + Sync + 'static {
    /// What it is.
    type Item: Send + Sync + 'static;

    /// Whose it is, for the log.
    fn issuer(&self) -> &str;

    /// Fetches it, and says how long it is fresh.
    async fn fetch(&self) -> Result<(Self::Item, TimeDelta), FetchError>;
}

/// Why it could not be had.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FetchError(String);

impl FetchError {
    /// For a reason without secrets.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// With all causes of `error`.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self(chain(error))
    }
}

/// What was fetched.
pub(crate) struct Held<T> {
    pub(crate) item: T,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
}

/// The latest of a source.
pub(crate) struct Cached<S: Source>(Arc<Inner<S>>);

struct Inner<S: Source> {
    source: S,
    clock: Arc<dyn Clock>,
    held: ArcSwapOption<Held<S::Item>>,
    /// Locked while a fetch is under way.
    attempt: Mutex<Attempt>,
    /// Whether the last fetch failed.
    is_away: AtomicBool,
}

/// The last fetch: when it ended, and why if it failed.
#[derive(Default)]
struct Attempt {
    at: Option<Timestamp>,
    failure: Option<FetchError>,
}

impl Attempt {
    /// Whether it is time for the next one. A clock that was set back does not put it off.
    fn is_over(&self, now: Timestamp, holds: bool) -> bool {
        let pause = if holds { PAUSE } else { FIRST_PAUSE };
        self.at.is_none_or(|at| now < at || now >= at + pause)
    }
}

type Fetched<S> = Result<Arc<Held<<S as Source>::Item>>, FetchError>;

impl<S: Source> Cached<S> {
    pub(crate) fn new(source: S, clock: Arc<dyn Clock>) -> Self {
        let (held, attempt, is_away) = (ArcSwapOption::empty(), Mutex::default(), AtomicBool::new(false));
        Self(Arc::new(Inner { source, clock, held, attempt, is_away }))
    }

    /// What is held, fetched first if it is not fresh.
    pub(crate) async fn get(&self) -> Fetched<S> {
        match self.0.held.load_full() {
            Some(held) if self.0.clock.now() < held.fresh_until => Ok(held),
            held => self.refresh(held).await,
        }
    }

    /// Something newer than `seen`, because that lacks something; `seen` again if it is too early to ask.
    pub(crate) async fn after(&self, seen: Arc<Held<S::Item>>) -> Fetched<S> {
        self.refresh(Some(seen)).await
    }

    async fn refresh(&self, seen: Option<Arc<Held<S::Item>>>) -> Fetched<S> {
        let inner = self.0.clone();
        let task = tokio::spawn(async move { inner.refresh(seen).await });
        task.await.unwrap_or_else(|_| Err(FetchError::new("the fetch was ended")))
    }
}

impl<S: Source> Inner<S> {
    /// Fetches, unless somebody else did since `seen` was seen, or it is too early.
    async fn refresh(&self, seen: Option<Arc<Held<S::Item>>>) -> Fetched<S> {
        let Some(mut attempt) = self.turn(seen.as_ref()).await else {
            return seen.ok_or_else(|| FetchError::new("it is being fetched"));
        };
        let held = self.held.load_full();
        let is_newer = |held: &&Arc<_>| seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(held, seen));
        if let Some(newer) = held.as_ref().filter(is_newer) {
            return Ok(newer.clone());
        }
        if attempt.is_over(self.clock.now(), held.is_some()) {
            attempt.failure = self.fetch().await.err();
            attempt.at = Some(self.clock.now());
            self.is_away.store(attempt.failure.is_some(), Relaxed);
        }
        let failure =
            || attempt.failure.clone().unwrap_or_else(|| FetchError::new("it was fetched just now"));
        self.usable().ok_or_else(failure)
    }

    /// Waits to be the one who fetches. While the issuer is away, one waits for it and the others, `None`, go on with
    /// what there is.
    async fn turn(&self, seen: Option<&Arc<Held<S::Item>>>) -> Option<MutexGuard<'_, Attempt>> {
        if self.is_away.load(Relaxed) && seen.is_some() && self.usable().is_some() {
            return self.attempt.try_lock().ok();
        }
        Some(self.attempt.lock().await)
    }

    fn usable(&self) -> Option<Arc<Held<S::Item>>> {
        let now = self.clock.now();
        self.held.load_full().filter(|held| now < held.fetched_at + MAX_AGE)
    }

    async fn fetch(&self) -> Result<(), FetchError> {
        let (item, lifetime) = self.source.fetch().await.inspect_err(|error| {
            let issuer = self.source.issuer();
            tracing::warn!(issuer, %error, "an issuer's keys or metadata cannot be fetched");
        })?;
        let now = self.clock.now();
        self.held.store(Some(Arc::new(Held { item, fetched_at: now, fresh_until: now + lifetime })));
        Ok(())
    }
}
