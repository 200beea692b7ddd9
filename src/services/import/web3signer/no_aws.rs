//! Without the feature `aws`: what Web3signer reads from AWS Secrets Manager is named, and not read.

use super::{Failed, KeyConfig, Reader};

/// None.
pub(super) type Services = ();

impl Reader<'_> {
    pub(super) fn take_from_aws(
        &mut self,
        _place: &str,
        _config: &KeyConfig,
    ) -> Result<(), Failed> {
        let () = self.services;
        let why = "this build does not read AWS Secrets Manager (the feature `aws`)";
        Err(Failed::Unread(why.to_owned()))
    }
}
