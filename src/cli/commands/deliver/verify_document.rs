//! The JSON document of `deliver verify`.

use serde::Serialize;
use stockade::{
    attest::delivery::{DeliveryStatement, Destination, JudgedNote},
    backup::{Digest, SetId},
    bls::PublicKey,
    eth::Address,
};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// Every note that was found.
    pub notes: Vec<Note>,
    /// The keys of --expect that no good note lists, in hex without 0x.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub missing: Vec<PublicKey>,
}

/// A delivery note.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Note {
    /// The file.
    file: String,
    /// Whether nothing is wrong with it.
    good: bool,
    /// What is wrong with it.
    problems: Vec<String>,
    /// The address that it says signed it; null if it cannot be read.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    address: Option<Address>,
    /// The signed statement; null if it cannot be read.
    statement: Option<String>,
    /// What the statement says; null if it cannot be parsed.
    fields: Option<Fields>,
    /// The delivered keys, in hex without 0x; null if the note cannot be read.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    keys: Option<Vec<PublicKey>>,
}

/// What a statement says.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Fields {
    /// The id of the set that the keys are from.
    #[cfg_attr(test, schemars(with = "String"))]
    set_id: SetId,
    /// The SHA-256 of the set's manifest, in hex.
    #[cfg_attr(test, schemars(with = "String"))]
    manifest: Digest,
    /// Where the keys went.
    to: Place,
    /// Where they were removed before; null if nowhere.
    from: Option<Place>,
    /// How many keys were delivered.
    keys: usize,
    /// The digest of these keys, in hex.
    #[cfg_attr(test, schemars(with = "String"))]
    keys_digest: Digest,
    /// The SHA-256 of the slashing history that went along, in hex; null if none did.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    history: Option<Digest>,
    /// When it was signed (RFC 3339), by the clock of the computer that asked for it.
    time: String,
}

/// A place where keys are.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place {
    /// keymanager, remote-keys, vault, aws-secrets or web3signer.
    kind: &'static str,
    /// The URL, folder or store.
    place: String,
}

/// A judged note as the document has it.
pub fn note(judged: JudgedNote) -> Note {
    let JudgedNote { place, note, statement, problems, .. } = judged;
    Note {
        file: place.to_string_lossy().into_owned(),
        good: problems.is_empty(),
        problems,
        address: note.as_ref().map(|note| note.address),
        statement: note.as_ref().map(|note| note.statement.clone()),
        fields: statement.map(fields),
        keys: note.map(|note| note.keys),
    }
}

fn fields(statement: DeliveryStatement) -> Fields {
    let place = |to: Destination| Place { kind: to.kind().as_str(), place: to.place().to_owned() };
    Fields {
        set_id: statement.set,
        manifest: statement.manifest,
        to: place(statement.to),
        from: statement.from.map(place),
        keys: statement.count,
        keys_digest: statement.keys,
        history: statement.history,
        time: statement.time.to_string(),
    }
}
