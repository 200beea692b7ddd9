//! GET ETH2 PUBLIC KEY.

use super::{
    Ethereum,
    answer::{Answer, Status},
    command::Command,
};
use crate::{User, ledger::Version};

pub(super) const INSTRUCTION: u8 = 0x0e;

/// The first version in which models with buttons have no user interface of their own.
const ONE_INTERFACE: Version = Version(1, 18, 0);

impl Ethereum {
    /// Data: path. P1: 01 shows the key. Every path is allowed, as in Speculos; the system of a
    /// device allows only 12381/3600.
    pub(super) fn get_eth2_public_key(
        &mut self,
        command: &Command<'_>,
        user: &mut User,
    ) -> Result<Answer, Status> {
        self.reset();
        let shows = command.shows()?;
        if command.p2 != 0 {
            return Err(Status::WRONG_P1_P2);
        }
        let (path, _) = command.path()?;
        let key = self.seed.bls_public_key(&path).ok_or(Status::INTERNAL)?;
        if !shows {
            return Ok(Answer::silent(key));
        }
        let hex: String = key.iter().map(|byte| format!("{byte:02X}")).collect();
        if self.version < ONE_INTERFACE && self.model.has_buttons() {
            let shown = format!("Verify ETH2 public key\nPublic Key: 0x{hex}");
            return Answer::reviewed(user, &shown, || Ok(key.to_vec()));
        }
        let shown = format!("Verify ETH2 address\nAddress: 0x{hex}");
        Answer::reviewed(user, &shown, || Ok(as_address(&key)))
    }
}

/// The firmware ends this review with the answer of GET ADDRESS, in which the key replaces the other
/// kind of public key: `41 | key (48), zeros (17) | 28 | zeros (40)`.
fn as_address(key: &[u8; 48]) -> Vec<u8> {
    [&[0x41], &key[..], &[0; 17], &[0x28], &[0; 40]].concat()
}
