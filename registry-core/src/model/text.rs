//! Bounded text: names, descriptions, tags. All are trimmed, and lengths count characters, not bytes.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::field::Invalid;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and trims `text`.
            ///
            /// # Errors
            /// [`Invalid`] says which rule it breaks.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let text = text.trim_matches(' ');
                let check: fn(&str) -> Result<(), Invalid> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// A server's name: 1 to 100 ASCII letters, digits, spaces, hyphens and underscores; not a UUID, so that
    /// `/mcp/{server}` is never ambiguous.
    ServerName = server_name;
    /// What a server or key is for: at most 500 characters, no control characters but line breaks and tabs.
    Description = |text| { length(text, 0, 500)?; prose(text) };
    /// A server's category: 1 to 50 characters.
    Category = |text| { length(text, 1, 50)?; line(text) };
    /// One tag: 1 to 50 ASCII letters, digits, hyphens and underscores.
    Tag = |text| { length(text, 1, 50)?; only(text, "-_", "letters, digits, '-' and '_'") };
    /// A key's name: 1 to 50 characters.
    KeyName = |text| { length(text, 1, 50)?; line(text) };
    /// A webhook's name: 1 to 50 characters.
    WebhookName = |text| { length(text, 1, 50)?; line(text) };
    /// A key's description: at most 200 characters.
    KeyDescription = |text| { length(text, 0, 200)?; prose(text) };
    /// A tenant's name: 1 to 100 characters, compared by [`name_key`].
    TenantName = |text| { length(text, 1, 100)?; line(text) };
    /// A user's name for signing in: 1 to 100 characters without spaces, compared by [`name_key`].
    UserName = |text| { length(text, 1, 100)?; line(text)?; no_space(text) };
    /// A user's name as people read it: 1 to 100 characters.
    DisplayName = |text| { length(text, 1, 100)?; line(text) };
    /// An e-mail address: at most 254 characters (RFC 5321 section 4.5.3.1.3), an `@` with something on both sides.
    Email = |text| { length(text, 3, 254)?; line(text)?; no_space(text)?; address(text) };
}

/// What names are compared by: NFKC (Unicode TR15), then lower case, so that names which look alike are one.
pub fn name_key(name: &str) -> String {
    name.nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

impl ServerName {
    /// The name in a URL: lower case, each space and underscore a hyphen.
    ///
    /// ```
    /// use registry_core::model::text::ServerName;
    ///
    /// assert_eq!(ServerName::parse("Weather_Map 2")?.slug(), "weather-map-2");
    /// assert!(ServerName::parse("Wetter/Karte").is_err());
    /// # Ok::<_, registry_core::model::field::Invalid>(())
    /// ```
    /// Unique within a tenant, so two names
    /// that differ only in that are one name.
    pub fn slug(&self) -> String {
        slug(&self.0)
    }
}

/// The slug that a server named `name` would have.
pub fn slug(name: &str) -> String {
    name.chars().map(|c| if matches!(c, ' ' | '_') { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A server's tags: at most [`Tags::MAX`], each once, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// The most tags that a server has.
    pub const MAX: usize = 10;

    /// Checks each tag and their number, and sorts them.
    ///
    /// # Errors
    /// [`Invalid`] names the rule that is broken.
    pub fn parse<S: AsRef<str>>(tags: &[S]) -> Result<Self, Invalid> {
        let mut tags = tags.iter().map(|tag| Tag::parse(tag.as_ref())).collect::<Result<Vec<_>, _>>()?;
        tags.sort();
        tags.dedup();
        if tags.len() > Self::MAX {
            return Err(Invalid::new("at most 10 tags"));
        }
        Ok(Self(tags))
    }

    /// The tags, sorted.
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }

    /// Whether all of `wanted` are among the tags.
    pub fn contains_all(&self, wanted: &[Tag]) -> bool {
        wanted.iter().all(|tag| self.0.binary_search(tag).is_ok())
    }
}

impl TryFrom<Vec<String>> for Tags {
    type Error = Invalid;

    fn try_from(tags: Vec<String>) -> Result<Self, Invalid> {
        Self::parse(&tags)
    }
}

fn server_name(text: &str) -> Result<(), Invalid> {
    length(text, 1, 100)?;
    only(text, " -_", "letters, digits, spaces, '-' and '_'")?;
    match Uuid::parse_str(text) {
        Ok(_) => Err(Invalid::new("must not be a UUID, which would be taken for a server's id")),
        Err(_) => Ok(()),
    }
}

fn length(text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    match text.chars().count() {
        n if n < min => Err(Invalid::new("must not be empty")),
        n if n > max => Err(Invalid::new(format!("must be at most {max} characters long, not {n}"))),
        _ => Ok(()),
    }
}

fn only(text: &str, punctuation: &str, allowed: &str) -> Result<(), Invalid> {
    if text.chars().all(|c| c.is_ascii_alphanumeric() || punctuation.contains(c)) {
        return Ok(());
    }
    Err(Invalid::new(format!("may only have {allowed}")))
}

fn line(text: &str) -> Result<(), Invalid> {
    if text.chars().any(char::is_control) {
        return Err(Invalid::new("must not have control characters"));
    }
    Ok(())
}

fn no_space(text: &str) -> Result<(), Invalid> {
    if text.chars().any(char::is_whitespace) {
        return Err(Invalid::new("must not have spaces"));
    }
    Ok(())
}

fn address(text: &str) -> Result<(), Invalid> {
    match text.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !local.contains('@') => Ok(()),
        _ => Err(Invalid::new("must be an e-mail address")),
    }
}

fn prose(text: &str) -> Result<(), Invalid> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new("must not have control characters but line breaks and tabs"));
    }
    Ok(())
}
