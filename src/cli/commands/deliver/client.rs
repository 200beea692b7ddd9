//! Clients with the keymanager API: where, with which token, and how they are trusted.

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
    secret::SecretText,
    store::private_file,
};
use stockade_services::cloud::{Endpoint, keymanager::Keymanager};
use zeroize::Zeroizing;

use crate::{context::Context, error::CommandError, hands::warn_of_readers};

/// A file of certificates is no larger.
const MAX_CA: u64 = 4 * 1024 * 1024;

/// The client that keys go to.
#[derive(Debug, clap::Args)]
pub struct ClientArgs {
    /// The client's keymanager API: https://.., or http:// on this machine
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// The token that the client made for it
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The certificates (PEM) by which it is trusted [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// What you call this client: it tells clients apart that are reached by one address, through
    /// tunnels say
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// How long an answer may take [default: 60, and 30 for each key of a batch]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86400))]
    timeout: Option<u64>,
}

impl ClientArgs {
    /// The client, where requests are of `batch` keys.
    pub fn open(&self, context: &mut Context, batch: usize) -> Result<Keymanager, CommandError> {
        self.open_other(context, batch, &self.url, &self.token_file, self.ca.as_deref())
    }

    /// Where it is, however many slashes that was written with.
    pub fn place(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// The same as a location of the record of where keys may sign.
    pub fn location(
        &self,
        kind: LocationKind,
        context: &mut Context,
        of: (&[Copy], &SetId),
    ) -> Result<Location, CommandError> {
        location(kind, self.place(), &self.token_file, self.name.as_deref(), context, of)
    }

    /// Another client, waited for as long as this one.
    pub fn open_other(
        &self,
        context: &mut Context,
        batch: usize,
        url: &str,
        token: &Path,
        ca: Option<&Path>,
    ) -> Result<Keymanager, CommandError> {
        let ca = ca.map(|ca| private_file::read(ca, MAX_CA)).transpose()?;
        let seconds = self.timeout.unwrap_or(60 + 30 * batch as u64);
        let endpoint = Endpoint::new(url, ca.as_deref(), Duration::from_secs(seconds))?;
        let token = read_token(token, context)?;
        Ok(Keymanager::new(endpoint.with_bearer(&token)))
    }
}

/// A client as a location of the record, by its token. On a terminal its name is asked for where
/// nothing tells it apart from other clients at the same address.
pub fn location(
    kind: LocationKind,
    url: &str,
    token: &Path,
    name: Option<&str>,
    context: &mut Context,
    (copies, set): (&[Copy], &SetId),
) -> Result<Location, CommandError> {
    let token = token_in(token)?;
    let at = Location::new(kind, url).opened_by(&token, set, copies)?;
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
    let known = match known.is_empty() {
        true => String::new(),
        false => format!(" Clients at this address so far: {}.", known.join(", ")),
    };
    let answer = context.terminal.ask(&format!(
        "{}: many clients can have this address, through tunnels or in Compose files.{known} A name \
         tells this client apart from them in the record of where keys sign. Without a name, later \
         commands ask about it again. What do you call it (teku-1, lighthouse-home; empty for no name)",
        at.address
    ));
    let name = answer.map(|answer| answer.trim().to_owned()).filter(|name| !name.is_empty());
    Ok(at.with_name(name))
}

/// A token is one line of a file.
pub fn read_token(path: &Path, context: &mut Context) -> Result<SecretText, CommandError> {
    let token = token_in(path)?;
    warn_of_readers(path, context);
    Ok(token)
}

fn token_in(path: &Path) -> Result<SecretText, CommandError> {
    let bytes = Zeroizing::new(private_file::read(path, 4096)?);
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let text = text.trim_start_matches('\u{feff}').trim();
    let no_token = |hint: &str| {
        Err(CommandError::input(format!("{}: not a token", crate::shown(&path))).with_hint(hint))
    };
    if text.lines().count() > 1 {
        return no_token(
            "a token is one line. Older versions of Prysm write two: the second line is the token",
        );
    }
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(SecretText::new(text.to_owned())),
        false => no_token(
            "a token is one line of letters and digits. Web3signer asks for none: write any word",
        ),
    }
}
