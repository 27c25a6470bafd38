//! The client secret, and telling a secret from what stands for one in examples.

use registry_core::model::field::Invalid;
use secrecy::SecretString;

use super::{Environment, shape};

/// A client secret that anybody wrote by hand has fewer characters than this; those that providers make have more.
const MIN_SECRET_CHARS: usize = 8;

/// What examples have for a secret, as letters and digits in lower case: all of it,
const STAND_INS: &[&str] = &[
    "clientsecret",
    "default",
    "dummy",
    "foobar",
    "hunter2",
    "mysecret",
    "none",
    "null",
    "password",
    "passwort",
    "secret",
    "supersecret",
    "test",
    "testsecret",
    "thesecret",
    "todo",
    "topsecret",
    "undefined",
];
/// or a part of it.
const STAND_IN_PARTS: &[&str] = &[
    "changeit",
    "changeme",
    "changethis",
    "example",
    "insertyour",
    "placeholder",
    "replaceme",
    "replacethis",
];

/// Reads the secret from where the file says it is; `None` for a public client.
pub(super) fn of(
    provider: &shape::Provider,
    environment: Environment<'_>,
) -> Result<Option<SecretString>, Invalid> {
    let text = match (&provider.client_secret_env, &provider.client_secret_file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Invalid::new("either client_secret_env or client_secret_file, not both"));
        }
        (Some(name), None) => environment(name)
            .ok_or_else(|| Invalid::new(format!("the environment variable `{name}` is not set")))?,
        (None, Some(path)) => std::fs::read_to_string(path)
            .map_err(|error| Invalid::new(format!("{} cannot be read: {error}", path.display())))?,
    };
    let text = text.trim();
    if is_stand_in(text) || is_no_secret(text) {
        return Err(Invalid::new("is empty, or a placeholder"));
    }
    if text.chars().count() < MIN_SECRET_CHARS || text.chars().any(char::is_control) {
        return Err(Invalid::new(format!(
            "must have at least {MIN_SECRET_CHARS} characters, none a control character"
        )));
    }
    Ok(Some(SecretString::from(text)))
}

/// Whether `text`, of whatever kind, only stands for what should be there, or is empty.
pub(super) fn is_stand_in(text: &str) -> bool {
    let plain = plain(text);
    let first = plain.chars().next();
    let is_marked = text.starts_with(['<', '[']) && text.ends_with(['>', ']']);
    is_marked
        || text.starts_with("${")
        || text.starts_with("{{")
        || plain.starts_with("your")
        || plain.chars().all(|c| Some(c) == first)
        || STAND_IN_PARTS.contains(&&*plain)
}

/// Whether no secret would be so.
fn is_no_secret(text: &str) -> bool {
    let plain = plain(text);
    STAND_INS.contains(&&*plain) || STAND_IN_PARTS.iter().any(|part| plain.contains(part))
}

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_no_secret, is_stand_in};

    #[test]
    fn a_placeholder_is_told_from_a_name() {
        let stand_ins = [
            "",
            "...",
            "<client id>",
            "[id]",
            "your-client-id",
            "YOUR_ID",
            "${ID}",
            "{{ id }}",
            "xxxx",
            "***",
        ];
        for stand_in in stand_ins.into_iter().chain(["example", "Change-Me!", "placeholder"]) {
            assert!(is_stand_in(stand_in), "{stand_in}");
        }
        for name in ["registry", "test", "https://registry.acme.example", "api://d3b07384", "a[0]"] {
            assert!(!is_stand_in(name), "{name}");
        }
    }

    #[test]
    fn what_examples_have_for_a_secret_is_told_from_a_secret() {
        for no_secret in ["secret", "Client-Secret", "password", "example-secret", "changeme123", "test"] {
            assert!(is_no_secret(no_secret), "{no_secret}");
        }
        for secret in ["Zx8~Q1.s-0pVn4rT_qLm", "kA9tYh2wUe7PqZr3", "registry-dashboard"] {
            assert!(!is_no_secret(secret) && !is_stand_in(secret), "{secret}");
        }
    }
}
