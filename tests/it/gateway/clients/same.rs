//! What became of steps, compared.

use serde_json::Value;
use uuid::Uuid;

/// The length of a UUID with hyphens.
const UUID_LENGTH: usize = 36;

/// Every step ended as the table says: two runs that fail alike show nothing.
pub(super) fn assert_went_well(steps: &[Value], outcomes: &[Value]) {
    assert_eq!(steps.len(), outcomes.len(), "{outcomes:#?}");
    for (step, outcome) in steps.iter().zip(outcomes) {
        let may_fail = step["fails"] == true || step["cancel"] == true;
        assert_eq!(outcome.get("error").is_some(), may_fail, "{step}\n{outcome:#}");
        let says = step["says"].as_str().unwrap_or_default();
        assert!(outcome.to_string().contains(says), "{step}\n{outcome:#}");
        for (method, count) in step["until"].as_object().into_iter().flatten() {
            let seen = outcome["seen"][method].as_array().map_or(0, Vec::len);
            assert_eq!(Some(seen as u64), count.as_u64(), "{step}\n{outcome:#}");
        }
    }
}

/// The outcomes are equal but for the ids that a server makes anew in each session.
pub(super) fn assert_same(steps: &[Value], direct: &[Value], through: &[Value]) {
    assert_eq!(direct.len(), through.len(), "{through:#?}");
    let differs = |(step, (direct, through)): (&Value, (&Value, &Value))| {
        let (direct, through) = (normal(direct), normal(through));
        (direct != through).then(|| format!("{step}\n  direct:  {direct}\n  through: {through}\n"))
    };
    let pairs = steps.iter().zip(direct.iter().zip(through));
    let difference: String = pairs.filter_map(differs).collect();
    assert!(difference.is_empty(), "not the same through the gateway:\n{difference}");
}

fn normal(outcome: &Value) -> Value {
    match outcome {
        Value::String(text) => Value::String(without_ids(text)),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), normal(value))).collect(),
        other => other.clone(),
    }
}

fn without_ids(text: &str) -> String {
    let is_id = |word: &&str| word.len() == UUID_LENGTH && Uuid::try_parse(word).is_ok();
    let words = text.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-');
    let text = words.filter(is_id).fold(text.to_owned(), |text, id| text.replace(id, "<id>"));
    // What `server-everything` says over stdio, where there is no session.
    text.replace("session undefined", "session <id>")
}

#[test]
fn ids_are_not_compared_and_words_are() {
    let said = |id: &str| serde_json::json!({ "result": [format!("session {id}.")], "seen": {} });
    let one = said("0f8f3a52-6d3b-4f9e-9d57-0a5a2b1c3d4e");
    assert_eq!(normal(&one), normal(&said("11111111-2222-4333-8444-555555555555")));
    assert_ne!(normal(&one), normal(&said("other")));
}
