//! GET CHALLENGE.

use super::{
    Ethereum,
    answer::{Answer, Status},
};

pub(super) const INSTRUCTION: u8 = 0x20;

impl Ethereum {
    /// Four random bytes, which stay the same until the app receives a signature over them: in the
    /// mock, until the app is closed.
    pub(super) fn get_challenge(&mut self) -> Result<Answer, Status> {
        let challenge = match self.challenge {
            Some(challenge) => challenge,
            None => random()?,
        };
        self.challenge = Some(challenge);
        Ok(Answer::silent(challenge))
    }
}

fn random() -> Result<[u8; 4], Status> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|_| Status::INTERNAL)?;
    Ok(bytes)
}
