//! Dependencies: which servers a server needs to be of use.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::field::Invalid;
use super::id::ServerId;
use super::server::HealthStatus;

/// How many servers a chain of dependencies may have in all.
pub const MAX_CHAIN: usize = 1_000;

/// The servers that a server depends on: at most 20, each once, sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dependencies(Vec<ServerId>);

impl Dependencies {
    /// The most servers.
    pub const MAX: usize = 20;

    /// Checks a list of ids.
    ///
    /// # Errors
    /// [`Invalid`] if one is no id, or there are too many.
    pub fn parse(texts: &[String]) -> Result<Self, Invalid> {
        let ids = texts.iter().map(|text| text.parse()).collect::<Result<_, _>>();
        Self::new(ids.map_err(|_| Invalid::new("must be ids of servers"))?)
    }

    /// These servers.
    ///
    /// # Errors
    /// [`Invalid`] if there are too many.
    pub fn new(mut ids: Vec<ServerId>) -> Result<Self, Invalid> {
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > Self::MAX { Err(Invalid::new("must be at most 20 servers")) } else { Ok(Self(ids)) }
    }

    /// The ids, sorted.
    pub fn as_slice(&self) -> &[ServerId] {
        &self.0
    }

    /// The same without this one.
    #[must_use]
    pub fn without(mut self, id: ServerId) -> Self {
        self.0.retain(|other| *other != id);
        self
    }
}

/// How many impaired servers are told apart, at most.
pub const MAX_IMPAIRED: u32 = 10_000;

/// Servers that are healthy themselves, while something that they need is unhealthy: lists show them as degraded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Impaired(Vec<ServerId>);

impl Impaired {
    /// These servers.
    pub fn new(mut ids: Vec<ServerId>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    /// The ids, sorted.
    pub fn as_slice(&self) -> &[ServerId] {
        &self.0
    }

    /// The health that lists show of a server of which its checks say `health`.
    pub fn shown(&self, id: ServerId, health: HealthStatus) -> HealthStatus {
        match health {
            HealthStatus::Healthy if self.0.binary_search(&id).is_ok() => HealthStatus::Degraded,
            health => health,
        }
    }
}

/// What a walk along dependencies came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// At this server, which is what was looked for.
    Found(ServerId),
    /// At the end of all of them.
    Nothing,
    /// Beyond [`MAX_CHAIN`] servers.
    TooFar,
}

/// Walks along the dependencies that begin with these, the nearest first, until `is_it` says yes. `on` tells what a
/// server depends on; nothing for one that is gone.
///
/// # Errors
/// Those of `is_it` and `on`.
pub fn walk<E>(
    from: &Dependencies,
    mut is_it: impl FnMut(ServerId) -> Result<bool, E>,
    mut on: impl FnMut(ServerId) -> Result<Dependencies, E>,
) -> Result<Walk, E> {
    let mut seen: HashSet<ServerId> = from.0.iter().copied().collect();
    let mut next: Vec<ServerId> = from.0.clone();
    while !next.is_empty() {
        if seen.len() > MAX_CHAIN {
            return Ok(Walk::TooFar);
        }
        let mut further = Vec::new();
        for id in next {
            if is_it(id)? {
                return Ok(Walk::Found(id));
            }
            further.extend(on(id)?.0.into_iter().filter(|id| seen.insert(*id)));
        }
        next = further;
    }
    Ok(Walk::Nothing)
}
