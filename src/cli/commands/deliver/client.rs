//! Clients with the keymanager API: their URL, their token, and the certificates to trust.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use stockade::{
    backup::{
        Copy, SetId,
        whereabouts::{Location, LocationKind, Record},
    },
    interact::Interact as _,
};
use stockade_services::{endpoint::Endpoint, keymanager::Keymanager};

use crate::{
    context::Context,
    error::CommandError,
    secret_file::{read_ca, read_token},
    unlockers::warn_of_readers,
};

/// The client that gets the keys.
#[derive(Debug, clap::Args)]
pub struct ClientArgs {
    /// The client's keymanager API: https://.., or http:// on this machine
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// The token that the client created for its API
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// Trust the client by these certificates (PEM) [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Your name for this client. It tells apart clients that share an address, for example through
    /// tunnels
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// How long to wait for an answer [default: 60, plus 30 for each key of a batch]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86400))]
    timeout: Option<u64>,
}

impl ClientArgs {
    /// The client, for requests of `batch` keys.
    pub fn open(&self, context: &mut Context, batch: usize) -> Result<Keymanager, CommandError> {
        self.open_other(context, batch, (&self.url, &self.token_file, self.ca.as_deref()))
    }

    /// The client's URL without slashes at its end.
    pub fn place(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// The client as a location of the record of where keys may sign.
    pub fn location(
        &self,
        kind: LocationKind,
        context: &mut Context,
        of: (&[Copy], &SetId),
    ) -> Result<Location, CommandError> {
        location((kind, self.place()), &self.token_file, self.name.as_deref(), context, of)
    }

    /// Another client, with the timeout of this one.
    pub fn open_other(
        &self,
        context: &mut Context,
        batch: usize,
        (url, token, ca): (&str, &Path, Option<&Path>),
    ) -> Result<Keymanager, CommandError> {
        let ca = read_ca(ca)?;
        let seconds = self.timeout.unwrap_or(60 + 30 * batch as u64);
        let endpoint = Endpoint::new(url, ca.as_deref(), Duration::from_secs(seconds))?;
        warn_of_readers(token, context);
        Ok(Keymanager::new(endpoint.with_bearer(&read_token(token)?)))
    }
}

/// A client as a location of the record, identified by its token. On a terminal its name is asked for
/// if nothing tells it apart from other clients at the same address.
pub fn location(
    (kind, url): (LocationKind, &str),
    token: &Path,
    name: Option<&str>,
    context: &mut Context,
    (copies, set): (&[Copy], &SetId),
) -> Result<Location, CommandError> {
    let at = Location::new(kind, url).opened_by(&read_token(token)?, set, copies)?;
    if let Some(name) = name {
        return Ok(at.with_name(Some(name.to_owned())));
    }
    if !at.is_ambiguous() || !context.terminal.attended() {
        return Ok(at);
    }
    let record = Record::read(copies, set, &[])?;
    if record.recognises(&at) {
        return Ok(at);
    }
    let known: Vec<_> = record.names_at(&at.address).into_iter().collect();
    let known = if known.is_empty() {
        String::new()
    } else {
        format!(" Clients at this address so far: {}.", known.join(", "))
    };
    let answer = context.terminal.ask(&format!(
        "{}: several clients can share this address, through tunnels or in Compose files.{known} A name \
         tells this client apart from them in the record of where keys sign. Without a name, later \
         commands ask about it again. What do you call it? (for example teku-1; leave it empty for no \
         name)",
        at.address
    ));
    let name = answer.map(|answer| answer.trim().to_owned()).filter(|name| !name.is_empty());
    Ok(at.with_name(name))
}
