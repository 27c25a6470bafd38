use super::{ConfigError, IdentityConfig};
use crate::claims::{Subject, TenantRule};

const PROVIDER: &str = r#"
[[provider]]
id = "entra"
name = "Contoso"
issuer = "https://login.microsoftonline.com/9c1f2a7e-0000-4000-8000-000000000000/v2.0"
client_id = "d3b07384-d9a0-4c9b-8f3e-000000000000"
client_secret_env = "ENTRA_SECRET"
[provider.claims]
tenant_claim = "tid"
tenants = { "9c1f2a7e-0000-4000-8000-000000000000" = "contoso" }
role_claim = "roles"
roles = { "registry-admins" = "admin", "dev" = "server_owner" }
"#;

const ISSUER: &str = r#"
[[issuer]]
issuer = "https://id.acme.test/realms/acme"
audiences = ["https://registry.acme.test"]
[issuer.claims]
tenant = "acme"
default_role = "user"
"#;

fn environment(name: &str) -> Option<String> {
    (name == "ENTRA_SECRET").then(|| "Zx8~Q1.s-0pVn4rT_qLm".to_owned())
}

fn parse(text: &str) -> Result<IdentityConfig, ConfigError> {
    IdentityConfig::parse(text, &environment)
}

/// The fields that are named when `with` stands in the place of `what`.
fn refused(text: &str, what: &str, with: &str) -> Vec<String> {
    assert!(text.contains(what), "`{what}` is to be replaced, and is not there");
    match parse(&text.replace(what, with)) {
        Err(ConfigError::Invalid(errors)) => errors
            .as_slice()
            .iter()
            .map(|error| error.field.trim_start_matches("provider[0].").to_owned())
            .collect(),
        other => panic!("`{with}` is not refused by its meaning: {other:?}"),
    }
}

#[test]
fn a_whole_file_is_read_and_what_it_leaves_out_has_its_default() {
    let config = parse(&format!("{PROVIDER}{ISSUER}")).expect("it is good");
    let (provider, issuer) = (&config.providers[0], &config.issuers[0]);
    assert_eq!(provider.scopes, ["profile", "email"]);
    assert!(provider.secret.is_some() && provider.rules.creates_users && !provider.rules.creates_tenants);
    assert!(matches!(provider.rules.subject, Subject::Sub));
    assert_eq!(issuer.scopes, registry_core::model::role::Scopes::of_registration());
    assert_eq!((issuer.leeway.num_seconds(), issuer.algorithms.len(), &issuer.typ), (30, 3, &None));
    assert!(!issuer.rules.creates_users && matches!(issuer.rules.tenant, TenantRule::Fixed(_)));
}

#[test]
fn a_client_without_a_secret_is_public() {
    let config = parse(&PROVIDER.replace("client_secret_env = \"ENTRA_SECRET\"", "")).expect("it is good");
    assert!(config.providers[0].secret.is_none());
}

#[test]
fn a_client_secret_may_be_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "Zx8~Q1.s-0pVn4rT_qLm\n").expect("it is written");
    let file = format!("client_secret_file = '{}'", path.display());
    let config = parse(&PROVIDER.replace("client_secret_env = \"ENTRA_SECRET\"", &file)).expect("it is good");
    assert!(config.providers[0].secret.is_some());
}

#[test]
fn a_file_that_lets_in_nobody_is_refused() {
    assert!(parse("").is_err(), "it is empty");
    assert_eq!(refused(ISSUER, "default_role = \"user\"", ""), ["issuer[0].claims.roles"]);
    assert_eq!(refused(ISSUER, "tenant = \"acme\"", ""), ["issuer[0].claims.tenant"]);
    assert_eq!(refused(PROVIDER, "roles = {", "default_role = \"user\" # {"), ["claims.roles"]);
    assert_eq!(refused(PROVIDER, "role_claim = \"roles\"", ""), ["claims.role_claim"]);
    let tenants = "tenants = { \"9c1f2a7e-0000-4000-8000-000000000000\" = \"contoso\" }";
    assert_eq!(refused(PROVIDER, tenants, "tenants = {}"), ["claims.tenants"]);
}

#[test]
fn an_issuer_without_an_audience_is_refused() {
    for audiences in ["[]", "[\"\"]", "[\"*\"]", "[\"<audience>\"]", "[\"your-audience\"]"] {
        assert_eq!(refused(ISSUER, "[\"https://registry.acme.test\"]", audiences), ["issuer[0].audiences"]);
    }
    assert_eq!(refused(ISSUER, "audiences = [\"https://registry.acme.test\"]", ""), ["issuer[0].audiences"]);
}

#[test]
fn placeholder_secrets_and_client_ids_are_refused() {
    for secret in ["changeme", "secret", "your-client-secret", "<client secret>", "example", "", "short"] {
        let outcome = IdentityConfig::parse(PROVIDER, &|_| Some(secret.to_owned()));
        let message = outcome.expect_err("it is a placeholder").to_string();
        assert!(message.contains("client_secret"), "{message}");
        assert!(
            secret.is_empty() || !message.contains(secret) || secret == "secret",
            "the secret is repeated"
        );
    }
    assert_eq!(refused(PROVIDER, "\"ENTRA_SECRET\"", "\"NOT_SET\""), ["client_secret"]);
    for id in ["", "...", "<client id>", "your-client-id"] {
        assert_eq!(refused(PROVIDER, "d3b07384-d9a0-4c9b-8f3e-000000000000", id), ["client_id"], "{id}");
    }
}

#[test]
fn issuers_that_anybody_could_speak_for_are_refused() {
    for issuer in
        ["http://id.acme.test/realms/acme", "https://<host>/", "ftp://localhost", "id.acme.test", ""]
    {
        assert_eq!(
            refused(ISSUER, "https://id.acme.test/realms/acme", issuer),
            ["issuer[0].issuer"],
            "{issuer}"
        );
    }
    assert_eq!(refused(PROVIDER, "9c1f2a7e-0000-4000-8000-000000000000/v2.0", "common/v2.0"), ["issuer"]);
    let keys = "issuer = \"https://id.acme.test/realms/acme\"\njwks_uri = \"http://id.acme.test/keys\"";
    assert_eq!(
        refused(ISSUER, "issuer = \"https://id.acme.test/realms/acme\"", keys),
        ["issuer[0].jwks_uri"]
    );
}

#[test]
fn algorithms_without_a_public_key_are_refused() {
    for algorithms in ["[]", "[\"none\"]", "[\"HS256\"]", "[\"RS256\", \"HS512\"]", "[\"rs256\"]"] {
        let line = format!("algorithms = {algorithms}\naudiences");
        assert_eq!(refused(ISSUER, "audiences", &line), ["issuer[0].algorithms"], "{algorithms}");
    }
}

#[test]
fn names_that_there_are_not_are_refused() {
    assert_eq!(refused(ISSUER, "\"user\"", "\"root\""), ["issuer[0].claims.default_role"]);
    assert_eq!(refused(ISSUER, "\"user\"", "\"admin\""), ["issuer[0].claims.default_role"]);
    assert_eq!(refused(PROVIDER, "\"server_owner\"", "\"owner\""), ["claims.roles.dev"]);
    assert_eq!(refused(ISSUER, "audiences", "scopes = [\"mcp:all\"]\naudiences"), ["issuer[0].scopes"]);
    assert_eq!(refused(ISSUER, "audiences", "scopes = []\naudiences"), ["issuer[0].scopes"]);
    assert_eq!(
        refused(ISSUER, "tenant =", "subject_claim = \"email\"\ntenant ="),
        ["issuer[0].claims.subject_claim"]
    );
    assert_eq!(refused(PROVIDER, "id = \"entra\"", "id = \"Entra ID\""), ["id"]);
    assert_eq!(refused(ISSUER, "audiences", "leeway_seconds = 301\naudiences"), ["issuer[0].leeway_seconds"]);
    assert_eq!(refused(PROVIDER, "client_id", "scopes = [\"profile\"]\nclient_id"), ["scopes"]);
}

#[test]
fn what_is_there_twice_is_refused() {
    let twice = format!("{PROVIDER}{PROVIDER}{ISSUER}{ISSUER}");
    let message = parse(&twice).expect_err("twice").to_string();
    assert!(
        message.contains("provider.id: `entra`") && message.contains("issuer.issuer: `https://id.acme.test")
    );
}

#[test]
fn id_tokens_of_a_provider_here_cannot_be_made_access_tokens() {
    let issuer = ISSUER
        .replace(
            "https://id.acme.test/realms/acme",
            "https://login.microsoftonline.com/9c1f2a7e-0000-4000-8000-000000000000/v2.0",
        )
        .replace("https://registry.acme.test", "d3b07384-d9a0-4c9b-8f3e-000000000000");
    let both = format!("{PROVIDER}{issuer}");
    assert_eq!(refused(&both, "audiences", "audiences"), ["issuer.audiences"]);
    assert!(
        parse(&both.replace("audiences", "typ = \"application/at+jwt\"\naudiences")).is_ok(),
        "ID tokens have another typ"
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    let file = PROVIDER
        .replace("https://login", "http://login")
        .replace("\"admin\"", "\"root\"")
        .replace("Contoso", "");
    assert_eq!(refused(&file, "\"entra\"", "\"\""), ["id", "name", "issuer", "claims.roles.registry-admins"]);
}

#[test]
fn a_field_that_there_is_not_is_refused_and_its_line_not_repeated() {
    let file =
        PROVIDER.replace("client_secret_env = \"ENTRA_SECRET\"", "client_secret = \"Zx8~Q1.s-0pVn4rT_qLm\"");
    let error = parse(&file).expect_err("a secret does not belong there");
    let message = format!("{error} {error:?}");
    assert!(matches!(error, ConfigError::Syntax { line: 7, .. }), "{message}");
    assert!(message.contains("client_secret") && !message.contains("Zx8"), "{message}");
}

#[test]
fn debug_shows_no_secret() {
    let config = format!("{:?}", parse(PROVIDER).expect("it is good"));
    assert!(config.contains("entra") && !config.contains("Zx8"), "{config}");
}
