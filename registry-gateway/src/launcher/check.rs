//! Checks `[[launcher]]`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs::Metadata,
    ops::RangeInclusive,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use registry_core::model::field::{FieldErrors, Invalid};
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::{Environment, Launcher, Limits, shape};

/// The most launchers of a file.
pub const MAX_LAUNCHERS: usize = 100;
/// The most arguments, and the most variables, of a launcher.
pub const MAX_ARGS: usize = 100;
/// The longest argument and value of a variable, in bytes.
pub const MAX_TEXT_BYTES: usize = 32 * 1024;
/// The most processes of a launcher that may run at the same time.
pub const MAX_RUNNING: usize = 1_000;

const MAX_NAME_BYTES: usize = 64;
/// The service's own settings and keys are in variables of this prefix, and are handed to nobody.
const OWN_PREFIX: &str = "MCP_REGISTRY_";
const ONE_MIB: u64 = 1024 * 1024;

const MEMORY_MIB: (u64, RangeInclusive<u64>) = (1024, 16..=1024 * 1024);
const CPU_SECONDS: (u64, RangeInclusive<u64>) = (3600, 1..=365 * 86_400);
const OPEN_FILES: (u64, RangeInclusive<u64>) = (256, 16..=1_048_576);
const PROCESSES: RangeInclusive<u64> = 1..=1_048_576;
const DEFAULT_RUNNING: usize = 16;

/// Whether everybody may change the file.
pub(super) fn is_writable_by_others(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & 0o002 != 0
}

/// Checks every launcher, and that no name is there twice.
pub(super) fn all(
    shapes: Vec<shape::Launcher>,
    environment: Environment<'_>,
    errors: &mut FieldErrors,
) -> Vec<Launcher> {
    if shapes.is_empty() || shapes.len() > MAX_LAUNCHERS {
        errors.add("file", format!("must have 1 to {MAX_LAUNCHERS} [[launcher]]"));
    }
    let mut names = BTreeSet::new();
    let mut launchers = Vec::new();
    for (i, shape) in shapes.into_iter().enumerate() {
        let mut notes = Notes { errors, table: format!("launcher[{i}]") };
        if !names.insert(shape.name.clone()) {
            notes.add("name", "is there twice");
        }
        launchers.extend(one(shape, environment, &mut notes));
    }
    launchers
}

/// Notes the problems of one launcher.
struct Notes<'a> {
    errors: &'a mut FieldErrors,
    table: String,
}

impl Notes<'_> {
    fn add(&mut self, field: &str, message: impl Display) {
        self.errors.add(format!("{}.{field}", self.table), message);
    }

    fn take<T>(&mut self, field: &str, result: Result<T, Invalid>) -> Option<T> {
        result.map_err(|problem| self.add(field, problem)).ok()
    }
}

fn one(shape: shape::Launcher, environment: Environment<'_>, notes: &mut Notes<'_>) -> Option<Launcher> {
    let name = notes.take("name", name(shape.name));
    let command = notes.take("command", command(shape.command));
    let args = notes.take("args", args(shape.args));
    let own = notes.take("env", variables(shape.env));
    let inherited = inherited(&shape.env_from, environment, notes);
    let env = together(own?, inherited, notes);
    let working_dir = notes.take("working_dir", working_dir(shape.working_dir));
    let memory = notes.take("memory_mib", within(shape.memory_mib, MEMORY_MIB));
    let cpu_seconds = notes.take("cpu_seconds", within(shape.cpu_seconds, CPU_SECONDS));
    let open_files = notes.take("open_files", within(shape.open_files, OPEN_FILES));
    let processes =
        shape.processes.map(|given| notes.take("processes", within(Some(given), (given, PROCESSES))));
    let running = notes.take("max_running", running(shape.max_running));
    let limits = Limits {
        memory: memory? * ONE_MIB,
        cpu_seconds: cpu_seconds?,
        open_files: open_files?,
        processes: processes.flatten(),
    };
    let (name, command, args, working_dir) = (name?, command?, args?, working_dir?);
    Some(Launcher {
        name,
        command,
        args,
        env,
        working_dir,
        limits,
        slots: Arc::new(Semaphore::new(running?)),
    })
}

fn name(name: String) -> Result<String, Invalid> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if plain && (1..=MAX_NAME_BYTES).contains(&name.len()) {
        return Ok(name);
    }
    Err(Invalid::new(format!("must have 1 to {MAX_NAME_BYTES} lower case letters, digits and '-'")))
}

/// No search in `PATH`, and no script that anybody could have put there.
fn command(path: PathBuf) -> Result<PathBuf, Invalid> {
    if !path.is_absolute() {
        return Err(Invalid::new("must be an absolute path"));
    }
    let metadata = path.metadata().map_err(|_| Invalid::new("is not there, or cannot be read"))?;
    if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
        return Err(Invalid::new("must be a file that can be executed"));
    }
    if is_writable_by_others(&metadata) {
        return Err(Invalid::new("must not be writable by everybody"));
    }
    Ok(path)
}

fn args(args: Vec<String>) -> Result<Vec<String>, Invalid> {
    if args.len() > MAX_ARGS || !args.iter().all(|arg| is_passable(arg)) {
        return Err(Invalid::new(format!(
            "must be at most {MAX_ARGS}, each of at most {MAX_TEXT_BYTES} bytes and without a NUL"
        )));
    }
    Ok(args)
}

fn is_passable(text: &str) -> bool {
    text.len() <= MAX_TEXT_BYTES && !text.contains('\0')
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn variables(env: BTreeMap<String, String>) -> Result<BTreeMap<String, SecretString>, Invalid> {
    let good = |(name, value): (&String, &String)| is_variable(name) && is_passable(value);
    if env.len() > MAX_ARGS || !env.iter().all(good) {
        return Err(Invalid::new(format!(
            "must be at most {MAX_ARGS} variables, with names of letters, digits and '_', \
             and values of at most {MAX_TEXT_BYTES} bytes without a NUL"
        )));
    }
    Ok(env.into_iter().map(|(name, value)| (name, value.into())).collect())
}

/// The variables that come from the service's own environment.
fn inherited(
    names: &[String],
    environment: Environment<'_>,
    notes: &mut Notes<'_>,
) -> Vec<(String, SecretString)> {
    if names.len() > MAX_ARGS {
        notes.add("env_from", format!("must be at most {MAX_ARGS}"));
    }
    let mut found = Vec::new();
    for name in names {
        match environment(name) {
            _ if !is_variable(name) => notes.add("env_from", "must be names of letters, digits and '_'"),
            _ if name.starts_with(OWN_PREFIX) => {
                notes.add("env_from", format!("`{name}` is the service's own and is handed to nobody"));
            }
            None => notes.add("env_from", format!("the environment variable `{name}` is not set")),
            Some(value) => found.push((name.clone(), value.into())),
        }
    }
    found
}

fn together(
    mut env: BTreeMap<String, SecretString>,
    inherited: Vec<(String, SecretString)>,
    notes: &mut Notes<'_>,
) -> BTreeMap<String, SecretString> {
    for (name, value) in inherited {
        if env.insert(name.clone(), value).is_some() {
            notes.add("env_from", format!("`{name}` is there twice"));
        }
    }
    env
}

fn working_dir(path: Option<PathBuf>) -> Result<PathBuf, Invalid> {
    match path {
        None => Ok(Path::new("/").to_owned()),
        Some(path) if path.is_absolute() && path.is_dir() => Ok(path),
        Some(_) => Err(Invalid::new("must be the absolute path of a folder that is there")),
    }
}

fn within(given: Option<u64>, (default, range): (u64, RangeInclusive<u64>)) -> Result<u64, Invalid> {
    let value = given.unwrap_or(default);
    if range.contains(&value) {
        return Ok(value);
    }
    Err(Invalid::new(format!("must be {} to {}", range.start(), range.end())))
}

fn running(given: Option<usize>) -> Result<usize, Invalid> {
    match given.unwrap_or(DEFAULT_RUNNING) {
        value @ 1..=MAX_RUNNING => Ok(value),
        _ => Err(Invalid::new(format!("must be 1 to {MAX_RUNNING}"))),
    }
}
