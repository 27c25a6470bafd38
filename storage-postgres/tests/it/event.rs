//! Live events of several nodes on one database.

use std::time::Duration;

use registry_core::model::id::TenantId;
use registry_core::store::{AuditStore, EventStore, Store};
use sqlx::PgConnection;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use crate::account::Nodes;

/// How long a signal may take.
const PATIENCE: Duration = Duration::from_secs(10);

async fn wait(signal: &mut Receiver<()>) {
    timeout(PATIENCE, signal.changed()).await.expect("a signal in time").expect("the store is there");
}

/// Waits until this many listen, and whoever waits for them was told so.
async fn listeners(connection: &mut PgConnection, wanted: i64) {
    const COUNT: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'";
    let counted = async {
        while sqlx::query_scalar::<_, i64>(COUNT).fetch_one(&mut *connection).await.expect("a number")
            != wanted
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, counted).await.expect("they listen");
}

/// The first node writes and gives the position, as its tail does: the second hears of it.
async fn tell(nodes: &Nodes, heard: &mut Receiver<()>) -> u64 {
    let [writer, reader] = &nodes.stores;
    let before = reader.event_bounds().await.expect("the bounds").last;
    heard.mark_unchanged();
    writer.append_audit(nodes.event(TenantId::SYSTEM)).await.expect("it is stored");
    assert_eq!(writer.event_bounds().await.expect("the bounds").last, before + 1);
    wait(heard).await;
    before + 1
}

#[tokio::test]
async fn events_of_another_node_are_heard_and_told_from_ones_own() {
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let mut heard = nodes.stores[1].event_signal().listen();
    listeners(&mut connection, 1).await;
    for _ in 0..3 {
        let position = tell(&nodes, &mut heard).await;
        for (store, is_foreign) in nodes.stores.iter().zip([false, true]) {
            let events = store.events_after(position - 1, 5).await.expect("the events");
            assert_eq!(events.len(), 1);
            assert_eq!((events[0].position, events[0].is_foreign), (position, is_foreign));
        }
    }
    nodes.database.remove().await;
}

#[tokio::test]
async fn a_listener_whose_connection_is_cut_wakes_who_waits_and_listens_again() {
    const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'mcp-registry-events'";
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let mut heard = nodes.stores[1].event_signal().listen();
    for _ in 0..2 {
        listeners(&mut connection, 1).await;
        tell(&nodes, &mut heard).await;
        heard.mark_unchanged();
        let cut: Vec<bool> = sqlx::query_scalar(CUT).fetch_all(&mut connection).await.expect("it is cut");
        assert_eq!(cut, [true]);
        wait(&mut heard).await;
    }
    listeners(&mut connection, 1).await;
    tell(&nodes, &mut heard).await;
    nodes.database.remove().await;
}

#[tokio::test]
async fn what_a_node_left_without_position_gets_one_from_the_next_that_looks() {
    let nodes = Nodes::start().await;
    for _ in 0..3 {
        nodes.stores[0].append_audit(nodes.event(TenantId::SYSTEM)).await.expect("it is stored");
    }
    nodes.stores[0].close().await.expect("it is closed");
    let events = nodes.stores[1].events_after(0, 10).await.expect("the events");
    assert_eq!(events.iter().map(|stored| stored.position).collect::<Vec<_>>(), [1, 2, 3]);
    nodes.database.remove().await;
}
