//! How long the operations of a store take, as a metric.

use std::sync::OnceLock;
use std::time::Instant;

use metrics::{Histogram, Unit};

use super::StoreError;

const DURATION: &str = "mcp_registry_store_operation_duration_seconds";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It only reads.
    Read,
    /// It changes something; its time is the time until that is on disk.
    Write,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ok,
    /// The store works, but what was asked for does not hold: a conflict, a record that is gone or was changed.
    Rejected,
    Failed,
}

const OPERATIONS: [&str; 2] = ["read", "write"];
const OUTCOMES: [&str; 3] = ["ok", "rejected", "failed"];

/// Measures the operations of one store. To be made after the recorder of metrics is installed.
pub struct StoreMeter {
    store: &'static str,
    histograms: [[OnceLock<Histogram>; OUTCOMES.len()]; OPERATIONS.len()],
}

impl StoreMeter {
    /// A meter of the store with this name.
    pub fn new(store: &'static str) -> Self {
        metrics::describe_histogram!(
            DURATION,
            Unit::Seconds,
            "How long an operation of the store took; `rejected` is a conflict or a record that is not there"
        );
        Self { store, histograms: Default::default() }
    }

    /// Does `work` and records how long it took. Work that is given up by its caller is not counted.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn time<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let result = work.await;
        self.histogram(operation, Outcome::of(&result)).record(began.elapsed());
        result
    }

    fn histogram(&self, operation: Operation, outcome: Outcome) -> &Histogram {
        let (operation, outcome) = (operation as usize, outcome as usize);
        self.histograms[operation][outcome].get_or_init(|| {
            let (operation, outcome) = (OPERATIONS[operation], OUTCOMES[outcome]);
            metrics::histogram!(DURATION, "store" => self.store, "operation" => operation, "outcome" => outcome)
        })
    }
}

impl Outcome {
    fn of<T>(result: &Result<T, StoreError>) -> Self {
        match result {
            Ok(_) => Self::Ok,
            Err(StoreError::Unavailable(_) | StoreError::Corrupt(_) | StoreError::Backend(_)) => Self::Failed,
            Err(_) => Self::Rejected,
        }
    }
}

impl std::fmt::Debug for StoreMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreMeter").field("store", &self.store).finish_non_exhaustive()
    }
}
