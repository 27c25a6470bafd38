//! The operator's file: whom to believe about who somebody is, and what to make of it.
//!
//! TOML, described in `docs/identity.md`. A file that would let in nobody, or anybody, is refused as a whole, with all
//! of its problems.

mod issuer;
mod notes;
mod provider;
mod rules;
mod secret;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use registry_core::model::field::FieldErrors;

use self::notes::Notes;
pub(crate) use self::{
    issuer::{IssuerConfig, plain_typ},
    provider::ProviderConfig,
};

/// The most providers, and the most issuers.
pub const MAX_ENTRIES: usize = 50;

/// Where client secrets are looked up: the value of an environment variable, if it is set.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The file, checked. It holds client secrets, which its `Debug` does not show.
#[derive(Debug)]
pub struct IdentityConfig {
    pub(crate) providers: Vec<Arc<ProviderConfig>>,
    pub(crate) issuers: Vec<Arc<IssuerConfig>>,
}

/// Why a file is refused. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is not TOML, or has a field that there is not. The line is not repeated: it may hold a secret.
    #[error("line {line}: {message}")]
    Syntax {
        /// In which line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// Something in it is wrong: all that is.
    #[error(transparent)]
    Invalid(#[from] FieldErrors),
}

impl IdentityConfig {
    /// Reads the file at `path`, and the client secrets that it refers to.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, &|name| std::env::var(name).ok())
    }

    /// Checks the text of a file; client secrets come from `environment`, or from the files that it names.
    ///
    /// # Errors
    /// [`ConfigError`], but not `Read`.
    ///
    /// ```
    /// use registry_identity::IdentityConfig;
    ///
    /// let file = r#"
    ///     [[issuer]]
    ///     issuer = "https://id.acme.test/realms/acme"
    ///     audiences = ["https://registry.acme.test"]
    ///     [issuer.claims]
    ///     tenant = "acme"
    ///     default_role = "user"
    /// "#;
    /// assert!(IdentityConfig::parse(file, &|_| None).is_ok());
    /// assert!(IdentityConfig::parse("", &|_| None).is_err(), "nobody could come in");
    /// ```
    pub fn parse(text: &str, environment: Environment<'_>) -> Result<Self, ConfigError> {
        let file: shape::File = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        let mut errors = FieldErrors::default();
        let (providers, issuers) = (file.provider.len(), file.issuer.len());
        if providers + issuers == 0 {
            errors.add("file", "has neither a [[provider]] nor an [[issuer]]");
        }
        if providers.max(issuers) > MAX_ENTRIES {
            errors.add("file", format!("has more than {MAX_ENTRIES} providers or issuers"));
        }
        let config = Self::read(file, environment, &mut errors);
        config.check_together(&mut errors);
        Ok(errors.finish(Some(config))?)
    }

    fn read(file: shape::File, environment: Environment<'_>, errors: &mut FieldErrors) -> Self {
        let providers = file.provider.into_iter().enumerate();
        let providers = providers.filter_map(|(i, shape)| {
            provider::read(shape, environment, &mut Notes::new(errors, format!("provider[{i}]")))
        });
        let providers = providers.map(Arc::new).collect();
        let issuers = file.issuer.into_iter().enumerate();
        let issuers = issuers
            .filter_map(|(i, shape)| issuer::read(shape, &mut Notes::new(errors, format!("issuer[{i}]"))));
        Self { providers, issuers: issuers.map(Arc::new).collect() }
    }

    /// What no entry can see by itself.
    fn check_together(&self, errors: &mut FieldErrors) {
        let mut ids = BTreeSet::new();
        for provider in self.providers.iter().filter(|provider| !ids.insert(&*provider.id)) {
            errors.add("provider.id", format!("`{}` is there twice", provider.id));
        }
        let mut names = BTreeSet::new();
        for issuer in self.issuers.iter().filter(|issuer| !names.insert(&*issuer.issuer)) {
            errors.add("issuer.issuer", format!("`{}` is there twice", issuer.issuer));
        }
        for issuer in self.issuers.iter().filter(|issuer| self.takes_id_tokens(issuer)) {
            let message = "is the client_id of a provider here: its ID tokens would pass as access tokens; \
                           use an audience of its own, or require `typ = \"at+jwt\"`";
            errors.add("issuer.audiences", format!("of `{}`: {message}", issuer.issuer));
        }
    }

    /// Whether an ID token, which anybody on the way of a sign-in may see, would be accepted of this issuer.
    fn takes_id_tokens(&self, issuer: &IssuerConfig) -> bool {
        let is_listed = |provider: &Arc<ProviderConfig>| {
            *provider.issuer == issuer.issuer && issuer.audiences.contains(&provider.client_id)
        };
        issuer.typ.as_deref() != Some("at+jwt") && self.providers.iter().any(is_listed)
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
    ConfigError::Syntax { line, message: error.message().to_owned() }
}
