//! Processes of launchers as channels: what they get, and that nothing of them stays (S8).

use std::path::Path;

use bytes::Bytes;
use registry_core::model::endpoint::Transport;
use registry_gateway::{
    launcher::Launchers,
    transport::{
        Channels,
        channel::{Channel, ChannelError},
    },
};
use tokio::time::{sleep, timeout};

use crate::channel::{PATIENCE, last_error, message, next, on_loopback, open_of};

/// A shell that runs `script`; `more` goes into its table.
fn shell(script: &str, more: &str) -> Channels {
    let file = format!(
        "[[launcher]]\nname = \"it\"\ncommand = \"/bin/sh\"\nargs = [\"-c\", '''{script}''']\n{more}\n"
    );
    on_loopback().with_launchers(Launchers::parse(&file, &|_| Some("canary".to_owned())).unwrap())
}

async fn started(channels: &Channels) -> Channel {
    open_of(channels, Transport::Stdio, "stdio:it").await.unwrap()
}

/// The numbers of processes that the script writes as `{"pids":"1 2"}`.
async fn pids(channel: &mut Channel) -> Vec<u32> {
    let text = message(channel).await;
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

/// Whether the process runs: one that was killed may wait for its parent, which is not ours.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}"));
}

const PIDS: &str = r#"sleep 1000 & echo "{\"pids\":\"$$ $!\"}"; "#;

#[tokio::test]
async fn messages_are_lines_both_ways_and_what_is_no_message_is_passed_over() {
    let channels = shell("echo starting; echo; cat", "");
    let mut channel = started(&channels).await;
    for text in ["{\"id\":1}", "{\"id\":\n2}", "{\"id\":3}"] {
        channel.send(Bytes::from(text)).await.unwrap();
        assert_eq!(message(&mut channel).await, text.replace('\n', " "));
    }
}

#[tokio::test]
async fn s8_a_process_gets_the_environment_and_folder_of_the_file_and_nothing_else() {
    let script = r#"echo "{\"env\":\"$(env | sort | tr "\n" " ")\"}""#;
    let more = "env = { MODE = \"fixed\" }\nenv_from = [\"TOKEN\"]\nworking_dir = \"/tmp\"";
    let channels = shell(script, more);
    let environment = message(&mut started(&channels).await).await;
    assert!(environment.contains("MODE=fixed") && environment.contains("TOKEN=canary"), "{environment}");
    assert!(environment.contains("PWD=/tmp"), "{environment}");
    for name in ["HOME=", "CARGO", "USER="] {
        assert!(!environment.contains(name), "{environment}");
    }
}

#[tokio::test]
async fn s8_the_limits_of_the_file_hold_for_the_process_and_its_children() {
    let script =
        r#"read -r x; (echo "{\"limits\":\"$(ulimit -n) $(ulimit -d) $(ulimit -t) $(ulimit -c)\"}")"#;
    let channels = shell(script, "open_files = 64\nmemory_mib = 100\ncpu_seconds = 9");
    let mut channel = started(&channels).await;
    channel.send(Bytes::from_static(b"{}")).await.unwrap();
    assert_eq!(message(&mut channel).await, r#"{"limits":"64 102400 9 0"}"#);
}

#[tokio::test]
async fn s8_what_is_no_launcher_of_the_file_starts_nothing() {
    let channels = shell("touch /tmp/started-by-nobody", "");
    for url in ["stdio:other", "stdio:it?x", "stdio:/bin/sh", "stdio:it%20x"] {
        let refused = open_of(&channels, Transport::Stdio, url).await;
        assert!(matches!(refused, Err(ChannelError::NoLauncher)), "{url}: {refused:?}");
    }
    let refused = open_of(&on_loopback(), Transport::Stdio, "stdio:it").await;
    assert!(matches!(refused, Err(ChannelError::NoLauncher)), "{refused:?}");
    assert!(!Path::new("/tmp/started-by-nobody").exists());
}

#[tokio::test]
async fn a_line_without_end_ends_the_channel_and_the_process() {
    let channels = shell("tr '\\0' '{' < /dev/zero", "");
    let mut channel = started(&channels).await;
    assert!(matches!(last_error(&mut channel).await, ChannelError::Protocol(_)));
    channels.close().await;
}

#[tokio::test]
async fn s8_letting_the_channel_go_ends_children_too_also_those_that_ignore_it() {
    for trap in ["", "trap '' TERM; "] {
        let channels = shell(&format!("{trap}{PIDS} while :; do sleep 1; done"), "");
        let mut channel = started(&channels).await;
        let pids = pids(&mut channel).await;
        assert!(pids.len() == 2 && pids.iter().all(|pid| runs(*pid)), "{pids:?}");
        drop(channel);
        until("both end", || pids.iter().all(|pid| !runs(*pid))).await;
        let leader = format!("/proc/{}", pids[0]);
        until("the leader leaves no zombie", || !Path::new(&leader).exists()).await;
    }
}

#[tokio::test]
async fn a_process_that_ends_by_itself_ends_the_channel_and_its_children() {
    let channels = shell(&format!("{PIDS} exit 3"), "");
    let mut channel = started(&channels).await;
    let pids = pids(&mut channel).await;
    assert!(matches!(next(&mut channel).await, None | Some(Err(ChannelError::Closed))));
    until("both end", || pids.iter().all(|pid| !runs(*pid))).await;
    assert!(!Path::new(&format!("/proc/{}", pids[0])).exists() || !runs(pids[0]));
}

#[tokio::test]
async fn the_end_of_the_service_ends_every_process() {
    let channels = shell(&format!("{PIDS} wait"), "");
    let mut channel = started(&channels).await;
    let pids = pids(&mut channel).await;
    channels.close().await;
    until("both end", || pids.iter().all(|pid| !runs(*pid))).await;
    assert!(!Path::new(&format!("/proc/{}", pids[0])).exists(), "it was waited for");
}

#[tokio::test]
async fn no_more_run_than_may() {
    let channels = shell("echo \"{\\\"pids\\\":\\\"$$\\\"}\"; exec sleep 1000", "max_running = 1");
    let mut first = started(&channels).await;
    let before = pids(&mut first).await;
    let second = started(&channels);
    tokio::pin!(second);
    tokio::select! {
        biased;
        _ = &mut second => panic!("two run"),
        () = sleep(std::time::Duration::from_millis(200)) => drop(first),
    }
    let mut second = second.await;
    assert!(!runs(before[0]), "the first had ended before the second started");
    assert!(runs(pids(&mut second).await[0]));
}
