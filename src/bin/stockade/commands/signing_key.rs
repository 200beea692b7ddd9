//! The validator that signs something once: its key comes out of a copy by the wallet, or of typed
//! words.

use std::path::PathBuf;

use stockade::{
    backup::{BackupError, Copy, SetId, list, open_key, origin::Pins, scrub},
    bls::{PublicKey, SecretKey},
    path::DerivationPath,
    staking::{Deposit, Network},
};

use super::mnemonic::MnemonicArgs;
use crate::{
    context::{Context, read_signers},
    error::CommandError,
    hands::OpenArgs,
};

/// Options of every command that signs as a validator.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// The network; with --copy, that of the set
    #[arg(long, required_unless_present = "copy")]
    network: Option<Network>,
    /// Copies with the set that holds the key: its custodians open it
    #[arg(long, num_args = 1.., value_name = "DIR", required_unless_present = "from_mnemonic")]
    #[arg(conflicts_with = "from_mnemonic")]
    copy: Vec<PathBuf>,
    /// Which set, where the copies hold several
    #[arg(long, value_name = "ID", requires = "copy")]
    set: Option<SetId>,
    /// The validator's public key
    #[arg(long, value_name = "KEY", required_unless_present = "index")]
    pubkey: Option<PublicKey>,
    /// Its index I in m/12381/3600/I/0/0
    #[arg(long, value_name = "I", required_if_eq("from_mnemonic", "true"))]
    index: Option<u32>,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE", requires = "copy")]
    signer: Vec<String>,
    /// Use a set too that neither this wallet nor a --signer made
    #[arg(long, requires = "copy")]
    accept_unknown_origin: bool,
    #[command(flatten)]
    hands: OpenArgs,
    #[command(flatten)]
    mnemonic: MnemonicArgs,
}

/// A validator's key.
pub struct SigningKey {
    pub network: Network,
    pub secret: SecretKey,
    /// What the set says of its deposit.
    pub deposit: Option<Deposit>,
}

impl KeyArgs {
    /// What the options say, before any file is looked at.
    pub fn check_usage(&self) -> Result<(), CommandError> {
        if self.mnemonic.from_mnemonic && self.hands.names_somebody() {
            return Err(CommandError::usage("with --from-mnemonic there is no set to open")
                .with_hint(
                    "leave out --insert, --identity and --passphrase-fd, or name a --copy",
                ));
        }
        Ok(())
    }

    /// Opens the key.
    pub fn open(&self, context: &mut Context) -> Result<SigningKey, CommandError> {
        self.check_usage()?;
        match self.mnemonic.read(context)? {
            Some(seed) => {
                let index = self.index.unwrap_or_default();
                let bad = |error: String| CommandError::input(error);
                let secret = seed.signing_key(index).map_err(|e| bad(e.to_string()))?;
                let network = self.network.ok_or_else(|| bad("no --network given".to_owned()))?;
                if self.pubkey.is_some_and(|pubkey| pubkey != secret.public_key()) {
                    let made = secret.public_key();
                    return Err(bad(format!("the mnemonic gives {made} at index {index}"))
                        .with_hint("another index, another passphrase, or another mnemonic"));
                }
                Ok(SigningKey { network, secret, deposit: None })
            }
            None => self.open_from_copies(context),
        }
    }

    fn open_from_copies(&self, context: &mut Context) -> Result<SigningKey, CommandError> {
        let copies = Copy::open_all(&self.copy)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let (id, pubkey) = self.find(&copies)?;
        let network = id.network();
        if self.network.is_some_and(|named| named != network) {
            return Err(CommandError::usage(format!("the key is in a set for {network}")));
        }
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, Some(&id), &mut progress)?;
        let set = scrubbed.sets.first().ok_or(BackupError::NoSet(id.to_string()))?;
        let mut hands = self.hands.hands(context)?;
        let key = open_key(
            &copies,
            set,
            &pubkey,
            &pins,
            self.accept_unknown_origin,
            &mut hands,
            &mut context.terminal,
            &mut progress,
        )?;
        Ok(SigningKey { network, secret: key.secret, deposit: key.deposit })
    }

    /// The only key that was meant, and the newest set that holds it.
    fn find(&self, copies: &[Copy]) -> Result<(SetId, PublicKey), CommandError> {
        let path = self.index.map(|index| DerivationPath::signing_key(index).to_string());
        let sets = list(copies)?;
        let wanted = sets.iter().filter(|set| self.set.as_ref().is_none_or(|id| *id == set.id));
        let mut found: Vec<(SetId, PublicKey)> = Vec::new();
        for set in wanted {
            let keys = set.keystores().iter().filter(|entry| {
                self.pubkey.is_none_or(|pubkey| pubkey == entry.pubkey)
                    && path.as_ref().is_none_or(|path| *path == entry.path)
            });
            found.extend(keys.map(|entry| (set.id.clone(), entry.pubkey)));
        }
        found.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        let Some(newest) = found.pop() else {
            return Err(CommandError::input("no set on these copies holds that key")
                .with_hint("`stockade backup list` shows the sets"));
        };
        match found.iter().all(|(_, pubkey)| *pubkey == newest.1) {
            true => Ok(newest),
            false => Err(CommandError::usage("several keys on these copies have that index")
                .with_hint("name the validator with --pubkey, or its set with --set")),
        }
    }
}
