//! Threads with an event loop each, which drive the connections of clients.
//!
//! Where threads share all tasks, a connection is driven now by one thread and now by another, and all that its calls touch
//! goes from one core's cache to the other's with it. Here a connection stays where it came to, with what is opened for it.

use std::{
    io,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// The threads; cheap to clone. They end with the last clone, and whatever still runs on them.
///
/// By default there are none: then the runtime of whoever serves drives connections too.
///
/// ```
/// use std::num::NonZeroUsize;
/// use registry_http::listen::EventLoops;
///
/// # fn main() -> std::io::Result<()> {
/// let event_loops = EventLoops::start(NonZeroUsize::MIN)?;
/// assert_eq!(event_loops.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct EventLoops(Arc<[EventLoop]>);

#[derive(Debug)]
struct EventLoop {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl EventLoops {
    /// Starts so many threads.
    ///
    /// # Errors
    /// If the system has no more threads or files.
    pub fn start(count: NonZeroUsize) -> io::Result<Self> {
        (0..count.get()).map(EventLoop::start).collect::<Result<_, _>>().map(Self)
    }

    /// Starts one thread for each core that the process may use.
    ///
    /// # Errors
    /// If the system has no more threads or files.
    pub fn for_each_core() -> io::Result<Self> {
        Self::start(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// How many threads there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A place for one more connection, where there are the fewest.
    pub(super) fn place(&self) -> Option<Place> {
        let least = self.0.iter().min_by_key(|one| one.connections.load(Ordering::Relaxed))?;
        least.connections.fetch_add(1, Ordering::Relaxed);
        Some(Place { runtime: least.runtime.clone(), connections: least.connections.clone() })
    }
}

impl EventLoop {
    fn start(number: usize) -> io::Result<Self> {
        let (stop, (built, runtime)) = (CancellationToken::new(), mpsc::channel());
        let until = stop.clone();
        let thread = thread::Builder::new().name(format!("connections-{number}"));
        let thread = thread.spawn(move || run(&built, &until))?;
        let runtime = runtime.recv().map_err(io::Error::other)??;
        Ok(Self { runtime, connections: Arc::default(), stop, thread: Some(thread) })
    }
}

/// The runtime is made on its thread, and never leaves it: it must not be dropped where others may not wait.
fn run(built: &mpsc::Sender<io::Result<Handle>>, until: &CancellationToken) {
    let runtime = Builder::new_current_thread().enable_all().build();
    // Whoever starts the thread waits for this.
    let _ = built.send(match &runtime {
        Ok(runtime) => Ok(runtime.handle().clone()),
        Err(error) => Err(error.kind().into()),
    });
    if let Ok(runtime) = runtime {
        runtime.block_on(until.cancelled());
        // What blocks there only reads: nobody waits for it any more.
        runtime.shutdown_background();
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        self.stop.cancel();
        // A task of the thread itself may be the last to let go, and cannot wait for it.
        let is_own = |thread: &JoinHandle<()>| thread.thread().id() == thread::current().id();
        if let Some(thread) = self.thread.take().filter(|thread| !is_own(thread)) {
            // A task that panics ends itself alone, and never the thread.
            let _ = thread.join();
        }
    }
}

/// The place of a connection at an event loop, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

impl Place {
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::Ordering;

    use super::EventLoops;

    #[test]
    fn connections_are_spread_over_all_threads_and_a_place_is_free_again_after_one() {
        let loops = EventLoops::start(NonZeroUsize::new(3).unwrap()).unwrap();
        let counts = || {
            let mut counts: Vec<_> =
                loops.0.iter().map(|one| one.connections.load(Ordering::Relaxed)).collect();
            counts.sort_unstable();
            counts
        };
        let mut places: Vec<_> = (0..6).map(|_| loops.place().unwrap()).collect();
        assert_eq!(counts(), [2, 2, 2]);
        places.swap_remove(4);
        assert_eq!(counts(), [1, 2, 2]);
        places.push(loops.place().unwrap());
        assert_eq!(counts(), [2, 2, 2]);
    }

    #[test]
    fn what_a_thread_is_given_runs_on_it_and_ends_with_it() {
        let loops = EventLoops::start(NonZeroUsize::MIN).unwrap();
        let place = loops.place().unwrap();
        let (sender, names) = std::sync::mpsc::channel();
        place.runtime().spawn(async move {
            sender.send(std::thread::current().name().map(str::to_owned)).unwrap();
            std::future::pending::<()>().await;
        });
        assert_eq!(names.recv().unwrap().as_deref(), Some("connections-0"));
        drop(loops);
        assert!(names.recv().is_err());
    }

    #[test]
    fn the_last_one_may_be_let_go_on_a_thread_of_its_own() {
        let loops = EventLoops::start(NonZeroUsize::MIN).unwrap();
        let runtime = loops.place().unwrap().runtime().clone();
        let (sender, ended) = std::sync::mpsc::channel();
        runtime.spawn(async move {
            drop(loops);
            sender.send(()).unwrap();
        });
        ended.recv().unwrap();
    }

    #[test]
    fn without_threads_there_is_no_place() {
        assert!(EventLoops::default().place().is_none());
    }
}
