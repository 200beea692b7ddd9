//! The client that runs the keys now, and gives them up.

use std::path::PathBuf;

use stockade::backup::whereabouts::{Location, LocationKind};
use stockade_services::keymanager::Keymanager;

use super::{
    chosen::Chosen,
    client::{ClientArgs, location},
};
use crate::{context::Context, error::CommandError};

/// The client that runs the keys now.
#[derive(Debug, clap::Args)]
pub struct GiverArgs {
    /// The client that runs the keys now. They are removed there first
    #[arg(long, value_name = "URL", requires = "from_token_file",
          conflicts_with_all = ["not_running", "history", "never_attested", "never_attested_key",
                                "history_lost"])]
    pub from: Option<String>,
    /// The token of the client that runs the keys now
    #[arg(long, value_name = "FILE", requires = "from")]
    from_token_file: Option<PathBuf>,
    /// Trust that client by these certificates (PEM) [default: the system's]
    #[arg(long, value_name = "FILE", requires = "from")]
    from_ca: Option<PathBuf>,
    /// Your name for that client, as --as names the other
    #[arg(long, value_name = "NAME", requires = "from")]
    from_as: Option<String>,
    /// A location that is part of that client: the folder it runs from, the store it reads. Write it as
    /// it is shown. May be repeated
    #[arg(long, value_name = "LOCATION", requires = "from")]
    from_through: Vec<String>,
    /// Set fee recipient, gas limit and graffiti at the new client as that client has them
    #[arg(long, requires = "from")]
    pub take_settings: bool,
}

impl GiverArgs {
    /// The client and its location, if one was named.
    pub fn open(
        &self,
        chosen: &Chosen,
        (client, to): (&ClientArgs, &Location),
        batch: usize,
        context: &mut Context,
    ) -> Result<Option<(Keymanager, Location)>, CommandError> {
        let (Some(from), Some(token)) = (&self.from, &self.from_token_file) else {
            return Ok(None);
        };
        let kind = (LocationKind::Keymanager, from.as_str());
        let of = (chosen.copies.as_slice(), chosen.id());
        let at = location(kind, token, self.from_as.as_deref(), context, of)?;
        let at = at.with_parts(self.from_through.clone());
        let both_named = at.name.is_some() && to.name.is_some();
        if at.is(to) || (from.trim_end_matches('/') == client.place() && !both_named) {
            return Err(CommandError::usage("--from and --url name the same client"));
        }
        let other = (from.as_str(), token.as_path(), self.from_ca.as_deref());
        Ok(Some((client.open_other(context, batch, other)?, at)))
    }
}
