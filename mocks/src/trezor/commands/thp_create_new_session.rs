//! ThpCreateNewSession: opens a session's seed with its passphrase (messages-thp.proto).

use super::{
    super::{failure::NOT_INITIALIZED, passphrase},
    Command, Failure, Message, Model, Reply, State, Step, success,
};

pub(super) struct ThpCreateNewSession {
    passphrase: Option<String>,
    on_device: bool,
}

impl ThpCreateNewSession {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { passphrase: message.text(1), on_device: message.flag(2).unwrap_or_default() }
    }
}

impl Command for ThpCreateNewSession {
    fn steps(&self, _model: Model) -> Vec<Step> {
        let opening = match passphrase::brought(self.passphrase.clone(), self.on_device) {
            Ok(steps) => steps,
            Err(failure) => vec![Step::Fail(failure)],
        };
        [Step::Unlock, Step::Initialized(NOT_INITIALIZED)].into_iter().chain(opening).collect()
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        Ok(success("New session created."))
    }
}
