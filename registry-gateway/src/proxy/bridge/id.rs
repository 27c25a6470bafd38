//! Ids of JSON-RPC requests, and progress tokens, which have the same form.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// The largest integer that every JSON implementation keeps (RFC 8259 section 6).
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;
/// The longest string, in bytes: what is sent of a request beside its answer stays small.
const MAX_TEXT: usize = 1_024;

/// A string or an integer, as MCP says; JSON-RPC's fractions and null are refused. Two that JSON writes differently are
/// one: `1` and `1.0`, `"a"` and `"\u0061"`. An upstream may write an id anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::proxy) enum Id {
    Number(i64),
    Text(Box<str>),
}

impl Id {
    /// That which is written so in JSON, if it is one.
    pub(in crate::proxy) fn parse(written: &str) -> Option<Self> {
        serde_json::from_str(written).ok()
    }

    /// As JSON writes it.
    pub(in crate::proxy) fn written(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        i64::try_from(number).map(Id::Number).map_err(|_| E::custom("the id is too large"))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Id, E> {
        if number.fract() != 0.0 || number.abs() > MAX_EXACT {
            return Err(E::custom("the id is no integer"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is an integer, and small enough")]
        Ok(Id::Number(number as i64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        if text.len() > MAX_TEXT {
            return Err(E::custom("the id is too long"));
        }
        Ok(Id::Text(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Id, MAX_TEXT};

    fn parse(json: &str) -> Option<Id> {
        Id::parse(json)
    }

    #[test]
    fn an_id_is_the_same_however_it_is_written() {
        assert_eq!(parse("1"), parse("1.0"));
        assert_eq!(parse("-20"), parse("-2e1"));
        assert_eq!(parse(r#""a""#), parse(r#""\u0061""#));
        assert_ne!(parse("1"), parse(r#""1""#));
    }

    #[test]
    fn an_id_has_a_bounded_length() {
        let json = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
        assert!(parse(&json(MAX_TEXT)).is_some());
        assert_eq!(parse(&json(MAX_TEXT + 1)), None);
    }

    #[test]
    fn what_is_neither_string_nor_integer_is_no_id() {
        for odd in ["null", "1.5", "1e300", "true", "[]", "{}", "18446744073709551615"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
