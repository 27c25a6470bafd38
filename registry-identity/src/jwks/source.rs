//! Where an issuer's keys come from.

use async_trait::async_trait;
use chrono::TimeDelta;
use http::header::CACHE_CONTROL;
use serde::Deserialize;
use url::Url;

use super::KeySet;
use crate::address;
use crate::cached::{FetchError, Source};
use crate::http_client::HttpClient;

/// How long keys are fresh if the issuer does not say, and between which bounds it may say it.
const DEFAULT_LIFETIME: TimeDelta = TimeDelta::minutes(10);
const MIN_LIFETIME: TimeDelta = TimeDelta::minutes(5);
const MAX_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// Fetches an issuer's keys from where the operator or its metadata says.
pub(crate) struct KeySource {
    pub(crate) http: HttpClient,
    pub(crate) issuer: String,
    pub(crate) jwks_uri: Option<Url>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Url,
}

#[async_trait]
impl Source for KeySource {
    type Item = KeySet;

    fn issuer(&self) -> &str {
        &self.issuer
    }

    async fn fetch(&self) -> Result<(KeySet, TimeDelta), FetchError> {
        let uri = match &self.jwks_uri {
            Some(uri) => uri.clone(),
            None => self.discover().await?,
        };
        let response = self.http.get(&uri).await.map_err(|error| FetchError::of(&error))?;
        let keys = KeySet::parse(response.body()).ok_or_else(|| FetchError::new("it is no JWK set"))?;
        let says = response.headers().get(CACHE_CONTROL).and_then(|value| max_age(value.to_str().ok()?));
        Ok((keys, says.map_or(DEFAULT_LIFETIME, |age| age.clamp(MIN_LIFETIME, MAX_LIFETIME))))
    }
}

impl KeySource {
    /// Asks OpenID Connect Discovery first, then RFC 8414; the first document that is there counts.
    async fn discover(&self) -> Result<Url, FetchError> {
        let mut failure = FetchError::new("the issuer is no URL");
        for url in metadata_urls(&self.issuer) {
            match self.http.get(&url).await {
                Ok(response) => return self.read(response.body()),
                Err(error) => failure = FetchError::of(&error),
            }
        }
        Err(failure)
    }

    fn read(&self, document: &[u8]) -> Result<Url, FetchError> {
        let metadata: Metadata = serde_json::from_slice(document)
            .map_err(|_| FetchError::new("the issuer's metadata has no issuer and jwks_uri"))?;
        if metadata.issuer != self.issuer {
            return Err(FetchError::new("the issuer's metadata is another issuer's"));
        }
        if !address::is_secure(&metadata.jwks_uri) {
            return Err(FetchError::new("the issuer's jwks_uri is not https"));
        }
        Ok(metadata.jwks_uri)
    }
}

/// `<issuer>/.well-known/openid-configuration`, and `.well-known/oauth-authorization-server` before the issuer's path.
fn metadata_urls(issuer: &str) -> Vec<Url> {
    let openid = Url::parse(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')));
    let oauth = Url::parse(issuer).map(|mut url| {
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
        url
    });
    [openid, oauth].into_iter().flatten().collect()
}

/// The `max-age` of a `Cache-Control` (RFC 9111 section 5.2.2.1); 0 where it must not be kept at all.
fn max_age(cache_control: &str) -> Option<TimeDelta> {
    let mut directives = cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    directives.find_map(|directive| match &*directive {
        "no-store" | "no-cache" => Some(TimeDelta::zero()),
        other => TimeDelta::try_seconds(other.strip_prefix("max-age=")?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{max_age, metadata_urls};

    #[test]
    fn metadata_is_looked_for_where_the_standards_say() {
        let urls = |issuer| metadata_urls(issuer).iter().map(ToString::to_string).collect::<Vec<_>>();
        let root = [
            "https://id.test/.well-known/openid-configuration",
            "https://id.test/.well-known/oauth-authorization-server",
        ];
        assert_eq!(urls("https://id.test"), root);
        assert_eq!(urls("https://id.test/"), root);
        let realm = [
            "https://id.test/realms/a/.well-known/openid-configuration",
            "https://id.test/.well-known/oauth-authorization-server/realms/a",
        ];
        assert_eq!(urls("https://id.test/realms/a"), realm);
    }

    #[test]
    fn max_age_is_read_among_other_directives() {
        for (header, seconds) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=60", Some(60)),
            ("no-store", Some(0)),
            ("private", None),
            ("max-age=ten", None),
            ("max-age=99999999999999999999", None),
        ] {
            assert_eq!(max_age(header), seconds.map(TimeDelta::seconds), "{header}");
        }
    }
}
