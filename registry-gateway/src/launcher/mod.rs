//! The operator's file of launchers: the only commands that this service ever starts.
//!
//! TOML, described in `docs/configuration.md`. Without a file nothing is started. A file with anything wrong in it is
//! refused as a whole, with all of its problems.

mod check;
mod shape;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use registry_core::model::field::FieldErrors;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use url::Url;

pub use self::check::{MAX_ARGS, MAX_LAUNCHERS, MAX_RUNNING, MAX_TEXT_BYTES};

/// Where values of variables are looked up: that of a variable of the service's own environment, if it is set.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The launchers of a file. Cheap to clone; clones share the bounds.
#[derive(Debug, Clone, Default)]
pub struct Launchers {
    by_name: Arc<BTreeMap<String, Arc<Launcher>>>,
}

/// A command that an endpoint may name. It may hold secrets in its environment, which its `Debug` does not show.
pub(crate) struct Launcher {
    pub(crate) name: String,
    pub(crate) command: PathBuf,
    pub(crate) args: Vec<String>,
    /// All that the process has for an environment.
    pub(crate) env: BTreeMap<String, SecretString>,
    pub(crate) working_dir: PathBuf,
    pub(crate) limits: Limits,
    /// One for each process that may run at the same time.
    pub(crate) slots: Arc<Semaphore>,
}

/// What a process of a launcher may use. Each of its children may use as much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Private memory, in bytes.
    pub(crate) memory: u64,
    /// Time on a processor, in seconds.
    pub(crate) cpu_seconds: u64,
    /// Open files, pipes and sockets.
    pub(crate) open_files: u64,
    /// Processes and threads of the service's user, the service itself included; `None` leaves it as it is.
    pub(crate) processes: Option<u64>,
}

/// Why a file of launchers is refused. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum LaunchersError {
    /// It cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is not TOML, or has a field that there is not. The line is not repeated: it may hold a secret.
    #[error("line {line}: {message}")]
    Syntax {
        /// In which line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// Something in it is wrong: all that is.
    #[error(transparent)]
    Invalid(#[from] FieldErrors),
}

impl Launchers {
    /// Reads the file at `path`; what it takes from the environment, it takes now.
    ///
    /// # Errors
    /// [`LaunchersError`].
    pub fn load(path: &Path) -> Result<Self, LaunchersError> {
        let read = |source| LaunchersError::Read { path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(read)?;
        if check::is_writable_by_others(&metadata) {
            return Err(FieldErrors::one("file", "must not be writable by everybody").into());
        }
        Self::parse(&std::fs::read_to_string(path).map_err(read)?, &|name| std::env::var(name).ok())
    }

    /// Checks the text of a file.
    ///
    /// # Errors
    /// [`LaunchersError`], but not `Read`.
    ///
    /// ```
    /// use registry_gateway::launcher::Launchers;
    ///
    /// let file = r#"
    ///     [[launcher]]
    ///     name = "files"
    ///     command = "/bin/sh"
    ///     args = ["/opt/files/start", "/srv/files"]
    ///     env_from = ["FILES_TOKEN"]
    /// "#;
    /// assert!(Launchers::parse(file, &|_| Some("a-token".to_owned())).is_ok());
    /// let problems = Launchers::parse(&file.replace("/bin/sh", "sh"), &|_| None).unwrap_err().to_string();
    /// assert!(problems.contains("command") && problems.contains("env_from"));
    /// ```
    pub fn parse(text: &str, environment: Environment<'_>) -> Result<Self, LaunchersError> {
        let file: shape::File = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        let mut errors = FieldErrors::default();
        let launchers = check::all(file.launcher, environment, &mut errors);
        let by_name =
            launchers.into_iter().map(|launcher| (launcher.name.clone(), Arc::new(launcher))).collect();
        Ok(errors.finish(Some(Self { by_name: Arc::new(by_name) }))?)
    }

    /// The launcher that an endpoint names: `stdio:name`, and nothing more.
    pub(crate) fn of(&self, url: &Url) -> Option<&Arc<Launcher>> {
        let name = url.as_str().strip_prefix("stdio:")?;
        self.by_name.get(name)
    }
}

impl fmt::Debug for Launcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launcher").field("name", &self.name).finish_non_exhaustive()
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> LaunchersError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
    LaunchersError::Syntax { line, message: error.message().to_owned() }
}
