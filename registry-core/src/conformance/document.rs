//! Cases of a server's free data: what goes in comes out.

use serde_json::{Value, json};

use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::server::{Metadata, Server};
use crate::model::user::User;

async fn check(world: &World, owner: &User, name: &str, metadata: Metadata) {
    let server = Server { metadata, ..sample::server(&*world.clock, owner, name) };
    world.put_server(&server).await;
    let found = world.store().server(Reach::AllTenants, server.id).await.unwrap().unwrap();
    assert_eq!(found.metadata, server.metadata);
    let text = |metadata: &Metadata| serde_json::to_string(metadata).unwrap();
    assert_eq!(text(&found.metadata), text(&server.metadata), "in the same order, to the letter");
}

pub(super) async fn metadata_comes_back_to_the_letter(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let documents = [
        r#"{}"#,
        r#"{"z": 1, "a": 2, "Z": 3, "10": 4, "9": 5, "aa": 6, "": 7}"#,
        r#"{"nested": {"list": [[], {}, [null, true, false, {"x": [1, 2]}]]}}"#,
        r#"{"u64": 18446744073709551615, "i64": -9223372036854775808, "odd": 9007199254740993, "zero": 0}"#,
        r#"{"small": 0.1, "whole": 100.0, "minus": -2.5, "tiny": 1e-7, "huge": 1.5e300, "exact": 0.30000000000000004}"#,
        r#"{"ü": "ü", "☂": "☂𝄞🦀", "composed": "é", "decomposed": "é", "bidi": "\u202eabc"}"#,
        r#"{"quote\"d": "back\\slash \n \t \r \b \f / \u0001 \u007f", "sql": "'; DROP TABLE servers; --", "$1": "?"}"#,
        r#"{"null": null, "text": "null", "number": "1", "true": "true"}"#,
    ];
    for (number, document) in documents.into_iter().enumerate() {
        check(world, &owner, &format!("Server {number}"), sample::metadata(document)).await;
    }
}

pub(super) async fn metadata_of_the_greatest_depth_and_size_comes_back(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut deep = json!("end");
    for level in 0..Metadata::MAX_DEPTH - 1 {
        deep = if level % 2 == 0 { json!([deep]) } else { json!({ "down": deep }) };
    }
    let large = "☂".repeat((Metadata::MAX_BYTES - 20) / 3);
    for (name, value) in [("deep", deep), ("large", json!(large))] {
        let Value::Object(object) = json!({ "value": value }) else { unreachable!() };
        check(world, &owner, name, Metadata::new(object).unwrap()).await;
    }
}
