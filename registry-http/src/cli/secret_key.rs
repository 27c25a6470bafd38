//! The keys that secrets are encrypted with: from the environment, or from a file that the first run makes.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use registry_core::clock::SystemClock;
use registry_core::secret::Keyring;
use registry_core::store::Store;
use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// Holds `id:base64,...`, the active key first; it comes before the file.
const VARIABLE: &str = "MCP_REGISTRY_SECRET_KEYS";
/// The file in the data folder.
const FILE: &str = "secret.keys";

/// The keyring of this installation. Where nodes share a store that is in use, keys are never made here: this node
/// needs the ones that the others have.
pub(super) async fn keyring(settings: &Settings, store: &dyn Store) -> anyhow::Result<Keyring> {
    let text = match std::env::var(VARIABLE) {
        Ok(text) => SecretString::from(text),
        Err(_) if settings.store.as_deref() == Some("memory:") => Keyring::generate(&SystemClock),
        Err(_)
            if store.is_shared() && !settings.data_dir.join(FILE).exists() && store.has_users().await? =>
        {
            bail!(
                "this database is in use, but its encryption keys are not here: set {VARIABLE}, or copy {FILE} from \
             another node into {}",
                settings.data_dir.display()
            )
        }
        Err(_) => from_file(&settings.data_dir)?,
    };
    Keyring::parse(&text)
        .with_context(|| format!("{VARIABLE} or the file {FILE} does not hold encryption keys"))
}

fn from_file(data_dir: &Path) -> anyhow::Result<SecretString> {
    let path = data_dir.join(FILE);
    let read = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return create(data_dir, &path),
        read => read.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let mode = fs::metadata(&path)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!(
            "{} can be read by others; `chmod 600` it, and think of the keys in it as known",
            path.display()
        );
    }
    Ok(SecretString::from(read))
}

/// A fresh key, on disk before it is used: what it encrypts is lost without it.
fn create(data_dir: &Path, path: &Path) -> anyhow::Result<SecretString> {
    fs::create_dir_all(data_dir).with_context(|| format!("{} cannot be made", data_dir.display()))?;
    let text = Keyring::generate(&SystemClock);
    let temporary = data_dir.join(format!(".{FILE}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text.expose_secret().as_bytes())?;
    file.sync_all()?;
    // A link, not a rename: of two processes that start at once, the second must not replace the first's key.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    fs::File::open(data_dir)?.sync_all()?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => from_file(data_dir),
        linked => linked.map(|()| text).with_context(|| format!("{} cannot be made", path.display())),
    }
}
