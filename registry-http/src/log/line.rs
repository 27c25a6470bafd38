//! How a line is written. That of an access, of which there is one for each request, is written by hand: the general
//! way through serde takes ten times as long. All others take the general way.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write};

use registry_core::clock::{Clock, SystemClock, Timestamp};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, span};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{self as log, FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::request;

/// What the targets of access lines begin with.
const ACCESS: &str = "access::";
/// The field of an access line whose text is members of JSON, which are written as they are.
const MEMBERS: &str = "members";
/// A timestamp to the second.
const SECOND: &str = "%Y-%m-%dT%H:%M:%S";

/// Events as lines of JSON.
pub(super) struct Lines(Format<Json>);

impl Lines {
    pub(super) fn new() -> Self {
        Self(log::format().json().flatten_event(true).with_span_list(false))
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        match event.metadata().target().starts_with(ACCESS) {
            true => access_line(writer, event),
            false if request::is_current() => self.named_line(ctx, writer, event),
            false => self.0.format_event(ctx, writer, event),
        }
    }
}

impl Lines {
    fn named_line<S, N>(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
        N: for<'writer> FormatFields<'writer> + 'static,
    {
        let mut line = String::new();
        self.0.format_event(ctx, Writer::new(&mut line), event)?;
        request::write_named(&line, &mut writer)
    }
}

/// An access line is of no span: it says itself which request it is of.
fn access_line(mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    writer.write_str("{\"timestamp\":\"")?;
    write_time(&mut writer, SystemClock.now())?;
    write!(writer, "\",\"level\":\"{}\"", event.metadata().level().as_str())?;
    let mut members = Members { writer, comma: ",", is_access: true, outcome: Ok(()) };
    event.record(&mut members);
    members.record_text("target", event.metadata().target());
    members.outcome?;
    members.writer.write_str("}\n")
}

/// The time to the second is the same for many lines, and is kept.
fn write_time(writer: &mut Writer<'_>, time: Timestamp) -> fmt::Result {
    thread_local! {
        static LAST: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
    }
    LAST.with_borrow_mut(|(second, text)| {
        if *second != time.timestamp() {
            *second = time.timestamp();
            *text = time.format(SECOND).to_string();
        }
        writer.write_str(text)
    })?;
    write!(writer, ".{:06}Z", time.timestamp_subsec_micros())
}

/// The fields of a span as an object of JSON.
pub(super) struct SpanFields;

impl<'writer> FormatFields<'writer> for SpanFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        writer.write_char('{')?;
        let mut members = Members { writer, comma: "", is_access: false, outcome: Ok(()) };
        fields.record(&mut members);
        members.outcome?;
        members.writer.write_char('}')
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &span::Record<'_>,
    ) -> fmt::Result {
        let mut general = FormattedFields::<JsonFields>::new(std::mem::take(&mut current.fields));
        let added = JsonFields::new().add_fields(&mut general, fields);
        current.fields = general.fields;
        added
    }
}

/// Fields as members of an object.
struct Members<'writer> {
    writer: Writer<'writer>,
    /// What stands before the next member.
    comma: &'static str,
    /// Whether it is a line of the listener, who may hand over members.
    is_access: bool,
    outcome: fmt::Result,
}

impl Members<'_> {
    fn member(&mut self, name: &str, write_value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let comma = std::mem::replace(&mut self.comma, ",");
        let write = || {
            self.writer.write_str(comma)?;
            self.writer.write_char('"')?;
            // A raw identifier is a name like another.
            self.writer.write_str(name.strip_prefix("r#").unwrap_or(name))?;
            self.writer.write_str("\":")?;
            write_value(&mut self.writer)
        };
        self.outcome = self.outcome.and_then(|()| write());
    }

    fn record_members(&mut self, members: &str) {
        let comma = std::mem::replace(&mut self.comma, ",");
        let mut write = || self.writer.write_str(comma).and_then(|()| self.writer.write_str(members));
        self.outcome = self.outcome.and_then(|()| write());
    }

    fn record_text(&mut self, name: &str, text: &str) {
        self.member(name, |writer| write_text(writer, text));
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MEMBERS && self.is_access {
            return self.record_members(value);
        }
        self.record_text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), |writer| write!(writer, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), |writer| writer.write_str(if value { "true" } else { "false" }));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        self.member(field.name(), |writer| match value.is_finite() {
            true => write!(writer, "{value:?}"),
            false => writer.write_str("null"),
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field.name(), |writer| {
            writer.write_char('"')?;
            write!(Escaped(writer), "{value:?}")?;
            writer.write_char('"')
        });
    }
}

fn write_text(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    writer.write_char('"')?;
    Escaped(writer).write_str(text)?;
    writer.write_char('"')
}

/// Writes the inside of a string of JSON.
struct Escaped<'a, 'writer>(&'a mut Writer<'writer>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        if is_plain {
            return self.0.write_str(text);
        }
        let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
        self.0.write_str(&quoted[1..quoted.len() - 1])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::log::capture::Capture;

    #[test]
    fn an_access_line_has_the_members_of_any_other_line() {
        let (capture, _guard) = Capture::start("info");
        macro_rules! log {
            ($target:literal) => {
                tracing::info!(
                    target: $target,
                    path = "/a\"b\\c\n\u{7f}ä",
                    number = 499_u64,
                    below = -1_i64,
                    duration_ms = 12.0,
                    small = 0.003,
                    done = true,
                    none = None::<&str>,
                    client = %"192.0.2.1",
                )
            };
        }
        log!("access::mcp");
        log!("other");
        let mut lines = capture.lines();
        for line in &mut lines {
            let timestamp = line["timestamp"].take();
            let timestamp = timestamp.as_str().unwrap();
            assert!(chrono::DateTime::parse_from_rfc3339(timestamp).is_ok(), "{timestamp}");
            assert_eq!(timestamp.len(), "2026-01-01T00:00:00.000000Z".len());
        }
        assert_eq!(lines[0]["target"].take(), "access::mcp");
        lines[1]["target"].take();
        assert_eq!(lines[0], lines[1]);
        assert_eq!(lines[0]["duration_ms"], json!(12.0));
    }

    #[test]
    fn a_span_has_all_of_its_fields_also_those_of_later() {
        let (capture, _guard) = Capture::start("info");
        let span = tracing::info_span!("request", request_id = "a\"b", later = tracing::field::Empty);
        span.record("later", 7);
        span.in_scope(|| tracing::info!("within"));
        let expected = json!({ "request_id": "a\"b", "later": 7, "name": "request" });
        assert_eq!(capture.lines()[0]["span"], expected);
    }
}
