//! Fuzz targets: whatever texts people, files and stores hand in, the parsers answer, and what they accept stays
//! accepted. As a test each replays its corpus and tries a second of chance; `scripts/fuzz` runs them for longer.

use crate::clock::SystemClock;
use crate::limit::Limit;
use crate::model::endpoint::{Endpoint, Transport};
use crate::model::header::HeaderName;
use crate::model::id::ServerId;
use crate::model::key::KeySecret;
use crate::model::server::Version;
use crate::model::session::SessionSecret;
use crate::model::text::{
    Category, Description, DisplayName, Email, ServerName, Tag, Tags, TenantName, UserName, name_key, slug,
};
use crate::model::tools::ToolPattern;
use crate::secret::{Keyring, Sealed, SecretContext};
use secrecy::SecretString;
use uuid::Uuid;

/// What is accepted is a URL of its transport without user information, and is accepted when it is read again.
#[test]
fn fuzz_endpoint() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        for transport in [Transport::Http, Transport::Sse, Transport::Websocket, Transport::Stdio] {
            let Ok(endpoint) = Endpoint::parse(transport, &text) else { continue };
            let url = endpoint.url();
            assert!(
                transport.schemes().contains(&url.scheme()) && url.as_str().len() <= Endpoint::MAX_URL_BYTES
            );
            assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            assert_eq!(Endpoint::parse(transport, url.as_str()).as_ref(), Ok(&endpoint));
        }
    });
}

macro_rules! assert_stays {
    ($text:expr, $($type:ident),+) => {$(
        if let Ok(read) = $type::parse($text) {
            assert_eq!($type::parse(&read.to_string()).as_ref(), Ok(&read), "{:?}", $text);
        }
    )+};
}

/// Names of every kind, and the slugs and keys that are made of them.
#[test]
fn fuzz_name() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        assert_stays!(
            &text,
            Category,
            Description,
            DisplayName,
            Email,
            HeaderName,
            ServerName,
            Tag,
            TenantName,
            UserName,
            Version
        );
        assert_eq!(slug(&slug(&text)), slug(&text));
        assert_eq!(name_key(&name_key(&text)), name_key(&text), "{text:?}");
        if let Ok(name) = ServerName::parse(&text) {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(name.slug().bytes().all(is_plain) && Uuid::try_parse(&name.slug()).is_err(), "{text:?}");
        }
        if let Ok(pattern) = ToolPattern::parse(&text) {
            assert_eq!(ToolPattern::parse(pattern.as_str()).as_ref(), Ok(&pattern));
            assert!(pattern.matches(text.trim_end_matches('*')));
        }
        let tags: Vec<_> = text.split(',').collect();
        assert!(
            Tags::parse(&tags).is_err()
                || tags.len() <= Tags::MAX
                || tags.windows(2).any(|pair| pair[0] != pair[1])
        );
    });
}

/// Keys, session secrets, ids and rate limits: the exact form, or nothing.
#[test]
fn fuzz_key() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(key) = KeySecret::parse(&text) {
            assert_eq!((key.expose(), key.expose().len()), (&*text, 64));
            assert!(key.expose().is_ascii() && text.starts_with(&key.shown_prefix()));
        }
        if let Ok(secret) = SessionSecret::parse(&text) {
            assert_eq!((secret.expose(), secret.expose().len()), (&*text, 43));
        }
        if let Ok(id) = text.parse::<ServerId>() {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        if let Ok(limit) = text.parse::<Limit>() {
            assert_eq!(limit.to_string().parse(), Ok(limit));
        }
    });
}

/// Encryption keys as the operator writes them, and what is found sealed in a store.
#[test]
fn fuzz_keyring() {
    let keys = Keyring::parse(&Keyring::generate(&SystemClock)).expect("keys");
    let context = SecretContext { tenant: None, table: "server", record: Uuid::nil(), field: "token" };
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        assert!(keys.open(context, &Sealed::from_text(text.clone())).is_err());
        if let Ok(parsed) = Keyring::parse(&SecretString::from(text.clone())) {
            assert!(text.contains(parsed.active()));
            let sealed = parsed.seal(&SystemClock, context, bytes).expect("it seals");
            assert!(parsed.open(context, &sealed).is_ok());
        }
    });
}
