//! Head of a JSON-RPC message: the parts that decide what the upstream will do, read without making a tree of the rest.
//!
//! The upstream reads the same bytes with a parser of its own, which may differ: of two equal keys it takes the first or the
//! last, and some take `Method` for `method`. So a body whose deciding keys can be read in two ways is no head at all.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How deep objects and arrays may be nested in a body that is judged.
pub const MAX_DEPTH: usize = 128;

/// The keys that decide.
const MESSAGE: [&str; 4] = ["jsonrpc", "id", "method", "params"];
const PARAMS: [&str; 3] = ["name", "uri", "taskId"];

/// What a message says of what it is.
#[derive(Debug, Default)]
pub struct Head<'a> {
    /// The id as it is written; a notification has none.
    pub id: Option<&'a str>,
    /// The method; the answer to a request of the server has none.
    pub method: Option<Cow<'a, str>>,
    /// `params.name`, as it is written.
    pub name: Option<&'a str>,
    /// `params.uri`, as it is written.
    pub uri: Option<&'a str>,
    /// `params.taskId`, as it is written.
    pub task_id: Option<&'a str>,
}

/// Why a body has no head.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// It is no text of UTF-8.
    #[error("the body is not UTF-8")]
    Encoding,
    /// It is a batch: an array of messages.
    #[error("the body is a batch of messages")]
    Batch,
    /// It is nested deeper than [`MAX_DEPTH`].
    #[error("the body is nested too deep")]
    Depth,
    /// It is no JSON, or no message, or says something twice.
    #[error("the body is no JSON-RPC message: {0}")]
    Message(#[from] serde_json::Error),
}

impl<'a> Head<'a> {
    /// Reads the head of a message. Allocates only for a method that is written with escapes.
    ///
    /// # Errors
    /// [`HeadError`].
    pub fn parse(body: &'a [u8]) -> Result<Self, HeadError> {
        let text = std::str::from_utf8(body).map_err(|_| HeadError::Encoding)?;
        if text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('[') {
            return Err(HeadError::Batch);
        }
        if !is_shallow(body) {
            return Err(HeadError::Depth);
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let head = json.deserialize_map(MessageVisitor)?;
        json.end()?;
        Ok(head)
    }
}

/// The text of a value as it is written, if it is a string.
pub fn string(written: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    serde_json::from_str::<Text<'_>>(written).ok().map(|text| text.0)
}

fn is_shallow(body: &[u8]) -> bool {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in body {
        match (in_string, byte) {
            (true, _) if is_escaped => is_escaped = false,
            (true, b'\\') => is_escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return false;
        }
    }
    true
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
        let (mut head, mut keys) = (Head::default(), Keys::of(&MESSAGE));
        while let Some(key) = map.next_key_seed(&mut keys)? {
            match key {
                Some(1) => head.id = Some(map.next_value::<&RawValue>()?.get()),
                Some(2) => head.method = Some(method(map.next_value::<&RawValue>()?)?),
                Some(3) => map.next_value_seed(ParamsVisitor(&mut head))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(head)
    }
}

fn method<E: Error>(written: &RawValue) -> Result<Cow<'_, str>, E> {
    string(written.get()).ok_or_else(|| E::custom("the method is no string"))
}

struct ParamsVisitor<'h, 'de>(&'h mut Head<'de>);

impl<'de> DeserializeSeed<'de> for ParamsVisitor<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ParamsVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, an array or null as params")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Keys::of(&PARAMS);
        while let Some(key) = map.next_key_seed(&mut keys)? {
            let value = match key {
                Some(0) => &mut self.0.name,
                Some(1) => &mut self.0.uri,
                Some(2) => &mut self.0.task_id,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *value = Some(map.next_value::<&RawValue>()?.get());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Finds the keys that decide among all keys of an object, and refuses what could be taken for one.
struct Keys {
    names: &'static [&'static str],
    /// A bit for each that was there.
    seen: u8,
}

impl Keys {
    fn of(names: &'static [&'static str]) -> Self {
        Self { names, seen: 0 }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Keys {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for &mut Keys {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        let Some(place) = self.names.iter().position(|name| is_alike(key, name)) else { return Ok(None) };
        let name = self.names[place];
        if key != name {
            return Err(E::custom(format_args!("a key could be taken for {name}")));
        }
        if self.seen & (1 << place) != 0 {
            return Err(E::custom(format_args!("the key {name} is there twice")));
        }
        self.seen |= 1 << place;
        Ok(Some(place))
    }
}

/// Whether a parser that ignores case (Go's, by Unicode's simple folding) takes `key` for `name`.
fn is_alike(key: &str, name: &str) -> bool {
    let fold = |c: char| match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars().map(fold))
}

#[cfg(test)]
mod tests {
    use super::{Head, HeadError, MAX_DEPTH, string};

    fn refused(body: &str) -> String {
        Head::parse(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_head_is_what_decides_and_the_rest_is_skipped() {
        let body = r#" {"x":[1e999,"\u0000\"]}"],"params":{"arguments":{"name":"other","name":1},"n\u0061me":"a\u002fb",
            "uri":7},"method":"tools\/call","id":12345678901234567890123}"#;
        let head = Head::parse(body.as_bytes()).unwrap();
        assert_eq!(head.method.unwrap(), "tools/call");
        assert_eq!(head.id, Some("12345678901234567890123"));
        assert_eq!(string(head.name.unwrap()).unwrap(), "a/b");
        assert_eq!(string(head.uri.unwrap()), None);
        assert_eq!(head.task_id, None);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_no_head() {
        for (body, why) in [
            (r#"{"method":"a","method":"a"}"#, "method is there twice"),
            (r#"{"method":"a","m\u0065thod":"b"}"#, "method is there twice"),
            (r#"{"id":1,"id":1}"#, "id is there twice"),
            (r#"{"jsonrpc":"2.0","jsonrpc":"2.0"}"#, "jsonrpc is there twice"),
            (r#"{"params":{},"params":{"name":"b"}}"#, "params is there twice"),
            (r#"{"params":{"name":"a","name":"b"}}"#, "name is there twice"),
            (r#"{"params":{"uri":"a","uri":"b"}}"#, "uri is there twice"),
            (r#"{"METHOD":"a"}"#, "taken for method"),
            (r#"{"paramſ":{"name":"b"}}"#, "taken for params"),
            (r#"{"params":{"Name":"a"}}"#, "taken for name"),
            (r#"{"params":{"tas\u212aid":"a"}}"#, "taken for taskId"),
        ] {
            assert!(refused(body).contains(why), "{body}: {}", refused(body));
        }
    }

    #[test]
    fn what_is_no_message_is_no_head() {
        for body in [
            "",
            "1",
            "\"x\"",
            "{",
            "{}{}",
            "{} x",
            "{'method':1}",
            r#"{"method":1}"#,
            r#"{"params":"x"}"#,
            r#"{"method":"\ud800"}"#,
            "\u{feff}{}",
        ] {
            assert!(matches!(Head::parse(body.as_bytes()), Err(HeadError::Message(_))), "{body}");
        }
        assert!(matches!(Head::parse(b"{\"method\":\"\xff\"}"), Err(HeadError::Encoding)));
        assert!(matches!(Head::parse(b"\r\n\t [{}]"), Err(HeadError::Batch)));
    }

    #[test]
    fn depth_is_bounded_outside_of_strings() {
        let nested = |depth| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(Head::parse(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        for depth in [MAX_DEPTH, 1_000_000] {
            assert!(matches!(Head::parse(nested(depth).as_bytes()), Err(HeadError::Depth)));
        }
        let text = format!(r#"{{"x":"{}\"{}"}}"#, "[".repeat(1_000), "{".repeat(1_000));
        assert!(Head::parse(text.as_bytes()).is_ok());
    }
}
