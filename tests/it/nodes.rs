//! Nodes that share one PostgreSQL, each a process of its own.

use black_box_tests::{Binary, Database};

/// A database, and the folder of the keys that all nodes have.
pub(crate) struct Nodes {
    pub(crate) database: Database,
    folder: tempfile::TempDir,
}

impl Nodes {
    /// With an empty database.
    pub(crate) async fn new() -> Self {
        Self { database: Database::create().await, folder: tempfile::tempdir().expect("a folder") }
    }

    /// Starts a node. The same keys for each, as the operator gives them.
    pub(crate) fn start(&self) -> Binary {
        Binary::start(self.folder.path(), &[], &[("MCP_REGISTRY_STORE", &self.database.url())])
    }

    /// Starts two nodes at the same time.
    pub(crate) fn start_two(&self) -> [Binary; 2] {
        std::thread::scope(|scope| {
            let nodes = [scope.spawn(|| self.start()), scope.spawn(|| self.start())];
            nodes.map(|node| node.join().expect("a node"))
        })
    }

    /// Stops the nodes, which end well, and removes the database.
    pub(crate) async fn stop(self, nodes: impl IntoIterator<Item = Binary>) {
        for node in nodes {
            assert!(node.terminate().status.success());
        }
        self.database.remove().await;
    }
}
