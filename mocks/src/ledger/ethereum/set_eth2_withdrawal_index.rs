//! SET ETH2 WITHDRAWAL INDEX.

use super::{
    Ethereum,
    answer::{Answer, Status},
    command::Command,
};

pub(super) const INSTRUCTION: u8 = 0x10;

impl Ethereum {
    /// Data: `index (4)`. Only SIGN TX looks at it, so it is not kept.
    pub(super) fn set_eth2_withdrawal_index(
        &self,
        command: &Command<'_>,
    ) -> Result<Answer, Status> {
        if command.data.len() != 4 {
            return Err(Status::WRONG_DATA_LENGTH);
        }
        if (command.p1, command.p2) != (0, 0) {
            return Err(Status::WRONG_P1_P2);
        }
        Ok(Answer::silent([]))
    }
}
