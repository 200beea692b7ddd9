//! PERFORM PRIVACY OPERATION: X25519 with an account's private key, as EIP-1024 uses it.

use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

use super::{
    Ethereum,
    answer::{Answer, Status},
    command::Command,
};
use crate::User;

pub(super) const INSTRUCTION: u8 = 0x18;

impl Ethereum {
    /// Data: path, and for a shared secret the peer's public key. P1: 01 shows the result, even if
    /// it is a secret; 00 returns it without asking the user. P2: 00 requests the public key, 01 a
    /// shared secret.
    pub(super) fn privacy_operation(
        &mut self,
        command: &Command<'_>,
        user: &mut User,
    ) -> Result<Answer, Status> {
        let (shows, shares) = (command.shows()?, command.p2_flag()?);
        let (path, rest) = command.path()?;
        let point = match rest.first_chunk() {
            _ if !shares => X25519_BASEPOINT_BYTES,
            Some(point) => *point,
            None => return Err(Status::WRONG_DATA_LENGTH),
        };
        let node = self.node(&path)?;
        let result = x25519(node.private_key(), point);
        if !shows {
            return Ok(Answer::silent(result));
        }
        let title = if shares { "secret" } else { "privacy" };
        let key: String = result.iter().map(|byte| format!("{byte:02X}")).collect();
        let shown =
            format!("Provide public {title} key\nAddress: 0x{}\nKey: {key}", node.address());
        Answer::reviewed(user, &shown, || Ok(result.to_vec()))
    }
}
