//! The data folder: its lock, and what makes a write durable.
//!
//! sled's own `flush` hands the bytes to the kernel and asks for write-back of that range (`sync_file_range`), which
//! neither flushes the drive's cache nor the file's length: a power cut after it loses acknowledged writes. So each
//! group of writes ends with `sync_data` on sled's data file through a handle of our own, which stays open from
//! before the first write, so that the kernel reports every write-back error to it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Our lock. sled's own is on its data file; ours is taken first, and kept until sled let go of its own.
const LOCK_FILE: &str = "lock";
/// sled's data file.
const DATA_FILE: &str = "db";
/// sled's settings, written once, which it does not sync.
const SETTINGS_FILE: &str = "conf";
/// Where sled puts what is too long for its log. Empty; see [`crate::record`].
const BLOB_FOLDER: &str = "blobs";
/// How long to wait for sled's background threads to let go of the data file.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(10);

/// The data folder, locked for this process.
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Folder {
    /// Creates the folder if need be (for this user only) and locks it.
    ///
    /// `Ok(Err(holder))` if another process, or another store of this one, has it; with what that wrote of itself.
    pub(crate) fn lock(path: &Path) -> io::Result<Result<Self, String>> {
        create(path)?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let mut lock = options.open(path.join(LOCK_FILE))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(holder(&mut lock))),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        lock.set_len(0)?;
        lock.rewind()?;
        write!(lock, "process {}", std::process::id())?;
        let folder = Self { path: path.to_owned(), lock };
        folder.wait_until_free()?;
        Ok(Ok(folder))
    }

    /// Makes sled's files themselves durable, once it created or renamed them.
    pub(crate) fn sync_names(&self) -> io::Result<()> {
        File::open(self.path.join(SETTINGS_FILE))?.sync_all()?;
        for folder in [&self.path, &self.path.join(BLOB_FOLDER)] {
            File::open(folder)?.sync_all()?;
        }
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
            _ => Ok(()),
        }
    }

    /// Lets go of the folder, once sled has let go of its data file.
    pub(crate) fn unlock(self) -> io::Result<()> {
        self.wait_until_free()?;
        self.lock.unlock()
    }

    /// Waits until nobody in this process (tasks of sled's thread pool) has sled's data file locked any more.
    fn wait_until_free(&self) -> io::Result<()> {
        let Ok(data) = File::open(self.path.join(DATA_FILE)) else { return Ok(()) };
        let begin = Instant::now();
        loop {
            match data.try_lock() {
                Ok(()) => return data.unlock(),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if begin.elapsed() > RELEASE_TIMEOUT => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "sled keeps its data file open"));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
            }
        }
    }
}

fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    match lock.read_to_string(&mut text) {
        Ok(length) if length > 0 => text,
        _ => "another process".to_owned(),
    }
}

/// Puts on disk what sled wrote.
pub(crate) struct Syncer {
    data: File,
    blobs: PathBuf,
    synced: HashSet<OsString>,
}

impl Syncer {
    /// A syncer of the open sled in `folder`.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        let data = OpenOptions::new().write(true).open(folder.join(DATA_FILE))?;
        let mut syncer = Self { data, blobs: folder.join(BLOB_FOLDER), synced: HashSet::new() };
        syncer.sync()?;
        Ok(syncer)
    }

    /// Syncs what came since the last time.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.sync_blobs()?;
        self.data.sync_data()
    }

    fn sync_blobs(&mut self) -> io::Result<()> {
        let entries = fs::read_dir(&self.blobs)?;
        let names: HashSet<_> =
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<_>>()?;
        if names == self.synced {
            return Ok(());
        }
        for name in names.difference(&self.synced) {
            match File::open(self.blobs.join(name)) {
                Ok(blob) => blob.sync_all()?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        File::open(&self.blobs)?.sync_all()?;
        self.synced = names;
        Ok(())
    }
}
