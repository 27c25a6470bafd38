//! What clients do: one table for each server, in the words of `tests/peers/clients/steps.mjs`.

use serde_json::{Value, json};

use super::client::Era;
use super::upstream::Upstream;

/// What a client answers when a server asks it.
pub(super) fn answers() -> Value {
    json!({
        "sampling/createMessage": { "role": "assistant", "model": "a-model", "stopReason": "endTurn",
            "content": { "type": "text", "text": "sampled words" } },
        "elicitation/create": { "action": "accept", "content": { "name": "Ada", "username": "ada",
            "email": "ada@example.com", "context": "tests", "color": "green", "ok": true } },
        "roots/list": { "roots": [{ "uri": "file:///srv/tests", "name": "tests" }] },
    })
}

/// The steps with a server.
pub(super) fn of(upstream: Upstream, era: Era) -> Vec<Value> {
    match upstream {
        Upstream::Everything | Upstream::EverythingBySse | Upstream::EverythingByStdio => everything(),
        Upstream::Sockets => echo_only(),
        Upstream::Conforming | Upstream::ConformingByStdio => conforming(era),
        Upstream::ModernOnly => modern_only(),
        Upstream::RmcpServer | Upstream::RmcpByWebSocket => rmcp_server(era),
    }
}

/// A step, with what else is said of it.
fn step(method: &str, with: Value, more: Value) -> Value {
    let mut step = json!({ "do": method, "with": with });
    step.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    step
}

fn plain(method: &str, says: &str) -> Value {
    json!({ "do": method, "says": says })
}

fn call(name: &str, arguments: Value, more: Value) -> Value {
    step("tools/call", json!({ "name": name, "arguments": arguments }), more)
}

fn says(text: &str) -> Value {
    json!({ "says": text })
}

fn changes(tool: &str, notification: &str) -> Value {
    call(tool, json!({}), json!({ "again": true, "until": { notification: 1 } }))
}

fn completes(prompt: &str, argument: &str, value: &str, found: &str) -> Value {
    let with = json!({ "ref": { "type": "ref/prompt", "name": prompt },
        "argument": { "name": argument, "value": value } });
    step("completion/complete", with, says(found))
}

/// All that the protocol has, as far as the era has it.
fn conforming(era: Era) -> Vec<Value> {
    let mut steps = lists();
    if era == Era::Legacy {
        steps.push(plain("ping", ""));
        steps.push(step("logging/setLevel", json!({ "level": "info" }), json!({})));
    }
    steps.extend(contents());
    steps.extend(long_calls());
    steps.extend(questions());
    steps.push(step("watch", json!({ "uri": "test://watched-resource" }), json!({})));
    steps.push(changes("test_trigger_tool_change", "notifications/tools/list_changed"));
    steps.push(changes("test_trigger_prompt_change", "notifications/prompts/list_changed"));
    steps.push(changes("test_trigger_resource_update", "notifications/resources/updated"));
    steps
}

fn lists() -> Vec<Value> {
    vec![
        plain("initialize", "conforming"),
        plain("tools/list", "json_schema_2020_12_tool"),
        plain("resources/list", "test://static-binary"),
        plain("resources/templates/list", "test://template/{id}/data"),
        plain("prompts/list", "test_prompt_with_arguments"),
    ]
}

fn contents() -> Vec<Value> {
    let nothing = json!({});
    let words = json!({ "arg1": "one", "arg2": "two" });
    vec![
        call("echo", json!({ "message": "grüße 👋" }), says("grüße 👋")),
        call("test_multiple_content_types", nothing.clone(), says("test://mixed-content-resource")),
        call("test_audio_content", nothing.clone(), says("audio/wav")),
        call("test_error_handling", nothing.clone(), says("intentionally")),
        call("test_header", json!({ "region": "zürich" }), says("zürich")),
        step("resources/read", json!({ "uri": "test://static-binary" }), says("image/png")),
        step("resources/read", json!({ "uri": "test://template/7/data" }), says("Data for ID: 7")),
        step(
            "resources/read",
            json!({ "uri": "test://nothing" }),
            json!({ "fails": true, "says": "-32602" }),
        ),
        step(
            "prompts/get",
            json!({ "name": "test_prompt_with_arguments", "arguments": words }),
            says("'two'"),
        ),
        completes("test_prompt_with_arguments", "arg1", "par", "party"),
    ]
}

/// Progress, logging, and a call that is taken back: the server saw it end.
fn long_calls() -> Vec<Value> {
    let level = json!({ "io.modelcontextprotocol/logLevel": "info" });
    let logs = json!({ "name": "test_logging_tool", "arguments": {}, "_meta": level });
    let again = json!({ "again": true, "says": "Taken back: 1" });
    vec![
        call("test_tool_with_progress", json!({}), json!({ "until": { "notifications/progress": 3 } })),
        step("tools/call", logs, json!({ "until": { "notifications/message": 3 } })),
        call("test_wait", json!({}), json!({ "cancel": true })),
        call("test_cancelled", json!({}), again),
    ]
}

fn questions() -> Vec<Value> {
    let asked = |method: &str, text: &str| json!({ "until": { method: 1 }, "says": text });
    let all = json!({ "says": "All three are answered",
        "until": { "sampling/createMessage": 1, "elicitation/create": 1, "roots/list": 1 } });
    let twice = json!({ "says": "Both steps are done", "until": { "elicitation/create": 2 } });
    let asking = json!({ "name": "test_input_required_result_prompt" });
    vec![
        call("test_sampling", json!({ "prompt": "Say" }), asked("sampling/createMessage", "sampled words")),
        call(
            "test_elicitation",
            json!({ "message": "Who?" }),
            asked("elicitation/create", "ada@example.com"),
        ),
        call("test_input_required_result_list_roots", json!({}), asked("roots/list", "file:///srv/tests")),
        call("test_input_required_result_multiple_inputs", json!({}), all),
        call("test_input_required_result_multi_round", json!({}), twice),
        step("prompts/get", asking, asked("elicitation/create", "Context: tests")),
    ]
}

/// It asks and tells on the stream of the session, not on that of a call; what needs the stream comes last.
fn everything() -> Vec<Value> {
    let listed = json!({ "do": "tools/list", "again": true, "says": "trigger-sampling-request" });
    let document = json!({ "uri": "demo://resource/static/document/features.md" });
    let city = json!({ "name": "args-prompt", "arguments": { "city": "Oslo" } });
    let sampled = json!({ "until": { "sampling/createMessage": 1 }, "says": "sampled words" });
    let elicited = json!({ "until": { "elicitation/create": 1 }, "says": "ada@example.com" });
    vec![
        plain("initialize", "everything"),
        listed,
        plain("resources/list", "features.md"),
        plain("resources/templates/list", "demo://resource/dynamic/text"),
        plain("prompts/list", "args-prompt"),
        plain("ping", ""),
        call("echo", json!({ "message": "hello" }), says("Echo: hello")),
        call("get-sum", json!({ "a": 2, "b": 3 }), says("5")),
        call("get-sum", json!({ "a": "two" }), says("")),
        call("get-structured-content", json!({ "location": "Chicago" }), says("structuredContent")),
        call("get-tiny-image", json!({}), says("image/png")),
        step("resources/read", document, says("Server Features")),
        step("prompts/get", city, says("Oslo")),
        completes("completable-prompt", "department", "Eng", "Engineering"),
        long_operation(0.3, 3, json!({ "until": { "notifications/progress": 3 }, "says": "completed" })),
        long_operation(2.0, 20, json!({ "cancel": true })),
        call("trigger-sampling-request", json!({ "prompt": "Say" }), sampled),
        call("trigger-elicitation-request", json!({}), elicited),
        step("watch", json!({ "uri": "demo://resource/static/document/features.md" }), json!({})),
        call(
            "toggle-subscriber-updates",
            json!({}),
            json!({ "until": { "notifications/resources/updated": 1 } }),
        ),
        call("get-roots-list", json!({}), says("file:///srv/tests")),
    ]
}

fn long_operation(duration: f64, steps: u32, more: Value) -> Value {
    call("trigger-long-running-operation", json!({ "duration": duration, "steps": steps }), more)
}

fn modern_only() -> Vec<Value> {
    vec![
        plain("initialize", "modern"),
        plain("tools/list", "echo"),
        call("echo", json!({ "message": "hello" }), says("Echo: hello")),
        call("echo", json!({}), says("message")),
    ]
}

fn echo_only() -> Vec<Value> {
    vec![
        plain("initialize", "rmcp"),
        plain("tools/list", "echo"),
        plain("ping", ""),
        call("echo", json!({ "text": "grüße 👋" }), says("grüße 👋")),
    ]
}

fn rmcp_server(era: Era) -> Vec<Value> {
    let gone = json!({ "again": true, "says": "Taken back: 1" });
    let sampled = json!({ "until": { "sampling/createMessage": 1 }, "says": "sampled words" });
    let elicited = json!({ "until": { "elicitation/create": 1 }, "says": "ada@example.com" });
    let asked = [call("ask", json!({}), sampled), call("elicit", json!({}), elicited)];
    let mut steps = vec![
        plain("initialize", "rmcp"),
        plain("tools/list", "progress"),
        plain("resources/list", "memo://one"),
        plain("prompts/list", "greeting"),
        call("echo", json!({ "text": "hello" }), says("hello")),
        call("nothing", json!({}), json!({ "fails": true, "says": "-32602" })),
        step("resources/read", json!({ "uri": "memo://one" }), says("A memo")),
        step(
            "prompts/get",
            json!({ "name": "greeting", "arguments": { "name": "Ada" } }),
            says("Hello, Ada"),
        ),
        call("progress", json!({}), json!({ "until": { "notifications/progress": 3 } })),
        call("wait", json!({}), json!({ "cancel": true })),
        call("cancelled", json!({}), gone),
    ];
    if era == Era::Legacy {
        steps.extend(asked);
    }
    steps
}
