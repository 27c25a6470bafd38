//! Sessions as the API shows them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::id::SessionId;
use registry_core::model::session::{Session, SignInMethod};
use serde::Serialize;
use uuid::Uuid;

use crate::word::Word;

/// Somebody who signed in.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Session")]
pub(super) struct SessionBody {
    /// Its id. It opens nothing.
    id: Uuid,
    /// Whether it is the one that asks.
    is_current: bool,
    /// How it began.
    method: Word<SignInMethod>,
    /// From where.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    /// With what.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
    /// When it was last used, to about a minute.
    last_seen_at: DateTime<Utc>,
    /// When it ends whatever happens.
    expires_at: DateTime<Utc>,
}

/// The running sessions of a user.
#[derive(Debug, Object, Serialize)]
pub(super) struct SessionList {
    /// The sessions, newest first.
    sessions: Vec<SessionBody>,
}

impl SessionList {
    /// The list, as `current` sees it.
    pub(super) fn new(sessions: Vec<Session>, current: Option<SessionId>) -> Self {
        let body = |session: Session| SessionBody {
            id: session.id.0,
            is_current: current == Some(session.id),
            method: Word(session.method),
            ip_address: session.ip_address.map(|ip| ip.to_string()),
            user_agent: session.user_agent,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        };
        Self { sessions: sessions.into_iter().map(body).collect() }
    }
}

/// How many sessions ended.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "EndedSessions")]
pub(super) struct Ended {
    /// The number.
    pub(super) ended: u64,
}
