//! What another node changed ends what this one has at hand, as if it had changed it itself.

use std::sync::atomic::Ordering;

use super::context::Context;
use crate::model::audit::{EventType, ResourceType};
use crate::model::event::{LiveEvent, StoredEvent};

impl Context {
    /// Ends what these events make out of date, as far as they come from elsewhere. Each cache is ended once, however
    /// many they are.
    pub(super) fn heed(&self, events: &[StoredEvent]) {
        let foreign = || events.iter().filter(|stored| stored.is_foreign).map(|stored| &stored.event);
        if foreign().any(changes_servers) {
            self.servers_epoch.fetch_add(1, Ordering::SeqCst);
        }
        if foreign().any(changes_grants) {
            self.grants.end_all();
        } else if foreign().any(|event| event.event_type == EventType::ApiKeyGenerated) {
            self.grants.end_refusals();
        }
        for event in foreign().filter(|event| event.event_type == EventType::PreferencesUpdated) {
            if let Some(user) = event.resource_id {
                self.custom_settings.end(&crate::model::id::UserId(user));
            }
        }
    }
}

/// Whether somebody may act otherwise than before after one of these events, whoever caused it.
pub(super) fn change_rights(events: &[StoredEvent]) -> bool {
    events.iter().any(|stored| changes_grants(&stored.event))
}

fn changes_servers(event: &LiveEvent) -> bool {
    event.resource_type == ResourceType::Server
        && !matches!(
            event.event_type,
            EventType::HealthCheckPerformed
                | EventType::HealthStatusChanged
                | EventType::CapabilitiesListed
                | EventType::CredentialsOpened
        )
}

/// A new key or session takes nothing from anybody.
fn changes_grants(event: &LiveEvent) -> bool {
    let is_of_accounts = matches!(
        event.resource_type,
        ResourceType::Tenant | ResourceType::User | ResourceType::ApiKey | ResourceType::Session
    );
    let takes_nothing = matches!(
        event.event_type,
        EventType::ApiKeyGenerated
            | EventType::Login
            | EventType::PreferencesUpdated
            | EventType::AuthenticationFailed
            | EventType::RateLimitExceeded
    );
    event.event_type == EventType::ServerDeleted || (is_of_accounts && !takes_nothing)
}
