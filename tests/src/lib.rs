//! The harness of the black-box tests: the real service over each store, the real binary, a real upstream, a client.
//!
//! A test is an async function that takes a [`Service`]; [`on_every_store!`] makes one test per store of it.
//! Everything here panics when something is not as a test expects.
#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod actor;
mod answer;
mod binary;
mod build;
mod changing;
mod client;
mod clock;
mod database;
mod events;
mod exposition;
mod sample;
mod service;
mod signed_in;
mod store;
mod upstream;
mod wait;
mod websocket;

pub use actor::Actor;
pub use answer::{Answer, assert_error_shape};
pub use binary::{ADMIN_KEY, Binary, Finished, NO_RATE_LIMITS};
pub use changing::{Changing, ChangingUpstream};
pub use client::Client;
pub use clock::ManualClock;
pub use database::Database;
pub use events::{EventStream, EventsOver};
pub use exposition::{Exposition, Sample};
pub use sample::{server, server_at};
pub use service::{Options, Service, run, run_watched};
pub use signed_in::{SESSION_COOKIE, SignedIn};
pub use store::StoreKind;
pub use upstream::{Mode, Seen, Upstream};
pub use wait::{eventually, within};
pub use websocket::WebSocketUpstream;

/// One `#[tokio::test]` per store for each named `async fn(&Service)`: `register::memory`, `register::sled`,
/// `register::postgres`. A function that is not named here is dead code, which fails the build.
///
/// `on_every_store!(watched: ...)` makes them with a service that checks servers without being asked.
#[macro_export]
macro_rules! on_every_store {
    (watched: $($test:ident),+ $(,)?) => { $crate::on_every_store!(@run_watched: $($test),+); };
    (@$run:ident: $($test:ident),+) => {$(
        mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn memory() {
                $crate::$run($crate::StoreKind::Memory, super::$test).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sled() {
                $crate::$run($crate::StoreKind::Sled, super::$test).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::$run($crate::StoreKind::Postgres, super::$test).await;
            }
        }
    )+};
    ($($test:ident),+ $(,)?) => { $crate::on_every_store!(@run: $($test),+); };
}
