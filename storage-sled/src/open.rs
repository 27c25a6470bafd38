//! Opening a data folder, and closing it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use registry_core::store::{EventSignal, StoreError};
use sled::{Config, Db};

use crate::claims::Claims;
use crate::core::Core;
use crate::disk::{Folder, Syncer};
use crate::fault;
use crate::shelves::Shelves;
use crate::table::{Table, Tables};
use crate::upgrade;
use crate::view::{Pending, View};
use crate::writer::{self, Jobs};

/// The version of the format that this build writes, and the newest that it reads; it brings older ones to this one when
/// it opens them. It covers the trees, their keys, and the JSON of the records.
pub const FORMAT: u32 = 4;
/// What sled may keep of its pages in memory, in bytes. (Its own default is 1 GiB.)
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// The key of the format version.
pub(crate) const FORMAT_KEY: &[u8] = b"format";
/// sled's own tree, which is always there.
const DEFAULT_TREE: &[u8] = b"__sled__default";
/// How long [`Running::stop`] waits for readers to finish.
const READERS_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it open.
    #[error(
        "the data folder {path} is in use by {holder}: a folder belongs to one running service; stop that \
         one, or choose another data folder"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
        /// What the holder wrote of itself: its process id.
        holder: String,
    },
    /// A newer version of the program wrote it.
    #[error(
        "the data folder {path} has format {found}, and this version of the program knows formats up to \
         {FORMAT}: start the newer version that wrote it, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// There is a sled database in it, but not one of ours.
    #[error("the data folder {path} holds a sled database of another program: choose another folder")]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// An older version of the program wrote it, and it cannot be brought to the present format.
    #[error(
        "the data folder {path} has format {found} and could not be brought to format {FORMAT}: \
         the next start tries again"
    )]
    Upgrade {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// What went wrong.
        source: StoreError,
    },
    /// The operating system refuses it.
    #[error("the data folder {path} cannot be opened")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// sled cannot read it.
    #[error("the data in {path} cannot be read; it may be damaged: restore a backup")]
    Engine {
        /// The folder.
        path: PathBuf,
        /// What sled says.
        source: sled::Error,
    },
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        Self::backend(error)
    }
}

/// An open store: its threads and files.
pub(crate) struct Running {
    pub(crate) core: Arc<Core>,
    pub(crate) jobs: Jobs,
    writer: JoinHandle<()>,
    db: Db,
    folder: Folder,
}

impl Running {
    /// Locks the folder, opens sled in it, and starts the writer.
    pub(crate) fn start(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let engine = |source| match source {
            // A full disk, say, is no damage.
            sled::Error::Io(source) => io(source),
            source => OpenError::Engine { path: path.to_owned(), source },
        };
        let folder = Folder::lock(path)
            .map_err(io)?
            .map_err(|holder| OpenError::Locked { path: path.to_owned(), holder })?;
        let config = Config::new().path(path).cache_capacity(CACHE_BYTES);
        let db = config.open().map_err(engine)?;
        let found = check_format(&db, path)?;
        let tables = Tables::open(&db).map_err(engine)?;
        db.flush().map_err(engine)?;
        let mut syncer = Syncer::new(path).map_err(io)?;
        folder.sync_names().map_err(io)?;
        let view = View { tables, pending: Pending::default() };
        let core = Arc::new(Core {
            view,
            shelves: Shelves::default(),
            signal: EventSignal::default(),
            claims: Claims::default(),
            poison: OnceLock::new(),
        });
        upgrade::run(&core, &db, &mut syncer, found).map_err(|source| OpenError::Upgrade {
            path: path.to_owned(),
            found,
            source,
        })?;
        let (jobs, writer) = writer::start(core.clone(), db.clone(), syncer).map_err(io)?;
        Ok(Self { core, jobs, writer, db, folder })
    }

    /// Has the writer finish what waits, and lets go of everything: when this returns the folder can be opened again.
    pub(crate) fn stop(self) -> Result<(), StoreError> {
        let Self { core, jobs, writer, db, folder } = self;
        drop(jobs);
        let stopped = writer.join();
        release(core);
        let flushed = db.flush().map_err(fault::of);
        drop(db);
        folder.unlock().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        stopped
            .map_err(|_| StoreError::Unavailable("the writer of the sled store had stopped".to_owned()))?;
        flushed.map(|_| ())
    }
}

/// Drops the trees, once no reader has them any more.
fn release(mut core: Arc<Core>) {
    let begin = Instant::now();
    while begin.elapsed() < READERS_TIMEOUT {
        match Arc::try_unwrap(core) {
            Ok(core) => return drop(core),
            Err(shared) => core = shared,
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Refuses what another program or a newer version wrote; marks a new database as ours. Answers with the format.
fn check_format(db: &Db, path: &Path) -> Result<u32, OpenError> {
    let engine = |source| OpenError::Engine { path: path.to_owned(), source };
    let path = || path.to_owned();
    let names = db.tree_names();
    let ours = names.iter().any(|name| name.as_ref() == Table::Meta.name().as_bytes());
    let foreign = || names.iter().any(|name| name.as_ref() != DEFAULT_TREE) || !db.is_empty();
    if !ours && foreign() {
        return Err(OpenError::Foreign { path: path() });
    }
    let meta = db.open_tree(Table::Meta.name()).map_err(engine)?;
    match meta.get(FORMAT_KEY).map_err(engine)? {
        Some(value) => match value.as_ref().try_into().map(u32::from_be_bytes) {
            Ok(found) if found <= FORMAT => Ok(found),
            Ok(found) => Err(OpenError::Newer { path: path(), found }),
            Err(_) => Err(OpenError::Foreign { path: path() }),
        },
        // New, or cut off by a crash before the first write: then there is nothing in it.
        None => meta.insert(FORMAT_KEY, &FORMAT.to_be_bytes()).map(|_| FORMAT).map_err(engine),
    }
}
