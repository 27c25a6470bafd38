//! Fuzz target of what comes as a bearer token.

use super::form::{Form, MAX_TOKEN_BYTES};

/// Before a signature is looked at, a token has a form, or is refused.
#[test]
fn fuzz_token() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(form) = Form::read(&text) else { return };
        assert!(text.len() <= MAX_TOKEN_BYTES && text.split('.').count() == 3);
        assert!(form.issuer().is_none_or(|issuer| !issuer.is_empty() || text.len() > 2));
    });
}
