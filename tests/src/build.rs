//! The binary under test: found beside the test executable, built if it is not there or older than its sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

const NAME: &str = "mcp-registry";

/// The packages that the binary is made of.
const PACKAGES: [&str; 5] =
    ["registry-core", "registry-gateway", "registry-http", "storage-sled", "storage-postgres"];

/// The path of the binary.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    // target/debug/deps/it-1234
    let profile_folder = test.ancestors().nth(2).expect("the folder of the profile").to_owned();
    let path = profile_folder.join(NAME);
    let built = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    if built.is_none_or(|built| built < newest_source()) {
        build(&profile_folder);
    }
    assert!(path.is_file(), "no binary at {}", path.display());
    path
}

/// Together with this package, so that dependencies keep the features that the tests were built with.
fn build(profile_folder: &Path) {
    let target = profile_folder.parent().expect("the target folder");
    let profile = match profile_folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "-p", "registry-http", "-p", "black-box-tests", "--bin", NAME, "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .current_dir(workspace())
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the binary could not be built");
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn newest_source() -> SystemTime {
    let folders = PACKAGES.iter().map(|package| workspace().join(package));
    folders
        .flat_map(|folder| newest(&folder.join("src")).max(newest(&folder.join("migrations"))))
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let times = entries.filter_map(|entry| match entry.file_type().ok()?.is_dir() {
        true => newest(&entry.path()),
        false => entry.metadata().ok()?.modified().ok(),
    });
    times.max()
}
