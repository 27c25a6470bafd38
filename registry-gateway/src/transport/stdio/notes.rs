//! What a process writes to its standard error: read so that it is not held up, and logged in part.

use std::{cmp::Reverse, future::Future, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::ChildStderr,
};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::launcher::Launcher;

/// How many lines of a process are logged; the others are read and dropped.
const MAX_LINES: usize = 200;

/// The longest line that is logged, in bytes.
const MAX_LINE_BYTES: u64 = 2_048;

/// Shorter values of variables are no secrets, and would stand for half of the text.
const MIN_SECRET_BYTES: usize = 4;

/// Reads until the end, or until `ended`, and logs at `debug`. Values of the launcher's environment are left out.
pub(super) fn keep(
    stderr: ChildStderr,
    launcher: &Launcher,
    ended: WaitForCancellationFutureOwned,
) -> impl Future<Output = ()> + use<> {
    let name: Arc<str> = launcher.name.as_str().into();
    let secrets = secrets(launcher.env.values());
    async move {
        tokio::select! {
            () = read(stderr, &name, &secrets) => {}
            // A process that left its group may hold the other end for ever.
            () = ended => {}
        }
    }
}

async fn read(stderr: ChildStderr, name: &str, secrets: &[SecretString]) {
    let mut reader = BufReader::new(stderr);
    let mut goes_on = false;
    for _ in 0..MAX_LINES {
        let mut line = Vec::new();
        match (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(read) if read > 0 => {
                tracing::debug!(launcher = name, text = shown(&line, goes_on, secrets));
                goes_on = !line.ends_with(b"\n");
            }
            _ => return,
        }
    }
    let _ = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
}

/// What is not to be shown: each line of each value, for text is shown by the line; the longest first, for one may be the
/// beginning of another.
fn secrets<'a>(values: impl Iterator<Item = &'a SecretString>) -> Vec<SecretString> {
    let lines = values.flat_map(|value| value.expose_secret().lines());
    let mut secrets: Vec<_> =
        lines.map(str::trim).filter(|line| line.len() >= MIN_SECRET_BYTES).map(SecretString::from).collect();
    secrets.sort_by_key(|secret| Reverse(secret.expose_secret().len()));
    secrets
}

/// A line for the log. One that is too long is not shown, nor is the rest of one: it might end, or begin, within a secret.
fn shown(line: &[u8], is_rest: bool, secrets: &[SecretString]) -> String {
    if is_rest || !line.ends_with(b"\n") {
        return "(a part of a long line)".to_owned();
    }
    let text = String::from_utf8_lossy(line).trim_end().to_owned();
    secrets.iter().fold(text, |text, secret| text.replace(secret.expose_secret(), "***"))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{secrets, shown};

    #[test]
    fn values_of_variables_and_parts_of_lines_are_not_shown() {
        let values: [SecretString; 4] =
            ["canary".into(), "a".into(), "canary-the-second".into(), "-- key --\ninner\n".into()];
        let secrets = secrets(values.iter());
        assert_eq!(shown(b"the token canary is bad\n", false, &secrets), "the token *** is bad");
        assert_eq!(shown(b"and canary-the-second\n", false, &secrets), "and ***");
        assert_eq!(shown(b"a line: inner\n", false, &secrets), "a line: ***");
        assert!(!shown(b"the token cana", false, &secrets).contains("cana"));
        assert!(!shown(b"ry is bad\n", true, &secrets).contains("ry"));
    }
}
