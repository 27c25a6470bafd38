//! The keys that decide.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// Finds the keys that decide among all keys of an object, and refuses what could be taken for one.
pub(super) struct Keys {
    names: &'static [&'static str],
    /// A bit for each that was there.
    seen: u8,
}

impl Keys {
    pub(super) fn of(names: &'static [&'static str]) -> Self {
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
