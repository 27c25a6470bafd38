//! Fuzz targets of what clients of the gateway send.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use registry_core::clock::SystemClock;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::secret::Keyring;
use serde_json::Value;
use uuid::Uuid;

use super::head::{Head, string};
use super::presented;
use super::session::{SessionScope, open, seal};

/// Only what the keyring itself sealed opens, for the same holder, whole.
#[test]
fn fuzz_session_handle() {
    let keyring = Keyring::parse(&Keyring::generate(&SystemClock)).expect("keys");
    let id = Uuid::from_u128(7);
    let scope = SessionScope { tenant: TenantId(id), credential: id, server: ServerId(id) };
    let real = HeaderValue::from_static("session-of-the-upstream");
    let handle = seal(&keyring, &SystemClock, scope, &real).expect("a handle");
    bolero::check!().for_each(|bytes: &[u8]| {
        let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
        assert!(open(&keyring, scope, &value).is_err());
        if let Ok(sealed) = seal(&keyring, &SystemClock, scope, &value) {
            assert_eq!(open(&keyring, scope, &sealed).ok(), Some(value));
        }
        // The handle with some of its bytes changed is another's.
        let mut changed = handle.as_bytes().to_vec();
        let at = bytes.first().map_or(0, |byte| usize::from(*byte)) % changed.len();
        changed[at] ^= bytes.get(1).map_or(1, |byte| byte & 0x1f | 1);
        if let Ok(changed) = HeaderValue::from_bytes(&changed) {
            assert!(open(&keyring, scope, &changed).is_err());
        }
    });
}

/// Lines of `name: value`: a key is found only where one is, and all that are there agree.
#[test]
fn fuzz_presented_key() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let mut headers = HeaderMap::new();
        for line in bytes.split(|byte| *byte == b'\n') {
            let Some((&kind, value)) = line.split_first() else { continue };
            let Ok(value) = HeaderValue::from_bytes(value) else { continue };
            let x_api_key = HeaderName::from_static("x-api-key");
            headers.append(if kind % 2 == 0 { header::AUTHORIZATION } else { x_api_key }, value);
        }
        let Ok(key) = presented(&headers) else { return };
        let holds = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains(key));
        assert!(!headers.is_empty() && headers.values().all(holds));
    });
}

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// What the door reads of a message is what a parser of the upstream's reads, whichever of two equal keys that one takes.
#[test]
fn fuzz_json_rpc_head() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let Ok(head) = Head::parse(bytes) else { return };
        // Numbers out of range are passed over here, and are an error there.
        let Ok(whole) = serde_json::from_slice::<Value>(bytes) else { return };
        assert_eq!(head.method.as_deref(), whole["method"].as_str());
        let (said, params) = (&head.params, &whole["params"]);
        for (written, name) in [(said.name, "name"), (said.uri, "uri"), (said.task_id, "taskId")] {
            assert_eq!(written.and_then(string).as_deref(), params[name].as_str(), "{name}");
            assert_eq!(written.is_some(), params.get(name).is_some(), "{name}");
        }
        let told = [(said.meta.progress_token, "progressToken"), (said.meta.subscription, SUBSCRIPTION)];
        for (written, name) in told {
            let value = written.map(|written| serde_json::from_str::<Value>(written).expect("JSON"));
            assert_eq!(value.as_ref(), params["_meta"].get(name), "{name}");
        }
        assert_eq!(head.id.is_some(), whole.get("id").is_some());
        assert_eq!(head.result.is_some(), whole.get("result").is_some());
    });
}
