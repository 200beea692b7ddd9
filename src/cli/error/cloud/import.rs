//! Imports from services.

use stockade_services::import::ImportError;

use super::super::{CommandError, Kind};

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Http(error) => error.into(),
            ImportError::Vault(error) => error.into(),
            #[cfg(feature = "aws")]
            ImportError::Aws(error) => error.into(),
            ImportError::Store(error) => error.into(),
            ImportError::Backup(error) => error.into(),
            ImportError::Stopped => Self::hinted(Kind::Declined, &error, ""),
            ImportError::NothingOrDenied { .. } => {
                Self::hinted(Kind::Permission, &error, "is it spelled right?")
            }
            ImportError::Nothing(_) => Self::hinted(
                Kind::Input,
                &error,
                "is it spelled right, and do the credentials allow listing it?",
            ),
            error => Self::hinted(Kind::Input, &error, ""),
        }
    }
}
