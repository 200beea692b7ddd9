//! Without the feature `aws`: keys in AWS Secrets Manager are reported, but not read.

use super::{Failed, KeyConfig, Reader};

/// Nothing.
pub(super) type Services = ();

impl Reader<'_> {
    pub(super) fn take_from_aws(
        &mut self,
        _place: &str,
        _config: &KeyConfig,
    ) -> Result<(), Failed> {
        let () = self.services;
        let why = "this build cannot read AWS Secrets Manager: it lacks the feature `aws`";
        Err(Failed::Unread(why.to_owned()))
    }
}
