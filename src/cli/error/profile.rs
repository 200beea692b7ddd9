//! Errors of profiles.

use stockade::profile::ProfileError;

use super::{CommandError, Kind};

impl From<ProfileError> for CommandError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Store(error) => error.into(),
            error => Self::hinted(
                Kind::Input,
                &error,
                "correct the file, or work without a profile: --profile none",
            ),
        }
    }
}
