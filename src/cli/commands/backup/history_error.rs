//! What to do when no slashing history could be decided on.

use stockade::backup::history::HistoryError;

use crate::error::{CommandError, Kind};

const TELL_BEFORE: &str = "tell Stockade what these keys did before: --history FILE (exported from the \
     machine that ran them, after it was stopped; a history stored with the set can be named), \
     --never-attested (they never signed anything), or --history-lost";

/// What to do about keys that a history does not cover.
pub(super) const ABOUT_SILENT: &str = "for a key that ran on another machine, add that machine's history with \
     another --history; for a key that never signed anything on any machine, add \
     --never-attested-key PUBKEY";

impl From<HistoryError> for CommandError {
    fn from(error: HistoryError) -> Self {
        let message = error.to_string();
        let wrong = |hint: &str| Self::input(message.clone()).with_hint(hint);
        match error {
            HistoryError::Backup(error) => error.into(),
            HistoryError::NotInSet { .. } => {
                Self::usage(format!("--never-attested-key: {message}"))
            }
            HistoryError::Signed { .. } => Self::input(format!("--never-attested-key: {message}")),
            HistoryError::Undecided { silent, .. } => {
                let about = if silent { format!("; {ABOUT_SILENT}") } else { String::new() };
                Self::usage(message).with_hint(format!("{TELL_BEFORE}{about}"))
            }
            HistoryError::Declined => Self::new(Kind::Declined, message),
            HistoryError::SaysNothing(_) => wrong(ABOUT_SILENT),
            HistoryError::NothingSigned(_) => wrong(
                "export it from the machine that ran them; if none ever did, say --never-attested",
            ),
            HistoryError::LacksSigned { .. } => wrong(
                "add the history of the machine that ran that key last with another --history; the file \
                 that is stored with the set can be named too, if the key signed nothing since",
            ),
            HistoryError::Older { .. } => {
                wrong("export it again from the machine that ran the keys last")
            }
            _ => wrong("give their newest history with --history, or say --history-lost"),
        }
    }
}
