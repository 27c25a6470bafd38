//! Signing in at an OpenID provider.

use black_box_tests::Binary;
use serde_json::{Value, json};

use super::browse;
use super::provider::{Provider, SECRET};
use crate::support::text;

#[tokio::test]
async fn who_signs_in_at_the_provider_has_the_mapped_role_and_a_replay_is_refused() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), Provider::start().await);
    let identity = provider.configure(folder.path(), "Peer");
    let binary = Binary::start(folder.path(), &["--identity", &identity], &[SECRET]);
    let url = format!("http://{}", binary.address());
    let seen = browse("oidc", &json!({ "url": url }), &["401 /api/users/me"]).await;
    for (person, name, role) in
        [("alice", "Alice Ash", "Administrator"), ("bob", "Bob Birch", "Server owner")]
    {
        assert_eq!(seen[person]["me"], json!({ "name": name, "role": role }));
        assert_eq!(seen[person]["at"], format!("{url}/"));
        assert_eq!(seen[person]["provider"], provider.issuer());
    }
    is_bobs_session(&binary, &seen["bob"]).await;
    for refused in ["replayed", "stolen"] {
        let refused = &seen[refused];
        assert_eq!(refused["url"], format!("{url}/sign-in"));
        assert!(text(refused, "alert").starts_with("You were not signed in."), "{refused}");
    }
    // None of carol's groups is mapped to a role.
    assert!(text(&seen, "carol").starts_with("You were not signed in."), "{seen}");
    assert!(text(&seen, "unknown").starts_with("There is no such identity provider"), "{seen}");
}

/// What the server says, not what the page shows.
async fn is_bobs_session(binary: &Binary, bob: &Value) {
    let cookies = bob["cookies"].as_array().unwrap().iter();
    let cookie = cookies.map(|cookie| format!("{}={}", text(cookie, "name"), text(cookie, "value")));
    let client = binary.client().with("cookie", &cookie.collect::<Vec<_>>().join("; "));
    let me = client.get("/api/users/me").await.expect(200);
    assert_eq!((&me["username"], &me["role"]), (&json!("bob"), &json!("server_owner")));
    assert_eq!(me["identities"][0]["subject"], "person-bob");
}
