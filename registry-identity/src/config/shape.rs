//! The file as it is written. Nothing is checked here but the names and types of its fields; what is missing is empty,
//! so that the checks can name it together with everything else.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) provider: Vec<Provider>,
    #[serde(default)]
    pub(super) issuer: Vec<Issuer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret_env: Option<String>,
    pub(super) client_secret_file: Option<PathBuf>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) claims: Claims,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Issuer {
    pub(super) issuer: String,
    pub(super) audiences: Vec<String>,
    pub(super) algorithms: Option<Vec<String>>,
    pub(super) jwks_uri: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) leeway_seconds: Option<u32>,
    pub(super) typ: Option<String>,
    pub(super) claims: Claims,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Claims {
    pub(super) tenant: Option<String>,
    pub(super) tenant_claim: Option<String>,
    pub(super) tenants: Option<BTreeMap<String, String>>,
    pub(super) role_claim: Option<String>,
    pub(super) roles: BTreeMap<String, String>,
    pub(super) default_role: Option<String>,
    pub(super) username_claim: Option<String>,
    pub(super) subject_claim: Option<String>,
    pub(super) create_users: Option<bool>,
    pub(super) create_tenants: bool,
}
