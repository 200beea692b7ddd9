//! Ping: echoes a text, after asking the user if requested (messages-management.proto).

use super::{super::screen::code, Command, Failure, Message, Model, Reply, Screen, State, Step};
use crate::trezor::{kind, protobuf::Writer};

pub(super) struct Ping {
    message: Option<String>,
    ask: bool,
}

impl Ping {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { message: message.text(1), ask: message.flag(2).unwrap_or_default() }
    }
}

impl Command for Ping {
    fn steps(&self, _model: Model) -> Vec<Step> {
        if self.ask { vec![Step::Show] } else { Vec::new() }
    }

    fn screens(&self, _state: &State) -> Result<Vec<Screen>, Failure> {
        let screen = Screen::new(code::PROTECT_CALL, "ping", "Answer to ping?");
        Ok(vec![screen.at("fsm_msg_common.h:139")])
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        let echo = self.message.as_deref();
        let reply = Writer::default();
        let reply = reply.when(echo.is_some(), |w| w.text(1, echo.unwrap_or_default()));
        Ok((kind::SUCCESS, reply.finish()))
    }
}
