//! SET ETH2 WITHDRAWAL INDEX.

use super::{
    Ethereum,
    answer::{Answer, Status},
    command::Command,
};

pub(super) const INSTRUCTION: u8 = 0x10;

impl Ethereum {
    /// Data: `index (4)`, for the deposit that the next command signs.
    pub(super) fn set_eth2_withdrawal_index(
        &mut self,
        command: &Command<'_>,
    ) -> Result<Answer, Status> {
        let index = command.data.try_into().map_err(|_| Status::WRONG_DATA_LENGTH)?;
        if (command.p1, command.p2) != (0, 0) {
            return Err(Status::WRONG_P1_P2);
        }
        self.withdrawal_index = u32::from_be_bytes(index);
        Ok(Answer::silent([]))
    }
}
