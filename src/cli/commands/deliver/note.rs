//! The delivery note: signed by the wallet after a delivery, and stored with the set.

use serde::Serialize;
use serde_json::Value;
use stockade::{
    attest::delivery::{self, Delivered},
    backup::{Copy, unlockers::Unlockers, verdict::Level},
    eth::{Address, Signature},
    path::DerivationPath,
    timestamp::Timestamp,
};

use crate::{context::Context, error::CommandError, output::Outcome};

const SIGN_LATER: &str = "the keys were delivered. To sign for them without delivering them again, \
                          check the place: stockade store check PLACE COPY.. --attest";

/// Whether a note is made, and with which key it is signed.
#[derive(Debug, clap::Args)]
pub struct NoteArgs {
    /// Make no delivery note: do not ask the wallet to sign what was delivered
    #[arg(long)]
    no_note: bool,
    /// The path of the key that signs the delivery note
    #[arg(long, default_value = "m/44'/60'/0'/0/0", value_name = "PATH")]
    note_path: DerivationPath,
    /// The level of the check that the note is about: nothing was delivered just now.
    #[arg(skip)]
    checked: Option<Level>,
}

/// A signed delivery note.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The statement that the wallet signed.
    statement: String,
    /// The address that signed it, with the checksum of EIP-55.
    #[cfg_attr(test, schemars(with = "String"))]
    address: Address,
    /// The signature (EIP-191) of the statement, in hex.
    #[cfg_attr(test, schemars(with = "String"))]
    signature: Signature,
    /// The ids of the copies in which the note is stored.
    copies: Vec<String>,
    /// Of a note about a check: opened if the keys themselves were read, else public_key.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
}

impl NoteArgs {
    /// A note about a check of this level, signed with the key at `note_path`.
    pub fn of_check(note_path: DerivationPath, level: Level) -> Self {
        Self { no_note: false, note_path, checked: Some(level) }
    }

    /// Has the first available wallet sign what was delivered, stores the note in every copy that takes
    /// it, and adds it to `outcome`. A failure here undoes nothing of the delivery.
    pub fn add(
        &self,
        outcome: &mut Outcome,
        delivered: &Delivered<'_>,
        copies: &[Copy],
        unlockers: &mut Unlockers,
        context: &mut Context,
    ) {
        outcome.json.insert("note".to_owned(), Value::Null);
        unlockers.close();
        let Some((wallet, _)) = unlockers.first_wallet() else {
            outcome.text += "\nNo delivery note: no wallet is available to sign it.";
            return;
        };
        if self.no_note || delivered.keys.is_empty() {
            return;
        }
        let now = Timestamp::now();
        let made = delivery::create(delivered, &self.note_path, now, wallet, &mut context.terminal);
        let note = match made {
            Ok(note) => note,
            Err(error) => {
                outcome.text +=
                    "\nNOT SIGNED: the delivery note. The delivery itself is as reported.";
                // Not the hint of the rejection: what was delivered must not be delivered again.
                let error = CommandError::from(error);
                let delivered_now = self.checked.is_none();
                outcome.error.get_or_insert(if delivered_now {
                    error.with_hint(SIGN_LATER)
                } else {
                    error
                });
                outcome.ok = false;
                return;
            }
        };
        let mut kept = Vec::new();
        for copy in copies {
            match note.keep(copy, delivered.set, now) {
                Ok(()) => kept.push(copy.id().to_owned()),
                Err(error) => context.terminal.say(&format!(
                    "warning: the delivery note is not kept in {}: {error}",
                    crate::shown(copy.dir())
                )),
            }
        }
        outcome.text +=
            &format!("\nDelivery note, signed by {}\n  {}", note.address, note.statement);
        if kept.is_empty() {
            outcome.text += "\nNOT KEPT: the delivery note is in no copy. The delivery itself is as \
                             reported.";
            outcome.ok = false;
        }
        let document = Document {
            statement: note.statement,
            address: note.address,
            signature: note.signature,
            copies: kept,
            level: self.checked.map(Level::as_str),
        };
        outcome.text += match self.checked {
            None => "",
            Some(Level::Opened) => "\nIt is about keys that were read, or opened, there.",
            Some(_) => "\nIt is about keys that were listed there, and not read.",
        };
        let document = serde_json::to_value(document).unwrap_or_default();
        outcome.json.insert("note".to_owned(), document);
    }
}
