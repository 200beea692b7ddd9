//! `docs/json.md`: what the JSON document of every command holds, made from the types that are
//! printed. `UPDATE_SNAPSHOTS=1 cargo test json_reference` writes it.

use schemars::{JsonSchema, Schema, schema_for};

use crate::commands;

/// Each command with the schema of its document. One line a command, in the order of the help.
fn documents() -> Vec<(&'static str, Schema)> {
    vec![
        entry::<commands::address::Document>("address"),
        entry::<commands::keystore::Document>("keystore inspect"),
        entry::<commands::keystore::Document>("keystore doctor"),
        entry::<commands::deliver::Secrets>("deliver aws-secrets"),
        entry::<commands::deliver::Keymanager>("deliver keymanager"),
        entry::<commands::deliver::Password>("deliver password"),
        entry::<commands::deliver::RemoteKeys>("deliver remote-keys"),
        entry::<commands::deliver::Secrets>("deliver vault"),
        entry::<commands::deliver::Verify>("deliver verify"),
        entry::<commands::deliver::Web3signer>("deliver web3signer"),
        entry::<commands::store::Check>("store check"),
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
