//! Tickets: what may be used once, within minutes.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::context::Context;
use crate::error::{AuthError, Error};
use crate::model::ticket::{Ticket, TicketPurpose};
use crate::secret::{Sealed, SecretContext};

/// How long somebody may take to sign in at an OpenID provider.
pub const SIGN_IN_LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// A ticket's random bytes.
const SECRET_BYTES: usize = 32;

/// The state of sign-ins that are under way at an OpenID provider: kept encrypted, and given back once.
pub struct PendingSignIns {
    context: Arc<Context>,
}

impl PendingSignIns {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Keeps what has to be remembered until the browser comes back with `state`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keep(&self, state: &SecretString, pending: &SecretString) -> Result<(), Error> {
        let digest = Ticket::digest_of(state);
        let (keyring, clock) = (&self.context.keyring, self.context.clock.as_ref());
        let sealed = keyring.seal(clock, place(&digest), pending.expose_secret().as_bytes())?;
        self.context.put_ticket(TicketPurpose::Oidc, digest, SIGN_IN_LIFETIME, Some(sealed)).await
    }

    /// What was kept for `state`, this once.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it was used already, is too old, or never was.
    pub async fn take(&self, state: &SecretString) -> Result<SecretString, Error> {
        let digest = Ticket::digest_of(state);
        let ticket = self.context.store.take_ticket(TicketPurpose::Oidc, &digest).await?;
        let sealed = self.context.live(ticket)?.data.ok_or(AuthError::Ticket)?;
        Ok(self.context.keyring.open_text(place(&digest), &sealed)?)
    }
}

/// Where the ciphertext belongs: a ticket has no id but its digest.
fn place(digest: &[u8; 32]) -> SecretContext<'static> {
    let [record, _] = digest.as_chunks::<16>().0 else { unreachable!("32 bytes are two halves") };
    SecretContext { tenant: None, table: "ticket", record: Uuid::from_bytes(*record), field: "data" }
}

impl Context {
    /// A new ticket with a random secret.
    pub(super) async fn new_ticket(
        &self,
        purpose: TicketPurpose,
        lifetime: TimeDelta,
        data: Option<Sealed>,
    ) -> Result<SecretString, Error> {
        let mut random = zeroize::Zeroizing::new([0_u8; SECRET_BYTES]);
        self.clock.fill_random(&mut *random);
        let secret = SecretString::from(BASE64_URL_SAFE_NO_PAD.encode(*random));
        self.put_ticket(purpose, Ticket::digest_of(&secret), lifetime, data).await?;
        Ok(secret)
    }

    async fn put_ticket(
        &self,
        purpose: TicketPurpose,
        digest: [u8; 32],
        lifetime: TimeDelta,
        data: Option<Sealed>,
    ) -> Result<(), Error> {
        let ticket = Ticket { purpose, digest, expires_at: self.clock.now() + lifetime, data };
        Ok(self.store.put_ticket(&ticket).await?)
    }

    /// The ticket, if it is there and not too old.
    pub(super) fn live(&self, ticket: Option<Ticket>) -> Result<Ticket, Error> {
        let now = self.clock.now();
        ticket.filter(|ticket| now < ticket.expires_at).ok_or_else(|| AuthError::Ticket.into())
    }
}
