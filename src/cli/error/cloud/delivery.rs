//! Deliveries.

use stockade_services::delivery::{Absent, DeliveryError, NotReady, since_removed};

use super::super::{CommandError, Kind};

impl From<DeliveryError> for CommandError {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Keymanager(error) => error.into(),
            DeliveryError::Backup(error) => error.into(),
            DeliveryError::Removing { source, removed, in_question } => {
                // These say themselves what to do.
                let again = !matches!(
                    *source,
                    DeliveryError::NotThere { .. }
                        | DeliveryError::NotKept { .. }
                        | DeliveryError::Unreadable { .. }
                );
                Self::from(*source).adding(&since_removed(removed, in_question), again)
            }
            DeliveryError::SignedElsewhere { .. } => Self::hinted(
                Kind::Input,
                &error,
                "nothing was removed. Remove the remote key from that client first",
            ),
            DeliveryError::Whereabouts(error) => error.into(),
            DeliveryError::NotThere { why: Absent::ElsewhereSince, .. } => Self::hinted(
                Kind::Input,
                &error,
                "nothing was removed. Export their history from the machine that ran them last, and \
                 deliver them with --not-running and --history",
            ),
            DeliveryError::NotThere { ref url, .. } => {
                let hint = format!(
                    "nothing was removed. Restart that client, and list its keys. If it does not list \
                     them then, they are off there: run the same command again with --off {url}"
                );
                Self::hinted(Kind::Input, &error, &hint)
            }
            DeliveryError::ReadOnly { .. } => Self::hinted(
                Kind::Input,
                &error,
                "nothing was removed, and the keys still run there. Stop that client, remove the key \
                 files that it was started with, and export its history. Once it no longer runs the \
                 keys, deliver them with --not-running and --history",
            ),
            DeliveryError::OtherNetwork { .. } => {
                Self::hinted(Kind::Input, &error, "nothing was removed, and nothing delivered")
            }
            DeliveryError::NotKept { .. } => Self::hinted(
                Kind::File,
                &error,
                "nothing was delivered. The client that ran the keys still has their history: make the \
                 copy writable and run the same command again",
            ),
            DeliveryError::Unreadable { .. } => Self::hinted(
                Kind::Protocol,
                &error,
                "these keys were not delivered. The client's answer is stored with the set, unchanged. \
                 Export the history with the client's own command, and deliver the keys with \
                 --not-running and --history",
            ),
            error => Self::hinted(Kind::Internal, &error, ""),
        }
    }
}

impl From<NotReady> for CommandError {
    fn from(error: NotReady) -> Self {
        let hint = match &error {
            NotReady::NotOff { .. } => {
                "nothing was changed. Remove the keys there first, or leave --off out"
            }
            NotReady::TwoClients { .. } => {
                "stop one of them now, then remove the keys there. Deliver nothing before. If both URLs \
                 name the same client, there is nothing to deliver"
            }
            NotReady::TooEarly { left, .. } => {
                let hint = format!(
                    "wait {left} minutes, and run the same command again. If that does not become less, \
                     the copies record a time that is later than this computer's clock: set the clock"
                );
                return Self::hinted(Kind::Input, &error, &hint);
            }
            NotReady::Unreadable(_) => {
                "repair the copies, or move the file away; nothing is delivered without what it may say"
            }
            _ => "",
        };
        match error {
            NotReady::Keymanager(error) => error.into(),
            NotReady::Delivery(error) => error.into(),
            NotReady::Backup(error) => error.into(),
            error => Self::hinted(Kind::Input, &error, hint),
        }
    }
}

impl CommandError {
    /// Adds what became of the keys, and what to do.
    fn adding(self, became: &str, again: bool) -> Self {
        const AGAIN: &str = "Run the same command again to continue from here";
        let hint = match (self.hint, again) {
            (None, true) => Some(AGAIN.to_owned()),
            (Some(hint), true) => Some(format!("{hint}. {AGAIN}")),
            (hint, false) => hint,
        };
        Self { kind: self.kind, message: self.message + became, hint }
    }
}
