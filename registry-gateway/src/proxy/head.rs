//! Head of a JSON-RPC message: the parts that decide what whoever receives it will do, read without making a tree of the
//! rest.
//!
//! The receiver reads the same bytes with a parser of its own, which may differ: of two equal keys it takes the first or the
//! last, and some take `Method` for `method`. So a message whose deciding keys can be read in two ways has no head at all.

mod keys;
mod params;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use self::params::{Fill, Part};
pub use self::params::{Meta, Params};

/// How deep objects and arrays may be nested in a body that is judged.
pub const MAX_DEPTH: usize = 128;

/// The keys that decide.
const MESSAGE: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

/// What a message says of what it is; each part as it is written, but for the method.
#[derive(Debug, Default)]
pub struct Head<'a> {
    /// The version of JSON-RPC.
    pub jsonrpc: Option<&'a str>,
    /// The id; a notification has none.
    pub id: Option<&'a str>,
    /// The method; the answer to a request has none.
    pub method: Option<Cow<'a, str>>,
    /// What decides in its `params`.
    pub params: Params<'a>,
    /// The result, of an answer.
    pub result: Option<&'a str>,
    /// The error, of an answer.
    pub error: Option<&'a str>,
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
    /// Reads the head of a message that is to be judged. Allocates only for a method that is written with escapes.
    ///
    /// # Errors
    /// [`HeadError`].
    pub fn parse(body: &'a [u8]) -> Result<Self, HeadError> {
        if is_batch(body) {
            return Err(HeadError::Batch);
        }
        if !is_shallow(body) {
            return Err(HeadError::Depth);
        }
        Self::read(body)
    }

    /// Reads the head of a message of whatever depth: neither stack nor memory grows with it.
    ///
    /// # Errors
    /// [`HeadError`], but for the depth.
    pub fn read(body: &'a [u8]) -> Result<Self, HeadError> {
        let text = std::str::from_utf8(body).map_err(|_| HeadError::Encoding)?;
        let mut head = Self::default();
        let mut json = serde_json::Deserializer::from_str(text);
        if !text.trim_start_matches(SPACE).starts_with('{') {
            return Err(HeadError::Message(serde::de::Error::custom("it is no object")));
        }
        Fill(&mut head).deserialize(&mut json)?;
        json.end()?;
        Ok(head)
    }
}

impl<'de> Part<'de> for Head<'de> {
    const KEYS: &'static [&'static str] = &MESSAGE;

    fn fill<A: MapAccess<'de>>(&mut self, key: Option<usize>, map: &mut A) -> Result<(), A::Error> {
        let part = match key {
            Some(0) => &mut self.jsonrpc,
            Some(1) => &mut self.id,
            Some(2) => {
                self.method = Some(method(map.next_value::<&RawValue>()?)?);
                return Ok(());
            }
            Some(3) => return map.next_value_seed(Fill(&mut self.params)),
            Some(4) => &mut self.result,
            Some(_) => &mut self.error,
            None => return map.next_value::<IgnoredAny>().map(drop),
        };
        *part = Some(map.next_value::<&RawValue>()?.get());
        Ok(())
    }
}

/// What JSON takes for space.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether a body is an array, which is a batch of messages.
pub fn is_batch(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !SPACE.contains(&char::from(**byte)));
    first == Some(&b'[')
}

/// The text of a value as it is written, if it is a string.
pub fn string(written: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    serde_json::from_str::<Text<'_>>(written).ok().map(|text| text.0)
}

/// Where in `body` a part of its head stands.
pub fn span(body: &[u8], part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(body.as_ptr().addr());
    start..start + part.len()
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

fn method<E: serde::de::Error>(written: &RawValue) -> Result<Cow<'_, str>, E> {
    string(written.get()).ok_or_else(|| E::custom("the method is no string"))
}
