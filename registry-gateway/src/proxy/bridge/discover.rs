//! What an upstream says to `server/discover`, which it is asked before a channel to it is shared (MCP 2026-07-28, stdio,
//! "Backward Compatibility"): an older server would take what is asked for something else, or say nothing.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::timeout;

use super::ENDED;
use super::id::Id;
use super::lend;
use super::limits::{DISCOVERY, MAX_VERSIONS};
use super::message::Message;
use crate::era::Era;
use crate::proxy::Failure;
use crate::proxy::head::Head;
use crate::transport::channel::Channel;

/// The errors that only servers without sessions answer with: headers that differ, a capability that is missing, a version
/// that is not spoken.
const MODERN_ERRORS: [i64; 3] = [-32_020, -32_021, UNSUPPORTED];
/// The one for a version.
pub(super) const UNSUPPORTED: i64 = -32_022;

/// What an upstream speaks.
pub(super) enum Found {
    /// Versions without sessions; these, if it says so.
    Stateless(Vec<Box<str>>),
    /// Versions with sessions, by its answer.
    Sessions,
    /// It does not answer, as some do that speak versions with sessions.
    Silent,
}

#[derive(Deserialize)]
struct Discovered {
    #[serde(rename = "supportedVersions")]
    versions: Vec<Box<str>>,
}

#[derive(Deserialize)]
struct Refused {
    data: Supported,
}

#[derive(Deserialize)]
struct Supported {
    supported: Vec<Box<str>>,
}

/// Asks the upstream at the other end of a fresh channel. One that spoke so before has all the time that a call has.
pub(super) async fn ask(
    channel: &mut Channel,
    known: Option<Era>,
    patience: Duration,
) -> Result<Found, Failure> {
    let limit = if known == Some(Era::Discover) { patience } else { DISCOVERY.min(patience / 2) };
    let id = Id::Text("discover".into());
    channel.send(lend::discover(&id)).await?;
    match timeout(limit, answer(channel, &id)).await {
        Ok(found) => found,
        Err(_) if known == Some(Era::Discover) => Err(Failure::Timeout(limit)),
        Err(_) => Ok(Found::Silent),
    }
}

async fn answer(channel: &mut Channel, id: &Id) -> Result<Found, Failure> {
    loop {
        let message = channel.receive().await.ok_or(Failure::BadAnswer(ENDED))??;
        let Ok(head) = Head::read(&message) else { continue };
        match Message::of(&head) {
            Some(Message::Response { id: Some(of), error }) if of == *id => return Ok(found(&head, error)),
            _ => {}
        }
    }
}

fn found(head: &Head<'_>, error: Option<i64>) -> Found {
    let versions = match error {
        None => head
            .result
            .and_then(|result| serde_json::from_str(result).ok())
            .map(|Discovered { versions }| versions),
        Some(UNSUPPORTED) => {
            let refused = head.error.and_then(|error| serde_json::from_str(error).ok());
            Some(refused.map(|Refused { data }| data.supported).unwrap_or_default())
        }
        Some(code) => MODERN_ERRORS.contains(&code).then(Vec::new),
    };
    match versions {
        Some(mut versions) => {
            versions.truncate(MAX_VERSIONS);
            Found::Stateless(versions)
        }
        None => Found::Sessions,
    }
}
