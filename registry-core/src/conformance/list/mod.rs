//! The list of cases: the one place that names them all, in a file for accounts and one for the rest. Those that need
//! a store to be opened again are here.

mod account_cases;
mod server_cases;

use std::time::Duration;

use super::fixture::Fixture;
use super::world::World;

/// How long a case may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes one test per case of the conformance suite for a [`Fixture`](crate::conformance::Fixture).
#[macro_export]
macro_rules! conformance_suite {
    ($fixture:ty) => {
        $crate::conformance_cases!(conformance_tests [] $fixture);
        $crate::conformance_durable_cases!(conformance_tests [] $fixture);
    };
    ($fixture:ty, forgets: $reason:literal) => {
        $crate::conformance_cases!(conformance_tests [] $fixture);
        $crate::conformance_durable_cases!(conformance_tests [#[ignore = $reason]] $fixture);
    };
}

/// One test per case, each with the given attributes.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($attributes:tt $fixture:ty; $($noun:ident { $($case:ident,)* })*) => {
        $($crate::conformance_tests!(@noun $attributes $fixture; $noun $($case)*);)*
    };
    (@noun $attributes:tt $fixture:ty; $noun:ident $($case:ident)*) => {
        mod $noun {
            use super::*;
            $($crate::conformance_tests!(@case $attributes $fixture; $noun $case);)*
        }
    };
    (@case [$($attribute:tt)*] $fixture:ty; $noun:ident $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        $($attribute)*
        async fn $case() {
            $crate::conformance::list::$noun::$case::<$fixture>().await;
        }
    };
}

/// The cases of every store, by noun: `$then!($arguments; noun { case, ... } ...)`, more than once.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($then:ident $($arguments:tt)*) => {
        $crate::conformance_account_cases!($then $($arguments)*);
        $crate::conformance_server_cases!($then $($arguments)*);
    };
}

/// The cases that close the store and open its data again.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_durable_cases {
    ($then:ident $($arguments:tt)*) => {
        $crate::$then! {
            $($arguments)*;
            durability {
                everything_is_there_again,
                an_empty_store_opens_again_empty,
                the_chain_goes_on_where_it_ended,
                rules_hold_as_before,
                lists_are_as_before,
                what_was_removed_stays_away,
                what_was_acknowledged_to_many_writers_is_there_again,
            }
            event_durability {
                positions_go_on_where_they_ended,
            }
            watch_queue {
                the_queue_is_there_again,
            }
            account_durability {
                a_user_is_there_again_with_all_that_is_its_own,
                changes_are_there_again,
                what_was_removed_stays_away,
                rules_hold_as_before,
                tickets_are_there_again_until_they_are_taken,
                what_was_pruned_stays_away,
            }
        }
    };
}

/// One public function per case, generic over the fixture, so that the cases themselves stay private.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_runners {
    (; $($noun:ident { $($case:ident,)* })*) => {$(
        #[doc = concat!("Cases of the noun ", stringify!($noun), ".")]
        pub mod $noun {$(
            #[doc = concat!("Runs the case `", stringify!($case), "`.")]
            pub async fn $case<F: super::Fixture>() {
                let mut world = super::World::open::<F>().await;
                let case = $crate::conformance::$noun::$case(&mut world);
                tokio::time::timeout(super::PATIENCE, case).await.expect("the case ends in time");
                world.finish().await;
            }
        )*}
    )*};
}

crate::conformance_cases!(conformance_runners);
crate::conformance_durable_cases!(conformance_runners);
