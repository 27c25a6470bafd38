//! What a decision costs: on one node in nanoseconds, through Redis in microseconds.
//!
//! `scripts/redis -- cargo bench -p limits-redis`; `-- local` or `-- shared` after it leaves out the other.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement prints, and ends when it cannot go on"
)]

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use limits_redis::RedisLimits;
use registry_core::clock::{Clock, SystemClock};
use registry_core::limit::{Bucket, BucketName, Buckets, Decision, Limit, Limiter, Quota};
use registry_core::model::id::{ApiKeyId, TenantId, UserId};

/// Calls of each task when latencies are counted.
const CALLS: usize = 2_000;
/// So long that no decision falls to this node.
const UNHURRIED: Duration = Duration::from_secs(10);

/// Buckets of a key, a user and a tenant. `rpm` decides whether calls are allowed.
fn buckets(limiter: &Limiter, rpm: u32) -> [Option<Arc<Bucket>>; 3] {
    let id = || SystemClock.new_id();
    let limit = Limit::per_minute(rpm).expect("it is within bounds");
    [BucketName::Key(ApiKeyId(id())), BucketName::User(UserId(id())), BucketName::Tenant(TenantId(id()))]
        .map(|name| limiter.bucket(name, limit))
}

fn take(limiter: &Limiter, buckets: [Option<&Bucket>; 3]) -> Option<Decision> {
    black_box(limiter.try_take_local(&Buckets::from(black_box(buckets))))
}

fn borrowed(buckets: &[Option<Arc<Bucket>>; 3]) -> [Option<&Bucket>; 3] {
    buckets.each_ref().map(Option::as_deref)
}

fn local(criterion: &mut Criterion) {
    let limiter = Limiter::local();
    let (all, others, used_up) =
        (buckets(&limiter, Quota::MAX), buckets(&limiter, Quota::MAX), buckets(&limiter, 1));
    let one = || take(&limiter, [all[0].as_deref(), None, None]);
    let three = || take(&limiter, borrowed(&all));
    let three_others = || take(&limiter, borrowed(&others));
    let mut group = criterion.benchmark_group("local");
    group.bench_function("1 bucket", |bencher| bencher.iter(one));
    group.bench_function("3 buckets", |bencher| bencher.iter(three));
    group.bench_function("3 buckets, denied", |bencher| {
        bencher.iter(|| take(&limiter, borrowed(&used_up)));
    });
    group.bench_function("1 bucket, 2 threads", |bencher| {
        bencher.iter_custom(|calls| of_two_threads(calls, one, one));
    });
    group.bench_function("3 buckets, 2 threads", |bencher| {
        bencher.iter_custom(|calls| of_two_threads(calls, three, three));
    });
    group.bench_function("3 buckets of its own for each of 2 threads", |bencher| {
        bencher.iter_custom(|calls| of_two_threads(calls, three, three_others));
    });
}

fn around(criterion: &mut Criterion) {
    let limiter = Limiter::local();
    let limit = Limit::per_minute(Quota::MAX).expect("it is within bounds");
    let name = BucketName::Public(IpAddr::from([192, 0, 2, 1]).into());
    let mut group = criterion.benchmark_group("local");
    group.bench_function("look-up and 1 bucket", |bencher| {
        bencher.iter(|| {
            let bucket = limiter.bucket(black_box(name), limit);
            take(&limiter, [bucket.as_deref(), None, None])
        });
    });
    let decision = take(&limiter, borrowed(&buckets(&limiter, Quota::MAX)));
    let standing = decision.and_then(|decision| decision.standing().copied()).expect("it is limited");
    group.bench_function("both header values", |bencher| {
        bencher.iter(|| (black_box(standing).policy_field(), black_box(standing).limit_field()));
    });
}

fn timed<T>(calls: u64, call: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    (0..calls).for_each(|_| drop(black_box(call())));
    start.elapsed()
}

/// The time of the slower of two threads that make so many calls each, both at once.
fn of_two_threads<T>(calls: u64, one: impl Fn() -> T + Send, other: impl Fn() -> T) -> Duration {
    std::thread::scope(|scope| {
        let one = scope.spawn(move || timed(calls, one));
        let other = timed(calls, other);
        other.max(one.join().expect("it does not panic"))
    })
}

fn shared(criterion: &mut Criterion) {
    let url = std::env::var("MCP_REGISTRY_TEST_REDIS_URL");
    let url = url.expect("MCP_REGISTRY_TEST_REDIS_URL is set; run: scripts/redis -- cargo bench").into();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let limits = runtime.block_on(RedisLimits::connect(&url)).expect("an address");
    let limiter = Arc::new(Limiter::local().sharing(Arc::new(limits), UNHURRIED));
    let buckets = Arc::new(buckets(&limiter, Quota::MAX));
    let all = || Buckets::from(borrowed(&buckets));
    let mut group = criterion.benchmark_group("shared");
    group.bench_function("3 buckets", |bencher| {
        bencher.to_async(&runtime).iter(|| async { limiter.take(&all()).await });
    });
    group.finish();
    for tasks in [1, 32] {
        runtime.block_on(latencies(&limiter, &buckets, tasks));
    }
}

/// Prints how long decisions take when so many tasks ask at once, each one after the other.
async fn latencies(limiter: &Arc<Limiter>, buckets: &Arc<[Option<Arc<Bucket>>; 3]>, tasks: usize) {
    let start = Instant::now();
    let asked = (0..tasks).map(|_| {
        let (limiter, buckets) = (Arc::clone(limiter), Arc::clone(buckets));
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(CALLS);
            for _ in 0..CALLS {
                let start = Instant::now();
                let decision = limiter.take(&Buckets::from(borrowed(&buckets))).await;
                assert!(decision.is_allowed());
                times.push(start.elapsed());
            }
            times
        })
    });
    let mut times = Vec::with_capacity(tasks * CALLS);
    for task in asked.collect::<Vec<_>>() {
        times.extend(task.await.expect("it does not panic"));
    }
    times.sort_unstable();
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let per_second = times.len() as f64 / start.elapsed().as_secs_f64();
    println!("shared, 3 buckets, {tasks} at once: p50 {p50:?}, p99 {p99:?}, {per_second:.0} decisions/s");
}

criterion_group!(benches, local, around, shared);
criterion_main!(benches);
