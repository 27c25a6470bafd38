//! S8: what is started is what the operator's file says, for whom an administrator says, and no longer than it should.

use std::path::Path;
use std::time::{Duration, Instant};

use black_box_tests::{ADMIN_KEY, Binary, Options, Service, StoreKind, eventually, server, server_at};
use registry_core::model::role::Role;
use registry_gateway::launcher::Launchers;
use serde_json::{Value, json};

use super::program::everything_launcher;
use crate::support::{complaints, server_path, text, with};

const PATHS: [&str; 3] = ["/api/servers", "/api/servers/test", "/api/servers/validate"];

fn launched(name: &str, launcher: &str) -> Value {
    with(server_at(name, &format!("stdio:{launcher}")), &json!({ "transportType": "stdio" }))
}

/// A service with a launcher `script`, a shell that runs this.
async fn with_script(script: &str) -> Service {
    let file =
        format!("[[launcher]]\nname = \"script\"\ncommand = \"/bin/sh\"\nargs = [\"-c\", '''{script}''']\n");
    let launchers = Launchers::parse(&file, &|_| None).unwrap();
    Service::start_with(StoreKind::Memory, Options { launchers, ..Options::default() }).await
}

/// The processes that wrote their number into the folder: a line of their own each.
fn pids(folder: &Path) -> Vec<u32> {
    let text = std::fs::read_to_string(folder.join("pids")).unwrap_or_default();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// Whether it runs; one that is dead may wait for its parent, which is not always ours.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_who_is_no_administrator_starts_nothing_by_any_way() {
    let folder = tempfile::tempdir().unwrap();
    let service = with_script(&format!("echo $$ >> {}/pids; cat", folder.path().display())).await;
    for (user, role) in [("olga", Role::ServerOwner), ("uwe", Role::User)] {
        let actor = service.actor("acme", user, role).await;
        for path in PATHS {
            actor.client.post(path, &launched("Mine", "script")).await.assert(403);
            let skipped = with(launched("Mine", "script"), &json!({ "validateConnection": false }));
            actor.client.post(path, &skipped).await.assert(403);
        }
    }
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = owner.client.post("/api/servers", &server("Other")).await.expect(201);
    let change = json!({ "transportType": "stdio", "endpointUrl": "stdio:script" });
    owner.client.put(&server_path(&made), &change).await.assert(403);
    assert!(pids(folder.path()).is_empty(), "something was started");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_not_even_an_administrator_starts_what_the_file_does_not_name() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("marker");
    let command = format!("touch%20{}", marker.display());
    let with_file = with_script("cat").await;
    let without = Service::start(StoreKind::Memory).await;
    for service in [&with_file, &without] {
        let admin = service.admin().await;
        for launcher in ["other", "/bin/sh", "script2", &command, "script?arg=1", "../script"] {
            for path in PATHS {
                let details = admin.client.post(path, &launched("Mine", launcher)).await.details(422);
                assert_eq!(details["reason"], "UNSUPPORTED_TRANSPORT", "{launcher}");
            }
        }
    }
    assert!(!marker.exists());
    with_file.stop().await;
    without.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_of_a_process_are_the_operators() {
    let service = with_script("cat").await;
    let admin = service.admin().await;
    for (auth_type, config) in [("bearer", json!({ "bearerToken": "t" })), ("oauth", json!({}))] {
        let body = json!({ "authType": auth_type, "authConfig": config });
        let refused = admin.client.post("/api/servers", &with(launched("Mine", "script"), &body)).await;
        assert_eq!(complaints(refused), ["authType"]);
    }
    service.stop().await;
}

/// F4: a process that says nothing costs its time-out, and is gone with its children when the answer is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_a_process_that_hangs_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pids");
    let service = with_script(&format!("sleep 1000 & echo $$ $! >> {}; wait", file.display())).await;
    let admin = service.admin().await;
    let body = with(launched("Hung", "script"), &json!({ "healthCheckTimeout": 2 }));
    let begin = Instant::now();
    let details = admin.client.post("/api/servers", &body).await.details(422);
    assert_eq!(details["reason"], "TIMEOUT");
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let pids = pids(folder.path());
    assert!(pids.len() >= 2, "{pids:?}");
    eventually("every process has ended", Duration::from_secs(20), async || {
        (!pids.iter().any(|pid| runs(*pid))).then_some(())
    })
    .await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_a_line_without_end_is_cut() {
    let service = with_script("tr '\\0' '{' < /dev/zero").await;
    let admin = service.admin().await;
    let details = admin.client.post("/api/servers", &launched("Endless", "script")).await.details(422);
    assert_eq!(details["reason"], "NOT_MCP");
    service.stop().await;
}

/// A file with anything wrong in it stops the start, and tells everything.
#[test]
fn a_file_that_is_wrong_is_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("launchers.toml");
    let wrong = "[[launcher]]\nname = \"A B\"\ncommand = \"sh\"\nenv = { TOKEN = \"canary-secret\" }\n\
                 env_from = [\"NOT_SET_ANYWHERE\"]\n";
    std::fs::write(&file, wrong).unwrap();
    let finished = Binary::run(folder.path(), &["--launchers", file.to_str().unwrap()], &[]);
    assert!(!finished.status.success());
    for part in ["--launchers", "launcher[0].name", "launcher[0].command", "launcher[0].env_from"] {
        assert!(finished.stderr.contains(part), "{part}: {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("canary-secret"));
}

/// The real binary: a launcher from its file, and nothing of it left when the service has stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_binary_starts_what_its_file_names_and_takes_it_along_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("launchers.toml");
    let hung = format!(
        "[[launcher]]\nname = \"hung\"\ncommand = \"/bin/sh\"\n\
         args = [\"-c\", '''trap \"\" TERM; sleep 1000 & echo $$ $! >> {}/pids; wait''']\n",
        folder.path().display()
    );
    std::fs::write(&file, format!("{}{hung}", everything_launcher())).unwrap();
    let binary = Binary::start(folder.path(), &["--launchers", file.to_str().unwrap()], &[]);
    let admin = binary.client().with_key(ADMIN_KEY);
    let made = admin.post("/api/servers", &launched("Everything", "everything")).await.expect(201);
    assert_eq!(text(&made, "status"), "active");
    let body = with(launched("Hung", "hung"), &json!({ "healthCheckTimeout": 30 }));
    let asking = tokio::spawn(async move { admin.post("/api/servers", &body).await });
    eventually("it was started", Duration::from_secs(20), async || {
        (pids(folder.path()).len() == 2).then_some(())
    })
    .await;
    asking.abort();
    let finished = binary.terminate();
    assert!(finished.status.success(), "{}", finished.stderr);
    let pids = pids(folder.path());
    eventually("every process has ended", Duration::from_secs(20), async || {
        (!pids.iter().any(|pid| runs(*pid))).then_some(())
    })
    .await;
}
