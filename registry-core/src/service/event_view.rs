//! Who is told of an event: whoever sees the record that it is about, as it is now.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use super::context::Context;
use crate::access::{Caller, Extent, KeyResource, Permission, Reach, require};
use crate::error::Error;
use crate::model::audit::{EventType, ResourceType};
use crate::model::event::{LiveEvent, StoredEvent};
use crate::model::id::{ApiKeyId, ServerId, UserId};
use crate::model::key::ApiKey;
use crate::model::server::Server;
use crate::model::user::User;

/// How many records are looked up at once.
const LOOKUPS: usize = 8;

/// Which record an event is about, of those that others than auditors may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum SubjectId {
    Server(ServerId),
    Key(ApiKeyId),
    User(UserId),
}

impl SubjectId {
    fn of(event: &LiveEvent) -> Option<Self> {
        if is_for_auditors(event.event_type) {
            return None;
        }
        match (event.resource_type, event.resource_id) {
            (ResourceType::ApiKey, Some(id)) => Some(Self::Key(ApiKeyId(id))),
            (ResourceType::User, Some(id)) => Some(Self::User(UserId(id))),
            (ResourceType::Tenant | ResourceType::Session | ResourceType::Address, _) => None,
            _ => event.server_id.map(Self::Server),
        }
    }

    fn permission(self) -> Permission {
        match self {
            Self::Server(_) => Permission::ServerRead,
            Self::Key(_) => Permission::KeyRead,
            Self::User(_) => Permission::UserRead,
        }
    }
}

/// Whether it tells nothing of a record that whoever sees it should know.
fn is_for_auditors(event_type: EventType) -> bool {
    matches!(
        event_type,
        EventType::CredentialsOpened
            | EventType::PasswordChanged
            | EventType::PreferencesUpdated
            | EventType::SessionsEnded
            | EventType::Login
            | EventType::Logout
            | EventType::AuthenticationFailed
            | EventType::RateLimitExceeded
    )
}

/// A record as it is now.
enum Record {
    Server(Box<Server>),
    Key(Box<(ApiKey, Option<Server>)>),
    User(Box<User>),
    /// There is none any more.
    Gone,
}

/// The records that some events are about, each loaded once, whoever is told.
#[derive(Default)]
pub(super) struct Subjects(HashMap<SubjectId, Record>);

impl Subjects {
    /// Loads what these events are about.
    pub(super) async fn load(context: &Arc<Context>, events: &[Arc<StoredEvent>]) -> Result<Self, Error> {
        let ids: HashSet<_> = events.iter().filter_map(|stored| SubjectId::of(&stored.event)).collect();
        let (mut records, mut lookups) = (HashMap::with_capacity(ids.len()), JoinSet::new());
        for id in ids {
            let context = context.clone();
            lookups.spawn(async move { record(&context, id).await.map(|record| (id, record)) });
            if lookups.len() >= LOOKUPS
                && let Some(found) = lookups.join_next().await
            {
                records.extend([joined(found)?]);
            }
        }
        while let Some(found) = lookups.join_next().await {
            records.extend([joined(found)?]);
        }
        Ok(Self(records))
    }

    /// Whether `caller` may know of the event; not for an event whose subject was not loaded.
    pub(super) fn show(&self, caller: &Caller, event: &LiveEvent) -> bool {
        if sees_all(caller) && caller.reach().holds(event.tenant_id) {
            return true;
        }
        let Some(id) = SubjectId::of(event) else { return false };
        self.0.get(&id).is_some_and(|record| is_shown(caller, event, id, record))
    }
}

/// Whether it reads the audit log, and so sees every event within its reach, whatever that is about.
pub(super) fn sees_all(caller: &Caller) -> bool {
    caller.linked_server().is_none() && caller.require(Permission::AuditRead).is_ok()
}

fn joined<T>(found: Result<Result<T, Error>, JoinError>) -> Result<T, Error> {
    found.map_err(|error| Error::Internal(Box::new(error)))?
}

async fn record(context: &Context, id: SubjectId) -> Result<Record, Error> {
    let (store, all) = (&context.store, Reach::AllTenants);
    let record = match id {
        SubjectId::Server(id) => store.server(all, id).await?.map(Box::new).map(Record::Server),
        SubjectId::User(id) => store.user(all, id).await?.map(Box::new).map(Record::User),
        SubjectId::Key(id) => match store.key(all, id).await? {
            Some(key) => {
                let server = match key.server_id {
                    Some(server) => store.server(all, server).await?,
                    None => None,
                };
                Some(Record::Key(Box::new((key, server))))
            }
            None => None,
        },
    };
    Ok(record.unwrap_or(Record::Gone))
}

fn is_shown(caller: &Caller, event: &LiveEvent, id: SubjectId, record: &Record) -> bool {
    let permission = id.permission();
    match record {
        Record::Server(server) => require(caller, permission, &**server).is_ok(),
        Record::Key(linked) => {
            let (key, server) = &**linked;
            require(caller, permission, &KeyResource { key, server: server.as_ref() }).is_ok()
        }
        Record::User(user) => require(caller, permission, &**user).is_ok(),
        Record::Gone => is_shown_gone(caller, event, permission),
    }
}

/// What is gone is told to those of its tenant who would have seen it, whosever it was.
fn is_shown_gone(caller: &Caller, event: &LiveEvent, permission: Permission) -> bool {
    caller.reach().holds(event.tenant_id)
        && caller.linked_server().is_none_or(|linked| event.server_id == Some(linked))
        && caller.require(permission).is_ok_and(|extent| extent == Extent::All)
}
