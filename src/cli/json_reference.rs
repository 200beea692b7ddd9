//! The schema of every JSON document, made from the types that are printed. It is stored in
//! `docs/json.schema.json`; `device-tests/json` renders `docs/json.md` from it, and checks every
//! document that a test sees against it. `UPDATE_SNAPSHOTS=1 cargo test` writes both files.

use std::path::Path;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};
use stockade::{
    backup::{
        origin::OriginVerdict,
        verdict::{Level, Reason},
    },
    store::private_file,
};

use crate::{commands, error::Kind, output};

/// Each command with the schema of its document. One line a command, in the order of the help.
fn documents() -> Vec<(&'static str, Value)> {
    vec![
        entry::<commands::setup::Document>("setup"),
        entry::<commands::config::document::Document>("config show"),
        entry::<commands::config::document::Document>("config set"),
        entry::<commands::status::Document>("status"),
        entry::<commands::page::Document>("report"),
        entry::<commands::device::list::Document>("device list"),
        entry::<commands::device::info::Document>("device info"),
        entry::<commands::address::Document>("address"),
        entry::<commands::custodian::enroll::Document>("custodian enroll"),
        entry::<commands::custodian::show::Document>("custodian show"),
        entry::<commands::validator::create::Document>("validator create"),
        entry::<commands::validator::pubkey::Document>("validator pubkey"),
        entry::<commands::validator::check::Document>("validator check"),
        entry::<commands::validator::list::Document>("validator list"),
        entry::<commands::validator::split::Document>("validator split"),
        entry::<commands::validator::combine::document::Document>("validator combine"),
        entry::<commands::keystore::Document>("keystore inspect"),
        entry::<commands::keystore::Document>("keystore doctor"),
        entry::<commands::backup::create::document::Document>("backup create"),
        entry::<commands::backup::list::Document>("backup list"),
        entry::<commands::backup::scrub::Document>("backup scrub"),
        entry::<commands::backup::scrub::Document>("backup drill"),
        entry::<commands::backup::repair::Document>("backup repair"),
        entry::<commands::backup::resealed::Document>("backup reseal"),
        entry::<commands::backup::restore::document::Document>("backup restore"),
        entry::<commands::backup::retire::Document>("backup retire"),
        entry::<commands::deliver::Secrets>("deliver aws-secrets"),
        entry::<commands::deliver::Keymanager>("deliver keymanager"),
        entry::<commands::deliver::Password>("deliver password"),
        entry::<commands::deliver::RemoteKeys>("deliver remote-keys"),
        entry::<commands::deliver::Secrets>("deliver vault"),
        entry::<commands::deliver::Verify>("deliver verify"),
        entry::<commands::deliver::Web3signer>("deliver web3signer"),
        entry::<commands::store::Check>("store check"),
        entry::<commands::copy::list::Document>("copy list"),
        entry::<commands::attest::created::Document>("attest create"),
        entry::<commands::attest::verify::Document>("attest verify"),
        entry::<commands::deposit::topup::Document>("deposit topup"),
        entry::<commands::deposit::verify::Document>("deposit verify"),
        entry::<commands::tx::build::Document>("tx exit"),
        entry::<commands::tx::build::Document>("tx consolidate"),
        entry::<commands::tx::build::Document>("tx compound"),
        entry::<commands::credentials::change::Document>("credentials change"),
        entry::<commands::credentials::verify::Document>("credentials verify"),
        entry::<commands::exit::create_document::Document>("exit create"),
        entry::<commands::exit::opened::Document>("exit open"),
        entry::<commands::exit::verify::Document>("exit verify"),
        entry::<commands::qr::show::Document>("qr show"),
        entry::<commands::qr::document::Read>("qr read"),
        entry::<commands::paper::sheet::Document>("paper set"),
        entry::<commands::paper::sheet::Document>("paper custodian"),
        entry::<commands::paper::sheet::Document>("paper attestation"),
        entry::<commands::qr::document::Read>("paper read"),
        entry::<commands::guide::Document>("guide"),
        entry::<commands::completions::Document>("completions"),
        entry::<commands::man::Document>("man"),
        entry::<commands::exit::combine::Document>("exit combine"),
        entry::<commands::keyshares::verified::Document>("keyshares verify"),
        entry::<commands::mock::setup::Begun>("mock ledger"),
        entry::<commands::mock::setup::Begun>("mock trezor"),
    ]
}

fn entry<T: JsonSchema>(command: &'static str) -> (&'static str, Value) {
    let settings = SchemaSettings::default().for_serialize();
    (command, settings.into_generator().into_root_schema_for::<T>().to_value())
}

/// The whole file.
fn reference() -> Value {
    let kinds = Kind::ALL.map(|kind| {
        let (kind, exit_code, meaning) = kind.facts();
        json!({"kind": kind, "exit_code": exit_code, "meaning": meaning})
    });
    let reasons = REASONS.map(|reason| {
        let verdict = reason.verdict().as_str();
        json!({"reason": reason.as_str(), "verdict": verdict, "meaning": reason.explain()})
    });
    let levels = [Level::Bytes, Level::PublicKey, Level::Opened].map(Level::as_str);
    let origins = [
        OriginVerdict::ThisWallet,
        OriginVerdict::Signer,
        OriginVerdict::Unknown,
        OriginVerdict::Forged,
    ];
    let commands = documents().into_iter().map(|(command, schema)| (command.to_owned(), schema));
    json!({
        "kinds": kinds,
        "reasons": reasons,
        "levels": levels,
        "origins": origins.map(OriginVerdict::as_str),
        "common": entry::<output::common::Common>("").1,
        "commands": Value::Object(commands.collect()),
    })
}

const REASONS: [Reason; 24] = [
    Reason::Ok,
    Reason::BitRot,
    Reason::Missing,
    Reason::Unlisted,
    Reason::Malformed,
    Reason::WrongPassword,
    Reason::PubkeyMismatch,
    Reason::NotThisWallet,
    Reason::OtherSource,
    Reason::ManifestDisagreement,
    Reason::ManifestMac,
    Reason::OriginUnknown,
    Reason::OriginForged,
    Reason::ShareMissing,
    Reason::ShareWrong,
    Reason::FirmwareNotDeterministic,
    Reason::Unreadable,
    Reason::NotChecked,
    Reason::Denied,
    Reason::Expires,
    Reason::Deleted,
    Reason::Destroyed,
    Reason::Duplicate,
    Reason::Elsewhere,
];

#[test]
fn the_schemas_of_all_documents_are_as_documented() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.schema.json"));
    let text = format!("{:#}\n", reference());
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        private_file::replace(path, text.as_bytes()).unwrap();
    }
    let documented = std::fs::read_to_string(path).unwrap();
    assert!(
        text == documented,
        "docs/json.schema.json is out of date: run with UPDATE_SNAPSHOTS=1"
    );
}

#[test]
fn every_field_of_every_document_is_described() {
    for (command, schema) in documents() {
        require_descriptions(command, &schema);
    }
}

/// Whether all fields are described, in all schemas within this one.
fn require_descriptions(at: &str, schema: &Value) {
    let Some(object) = schema.as_object() else { return };
    let fields = object.get("properties").and_then(Value::as_object);
    for (name, field) in fields.into_iter().flatten() {
        assert!(field.get("description").is_some(), "{at}: {name} is not described");
    }
    for (name, inner) in object {
        match inner {
            Value::Object(_) => require_descriptions(&format!("{at}/{name}"), inner),
            Value::Array(list) => list.iter().for_each(|one| require_descriptions(at, one)),
            _ => {}
        }
    }
}
