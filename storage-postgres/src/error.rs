//! Errors of sqlx and PostgreSQL as errors of a store.

use registry_core::store::{StoreError, UniqueField};
use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// A [`StoreError`] that `?` makes of sqlx's errors too.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) StoreError);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(store_error(error))
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        Self(match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => store_error(error),
            other => StoreError::backend(other),
        })
    }
}

impl Failure {
    /// Whether another connection may do what this one did not.
    pub(crate) fn is_of_connection(&self) -> bool {
        matches!(self.0, StoreError::Unavailable(_))
    }
}

fn store_error(error: Error) -> StoreError {
    match error {
        Error::Database(error) => of_database(error),
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => {
            StoreError::Unavailable(error.to_string())
        }
        Error::ColumnDecode { .. } | Error::Decode(_) => StoreError::Corrupt(error.to_string()),
        other => StoreError::backend(other),
    }
}

fn of_database(error: Box<dyn DatabaseError>) -> StoreError {
    let code = error.code().unwrap_or_default();
    match &*code {
        "23505" => match error.constraint().and_then(unique_field) {
            Some(field) => StoreError::Conflict(field),
            None => StoreError::backend(Error::Database(error)),
        },
        "23503" => StoreError::Missing,
        _ if is_passing(&code) => StoreError::Unavailable(error.to_string()),
        "XX001" | "XX002" => StoreError::Corrupt(error.to_string()),
        _ => StoreError::backend(Error::Database(error)),
    }
}

fn unique_field(constraint: &str) -> Option<UniqueField> {
    Some(match constraint {
        "tenant_name_unique" => UniqueField::TenantName,
        "app_user_name_unique" => UniqueField::UserName,
        "user_identity_unique" => UniqueField::Identity,
        "server_slug_unique" => UniqueField::ServerName,
        "api_key_digest_unique" => UniqueField::KeyDigest,
        "session_digest_unique" => UniqueField::Id,
        _ if constraint.ends_with("_id_unique") => UniqueField::Id,
        _ => return None,
    })
}

/// Whether the same may succeed later: lost connections (08), no resources (53), somebody stopped the server
/// or the statement (57), or others were in the way (40, 55P03, 25P03), or a standby took over half-way
/// (25006).
fn is_passing(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53" | "57") || matches!(code, "3D000" | "55P03" | "25P03" | "25006")
}
