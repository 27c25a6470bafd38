use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::KeySet;

fn rsa(extra: Value) -> Value {
    let mut key = json!({"kty": "RSA", "n": "sXchTmFuzQ", "e": "AQAB", "kid": "r"});
    key.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
    key
}

fn set(keys: Value) -> KeySet {
    KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).expect("a set")
}

#[test]
fn a_key_is_for_the_algorithms_of_its_kind_or_the_one_that_it_names() {
    let any = set(json!([rsa(json!({}))]));
    assert!(
        any.find(Some("r"), Algorithm::RS256).is_some() && any.find(Some("r"), Algorithm::PS512).is_some()
    );
    assert!(
        any.find(Some("r"), Algorithm::ES256).is_none() && any.find(Some("r"), Algorithm::HS256).is_none()
    );
    let one = set(json!([rsa(json!({"alg": "RS256"}))]));
    assert!(
        one.find(Some("r"), Algorithm::RS256).is_some() && one.find(Some("r"), Algorithm::RS384).is_none()
    );
}

#[test]
fn keys_for_other_purposes_are_left_out() {
    for other in [
        json!({"use": "enc"}),
        json!({"key_ops": ["sign"]}),
        json!({"alg": "RSA-OAEP"}),
        json!({"alg": "HS256"}),
    ] {
        assert!(set(json!([rsa(other.clone())])).find(Some("r"), Algorithm::RS256).is_none(), "{other}");
    }
    assert!(
        set(json!([{"kty": "oct", "k": "c2VjcmV0", "kid": "r"}])).find(Some("r"), Algorithm::HS256).is_none()
    );
}

#[test]
fn keys_that_cannot_be_read_do_not_spoil_the_others() {
    let keys = json!([{"kty": "EC", "crv": "P-521", "x": "", "y": ""}, 7, {"kty": "NEW"}, rsa(json!({"use": "sig"}))]);
    assert!(set(keys).find(Some("r"), Algorithm::RS256).is_some());
    assert!(KeySet::parse(b"[]").is_none() && KeySet::parse(b"{}").is_none() && KeySet::parse(b"").is_none());
}

#[test]
fn without_a_key_id_the_key_must_be_the_only_one() {
    assert!(set(json!([rsa(json!({}))])).find(None, Algorithm::RS256).is_some());
    assert!(set(json!([rsa(json!({})), rsa(json!({"kid": "s"}))])).find(None, Algorithm::RS256).is_none());
    assert!(set(json!([rsa(json!({}))])).find(Some("s"), Algorithm::RS256).is_none());
}
