//! Fuzz targets of the operator's file and of what issuers publish.

use crate::IdentityConfig;
use crate::address::{endpoint, is_secure, issuer};
use crate::config::ConfigError;
use crate::jwks::KeySet;

/// A file is taken or refused; what is wrong is told without its lines.
#[test]
fn fuzz_identity_config() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        match IdentityConfig::parse(&text, &|_| Some("hunter2".to_owned())) {
            Ok(config) => assert!(!format!("{config:?}").contains("hunter2")),
            Err(ConfigError::Syntax { line, .. }) => assert!(line >= 1 && line <= text.lines().count() + 1),
            Err(error) => assert!(!error.to_string().contains("hunter2")),
        }
    });
}

/// Addresses of issuers and of their endpoints are secure ones.
#[test]
fn fuzz_issuer_address() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        for url in [endpoint(&text), issuer(&text)].into_iter().flatten() {
            assert!(is_secure(&url) && url.username().is_empty() && url.password().is_none(), "{url}");
        }
    });
}

/// Whatever an issuer publishes as its keys is read or left out.
#[test]
fn fuzz_key_set() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Some(keys) = KeySet::parse(bytes) {
            assert!(keys.find(Some("no such key of ours"), jsonwebtoken::Algorithm::ES256).is_none());
        }
    });
}
