//! Tools that a key may call: names, and beginnings of names.

use serde::{Deserialize, Serialize};

use super::field::Invalid;

/// The most patterns that a key has.
pub const MAX_PATTERNS: usize = 100;
/// The longest pattern, in characters.
pub const MAX_PATTERN: usize = 128;
/// What stands at the end of a pattern for whatever may follow.
const REST: char = '*';

/// The name of a tool, or the beginning of one and a `*`: 1 to [`MAX_PATTERN`] characters, none of them a space or a control
/// character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToolPattern(String);

impl ToolPattern {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`Invalid`] says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.chars().count() > MAX_PATTERN {
            return Err(Invalid::new("a tool's name must have 1 to 128 characters"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Invalid::new("a tool's name must not have spaces or control characters"));
        }
        if text.strip_suffix(REST).unwrap_or(text).contains(REST) {
            return Err(Invalid::new("a * may only stand at the end of a tool's name"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for the tool `name`.
    pub fn matches(&self, name: &str) -> bool {
        match self.0.strip_suffix(REST) {
            Some(beginning) => name.starts_with(beginning),
            None => name == self.0,
        }
    }

    /// Whether it stands for every tool that `other` stands for.
    fn covers(&self, other: &Self) -> bool {
        match other.0.strip_suffix(REST) {
            Some(beginning) => self.0.strip_suffix(REST).is_some_and(|own| beginning.starts_with(own)),
            None => self.matches(&other.0),
        }
    }
}

impl TryFrom<String> for ToolPattern {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<ToolPattern> for String {
    fn from(pattern: ToolPattern) -> Self {
        pattern.0
    }
}

/// The tools that a key is narrowed to: 1 to [`MAX_PATTERNS`] patterns, each once, in order. A key without one calls every
/// tool; an empty list is refused, for it could be taken for either.
///
/// ```
/// use registry_core::model::tools::Tools;
///
/// let tools = Tools::parse(&["echo", "get_*"])?;
/// assert!(tools.allow("echo") && tools.allow("get_weather"));
/// assert!(!tools.allow("echo2") && !tools.allow("GET_weather"));
/// # Ok::<_, registry_core::model::field::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Tools(Vec<ToolPattern>);

impl Tools {
    /// Checks each pattern and their number, and sorts them.
    ///
    /// # Errors
    /// [`Invalid`] says which rule is broken.
    pub fn parse<S: AsRef<str>>(patterns: &[S]) -> Result<Self, Invalid> {
        if patterns.is_empty() || patterns.len() > MAX_PATTERNS {
            return Err(Invalid::new("must name 1 to 100 tools; null allows all"));
        }
        let patterns = patterns.iter().map(|pattern| ToolPattern::parse(pattern.as_ref()));
        let mut patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        patterns.sort();
        patterns.dedup();
        Ok(Self(patterns))
    }

    /// Whether the tool `name` may be called. Upper and lower case differ.
    pub fn allow(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether every tool that `others` allow is allowed: `None` is all tools.
    pub fn cover(&self, others: Option<&Self>) -> bool {
        let covered = |other| self.0.iter().any(|own| own.covers(other));
        others.is_some_and(|others| others.0.iter().all(covered))
    }

    /// The patterns, in order.
    pub fn as_slice(&self) -> &[ToolPattern] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Tools {
    type Error = Invalid;

    fn try_from(patterns: Vec<String>) -> Result<Self, Invalid> {
        Self::parse(&patterns)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_PATTERNS, Tools};

    fn tools(patterns: &[&str]) -> Tools {
        Tools::parse(patterns).unwrap()
    }

    #[test]
    fn a_pattern_is_a_name_or_the_beginning_of_one() {
        for (pattern, name, is_match) in [
            ("echo", "echo", true),
            ("echo", "echo2", false),
            ("get_*", "get_", true),
            ("get_*", "get", false),
            ("*", "", true),
            ("a.b/c-d", "a.b/c-d", true),
            ("wetter_ä*", "wetter_ärger", true),
        ] {
            assert_eq!(tools(&[pattern]).allow(name), is_match, "{pattern} {name}");
        }
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        let long = "x".repeat(129);
        for odd in ["", " ", "a b", "a\n", "*a", "a*b", "a**", "**", "a*b*", long.as_str()] {
            assert!(Tools::parse(&[odd]).is_err(), "{odd:?}");
        }
        assert!(Tools::parse::<&str>(&[]).is_err());
        assert!(Tools::parse(&vec!["a"; MAX_PATTERNS + 1]).is_err());
    }

    #[test]
    fn what_is_narrower_is_covered_and_nothing_else() {
        let own = tools(&["echo", "get_*"]);
        for narrower in [&["echo"][..], &["get_*"], &["get_a*", "get_b"], &["echo", "get_"]] {
            assert!(own.cover(Some(&tools(narrower))), "{narrower:?}");
        }
        for wider in [&["*"][..], &["ge*"], &["echo*"], &["echo", "other"], &["get"]] {
            assert!(!own.cover(Some(&tools(wider))), "{wider:?}");
        }
        assert!(!own.cover(None) && !tools(&["*"]).cover(None));
    }
}
