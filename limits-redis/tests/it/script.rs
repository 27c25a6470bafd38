//! The script decides as one node does.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Script};
use registry_core::limit::{Bucket, BucketName, Buckets, Decision, Limiter, ManualTicks, Standing};
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::settings::RateLimit;

use crate::node::fresh;
use crate::server::connection;

/// When the time of the tests begins, in microseconds: about now, so that numbers are as large as in earnest.
const START: u64 = 1_800_000_000_000_000;

/// The script with a time that a test sets (the last argument), and keys that do not expire by Redis's own.
fn script() -> Script {
    let source = include_str!("../../src/gcra.lua");
    let with_time = source.replace("redis.call('TIME')", "{0, tonumber(ARGV[#ARGV])}");
    let lasting = with_time.replace(", 'PX', lifetime)", ")");
    assert!(with_time != source && lasting != with_time, "the script has changed");
    Script::new(&lasting)
}

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[usize::try_from(self.below(N as u64)).expect("it is small")]
    }
}

/// One to three buckets, limited at random.
fn buckets(limiter: &Limiter, random: &mut Random) -> Vec<Arc<Bucket>> {
    let BucketName::Key(id) = fresh() else { panic!("it is a key's") };
    let names = [BucketName::Key(id), BucketName::User(UserId(id.0)), BucketName::Tenant(TenantId(id.0))];
    let count = usize::try_from(1 + random.below(3)).expect("it is small");
    let limit = |random: &mut Random| {
        let rpm = random.one_of([1, 7, 100, 1_000, 10_000, 999_983]);
        RateLimit { rpm, burst: u32::try_from(1 + random.below(12)).expect("it is small") }
    };
    names[..count].iter().map(|name| limiter.bucket(*name, limit(random)).expect("it is limited")).collect()
}

async fn shared(
    script: &Script,
    connection: &mut MultiplexedConnection,
    buckets: &[Arc<Bucket>],
    now: u64,
) -> Decision {
    let mut call = script.prepare_invoke();
    for bucket in buckets {
        let interval = u64::try_from(bucket.quota().interval().as_nanos()).expect("it is at most a minute");
        call.key(format!("test:{}", bucket.name())).arg(interval).arg(bucket.quota().burst());
    }
    let answer = call.arg(now).invoke_async(connection).await;
    let (is_allowed, number, debt): (bool, usize, u64) = answer.expect("an answer");
    let strictest = &buckets[number - 1];
    let standing = Standing::new(strictest.kind(), strictest.quota(), debt);
    if is_allowed { Decision::Allowed(standing) } else { Decision::Denied(standing) }
}

#[tokio::test]
async fn at_the_same_times_redis_and_one_node_decide_the_same_to_the_nanosecond() {
    let (script, mut connection) = (script(), connection().await);
    for seed in 0..60 {
        let (mut random, ticks) = (Random(seed), Arc::new(ManualTicks::default()));
        let limiter = Limiter::with_ticks(Arc::clone(&ticks) as _);
        let buckets = buckets(&limiter, &mut random);
        let at = |index: usize| buckets.get(index).map(|bucket| &**bucket);
        let (mut now, mut story) = (START, format!("{buckets:?}"));
        for _ in 0..80 {
            let longest = random.one_of([10, 10_000, 1_000_000, 90_000_000]);
            let pause = random.below(longest);
            ticks.advance(Duration::from_micros(pause));
            now += pause;
            let local = limiter.try_take_local(&Buckets::from([at(0), at(1), at(2)])).expect("it is local");
            write!(story, "\n+{pause} us: {local:?}").expect("a text grows");
            assert_eq!(shared(&script, &mut connection, &buckets, now).await, local, "{story}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_refills_nothing() {
    let (script, mut connection) = (script(), connection().await);
    let limiter = Limiter::local();
    let buckets = [limiter.bucket(fresh(), RateLimit { rpm: 60, burst: 2 }).expect("it is limited")];
    assert!(shared(&script, &mut connection, &buckets, START).await.is_allowed());
    assert!(shared(&script, &mut connection, &buckets, START - 60_000_000).await.is_allowed());
    assert!(!shared(&script, &mut connection, &buckets, START - 60_000_000).await.is_allowed());
    assert!(!shared(&script, &mut connection, &buckets, START - 59_500_000).await.is_allowed());
    assert!(shared(&script, &mut connection, &buckets, START - 59_000_000).await.is_allowed());
}

#[tokio::test]
async fn the_longest_time_to_fill_is_kept_to_the_nanosecond() {
    let (script, mut connection) = (script(), connection().await);
    let limiter = Limiter::local();
    let buckets = [limiter.bucket(fresh(), RateLimit { rpm: 1, burst: 100_000 }).expect("it is limited")];
    let debt = 99_998 * 60_000_000_000_u64 + 1;
    let key = format!("test:{}", buckets[0].name());
    let () = connection.set(&key, format!("{START} {debt}")).await.expect("it is set");
    let decision = shared(&script, &mut connection, &buckets, START).await;
    let standing = decision.standing().expect("it is limited");
    assert_eq!(standing.full_in(), Duration::from_nanos(debt + 60_000_000_000));
    assert_eq!(standing.remaining(), 0);
}
