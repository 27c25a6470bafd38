//! What a caller says of a server it registers or changes, and its check: every field problem at once.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::credential::{AuthType, UpstreamAuth};
use super::credential_input::AuthInput;
use super::dependency::Dependencies;
use super::endpoint::{Endpoint, Transport};
use super::field::{FieldErrors, Invalid};
use super::server::{Metadata, Server, ServerStatus, Version};
use super::settings::{HealthPolicy, HealthPolicyInput, ServerSettings, SettingsInput};
use super::text::{Category, Description, ServerName, Tags};

/// A server as a caller describes it, unchecked. What is `None` keeps its value in a change, and has its default in
/// a registration; an inner `None` clears the field.
#[derive(Debug, Clone, Default)]
pub struct ServerInput {
    /// See [`ServerName`]; required to register.
    pub name: Option<String>,
    /// See [`Description`].
    pub description: Option<Option<String>>,
    /// See [`Version`]; required to register.
    pub version: Option<String>,
    /// See [`Endpoint`]; required to register.
    pub endpoint_url: Option<String>,
    /// See [`Transport`]; `http` unless said otherwise.
    pub transport_type: Option<String>,
    /// See [`AuthType`]; `none` unless said otherwise.
    pub auth_type: Option<String>,
    /// The credentials; required when the kind, or the host that gets them, changes.
    pub auth_config: Option<AuthInput>,
    /// See [`Metadata`].
    pub metadata: Option<Map<String, Value>>,
    /// See [`Tags`].
    pub tags: Option<Vec<String>>,
    /// See [`Category`].
    pub category: Option<Option<String>>,
    /// Whether every tenant sees it.
    pub is_public: Option<bool>,
    /// See [`ServerSettings`].
    pub settings: SettingsInput,
    /// See [`HealthPolicy`].
    pub health_policy: HealthPolicyInput,
    /// See [`Dependencies`].
    pub depends_on: Option<Vec<String>>,
    /// `active`, `inactive` or `maintenance`; only in a change.
    pub status: Option<String>,
}

/// A checked [`ServerInput`], laid over the server that it changes, if any.
#[derive(Debug, Clone)]
pub struct ServerDraft {
    /// Its name.
    pub name: ServerName,
    /// What it is for.
    pub description: Option<Description>,
    /// Its version.
    pub version: Version,
    /// Where it is.
    pub endpoint: Endpoint,
    /// New credentials; `None` keeps those that are stored.
    pub auth: Option<UpstreamAuth<SecretString>>,
    /// Free data.
    pub metadata: Metadata,
    /// Tags.
    pub tags: Tags,
    /// Category.
    pub category: Option<Category>,
    /// Whether every tenant sees it.
    pub is_public: bool,
    /// Bounds on calls.
    pub settings: ServerSettings,
    /// How its health is watched.
    pub health_policy: HealthPolicy,
    /// Which servers it needs.
    pub depends_on: Dependencies,
    /// The status that a change asks for.
    pub status: Option<ServerStatus>,
}

impl ServerInput {
    /// Checks the input of a registration.
    ///
    /// ```
    /// use registry_core::model::server_input::ServerInput;
    ///
    /// let input = ServerInput { name: Some("a/b".to_owned()), ..ServerInput::default() };
    /// let problems = input.validate_new().unwrap_err();
    /// let fields: Vec<_> = problems.as_slice().iter().map(|problem| problem.field.as_str()).collect();
    /// assert_eq!(fields, ["name", "version", "endpointUrl"]);
    /// ```
    ///
    /// # Errors
    /// Every problem.
    pub fn validate_new(&self) -> Result<ServerDraft, FieldErrors> {
        self.validate(None)
    }

    /// Checks the input of a change of `server`.
    ///
    /// # Errors
    /// Every problem.
    pub fn validate_change(&self, server: &Server) -> Result<ServerDraft, FieldErrors> {
        self.validate(Some(server))
    }

    fn validate(&self, old: Option<&Server>) -> Result<ServerDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name =
            required(&mut errors, "name", self.name.as_deref().map(ServerName::parse), old.map(|s| &s.name));
        let version = required(
            &mut errors,
            "version",
            self.version.as_deref().map(Version::parse),
            old.map(|s| &s.version),
        );
        let description = optional(&mut errors, "description", self.description.as_ref(), Description::parse);
        let category = optional(&mut errors, "category", self.category.as_ref(), Category::parse);
        let tags = errors.check_opt("tags", self.tags.as_deref().map(Tags::parse));
        let metadata = errors.check_opt("metadata", self.metadata.clone().map(Metadata::new));
        let endpoint = self.endpoint(old, &mut errors);
        let auth = self.auth(old, endpoint.as_ref(), &mut errors);
        let depends_on = errors.check_opt("dependsOn", self.depends_on.as_deref().map(Dependencies::parse));
        let status = self.status(old, &mut errors);
        let settings = self.settings.apply(old.map(|s| s.settings.clone()).unwrap_or_default(), &mut errors);
        let health_policy =
            self.health_policy.apply(old.map(|s| s.health_policy.clone()).unwrap_or_default(), &mut errors);
        let draft = (|| {
            Some(ServerDraft {
                name: name?,
                description: description.unwrap_or_else(|| old.and_then(|s| s.description.clone())),
                version: version?,
                endpoint: endpoint?,
                auth: auth?,
                metadata: metadata.or_else(|| old.map(|s| s.metadata.clone())).unwrap_or_default(),
                tags: tags.or_else(|| old.map(|s| s.tags.clone())).unwrap_or_default(),
                category: category.unwrap_or_else(|| old.and_then(|s| s.category.clone())),
                is_public: self.is_public.or_else(|| old.map(|s| s.is_public)).unwrap_or_default(),
                settings,
                health_policy,
                depends_on: depends_on.or_else(|| old.map(|s| s.depends_on.clone())).unwrap_or_default(),
                status,
            })
        })();
        errors.finish(draft)
    }

    fn endpoint(&self, old: Option<&Server>, errors: &mut FieldErrors) -> Option<Endpoint> {
        let transport = match self.transport_type.as_deref() {
            Some(text) => errors.check("transportType", Transport::parse(text))?,
            None => old.map_or(Transport::Http, |server| server.endpoint.transport()),
        };
        let url = self.endpoint_url.as_deref().or_else(|| old.map(|server| server.endpoint.url().as_str()));
        let url = url.map(|url| Endpoint::parse(transport, url));
        required(errors, "endpointUrl", url, None)
    }

    /// `Some(None)` keeps the stored credentials. They stay with the host that they were given for: who may change
    /// a server need not be who knows its credentials, and must not have them sent elsewhere.
    fn auth(
        &self,
        old: Option<&Server>,
        endpoint: Option<&Endpoint>,
        errors: &mut FieldErrors,
    ) -> Option<Option<UpstreamAuth<SecretString>>> {
        let stored = old.map_or(AuthType::None, |server| server.auth.auth_type());
        let auth_type = match self.auth_type.as_deref() {
            Some(text) => errors.check("authType", AuthType::parse(text))?,
            None => stored,
        };
        let is_launched = endpoint.is_some_and(|endpoint| endpoint.transport() == Transport::Stdio);
        if is_launched && auth_type != AuthType::None {
            errors
                .add("authType", "must be none for stdio: what the process needs is in the operator's file");
            return None;
        }
        let moved =
            old.zip(endpoint).is_some_and(|(old, new)| old.endpoint.url().origin() != new.url().origin());
        match &self.auth_config {
            Some(config) => config.validate(auth_type, errors).map(Some),
            None if old.is_some() && auth_type == stored && (!moved || stored == AuthType::None) => {
                Some(None)
            }
            None if moved && auth_type == stored => {
                errors.add("authConfig", "must be given again when the endpoint's host changes");
                None
            }
            None => AuthInput::default().validate(auth_type, errors).map(Some),
        }
    }

    fn status(&self, old: Option<&Server>, errors: &mut FieldErrors) -> Option<ServerStatus> {
        let status = errors.check("status", ServerStatus::parse(self.status.as_deref()?))?;
        if old.is_none() {
            errors.add("status", "cannot be given here: it follows from the connection check");
        } else if status == ServerStatus::Error {
            errors.add("status", "must be one of: active inactive maintenance");
        }
        Some(status)
    }
}

fn required<T: Clone>(
    errors: &mut FieldErrors,
    field: &str,
    given: Option<Result<T, Invalid>>,
    old: Option<&T>,
) -> Option<T> {
    match (given, old) {
        (Some(result), _) => errors.check(field, result),
        (None, Some(old)) => Some(old.clone()),
        (None, None) => {
            errors.add(field, "is required");
            None
        }
    }
}

/// `None` if the field is not given, `Some(None)` if it is cleared or empty.
fn optional<T>(
    errors: &mut FieldErrors,
    field: &str,
    given: Option<&Option<String>>,
    parse: fn(&str) -> Result<T, Invalid>,
) -> Option<Option<T>> {
    let text = given?.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Some(text.and_then(|text| errors.check(field, parse(text))))
}
