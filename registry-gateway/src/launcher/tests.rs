use secrecy::ExposeSecret;
use url::Url;

use super::{Launchers, LaunchersError};

const GOOD: &str = r#"
[[launcher]]
name = "files"
command = "/bin/sh"
args = ["-c", "cat"]
env = { MODE = "canary-of-the-file" }
env_from = ["TOKEN"]
"#;

fn environment(name: &str) -> Option<String> {
    ["TOKEN", "MCP_REGISTRY_SECRET_KEYS"].contains(&name).then(|| "canary-of-the-environment".to_owned())
}

fn parse(text: &str) -> Result<Launchers, LaunchersError> {
    Launchers::parse(text, &environment)
}

/// The fields that are named when `with` stands in the place of `what`.
fn refused(what: &str, with: &str) -> Vec<String> {
    assert!(GOOD.contains(what), "`{what}` is to be replaced, and is not there");
    match parse(&GOOD.replace(what, with)) {
        Err(LaunchersError::Invalid(errors)) => errors
            .as_slice()
            .iter()
            .map(|error| error.field.trim_start_matches("launcher[0].").to_owned())
            .collect(),
        other => panic!("`{with}` is not refused by its meaning: {other:?}"),
    }
}

#[test]
fn a_good_file_gives_a_launcher_with_the_defaults_and_shows_no_secret() {
    let launchers = parse(GOOD).expect("it is good");
    let launcher = launchers.of(&Url::parse("stdio:files").unwrap()).expect("it is there");
    assert_eq!(launcher.env.len(), 2);
    assert_eq!(launcher.env["TOKEN"].expose_secret(), "canary-of-the-environment");
    assert_eq!((launcher.limits.memory >> 20, launcher.limits.open_files), (1024, 256));
    assert!(launcher.limits.processes.is_none() && launcher.working_dir.is_absolute());
    assert!(!format!("{launchers:?} {launcher:?}").contains("canary"));
}

#[test]
fn only_the_exact_name_finds_a_launcher() {
    let launchers = parse(GOOD).expect("it is good");
    for url in
        ["stdio:file", "stdio:files?x=1", "stdio:/files", "stdio://files", "stdio:FILES", "stdio:%66iles"]
    {
        assert!(launchers.of(&Url::parse(url).unwrap()).is_none(), "{url}");
    }
    assert!(Launchers::default().of(&Url::parse("stdio:files").unwrap()).is_none());
}

#[test]
fn what_would_start_something_else_than_the_operator_means_is_refused() {
    let cases = [
        ("\"files\"", "\"Files\"", "name"),
        ("\"files\"", "\"\"", "name"),
        ("/bin/sh", "sh", "command"),
        ("/bin/sh", "./sh", "command"),
        ("/bin/sh", "/bin", "command"),
        ("/bin/sh", "/etc/passwd", "command"),
        ("/bin/sh", "/nowhere/at/all", "command"),
        ("\"cat\"", "\"ca\\u0000t\"", "args"),
        ("MODE", "\"MO=DE\"", "env"),
        ("\"TOKEN\"", "\"MISSING\"", "env_from"),
        ("\"TOKEN\"", "\"MCP_REGISTRY_SECRET_KEYS\"", "env_from"),
        ("MODE", "TOKEN", "env_from"),
        ("args", "working_dir = \"tmp\"\nargs", "working_dir"),
        ("args", "memory_mib = 1\nargs", "memory_mib"),
        ("args", "cpu_seconds = 0\nargs", "cpu_seconds"),
        ("args", "open_files = 2\nargs", "open_files"),
        ("args", "processes = 0\nargs", "processes"),
        ("args", "max_running = 0\nargs", "max_running"),
    ];
    for (what, with, field) in cases {
        assert_eq!(refused(what, with), [field], "{with}");
    }
}

#[test]
fn all_problems_are_named_at_once_and_no_secret_is_repeated() {
    let text = format!("{GOOD}{GOOD}").replace("/bin/sh", "sh").replace("\"TOKEN\"", "\"MISSING\"");
    let problems = parse(&text).unwrap_err().to_string();
    for problem in ["launcher[0].command", "launcher[1].name", "launcher[1].env_from", "`MISSING`"] {
        assert!(problems.contains(problem), "{problems}");
    }
    assert!(!problems.contains("canary"));
}

#[test]
fn a_field_that_there_is_not_and_an_empty_file_are_refused() {
    let shell = GOOD.replace("args", "shell = true\nargs");
    assert!(matches!(parse(&shell), Err(LaunchersError::Syntax { line: 5, .. })));
    assert!(matches!(parse(""), Err(LaunchersError::Invalid(_))));
}

/// Fuzz target: a file is taken or refused, whatever is in it.
#[test]
fn fuzz_launchers() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let read = Launchers::parse(&text, &|_| Some("hunter2".to_owned()));
        assert!(!format!("{read:?}").contains("hunter2") || text.contains("hunter2"));
    });
}
