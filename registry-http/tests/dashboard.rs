//! The dashboard in the repository is the one of its sources. This needs no Node: `stamp.mjs` wrote down what it was built of.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What is built of besides the folders below; as in `stamp.mjs`.
const FILES: [&str; 3] = ["index.html", "package-lock.json", "vite.config.ts"];

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn is_source(name: &str) -> bool {
    let is_code = [".ts", ".tsx", ".css"].iter().any(|end| name.ends_with(end));
    let is_test = name.contains("/test/") || name.contains(".test.");
    name.starts_with("public/") || (is_code && !is_test && name != "src/api/schema.d.ts")
}

fn sources(dashboard: &Path) -> Vec<String> {
    let found = ["public", "src"].iter().flat_map(|folder| files_below(&dashboard.join(folder)));
    let names = found.map(|path| path.strip_prefix(dashboard).unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.filter(|name| is_source(name)).collect();
    names.extend(FILES.map(str::to_owned));
    names.sort();
    names.push("../openapi.json".to_owned());
    names
}

#[test]
fn the_dashboard_in_the_repository_is_built_of_these_sources() {
    let dashboard = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboard");
    let mut hash = Sha256::new();
    let names = sources(&dashboard);
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        hash.update(format!("{name}\0"));
        hash.update(std::fs::read(dashboard.join(&name)).unwrap());
    }
    let stamp = std::fs::read_to_string(dashboard.join("dist/stamp")).unwrap();
    let built = hex::encode(hash.finalize());
    assert_eq!(stamp.trim(), built, "run `npm run types && npm run build` in {}", dashboard.display());
}
