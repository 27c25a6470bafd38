//! Alerts of open circuits. A gateway tells what happened to its circuits; nothing of it is written on the way of a call.
//!
//! Each node has circuits of its own. They share one alert: a circuit that opens, or does not close at a trial, counts on it,
//! and one that closes ends it, unless it opened on another node since.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::alert::AlertService;
use super::context::Context;
use crate::access::Reach;
use crate::circuit::CircuitNews;
use crate::error::Error;
use crate::model::alert::{AlertCause, AlertSubject, Severity};
use crate::model::alert_step::{AlertEnd, AlertSignal, AlertStep};
use crate::model::id::ServerId;
use crate::model::server::Server;

const CAUSE: AlertCause = AlertCause::CircuitOpen;

/// What happened to circuits and is not written yet.
#[derive(Default)]
pub(super) struct CircuitBook(Mutex<HashMap<ServerId, CircuitNews>>);

impl CircuitBook {
    fn lock(&self) -> MutexGuard<'_, HashMap<ServerId, CircuitNews>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, news: Vec<CircuitNews>) {
        let mut book = self.lock();
        for news in news {
            book.entry(news.server_id).and_modify(|before| before.add(news)).or_insert(news);
        }
    }

    fn first(&self) -> Option<CircuitNews> {
        self.lock().values().next().copied()
    }

    /// This was written. What came since stays.
    fn done(&self, written: CircuitNews) {
        let mut book = self.lock();
        if book.get(&written.server_id) == Some(&written) {
            book.remove(&written.server_id);
        }
    }
}

impl AlertService {
    /// Raises and ends alerts of the circuits of this node. To be called each second.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; what was not written waits for the next call.
    pub async fn tell_circuits(&self) -> Result<(), Error> {
        let context = &self.context;
        let Some(circuits) = context.circuits.get() else { return Ok(()) };
        context.circuit_book.add(circuits.news());
        while let Some(news) = context.circuit_book.first() {
            context.tell_circuit(&news).await?;
            context.circuit_book.done(news);
        }
        Ok(())
    }
}

impl Context {
    async fn tell_circuit(&self, news: &CircuitNews) -> Result<(), Error> {
        // One that is gone by now is nobody's matter any more: its alerts ended with it.
        let Some(server) = self.store.server(Reach::AllTenants, news.server_id).await? else { return Ok(()) };
        if news.opened > 0 {
            self.step_alert(AlertStep::Raise(self.opened(&server, news))).await?;
        }
        if news.is_closed {
            self.step_alert(AlertStep::End(self.closed(&server, news))).await?;
        }
        Ok(())
    }

    fn opened(&self, server: &Server, news: &CircuitNews) -> AlertSignal {
        let subject = AlertSubject::Server(server.id);
        let message = "it fails so often that calls to it are held back";
        let clock = self.clock.as_ref();
        let signal = AlertSignal::new(clock, server.tenant_id, subject, CAUSE, Severity::High, message);
        AlertSignal { count: news.opened, at: news.at, ..signal }
    }

    fn closed(&self, server: &Server, news: &CircuitNews) -> AlertEnd {
        let key = AlertSubject::Server(server.id).key(CAUSE);
        let end = self.alert_end_of(server.tenant_id, key, news.at);
        AlertEnd { quiet_since: Some(news.at + TimeDelta::microseconds(1)), ..end }
    }
}
