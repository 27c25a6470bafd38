//! Hashing of passwords: Argon2id, a bounded number at once.

use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::error::Error;
use crate::model::field::FieldErrors;
use crate::model::password::{Password, PasswordHash};

/// How many passwords are hashed at once, each with 19 MiB of memory and a core to itself.
pub const MAX_HASHES_AT_ONCE: usize = 2;
/// How many may wait for that; further ones are told to come again.
pub const MAX_HASHES_WAITING: usize = 64;
/// The least strength of a new password on zxcvbn's scale of 0 to 4: 2 takes more than a million guesses.
const MIN_STRENGTH: u8 = 2;
const SALT_BYTES: usize = 16;

/// Hashes and checks passwords with the parameters of OWASP's advice (Password Storage Cheat Sheet): Argon2id, 19 MiB, two
/// passes, one lane, which are the crate's defaults.
pub(super) struct PasswordHasher {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What is checked in place of the hash of somebody unknown, so that it takes the same time.
    decoy: Arc<OnceLock<PasswordHash>>,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(MAX_HASHES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(MAX_HASHES_WAITING)),
            decoy: Arc::default(),
        }
    }
}

impl PasswordHasher {
    /// The hash of a new password, which must not be easy to guess; `known` is what everybody knows of its user.
    pub(super) async fn hash(
        &self,
        clock: &Arc<dyn Clock>,
        field: &'static str,
        password: Password,
        known: Vec<String>,
    ) -> Result<PasswordHash, Error> {
        let salt = salt(clock.as_ref());
        let turn = self.enter().await?;
        blocking(turn, move || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            if u8::from(zxcvbn::zxcvbn(password.expose(), &known).score()) < MIN_STRENGTH {
                let advice = "is easy to guess; take a longer phrase of unrelated words";
                return Err(FieldErrors::one(field, advice).into());
            }
            hash(&password, &salt)
        })
        .await
    }

    /// Whether `password` is the one of `hash`. Without a hash the answer is no, and takes as long.
    pub(super) async fn is_right(
        &self,
        clock: &Arc<dyn Clock>,
        password: Password,
        known: Option<PasswordHash>,
    ) -> Result<bool, Error> {
        let (decoy, salt) = (self.decoy.clone(), salt(clock.as_ref()));
        let turn = self.enter().await?;
        blocking(turn, move || {
            let is_known = known.is_some();
            let hash = match known {
                Some(hash) => hash,
                None => decoy_hash(&decoy, &salt)?,
            };
            let hash = phc::PasswordHash::new(&hash.0).map_err(internal)?;
            let is_right = Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok();
            Ok(is_right && is_known)
        })
        .await
    }

    /// Makes the decoy, so that the first sign-in does not take longer than others.
    pub(super) async fn prepare(&self, clock: &Arc<dyn Clock>) -> Result<(), Error> {
        let (decoy, salt) = (self.decoy.clone(), salt(clock.as_ref()));
        let turn = self.enter().await?;
        blocking(turn, move || decoy_hash(&decoy, &salt).map(drop)).await
    }

    async fn enter(&self) -> Result<Turn, Error> {
        let waiting = self.waiting.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let at_once = self.at_once.clone().acquire_owned().await.map_err(internal)?;
        Ok((at_once, waiting))
    }
}

/// Held until the work is done, even if whoever wanted it has gone away meanwhile.
type Turn = (OwnedSemaphorePermit, OwnedSemaphorePermit);

fn salt(clock: &dyn Clock) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    clock.fill_random(&mut salt);
    salt
}

fn decoy_hash(decoy: &OnceLock<PasswordHash>, salt: &[u8]) -> Result<PasswordHash, Error> {
    if let Some(hash) = decoy.get() {
        return Ok(hash.clone());
    }
    let hash = hash(&Password::presented("nobody's password"), salt)?;
    Ok(decoy.get_or_init(|| hash).clone())
}

fn hash(password: &Password, salt: &[u8]) -> Result<PasswordHash, Error> {
    let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), salt);
    Ok(PasswordHash(hash.map_err(internal)?.to_string()))
}

/// Runs it where it does not keep others waiting.
async fn blocking<T: Send + 'static>(
    turn: Turn,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let work = move || {
        let done = work();
        drop(turn);
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(internal)?
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// Whoever connects, asks and goes away in a loop would otherwise have as many hashed at once as it likes.
    #[tokio::test]
    async fn a_hash_keeps_its_place_though_nobody_waits_for_it_any_more() {
        let (hasher, clock) = (PasswordHasher::default(), Arc::new(SystemClock) as Arc<dyn Clock>);
        let check = || hasher.is_right(&clock, Password::presented("whatever"), None);
        for _ in 0..MAX_HASHES_AT_ONCE {
            tokio::select! {
                biased;
                _ = check() => panic!("a hash takes longer than that"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert_eq!(hasher.at_once.available_permits(), 0);
        assert_eq!(hasher.waiting.available_permits(), MAX_HASHES_WAITING - MAX_HASHES_AT_ONCE);
        assert!(!check().await.unwrap(), "its turn comes when they are done");
    }
}
