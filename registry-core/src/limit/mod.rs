//! Rate limits: how often a key, a user, a tenant or an address may call.
//!
//! A [`Bucket`] holds so many calls and is refilled evenly (GCRA, the generic cell rate algorithm, by the crate
//! `governor`). One decision of the [`Limiter`] takes one call from each of several [`Buckets`], and the strictest
//! wins. Each node limits by itself, or all nodes together through a [`SharedLimits`]; when that is away, each
//! node goes on by itself, so a call is never let through unlimited and never fails for want of a limiter.
//!
//! ```
//! use registry_core::limit::{BucketName, Buckets, Limiter, RateLimits};
//! use registry_core::model::id::UserId;
//! use registry_core::model::role::Role;
//! # let user = UserId("019aa1b2-0000-7000-8000-000000000001".parse().unwrap());
//! let limits = RateLimits::default();
//! let limiter = Limiter::local();
//! let bucket = limiter.bucket(BucketName::User(user), limits.of_role(Role::User));
//! let decision = limiter.try_take_local(&Buckets::from([bucket.as_deref()])).unwrap();
//! assert!(decision.is_allowed());
//! assert_eq!(decision.standing().unwrap().remaining(), 99);
//! ```

mod address;
mod bucket;
mod count;
mod decision;
mod field;
mod gcra;
mod keep;
mod limiter;
mod name;
mod quota;
mod setting;
mod shared;
mod ticks;
mod watch;

pub use address::AddressKey;
pub use bucket::{Bucket, Buckets, MAX_BUCKETS};
pub use decision::{Decision, Standing};
pub use field::FieldValue;
pub use keep::KEPT_BUCKETS;
pub use limiter::Limiter;
pub use name::{BucketName, LimitKind};
pub use quota::{Limit, Quota};
pub use setting::RateLimits;
pub use shared::{SHARED_WAIT, SharedLimits, SharedLimitsError};
pub use ticks::{ManualTicks, SystemTicks, Ticks};
