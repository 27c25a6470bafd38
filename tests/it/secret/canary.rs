//! Canaries, and the search for them in every form that a careless writer gives them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Secrets by what they are.
#[derive(Debug, Default)]
pub(crate) struct Canaries(Vec<(String, String)>);

impl Canaries {
    /// A secret, from now on.
    pub(crate) fn add(&mut self, what: &str, secret: &str) {
        self.0.push((what.to_owned(), secret.to_owned()));
    }

    /// None of them is in `bytes`, plain, in base64 at any offset, in hexadecimal, or escaped for a URL.
    #[track_caller]
    pub(crate) fn assert_absent(&self, place: &str, bytes: &[u8]) {
        for (what, secret) in &self.0 {
            for needle in forms(secret) {
                assert!(!contains(bytes, &needle), "{what} is in {place}: {}", around(bytes, &needle));
            }
        }
    }
}

pub(crate) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn around(bytes: &[u8], needle: &[u8]) -> String {
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap_or_default();
    let end = (at + needle.len() + 40).min(bytes.len());
    String::from_utf8_lossy(&bytes[at.saturating_sub(200)..end]).into_owned()
}

fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.as_bytes().to_vec(),
        hex::encode(secret).into_bytes(),
        hex::encode_upper(secret).into_bytes(),
    ];
    for offset in 0..3 {
        let padded = ["x".repeat(offset).as_bytes(), secret.as_bytes()].concat();
        // Characters at either end hold bits of what is beside the secret.
        for text in [STANDARD.encode(&padded), URL_SAFE.encode(&padded)] {
            let text = text.trim_end_matches('=');
            forms.push(text.as_bytes()[4..text.len() - 3].to_vec());
        }
    }
    forms
}
