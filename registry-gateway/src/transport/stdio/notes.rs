//! What a process writes to its standard error: read so that it is not held up, and logged in part.

use std::{future::Future, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::ChildStderr,
};

use crate::launcher::Launcher;

/// How many lines of a process are logged; the others are read and dropped.
const MAX_LINES: usize = 200;

/// The longest line that is logged, in bytes.
const MAX_LINE_BYTES: u64 = 2_048;

/// Shorter values of variables are no secrets, and would stand for half of the text.
const MIN_SECRET_BYTES: usize = 4;

/// Reads to the end, and logs at `debug`. Values of the launcher's environment are left out.
pub(super) fn keep(stderr: ChildStderr, launcher: &Launcher) -> impl Future<Output = ()> + use<> {
    let name: Arc<str> = launcher.name.as_str().into();
    let secrets: Vec<SecretString> = launcher.env.values().cloned().collect();
    async move {
        let mut reader = BufReader::new(stderr);
        for _ in 0..MAX_LINES {
            let mut line = Vec::new();
            match (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
                Ok(read) if read > 0 => tracing::debug!(launcher = &*name, text = shown(&line, &secrets)),
                _ => return,
            }
        }
        let _ = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
    }
}

/// A line for the log. One that is too long is not shown: it might end within a secret.
fn shown(line: &[u8], secrets: &[SecretString]) -> String {
    if !line.ends_with(b"\n") {
        return "(a part of a long line)".to_owned();
    }
    let text = String::from_utf8_lossy(line).trim_end().to_owned();
    let secrets =
        secrets.iter().map(ExposeSecret::expose_secret).filter(|value| value.len() >= MIN_SECRET_BYTES);
    secrets.fold(text, |text, secret| text.replace(secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn values_of_variables_and_parts_of_lines_are_not_shown() {
        let secrets = ["canary".into(), "a".into()];
        assert_eq!(shown(b"the token canary is bad\n", &secrets), "the token *** is bad");
        assert!(!shown(b"the token cana", &secrets).contains("cana"));
    }
}
