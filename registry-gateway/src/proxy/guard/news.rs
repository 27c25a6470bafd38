//! News of circuits, for who raises alerts. Only a circuit that changes is told of here; calls are not.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use registry_core::circuit::{CircuitNews, CircuitState};
use registry_core::clock::Clock;
use registry_core::model::id::ServerId;

/// What happened to circuits, until somebody asks.
pub(super) struct News {
    clock: Arc<dyn Clock>,
    board: Mutex<Board>,
}

#[derive(Default)]
struct Board {
    /// Whose circuit is open or half-open.
    open: HashSet<ServerId>,
    news: HashMap<ServerId, CircuitNews>,
}

impl News {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, board: Mutex::default() }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A server's circuit changed. That it is half-open is no news: it has not closed.
    pub(super) fn note(&self, server_id: ServerId, state: CircuitState) {
        let (opened, is_closed) = match state {
            CircuitState::Open => (1, false),
            CircuitState::Closed => (0, true),
            CircuitState::HalfOpen => return,
        };
        let mut board = self.board();
        match is_closed {
            true => board.open.remove(&server_id),
            false => board.open.insert(server_id),
        };
        let news = CircuitNews { server_id, opened, at: self.clock.now(), is_closed };
        board.news.entry(server_id).and_modify(|before| before.add(news)).or_insert(news);
    }

    /// A server gets a new circuit: if the one before was open, that is over.
    pub(super) fn begin(&self, server_id: ServerId) {
        let was_open = self.board().open.contains(&server_id);
        if was_open {
            self.note(server_id, CircuitState::Closed);
        }
    }

    /// What happened since this was last asked.
    pub(super) fn take(&self) -> Vec<CircuitNews> {
        std::mem::take(&mut self.board().news).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use registry_core::circuit::CircuitState::{Closed, HalfOpen, Open};
    use registry_core::clock::{Clock, SystemClock};
    use registry_core::model::id::ServerId;

    use super::News;

    #[test]
    fn what_happened_is_told_once_and_added_up() {
        let news = News::new(Arc::new(SystemClock));
        let [one, two] = [(); 2].map(|()| ServerId(SystemClock.new_id()));
        [Open, HalfOpen, Open].into_iter().for_each(|state| news.note(one, state));
        [Open, HalfOpen, Closed].into_iter().for_each(|state| news.note(two, state));
        let mut told = news.take();
        told.sort_by_key(|news| news.is_closed);
        let told: Vec<_> = told.iter().map(|news| (news.server_id, news.opened, news.is_closed)).collect();
        assert_eq!(told, [(one, 2, false), (two, 1, true)]);
        assert_eq!(news.take(), []);
    }

    #[test]
    fn a_new_circuit_ends_one_that_was_open() {
        let news = News::new(Arc::new(SystemClock));
        let server = ServerId(SystemClock.new_id());
        news.begin(server);
        assert_eq!(news.take(), []);
        news.note(server, Open);
        news.take();
        news.note(server, HalfOpen);
        news.begin(server);
        let told = news.take();
        assert_eq!((told.len(), told[0].opened, told[0].is_closed), (1, 0, true));
        news.begin(server);
        assert_eq!(news.take(), []);
    }
}
