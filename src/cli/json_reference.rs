//! `docs/json.md`: what the JSON document of every command holds, made from the types that are
//! printed. `UPDATE_SNAPSHOTS=1 cargo test json_reference` writes it.

use schemars::{JsonSchema, Schema, schema_for};

use crate::commands;

/// Each command with the schema of its document. One line a command, in the order of the help.
fn documents() -> Vec<(&'static str, Schema)> {
    vec![
        entry::<commands::address::Document>("address"),
        entry::<commands::custodian::enroll::Document>("custodian enroll"),
        entry::<commands::custodian::show::Document>("custodian show"),
        entry::<commands::backup::create::document::Document>("backup create"),
        entry::<commands::backup::list::Document>("backup list"),
        entry::<commands::backup::scrub::Document>("backup scrub"),
        entry::<commands::backup::scrub::Document>("backup drill"),
        entry::<commands::backup::repair::Document>("backup repair"),
        entry::<commands::backup::reseal::Document>("backup reseal"),
        entry::<commands::backup::restore::document::Document>("backup restore"),
        entry::<commands::backup::retire::Document>("backup retire"),
        entry::<commands::copy::list::Document>("copy list"),
        entry::<commands::attest::create::Document>("attest create"),
        entry::<commands::attest::verify::Document>("attest verify"),
    ]
}

fn entry<T: JsonSchema>(command: &'static str) -> (&'static str, Schema) {
    (command, schema_for!(T))
}

#[test]
fn every_document_has_fields_that_are_described() {
    for (command, schema) in documents() {
        let fields = schema.get("properties").and_then(|fields| fields.as_object());
        let fields = fields.unwrap_or_else(|| panic!("{command}: no fields"));
        for (name, field) in fields {
            assert!(field.get("description").is_some(), "{command}: {name} is not described");
        }
    }
}
