//! One address in front of servers, and what can go wrong behind it without any connection being closed.

use std::path::PathBuf;

use registry_core::limit::SHARED_WAIT;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::node::{Node, fresh};
use crate::server::Server;

/// Passes connections on to one server, and later to another.
struct Relay {
    folder: TempDir,
    target: watch::Sender<PathBuf>,
}

/// What happens to connections that there are when the relay turns to another server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Old {
    Stay,
    FallSilent,
}

impl Relay {
    fn start(server: &Server, old: Old) -> Self {
        let folder = TempDir::new().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("relay.sock")).expect("a socket");
        let (target, targets) = watch::channel(server.socket());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, targets.clone(), old));
            }
        });
        Self { folder, target }
    }

    fn url(&self) -> SecretString {
        format!("redis+unix://{}", self.folder.path().join("relay.sock").display()).into()
    }

    fn turn_to(&self, server: &Server) {
        self.target.send_replace(server.socket());
    }
}

async fn pass_on(mut client: UnixStream, mut targets: watch::Receiver<PathBuf>, old: Old) {
    let target = targets.borrow_and_update().clone();
    let mut server = UnixStream::connect(target).await.expect("the server is there");
    tokio::select! {
        // However it ends, the connection is over.
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = targets.changed(), if old == Old::FallSilent => std::future::pending::<()>().await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_killed_without_a_word_is_replaced() {
    let server = Server::start(&[]).await;
    let relay = Relay::start(&server, Old::FallSilent);
    let node = Node::new(&relay.url(), SHARED_WAIT).await;
    let bucket = node.bucket(fresh(), 1, 100);
    assert_eq!(node.take_promptly(&bucket, 10).await, 10);
    assert!(node.is_shared());
    relay.turn_to(&server);
    assert_eq!(node.take_promptly(&bucket, 10).await, 10);
    assert!(!node.is_shared());
    node.wait_until_shared().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_no_more_is_left_for_its_successor_as_if_it_were_killed() {
    let (first, second) = (Server::start(&[]).await, Server::start(&[]).await);
    let relay = Relay::start(&first, Old::Stay);
    let node = Node::new(&relay.url(), SHARED_WAIT).await;
    assert_eq!(node.take_promptly(&node.bucket(fresh(), 1, 10), 5).await, 5);
    relay.turn_to(&second);
    first.demote().await;
    assert_eq!(node.take_promptly(&node.bucket(fresh(), 1, 10), 30).await, 10);
    assert!(!node.is_shared());
    node.wait_until_shared().await;
}
