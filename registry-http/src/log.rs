//! Structured logs: one JSON object per line on standard error.

mod line;
pub(crate) mod request;
mod writer;

use std::{backtrace::Backtrace, io, panic};

use anyhow::Context;
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::Targets, fmt::MakeWriter, layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::{
    line::{Lines, SpanFields},
    writer::WriterGuard,
};

/// Keeps the log running; what still waits is written when it is dropped.
#[must_use = "the log ends when the guard is dropped"]
#[derive(Debug)]
pub struct LogGuard {
    _writer: WriterGuard,
}

/// Starts the log and logs panics. `filter` is in the syntax of `RUST_LOG`, for example `info,access::mcp=off`.
///
/// # Errors
/// If the filter is not valid, or a log was started before.
pub fn init(filter: &str) -> anyhow::Result<LogGuard> {
    let (writer, guard) = writer::start(io::stderr())?;
    start(subscriber(filter, writer)?)?;
    request::name_by(targets(filter).as_ref());
    Ok(LogGuard { _writer: guard })
}

/// The same, with the spans of requests exported whatever the filter says.
///
/// # Errors
/// Those of [`init`].
#[cfg(feature = "otlp")]
pub fn init_with_spans(filter: &str, spans: &crate::otlp::Spans) -> anyhow::Result<LogGuard> {
    let (writer, guard) = writer::start(io::stderr())?;
    let lines = tracing_subscriber::fmt::layer().event_format(Lines::new()).fmt_fields(SpanFields);
    let lines = lines.with_writer(writer).with_filter(parse(filter)?);
    start(tracing_subscriber::registry().with(lines).with(spans.layer()))?;
    Ok(LogGuard { _writer: guard })
}

fn start(subscriber: impl Subscriber + Send + Sync) -> anyhow::Result<()> {
    subscriber.try_init().context("the log could not be started")?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn parse(filter: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(filter).with_context(|| format!("`{filter}` is not a valid log filter"))
}

/// A filter that only names targets and levels, as nearly every one does, needs to keep nothing of each span: an
/// `EnvFilter` takes a lock for every one that begins, is entered, or ends.
fn parse_light(filter: &str) -> anyhow::Result<Box<dyn Layer<Registry> + Send + Sync>> {
    match targets(filter) {
        Some(targets) => Ok(Box::new(targets)),
        None => Ok(Box::new(parse(filter)?)),
    }
}

/// The targets and levels of a filter that names nothing else.
fn targets(filter: &str) -> Option<Targets> {
    filter.parse().ok().filter(|_| !filter.contains(['[', '{']))
}

fn subscriber<W>(filter: &str, writer: W) -> anyhow::Result<impl Subscriber + Send + Sync>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().event_format(Lines::new()).fmt_fields(SpanFields);
    Ok(tracing_subscriber::registry().with(parse_light(filter)?).with(lines.with_writer(writer)))
}

/// A panic is a mistake of ours: the log gets everything, the client only a 500.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let backtrace = Backtrace::force_capture();
    let location = info.location().map(ToString::to_string);
    let text = info.payload_as_str().unwrap_or("(no text)");
    tracing::error!(panic = text, location, %backtrace, "a thread panicked");
}

#[cfg(test)]
pub(crate) mod capture {
    //! The log of the current thread, for tests.

    use std::{
        io,
        sync::{Arc, LazyLock, Mutex},
    };

    use serde_json::Value;
    use tracing::{Dispatch, subscriber::DefaultGuard};

    /// While fewer than two subscribers exist, tracing asks only the current thread's whether a place in the code
    /// is of interest, and remembers the answer for all threads. These two are there so that it asks every one.
    static ALWAYS: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| super::subscriber("off", io::sink).unwrap().into()));

    /// To be called before anything logs in a test, lest its threads spoil the captures of others.
    pub(crate) fn settle() {
        LazyLock::force(&ALWAYS);
    }

    /// What was logged since it was made.
    #[derive(Clone, Default)]
    pub(crate) struct Capture(Arc<Mutex<Vec<u8>>>);

    impl Capture {
        /// Captures what the filter lets through until the guard is dropped.
        pub(crate) fn start(filter: &str) -> (Self, DefaultGuard) {
            settle();
            let capture = Self::default();
            let writer = capture.clone();
            let subscriber = super::subscriber(filter, move || writer.clone()).unwrap();
            (capture, tracing::subscriber::set_default(subscriber))
        }

        /// The lines so far; each must be JSON.
        pub(crate) fn lines(&self) -> Vec<Value> {
            let bytes = self.0.lock().unwrap();
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
        }
    }

    impl io::Write for Capture {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{capture::Capture, log_panic};

    #[test]
    fn panics_are_logged_with_place_and_backtrace() {
        let (capture, _guard) = Capture::start("info");
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(log_panic));
        let _ = std::panic::catch_unwind(|| panic!("oh"));
        std::panic::set_hook(before);
        let lines = capture.lines();
        assert_eq!((&lines[0]["level"], &lines[0]["panic"]), (&"ERROR".into(), &"oh".into()));
        assert!(lines[0]["location"].as_str().unwrap().contains("log.rs"));
        assert!(lines[0]["backtrace"].as_str().unwrap().contains("panics_are_logged"));
    }
}
