//! The delivery note: signed by the wallet after a delivery, and kept beside the set.

use serde_json::{Value, json};
use stockade::{
    attest::delivery::{self, Delivered},
    backup::{Copy, hands::Hands},
    path::DerivationPath,
    timestamp::Timestamp,
};

use crate::{context::Context, error::CommandError, output::Outcome};

const SIGN_LATER: &str = "the keys were delivered. To sign for them without delivering them again, \
                          check the place: stockade store check PLACE COPY.. --attest";

/// Whether a note is made, and by which key.
#[derive(Debug, clap::Args)]
pub struct NoteArgs {
    /// Make no delivery note: the wallet is not asked to sign what was delivered
    #[arg(long)]
    no_note: bool,
    /// The path of the key that signs the delivery note
    #[arg(long, default_value = "m/44'/60'/0'/0/0", value_name = "PATH")]
    note_path: DerivationPath,
    /// The note is of a check: nothing was delivered just now.
    #[arg(skip)]
    of_a_check: bool,
}

impl NoteArgs {
    /// A note of what a check found, by the key at `note_path`.
    pub fn at(note_path: DerivationPath) -> Self {
        Self { no_note: false, note_path, of_a_check: true }
    }

    /// Has the first wallet at hand sign what was delivered, keeps the note in every copy that takes
    /// it, and says so in `outcome`. What goes wrong here undoes nothing of the delivery.
    pub fn add(
        &self,
        outcome: &mut Outcome,
        delivered: &Delivered<'_>,
        copies: &[Copy],
        hands: &mut Hands,
        context: &mut Context,
    ) {
        outcome.json.insert("note".to_owned(), Value::Null);
        let Some((wallet, _)) = hands.first_wallet() else {
            outcome.text += "\nNo delivery note: no wallet is here to sign it.";
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
                outcome.text += "\nNOT SIGNED: the delivery note. The delivery is as said above.";
                // Not the hint of the rejection: what was delivered must not be delivered again.
                let error = CommandError::from(error);
                outcome.error.get_or_insert(match self.of_a_check {
                    true => error,
                    false => error.with_hint(SIGN_LATER),
                });
                outcome.ok = false;
                return;
            }
        };
        let mut kept = Vec::new();
        for copy in copies {
            match note.keep(copy, delivered.set, now) {
                Ok(()) => kept.push(copy.id()),
                Err(error) => context.terminal.say(&format!(
                    "warning: the delivery note is not kept in {}: {error}",
                    crate::shown(copy.dir())
                )),
            }
        }
        outcome.text +=
            &format!("\nDelivery note, signed by {}\n  {}", note.address, note.statement);
        if kept.is_empty() {
            outcome.text +=
                "\nNOT KEPT: the delivery note is in no copy. The delivery is as said above.";
            outcome.ok = false;
        }
        let note = json!({
            "statement": note.statement, "address": note.address, "signature": note.signature,
            "copies": kept,
        });
        outcome.json.insert("note".to_owned(), note);
    }
}
