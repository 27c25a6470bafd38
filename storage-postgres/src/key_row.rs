//! Rows of API keys: what is written into one, and what is made of one.

use registry_core::model::id::{ApiKeyId, ServerId, TenantId, UserId};
use registry_core::model::key::{ApiKey, KeyDigest, PreviousDigest, RotationPolicy};
use registry_core::model::role::{Scope as KeyScope, Scopes};
use registry_core::model::settings::RateLimit;
use registry_core::model::text::{KeyDescription, KeyName};
use registry_core::model::tools::{ToolPattern, Tools};

use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::server_row::Statement;

/// What [`key`] reads, of a table `k`.
macro_rules! key_columns {
    () => {
        "k.id, k.tenant_id, k.owner_id, k.created_by, k.name, k.description, k.digest, k.prefix,
        k.previous_digest, k.previous_valid_until, k.scopes, k.server_id, k.expires_at, k.rotation_days::bigint,
        k.auto_rotate, k.last_rotated_at, k.rotation_count, k.rate_rpm::bigint, k.rate_burst::bigint, k.created_ip,
        k.revoked_at, k.created_at, k.updated_at, k.revision, k.tools, k.unclaimed_until"
    };
}
pub(crate) use key_columns;

/// Decodes a key.
pub(crate) fn key(columns: &mut Columns<'_>) -> Result<ApiKey, Failure> {
    Ok(ApiKey {
        id: columns.id(ApiKeyId)?,
        tenant_id: columns.id(TenantId)?,
        owner_id: columns.id(UserId)?,
        created_by: columns.id(UserId)?,
        name: columns.parsed(KeyName::parse)?,
        description: columns.parsed_opt(KeyDescription::parse)?,
        digest: KeyDigest(columns.hash()?),
        prefix: columns.take()?,
        previous: previous(columns)?,
        scopes: scopes(columns)?,
        server_id: columns.id_opt(ServerId)?,
        expires_at: columns.take()?,
        rotation: RotationPolicy { days: columns.number()?, auto_rotate: columns.take()? },
        last_rotated_at: columns.take()?,
        rotation_count: columns.number()?,
        rate_limit: RateLimit { rpm: columns.number()?, burst: columns.number()? },
        created_ip: columns.address_opt()?,
        revoked_at: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        revision: columns.number()?,
        tools: tools(columns)?,
        unclaimed_until: columns.take()?,
    })
}

fn previous(columns: &mut Columns<'_>) -> Result<Option<PreviousDigest>, Failure> {
    let digest = columns.hash_opt()?.map(KeyDigest);
    let valid_until = columns.take::<Option<_>>()?;
    Ok(digest.zip(valid_until).map(|(digest, valid_until)| PreviousDigest { digest, valid_until }))
}

fn scopes(columns: &mut Columns<'_>) -> Result<Scopes, Failure> {
    let texts = columns.take::<Vec<String>>()?;
    let scopes = texts.iter().map(|text| KeyScope::parse(text)).collect::<Result<Vec<_>, _>>();
    scopes.and_then(Scopes::new).map_err(|invalid| columns.damaged(&invalid))
}

fn tools(columns: &mut Columns<'_>) -> Result<Option<Tools>, Failure> {
    let patterns = columns.take::<Option<Vec<String>>>()?;
    let tools = patterns.as_deref().map(Tools::parse).transpose();
    tools.map_err(|invalid| columns.damaged(&invalid))
}

/// Binds $1 to $26: what an update may change, after the id and the tenant.
pub(crate) fn bind_key<'q>(statement: Statement<'q>, key: &'q ApiKey) -> Result<Statement<'q>, Failure> {
    Ok(statement
        .bind(key.id.0)
        .bind(key.tenant_id.0)
        .bind(key.owner_id.0)
        .bind(key.created_by.0)
        .bind(key.name.as_str())
        .bind(key.description.as_ref().map(KeyDescription::as_str))
        .bind(&key.digest.0[..])
        .bind(&key.prefix)
        .bind(key.previous.as_ref().map(|previous| &previous.digest.0[..]))
        .bind(key.previous.as_ref().map(|previous| previous.valid_until))
        .bind(key.scopes.iter().map(KeyScope::as_str).collect::<Vec<_>>())
        .bind(key.server_id.map(|server| server.0))
        .bind(key.expires_at)
        .bind(i64::from(key.rotation.days))
        .bind(key.rotation.auto_rotate)
        .bind(key.last_rotated_at)
        .bind(i64::from(key.rotation_count))
        .bind(i64::from(key.rate_limit.rpm))
        .bind(i64::from(key.rate_limit.burst))
        .bind(key.created_ip.map(|address| address.to_string()))
        .bind(key.revoked_at)
        .bind(key.created_at)
        .bind(key.updated_at)
        .bind(bigint(key.revision)?)
        .bind(
            key.tools
                .as_ref()
                .map(|tools| tools.as_slice().iter().map(ToolPattern::as_str).collect::<Vec<_>>()),
        )
        .bind(key.unclaimed_until))
}
