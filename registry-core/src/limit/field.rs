//! The header fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).

use std::fmt;

use super::decision::{Standing, seconds};

/// Room for the longest kind and the longest numbers.
const ROOM: usize = 48;

/// The value of a header field: plain ASCII, made without an allocation.
#[derive(Clone, Copy)]
pub struct FieldValue {
    bytes: [u8; ROOM],
    length: usize,
}

impl FieldValue {
    const fn empty() -> Self {
        Self { bytes: [0; ROOM], length: 0 }
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn text(mut self, text: &str) -> Self {
        if let Some(room) = self.bytes.get_mut(self.length..self.length + text.len()) {
            room.copy_from_slice(text.as_bytes());
            self.length += text.len();
        }
        self
    }

    fn number(self, number: impl itoa::Integer) -> Self {
        self.text(itoa::Buffer::new().format(number))
    }
}

impl AsRef<[u8]> for FieldValue {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.as_bytes()).fmt(f)
    }
}

impl Standing {
    /// The value of `RateLimit-Policy`: the limit's kind, calls a minute, and the minute: `"key";q=100;w=60`.
    pub fn policy_field(&self) -> FieldValue {
        self.named().text(";q=").number(self.quota().rpm()).text(";w=60")
    }

    /// The value of `RateLimit`: the calls that remain, and the seconds until there is one more:
    /// `"key";r=99;t=1`.
    pub fn limit_field(&self) -> FieldValue {
        self.named().text(";r=").number(self.remaining()).text(";t=").number(seconds(self.next_in()))
    }

    /// The kind as a structured field's string; none has a character that would need escaping.
    fn named(&self) -> FieldValue {
        FieldValue::empty().text("\"").text(self.kind().as_str()).text("\"")
    }
}

#[cfg(test)]
mod tests {
    use sfv::{List, ListEntry, Parser};

    use super::*;
    use crate::limit::{LimitKind, Quota};

    const SECOND: u64 = 1_000_000_000;

    /// The one item of a structured field's list: its string and its parameters, which must be integers.
    fn parse(value: FieldValue) -> (String, Vec<(String, i64)>) {
        let list: List = Parser::new(value.as_bytes()).parse().expect("a structured field's list");
        let [ListEntry::Item(item)] = &list[..] else { panic!("not one item: {value:?}") };
        let integer = |value: &sfv::BareItem| i64::from(value.as_integer().expect("an integer"));
        let parameters = item.params.iter().map(|(key, value)| (key.as_str().to_owned(), integer(value)));
        (item.bare_item.as_string().expect("a string").as_str().to_owned(), parameters.collect())
    }

    fn named(name: &str, value: i64) -> (String, i64) {
        (name.to_owned(), value)
    }

    #[test]
    fn the_policy_is_the_kind_with_quota_and_window() {
        let standing = Standing::new(LimitKind::Key, Quota::new(100, 100).unwrap(), 0);
        assert_eq!(standing.policy_field().as_bytes(), b"\"key\";q=100;w=60");
        let expected = ("key".to_owned(), vec![named("q", 100), named("w", 60)]);
        assert_eq!(parse(standing.policy_field()), expected);
    }

    #[test]
    fn the_limit_is_the_kind_with_what_remains_and_when_there_is_more() {
        let quota = Quota::new(20, 20).unwrap();
        let standing = Standing::new(LimitKind::Tenant, quota, 59 * SECOND);
        assert_eq!(standing.limit_field().as_bytes(), b"\"tenant\";r=0;t=2");
        assert_eq!(parse(standing.limit_field()), ("tenant".to_owned(), vec![named("r", 0), named("t", 2)]));
    }

    #[test]
    fn every_kind_at_every_extreme_fits_and_parses() {
        for kind in LimitKind::ALL {
            for (rpm, burst, debt) in
                [(1, 1, u64::MAX), (Quota::MAX, Quota::MAX, 0), (1, Quota::MAX, u64::MAX)]
            {
                let standing = Standing::new(*kind, Quota::new(rpm, burst).unwrap(), debt);
                let (name, policy) = parse(standing.policy_field());
                assert_eq!((name.as_str(), &policy[0]), (kind.as_str(), &named("q", i64::from(rpm))));
                let (name, limit) = parse(standing.limit_field());
                assert_eq!((name.as_str(), limit.len()), (kind.as_str(), 2));
                assert_eq!(limit[0], named("r", i64::from(standing.remaining())));
            }
        }
    }
}
