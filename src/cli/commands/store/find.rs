//! Reading a place: the keys that are there.

use stockade::{
    attest::delivery::{Destination, DestinationKind},
    backup::{intake::Intake, verdict::Reason},
    interact::Progress,
};
use stockade_services::{
    check::{Found, Held},
    endpoint::Endpoint,
    import::{self, Reads},
    keymanager::Keymanager,
};

use super::check::Args;
use crate::{
    commands::listed, context::Context, error::CommandError, place::Place, vault_args::VaultArgs,
    vault_tls::TIMEOUT,
};

impl Args {
    /// The keys in the place, and the place as a delivery note names it.
    pub(super) fn find(&self, context: &mut Context) -> Result<(Found, Destination), CommandError> {
        let mut progress = context.terminal.progress();
        let look = import::Purpose::Check(self.field.as_deref());
        match &self.place {
            Place::Vault { mount, path } => {
                VaultArgs::require_place(mount, path)?;
                let vault = self.vault.open()?;
                let (engine, path) = self.vault.engine_of(&vault, mount, path)?;
                let findings = import::vault(&vault, &engine, &path, look, &mut progress)?;
                let place = Destination::new(DestinationKind::Vault, &vault.place(&engine, &path)?);
                Ok((Found::in_findings(findings, &mut progress), place))
            }
            #[cfg(feature = "aws")]
            Place::AwsSecrets(prefix) => {
                let service = self.aws.open(self.vault.ca()?.as_deref())?;
                let findings = import::aws_secrets(&service, prefix, look, &mut progress)?;
                let place = format!("{} {prefix}", service.place());
                let place = Destination::new(DestinationKind::AwsSecrets, &place);
                Ok((Found::in_findings(findings, &mut progress), place))
            }
            Place::Keymanager(url) => {
                let ca = self.vault.ca()?;
                let endpoint = Endpoint::new(url, ca.as_deref(), TIMEOUT)?;
                let client = Keymanager::new(endpoint.with_bearer(&self.vault.token()?));
                let place = Destination::new(DestinationKind::Keymanager, url);
                let listed = client.list()?;
                let remote = client.list_remote_if_any()?.unwrap_or_default();
                Ok((Found::in_client(url, &listed, &remote), place))
            }
            Place::Web3signer(folder) => {
                let found = self.in_web3signer(folder, &mut progress, context)?;
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                let place =
                    Destination::new(DestinationKind::Web3signer, &folder.to_string_lossy());
                Ok((found, place))
            }
            Place::Files(path) | Place::Charon(path) | Place::Wallets { dir: path, .. } => {
                Err(CommandError::usage(format!(
                    "{}: not a store. Name vault:MOUNT/PATH, aws-secrets:PREFIX, web3signer:DIR or \
                 keymanager:URL",
                    crate::shown(&path)
                ))
                .with_hint("`stockade validator check` checks files and copies"))
            }
        }
    }

    /// The keys that a folder of Web3signer's key configuration names. A key that could not be read is
    /// inconclusive: nothing is known against it.
    fn in_web3signer(
        &self,
        folder: &std::path::Path,
        progress: &mut dyn Progress,
        context: &mut Context,
    ) -> Result<Found, CommandError> {
        let mut intake = Intake::default();
        let ca = self.vault.ca()?;
        let (reads, ca) = (Reads::AsWeb3signer, ca.as_deref());
        let expiring = import::web3signer(folder, reads, ca, TIMEOUT, &mut intake, progress)?;
        intake.open_given(progress);
        let mut found = Found::in_store(&intake);
        found.expire(&expiring);
        for key in &mut found.keys {
            if let Held::Not(_, reason) = &mut key.held
                && intake.is_unread(&key.place)
            {
                *reason = Reason::Unreadable;
            }
        }
        let bad = intake.bad().iter().map(|(place, why)| format!("{place}: {why}"));
        let bad = listed::lines(bad, "");
        if !bad.is_empty() {
            context.terminal.say(bad.trim_end());
        }
        Ok(found)
    }
}
