//! Rows of users: what is written into them, and what is made of one.

use registry_core::model::id::{TenantId, UserId};
use registry_core::model::password::PasswordChange;
use registry_core::model::role::Role;
use registry_core::model::text::{DisplayName, Email, UserName, name_key};
use registry_core::model::user::User;
use sqlx::PgConnection;

use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::server_row::Statement;

/// What [`user`] reads, of a table `u`.
macro_rules! user_columns {
    () => {
        "u.id, u.tenant_id, u.role, u.username, u.display_name, u.email,
        (SELECT coalesce(json_agg(json_build_object('issuer', i.issuer, 'subject', i.subject) ORDER BY i.position),
            '[]')::text FROM user_identity i WHERE i.user_id = u.id) AS identities,
        u.disabled, u.created_at, u.updated_at, u.revision"
    };
}
pub(crate) use user_columns;

/// Decodes a user.
pub(crate) fn user(columns: &mut Columns<'_>) -> Result<User, Failure> {
    Ok(User {
        id: columns.id(UserId)?,
        tenant_id: columns.id(TenantId)?,
        role: columns.parsed(Role::parse)?,
        username: columns.parsed(UserName::parse)?,
        display_name: columns.parsed_opt(DisplayName::parse)?,
        email: columns.parsed_opt(Email::parse)?,
        identities: columns.json()?,
        disabled: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        revision: columns.number()?,
    })
}

/// What stands between the names in a search text. No name has it.
pub(crate) const SEPARATOR: char = '\n';

/// What a search looks in: the names as they are compared, one to a line.
pub(crate) fn search_text_of(user_name_key: &str, others: [Option<&str>; 2]) -> String {
    let mut text = user_name_key.to_owned();
    for other in others.into_iter().flatten() {
        text.push(SEPARATOR);
        text.push_str(&name_key(other));
    }
    text
}

/// Binds $1 to $12: what an update may change, after the id and the tenant.
pub(crate) fn bind_user<'q>(statement: Statement<'q>, user: &'q User) -> Result<Statement<'q>, Failure> {
    let display_name = user.display_name.as_ref().map(DisplayName::as_str);
    let email = user.email.as_ref().map(Email::as_str);
    let name_key = user.name_key();
    let search_text = search_text_of(&name_key, [display_name, email]);
    Ok(statement
        .bind(user.id.0)
        .bind(user.tenant_id.0)
        .bind(user.role.as_str())
        .bind(user.username.as_str())
        .bind(name_key)
        .bind(display_name)
        .bind(email)
        .bind(search_text)
        .bind(user.disabled)
        .bind(user.created_at)
        .bind(user.updated_at)
        .bind(bigint(user.revision)?))
}

/// Inserts the identities of a user who has none.
pub(crate) async fn insert_identities(connection: &mut PgConnection, user: &User) -> Result<(), Failure> {
    const INSERT: &str = "INSERT INTO user_identity (issuer, subject, user_id, tenant_id, position)
        SELECT i.issuer, i.subject, $1, $2, i.position
        FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS i (issuer, subject, position)
        ORDER BY i.issuer, i.subject";
    if user.identities.is_empty() {
        return Ok(());
    }
    let insert = sqlx::query(INSERT)
        .bind(user.id.0)
        .bind(user.tenant_id.0)
        .bind(user.identities.iter().map(|identity| &*identity.issuer).collect::<Vec<_>>())
        .bind(user.identities.iter().map(|identity| &*identity.subject).collect::<Vec<_>>());
    insert.execute(connection).await?;
    Ok(())
}

/// Does to a user's password what a change says.
pub(crate) async fn change_password(
    connection: &mut PgConnection,
    user: &User,
    change: PasswordChange<'_>,
) -> Result<(), Failure> {
    const SET: &str = "INSERT INTO user_password (user_id, tenant_id, hash) VALUES ($1, $2, $3)
        ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash";
    const REMOVE: &str = "DELETE FROM user_password WHERE user_id = $1 AND tenant_id = $2";
    let statement = match change {
        PasswordChange::Keep => return Ok(()),
        PasswordChange::Set(hash) => sqlx::query(SET).bind(user.id.0).bind(user.tenant_id.0).bind(&hash.0),
        PasswordChange::Remove => sqlx::query(REMOVE).bind(user.id.0).bind(user.tenant_id.0),
    };
    statement.execute(connection).await?;
    Ok(())
}
