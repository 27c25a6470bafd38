//! Fixture: how a case gets its store.

use std::sync::Arc;

use async_trait::async_trait;

use crate::store::Store;

/// A store for one case, and the place where it keeps its data.
#[async_trait]
pub trait Fixture: Sized + Send + Sync + 'static {
    /// A fresh, empty store in a folder or database of its own. What it needs and does not find (a database
    /// server) is a panic that says how to provide it: a suite that did not run must not look as if it had passed.
    async fn open() -> Self;

    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// Closes the store as the service does at its end ([`Store::close`]), lets go of it and opens the same data
    /// again. The suite holds no handle to the store while this runs. `None` if the store keeps nothing; its
    /// `suite!` then says `forgets: "why"`.
    async fn reopen(self) -> Option<Self>;

    /// Removes what [`open`](Self::open) made. Called after a case that passed; what a failed one leaves can be
    /// looked into.
    async fn finish(self) {}
}

/// A [`Fixture`] without its type, so that cases are compiled once.
#[async_trait]
pub(super) trait Keeper: Send + Sync {
    fn store(&self) -> Arc<dyn Store>;
    async fn reopen(self: Box<Self>) -> Option<Box<dyn Keeper>>;
    async fn finish(self: Box<Self>);
}

#[async_trait]
impl<F: Fixture> Keeper for F {
    fn store(&self) -> Arc<dyn Store> {
        Fixture::store(self)
    }

    async fn reopen(self: Box<Self>) -> Option<Box<dyn Keeper>> {
        let again = Fixture::reopen(*self).await?;
        Some(Box::new(again))
    }

    async fn finish(self: Box<Self>) {
        Fixture::finish(*self).await;
    }
}
