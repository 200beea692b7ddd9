//! Imports from services.

use stockade_services::cloud::take_over::TakeOverError;

use super::super::{CommandError, Kind};

impl From<TakeOverError> for CommandError {
    fn from(error: TakeOverError) -> Self {
        match error {
            TakeOverError::Http(error) => error.into(),
            TakeOverError::Vault(error) => error.into(),
            TakeOverError::Aws(error) => error.into(),
            TakeOverError::Store(error) => error.into(),
            TakeOverError::Backup(error) => error.into(),
            TakeOverError::Stopped => Self::hinted(Kind::Declined, &error, ""),
            TakeOverError::NothingOrDenied { .. } => {
                Self::hinted(Kind::Permission, &error, "is it spelled right?")
            }
            TakeOverError::Nothing(_) => Self::hinted(
                Kind::Input,
                &error,
                "is it spelled right, and do the credentials allow listing it?",
            ),
            error => Self::hinted(Kind::Input, &error, ""),
        }
    }
}
