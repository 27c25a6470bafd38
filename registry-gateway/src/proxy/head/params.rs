//! What `params` say, and their `_meta`; a result's `_meta` is read in the same way.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::keys::Keys;

const PARAMS: [&str; 6] = ["name", "uri", "taskId", "progressToken", "requestId", "_meta"];
const META: [&str; 5] = [
    "progressToken",
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/logLevel",
    "io.modelcontextprotocol/subscriptionId",
];

/// What decides in `params`; each as it is written.
#[derive(Debug, Default)]
pub struct Params<'a> {
    /// `name`.
    pub name: Option<&'a str>,
    /// `uri`.
    pub uri: Option<&'a str>,
    /// `taskId`.
    pub task_id: Option<&'a str>,
    /// `progressToken`: of which request a notification tells.
    pub progress_token: Option<&'a str>,
    /// `requestId`: which request a notification takes back.
    pub request_id: Option<&'a str>,
    /// `_meta`.
    pub meta: Meta<'a>,
}

/// What decides in `_meta`; each as it is written.
#[derive(Debug, Default)]
pub struct Meta<'a> {
    /// The token that progress of a request is told under.
    pub progress_token: Option<&'a str>,
    /// The version of the protocol that a request is of (2026-07-28 and later, as all that follows).
    pub version: Option<&'a str>,
    /// What the client can do.
    pub capabilities: Option<&'a str>,
    /// From which level on the client wants to have log messages.
    pub log_level: Option<&'a str>,
    /// Of which subscription a notification is.
    pub subscription: Option<&'a str>,
}

impl<'a> Params<'a> {
    /// Reads them from the text of an object; `None` if it can be read in two ways.
    pub fn read(text: &'a str) -> Option<Self> {
        let mut params = Self::default();
        let mut json = serde_json::Deserializer::from_str(text);
        Fill(&mut params).deserialize(&mut json).ok().map(|()| params)
    }
}

/// Something that is filled from an object, by the keys that decide in it.
pub(super) trait Part<'de> {
    /// Those keys.
    const KEYS: &'static [&'static str];

    /// Takes the value of one of them, or passes over another.
    fn fill<A: MapAccess<'de>>(&mut self, key: Option<usize>, map: &mut A) -> Result<(), A::Error>;
}

impl<'de> Part<'de> for Params<'de> {
    const KEYS: &'static [&'static str] = &PARAMS;

    fn fill<A: MapAccess<'de>>(&mut self, key: Option<usize>, map: &mut A) -> Result<(), A::Error> {
        let part = match key {
            Some(0) => &mut self.name,
            Some(1) => &mut self.uri,
            Some(2) => &mut self.task_id,
            Some(3) => &mut self.progress_token,
            Some(4) => &mut self.request_id,
            Some(_) => return map.next_value_seed(Fill(&mut self.meta)),
            None => return map.next_value::<IgnoredAny>().map(drop),
        };
        *part = Some(map.next_value::<&RawValue>()?.get());
        Ok(())
    }
}

impl<'de> Part<'de> for Meta<'de> {
    const KEYS: &'static [&'static str] = &META;

    fn fill<A: MapAccess<'de>>(&mut self, key: Option<usize>, map: &mut A) -> Result<(), A::Error> {
        let part = match key {
            Some(0) => &mut self.progress_token,
            Some(1) => &mut self.version,
            Some(2) => &mut self.capabilities,
            Some(3) => &mut self.log_level,
            Some(_) => &mut self.subscription,
            None => return map.next_value::<IgnoredAny>().map(drop),
        };
        *part = Some(map.next_value::<&RawValue>()?.get());
        Ok(())
    }
}

/// Fills a part. A list, or null, has nothing of it.
pub(super) struct Fill<'p, P>(pub(super) &'p mut P);

impl<'de, P: Part<'de>> DeserializeSeed<'de> for Fill<'_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: Part<'de>> Visitor<'de> for Fill<'_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, an array or null")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Keys::of(P::KEYS);
        while let Some(key) = map.next_key_seed(&mut keys)? {
            self.0.fill(key, &mut map)?;
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
