//! The person at the terminal, as a delivery over the keymanager API asks them.

use stockade::{
    backup::{
        Layout,
        history::HistoryDecision,
        whereabouts::{Location, OtherPlaces, Place},
    },
    bls::PublicKey,
};
use stockade_services::delivery::DeliveryUser;

use super::{chosen::Chosen, keymanager_args::Args};
use crate::{commands::elsewhere::Said, context::Context, error::CommandError};

/// Answers by the options of the command, and by questions.
pub(super) struct User<'a> {
    pub args: &'a Args,
    pub chosen: &'a Chosen,
    /// The client that gets the keys, and the client that gives them up.
    pub at: (&'a Location, Option<&'a Location>),
    pub context: &'a mut Context,
}

impl DeliveryUser for User<'_> {
    type Error = CommandError;

    fn tell(&mut self, line: &str) {
        self.context.terminal.say(line);
    }

    fn history(&mut self, keys: &[PublicKey]) -> Result<HistoryDecision, CommandError> {
        let (copies, set) = (&self.chosen.copies, self.chosen.id());
        self.args.history.settle(self.context, copies, set, keys, Layout::Plain)
    }

    fn elsewhere(&mut self, keys: &[PublicKey]) -> Result<OtherPlaces, CommandError> {
        let said = Said::not_running(self.args.not_running);
        let args = &self.args.elsewhere;
        let of = (self.chosen.copies.as_slice(), self.chosen.id());
        args.settle(self.context, of, keys, self.at, said)
    }

    fn is_off(&self, location: &Location) -> bool {
        self.args.elsewhere.names(location)
    }

    fn is_place_off(&self, place: &Place) -> bool {
        self.args.elsewhere.names_place(place)
    }
}
