//! What is read of messages, and what is refused.

use super::{Head, HeadError, MAX_DEPTH, span, string};

fn refused(body: &str) -> String {
    Head::parse(body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn the_head_is_what_decides_and_the_rest_is_skipped() {
    let body = r#" {"x":[1e999,"\u0000\"]}"],"params":{"arguments":{"name":"other","name":1},"n\u0061me":"a\u002fb",
        "uri":7},"method":"tools\/call","id":12345678901234567890123}"#;
    let head = Head::parse(body.as_bytes()).unwrap();
    assert_eq!(head.method.unwrap(), "tools/call");
    assert_eq!(head.id, Some("12345678901234567890123"));
    assert_eq!(string(head.params.name.unwrap()).unwrap(), "a/b");
    assert_eq!(string(head.params.uri.unwrap()), None);
    assert_eq!(head.params.task_id, None);
}

#[test]
fn what_can_be_read_in_two_ways_is_no_head() {
    for (body, why) in [
        (r#"{"method":"a","method":"a"}"#, "method is there twice"),
        (r#"{"method":"a","m\u0065thod":"b"}"#, "method is there twice"),
        (r#"{"id":1,"id":1}"#, "id is there twice"),
        (r#"{"jsonrpc":"2.0","jsonrpc":"2.0"}"#, "jsonrpc is there twice"),
        (r#"{"params":{},"params":{"name":"b"}}"#, "params is there twice"),
        (r#"{"params":{"name":"a","name":"b"}}"#, "name is there twice"),
        (r#"{"params":{"uri":"a","uri":"b"}}"#, "uri is there twice"),
        (r#"{"METHOD":"a"}"#, "taken for method"),
        (r#"{"paramſ":{"name":"b"}}"#, "taken for params"),
        (r#"{"params":{"Name":"a"}}"#, "taken for name"),
        (r#"{"params":{"_meta":{},"_meta":{}}}"#, "_meta is there twice"),
        (r#"{"params":{"_meta":{"progressToken":1,"progressToken":2}}}"#, "progressToken is there twice"),
        (r#"{"params":{"requestId":1,"requestid":2}}"#, "taken for requestId"),
        (r#"{"id":1,"result":1,"result":2}"#, "result is there twice"),
        (r#"{"params":{"tas\u212aid":"a"}}"#, "taken for taskId"),
    ] {
        assert!(refused(body).contains(why), "{body}: {}", refused(body));
    }
}

#[test]
fn what_is_no_message_is_no_head() {
    for body in [
        "",
        "1",
        "\"x\"",
        "{",
        "{}{}",
        "{} x",
        "{'method':1}",
        r#"{"method":1}"#,
        r#"{"params":"x"}"#,
        r#"{"method":"\ud800"}"#,
        "\u{feff}{}",
    ] {
        assert!(matches!(Head::parse(body.as_bytes()), Err(HeadError::Message(_))), "{body}");
    }
    assert!(matches!(Head::parse(b"{\"method\":\"\xff\"}"), Err(HeadError::Encoding)));
    assert!(matches!(Head::parse(b"\r\n\t [{}]"), Err(HeadError::Batch)));
}

#[test]
fn depth_is_bounded_outside_of_strings() {
    let nested = |depth| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(Head::parse(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
    for depth in [MAX_DEPTH, 1_000_000] {
        assert!(matches!(Head::parse(nested(depth).as_bytes()), Err(HeadError::Depth)));
    }
    let text = format!(r#"{{"x":"{}\"{}"}}"#, "[".repeat(1_000), "{".repeat(1_000));
    assert!(Head::parse(text.as_bytes()).is_ok());
}

#[test]
fn a_part_is_found_again_where_it_stands() {
    let body = br#"{"params":{"_meta":{"progressToken":"a","io.modelcontextprotocol/subscriptionId":7}},"id": "b" }"#;
    let head = Head::parse(body).unwrap();
    let meta = &head.params.meta;
    for part in [head.id, meta.progress_token, meta.subscription] {
        assert_eq!(&body[span(body, part.unwrap())], part.unwrap().as_bytes());
    }
    assert_eq!((head.id, meta.progress_token, meta.subscription), (Some("\"b\""), Some("\"a\""), Some("7")));
}

/// O2: neither the stack nor the memory grows with the depth.
#[test]
fn o2_a_message_that_is_not_judged_may_be_nested_deep() {
    let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    let body = format!(r#"{{"id":1,"params":{{"_meta":{deep}}},"result":{deep}}}"#);
    assert_eq!(Head::read(body.as_bytes()).unwrap().result.map(str::len), Some(deep.len()));
}
