//! GET APP CONFIGURATION.

use super::{Ethereum, answer::Answer};

pub(super) const INSTRUCTION: u8 = 0x06;

const BLIND_SIGNING: u8 = 0x01;
const NEEDS_EXTERNAL_TOKEN_INFORMATION: u8 = 0x02;

impl Ethereum {
    /// `flags | major | minor | patch`. P1, P2 and data are ignored.
    pub(super) fn app_configuration(&self) -> Answer {
        let blind_signing = if self.settings.blind_signing { BLIND_SIGNING } else { 0 };
        let flags = NEEDS_EXTERNAL_TOKEN_INFORMATION | blind_signing;
        Answer::silent([flags, self.version.0, self.version.1, self.version.2])
    }
}
