//! The trees of the store, and what their keys look like.

use sled::{Db, Tree};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A tree. Its name is part of the format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Table { $($(#[$doc])* $name,)* }

        impl Table {
            /// Every tree, in the order of the discriminants.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The tree's name in sled.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

// Keys are binary and begin with the tenant (16 bytes; nil for what is global), but for `Home`, the digests, identities
// and references, whose very purpose is to find the tenant, tickets, which have none, events, which have one position, alerts
// and webhooks, which are not one tenant's alone, the `*All` trees of the administrators' lists, and the trees by time that
// say what ends. Times are microseconds, big-endian with the sign bit
// flipped, so that bytes sort as times do.
tables! {
    /// `"format"` -> the format's version.
    Meta = "meta",
    /// kind, id -> tenant: whose the user, server, key or session with this id is.
    Home = "home",
    /// tenant -> tenant record.
    Tenant = "tenant",
    /// name key -> tenant.
    TenantName = "tenant_name",
    /// tenant, user -> user record.
    User = "user",
    /// tenant, name key -> what lists of users filter by ([`crate::user_row`]).
    UserName = "user_by_name",
    /// name key, 0, tenant -> the same.
    UserAll = "user_all",
    /// issuer's length, issuer, subject -> tenant, user.
    Identity = "identity",
    /// tenant, user -> password hash, as a record.
    Password = "password",
    /// tenant, user -> nothing: the administrators who are not disabled ([`crate::admin`]).
    Admin = "admin",
    /// tenant, user, session -> session record.
    Session = "session",
    /// digest -> tenant, user, session.
    SessionDigest = "session_digest",
    /// end, tenant, user, session -> nothing.
    SessionEnd = "session_end",
    /// last use, tenant, user, session -> nothing.
    SessionSeen = "session_seen",
    /// digest -> ticket record.
    Ticket = "ticket",
    /// end, digest -> nothing.
    TicketEnd = "ticket_end",
    /// tenant, user, server -> preference record.
    Preference = "preference",
    /// server, tenant, user -> nothing: who has a preference for it.
    PreferenceRef = "preference_ref",
    /// tenant, server -> server record (its health aside).
    Server = "server",
    /// tenant, server -> health record. Apart, so that a check does not write the server again.
    ServerHealth = "server_health",
    /// tenant, server -> what lists sort and filter by ([`crate::row::Row`]).
    ServerRow = "server_row",
    /// tenant, slug -> server.
    ServerSlug = "server_slug",
    /// tenant, server -> nothing: the public servers, global ones aside.
    ServerPublic = "server_public",
    /// owner, tenant of the server, server -> nothing.
    ServerRef = "server_ref",
    /// tenant, key -> key record.
    Key = "key",
    /// digest -> tenant, key.
    KeyDigest = "key_digest",
    /// tenant, creation, key -> link ([`crate::key`]).
    KeyTime = "key_time",
    /// creation, key -> link.
    KeyAll = "key_all",
    /// user or server, creation, key -> link: who owns or made it, and what it is linked to.
    KeyRef = "key_ref",
    /// tenant, server, time, check -> check record.
    Check = "check",
    /// job -> health job, as a record.
    HealthJob = "health_job",
    /// creation, job -> nothing.
    HealthJobTime = "health_job_time",
    /// dependency, tenant, server -> nothing: who depends on a server.
    Dependent = "dependent",
    /// tenant, server, kind -> list record ([`crate::capability`]).
    CapabilityList = "capability_list",
    /// tenant, server, time, look, number -> change record.
    CapabilityChange = "capability_change",
    /// tenant, server -> names of tools and what searches look in, as a record.
    ToolText = "tool_text",
    /// time, alert -> alert record.
    Alert = "alert",
    /// alert -> time, alert.
    AlertId = "alert_id",
    /// subject and cause -> time, alert: those that are not resolved.
    AlertOpen = "alert_open",
    /// end, time, alert -> nothing.
    AlertEnd = "alert_end",
    /// webhook -> webhook record.
    Webhook = "webhook",
    /// webhook, creation, delivery -> delivery record.
    Delivery = "delivery",
    /// delivery -> webhook, creation, delivery.
    DeliveryId = "delivery_id",
    /// next attempt, webhook, creation, delivery -> nothing: those that are pending.
    DeliveryDue = "delivery_due",
    /// end, webhook, creation, delivery -> nothing.
    DeliveryEnd = "delivery_end",
    /// tenant, server -> when its next check is due (watched servers only).
    Watch = "watch",
    /// time, tenant, server -> nothing: the same, by time.
    Due = "due",
    /// tenant, server, hour or day, start -> what its checks came to, as a record ([`crate::check_rollup`]).
    CheckRollup = "check_rollup",
    /// hour or day, start, tenant, server -> nothing.
    CheckRollupTime = "check_rollup_time",
    /// tenant, server, time, check -> record of a change of status.
    StatusChange = "status_change",
    /// time, tenant, server, check -> nothing.
    StatusChangeTime = "status_change_time",
    /// tenant, number -> audit entry record.
    Audit = "audit",
    /// tenant -> number and hash of the last entry.
    AuditHead = "audit_head",
    /// tenant, time, event, number -> outline ([`crate::audit`]).
    AuditTime = "audit_time",
    /// time, event, tenant, number -> outline.
    AuditAll = "audit_all",
    /// position -> live event.
    Event = "event",
    /// tenant, kind, id -> usage record.
    Usage = "usage",
    /// tenant, server (nil for all of the tenant's), minute, hour or day, start -> what calls came to, as a record
    /// ([`crate::usage_rollup`]).
    UsageRollup = "usage_rollup",
    /// minute, hour or day, start, tenant, server -> nothing.
    UsageRollupTime = "usage_rollup_time",
    /// tenant, key, hour or day, start -> what the requests with it came to, as a record.
    KeyRollup = "key_rollup",
    /// hour or day, start, tenant, key -> nothing.
    KeyRollupTime = "key_rollup_time",
    /// tenant, noun (, server) -> how many there are.
    Total = "total",
    /// record key, tree, version, number -> part of a long record ([`crate::record`]).
    Part = "part",
}

/// The open trees.
pub(crate) struct Tables(Vec<Tree>);

impl Tables {
    /// Opens or creates all of them.
    pub(crate) fn open(db: &Db) -> sled::Result<Self> {
        Table::ALL.iter().map(|table| db.open_tree(table.name())).collect::<sled::Result<_>>().map(Self)
    }

    /// One of them.
    pub(crate) fn of(&self, table: Table) -> &Tree {
        &self.0[table as usize]
    }
}
