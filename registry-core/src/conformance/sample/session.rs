//! Sessions and tickets.

use std::net::IpAddr;

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::model::id::SessionId;
use crate::model::session::{Session, SessionSecret, SignInMethod};
use crate::model::ticket::{Ticket, TicketPurpose};
use crate::model::user::User;
use crate::secret::Sealed;

/// A session of this user, just begun, for 12 hours. Fields that may be empty are.
pub fn session(clock: &dyn Clock, user: &User) -> Session {
    let (secret, now) = (SessionSecret::generate(clock), clock.now());
    Session {
        id: SessionId(clock.new_id()),
        digest: secret.digest(),
        tenant_id: user.tenant_id,
        user_id: user.id,
        method: SignInMethod::Password,
        ip_address: None,
        user_agent: None,
        created_at: now,
        last_seen_at: now,
        expires_at: now + TimeDelta::hours(12),
    }
}

/// A session with something in every field, used since it began.
pub fn full_session(clock: &dyn Clock, user: &User) -> Session {
    Session {
        method: SignInMethod::Oidc,
        ip_address: Some(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])),
        user_agent: Some("Mozilla/5.0 \"ü\" ☂ 100% 'x' \\".to_owned()),
        last_seen_at: clock.now(),
        ..session(clock, user)
    }
}

/// A ticket for ten minutes with nothing to remember.
pub fn ticket(clock: &dyn Clock, purpose: TicketPurpose) -> Ticket {
    let mut digest = [0; 32];
    clock.fill_random(&mut digest);
    Ticket { purpose, digest, expires_at: clock.now() + TimeDelta::minutes(10), data: None }
}

/// A ticket with something to remember.
pub fn full_ticket(clock: &dyn Clock, purpose: TicketPurpose) -> Ticket {
    let data = Some(Sealed::from_text("v1.k1.AAAAAAAAAAAAAAAA.c3RhdGU".to_owned()));
    Ticket { data, ..ticket(clock, purpose) }
}
