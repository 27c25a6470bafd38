//! Where lines go: into a buffer of their thread, and from there, many at once, to standard error.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How many buffers there are: threads rarely meet at one.
const BUFFERS: usize = 8;
/// How much may wait in one of them; lines beyond that are dropped rather than hold the service up, and counted.
const MAX_WAITING_BYTES: usize = 2 * 1024 * 1024;
/// How much may wait until it is written without further delay.
const ENOUGH_BYTES: usize = 256 * 1024;
/// How long lines are gathered: a line is written so long after it came, at most.
const GATHER: Duration = Duration::from_millis(20);

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % BUFFERS;
}

#[derive(Default)]
struct Shared {
    buffers: [Mutex<Vec<u8>>; BUFFERS],
    /// Whether a line waits, so that the thread has been woken.
    waits: AtomicBool,
    stops: AtomicBool,
    dropped: AtomicU64,
}

/// Hands lines over; cheap to clone.
#[derive(Clone)]
pub(super) struct LineWriter {
    shared: Arc<Shared>,
    thread: Thread,
}

/// Ends the thread when it is dropped, after it has written what waits.
#[derive(Debug)]
pub(super) struct WriterGuard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread that writes to `output`.
pub(super) fn start(output: impl Write + Send + 'static) -> io::Result<(LineWriter, WriterGuard)> {
    let shared = Arc::<Shared>::default();
    let of_thread = shared.clone();
    let thread = thread::Builder::new().name("log".to_owned()).spawn(move || of_thread.run(output))?;
    let writer = LineWriter { shared: shared.clone(), thread: thread.thread().clone() };
    Ok((writer, WriterGuard { shared, thread: Some(thread) }))
}

impl Shared {
    fn run(&self, mut output: impl Write) {
        let mut batch = Vec::new();
        while !self.stops.load(Ordering::Acquire) {
            if !self.waits.load(Ordering::Acquire) {
                thread::park();
                continue;
            }
            thread::park_timeout(GATHER);
            // First the flag, then the buffers: a line in between wakes the thread again.
            self.waits.store(false, Ordering::SeqCst);
            self.write_all(&mut batch, &mut output);
        }
        self.write_all(&mut batch, &mut output);
    }

    fn write_all(&self, batch: &mut Vec<u8>, output: &mut impl Write) {
        for buffer in &self.buffers {
            std::mem::swap(batch, &mut lock(buffer));
            // There is nobody to tell that the log cannot be written.
            let _ = output.write_all(batch);
            batch.clear();
            if batch.capacity() > ENOUGH_BYTES {
                *batch = Vec::new();
            }
        }
        let _ = output.flush();
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::error!(
                lines = dropped,
                "lines of the log were dropped, for they could not be written in time"
            );
        }
    }

    /// Takes a line, and says whether the thread is to be woken.
    fn take(&self, line: &[u8]) -> bool {
        let mut buffer = lock(&self.buffers[OWN.with(|own| *own)]);
        if buffer.len() + line.len() > MAX_WAITING_BYTES {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let was_enough = buffer.len() > ENOUGH_BYTES;
        buffer.extend_from_slice(line);
        let is_enough = buffer.len() > ENOUGH_BYTES;
        drop(buffer);
        // Only the first line that waits wakes the thread, and the one with which there is enough.
        let first = !self.waits.load(Ordering::SeqCst) && !self.waits.swap(true, Ordering::SeqCst);
        first || is_enough && !was_enough
    }
}

fn lock(buffer: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        (&*self).write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for &LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.shared.take(line) {
            self.thread.unpark();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LineWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Drop for WriterGuard {
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It cannot panic but for a broken output, and then there is nothing left to write.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("dropped", &self.dropped).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    /// Shows what is written, and takes nothing while it is held.
    struct Output {
        written: Sender<Vec<u8>>,
        held: Arc<Mutex<()>>,
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _held = self.held.lock().unwrap();
            self.written.send(bytes.to_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output() -> (Output, Receiver<Vec<u8>>, Arc<Mutex<()>>) {
        let (written, lines) = mpsc::channel();
        let held = Arc::<Mutex<()>>::default();
        (Output { written, held: held.clone() }, lines, held)
    }

    #[test]
    fn a_line_is_written_without_another_that_follows() {
        let (output, lines, _) = output();
        let (mut writer, _guard) = start(output).unwrap();
        for line in ["one\n", "two\n"] {
            writer.write_all(line.as_bytes()).unwrap();
            assert_eq!(lines.recv().unwrap(), line.as_bytes());
        }
    }

    #[test]
    fn what_waits_at_the_end_is_written() {
        let (output, lines, _) = output();
        let (writer, guard) = start(output).unwrap();
        let threads: Vec<_> = (0..16)
            .map(|number| {
                let mut writer = writer.clone();
                thread::spawn(move || writer.write_all(format!("{number}\n").as_bytes()).unwrap())
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        drop(guard);
        let written = String::from_utf8(lines.into_iter().flatten().collect()).unwrap();
        let mut numbers: Vec<usize> = written.lines().map(|line| line.parse().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..16).collect::<Vec<_>>());
    }

    #[test]
    fn lines_beyond_the_bound_are_dropped_and_counted() {
        let (output, lines, held) = output();
        let (mut writer, guard) = start(output).unwrap();
        let line = [b'x'; 1024];
        let hold = held.lock().unwrap();
        // Twice as much as may wait, of which the thread may have taken one full buffer already.
        for _ in 0..3 * MAX_WAITING_BYTES / line.len() {
            writer.write_all(&line).unwrap();
        }
        let dropped = writer.shared.dropped.load(Ordering::Relaxed);
        drop(hold);
        drop(guard);
        let written: usize = lines.into_iter().map(|bytes| bytes.len()).sum();
        assert!(dropped > 0);
        assert_eq!(written + dropped as usize * line.len(), 3 * MAX_WAITING_BYTES);
    }
}
