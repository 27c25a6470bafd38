//! Preference: how one user wants to see and call one server. It narrows, and never widens, what the user may do.

use serde::{Deserialize, Serialize};

use super::id::ServerId;
use super::settings::RateLimit;
use crate::clock::Timestamp;

/// The most servers that a user has preferences for.
pub const MAX_PREFERENCES: usize = 1_000;

/// A user's preference for a server; there is at most one of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// For which server.
    pub server_id: ServerId,
    /// Whether the user's own lists show it.
    pub is_enabled: bool,
    /// Where it stands in the user's own order: smallest first.
    pub display_order: i32,
    /// The user's own bounds on calls.
    pub custom_settings: CustomSettings,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Preference {
    /// Whether it says nothing but the default, and so need not be stored.
    pub fn is_default(&self) -> bool {
        self.is_enabled && self.display_order == 0 && self.custom_settings == CustomSettings::default()
    }
}

/// A user's own bounds on calls to a server. The server's and the user's own limits hold as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CustomSettings {
    /// How long a call may wait for the answer, in milliseconds: 1,000 to 300,000.
    pub timeout_ms: Option<u32>,
    /// How often the user's calls may go there.
    pub rate_limit: Option<RateLimit>,
}
