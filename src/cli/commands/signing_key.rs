//! The validators that sign something once: their keys come out of a copy by the wallet, or of
//! typed words.

use std::path::PathBuf;

use stockade::{
    backup::{
        BackupError, Copy, ListedSet, OpenKey, SetId, list, open_keys, origin::Pins, room, scrub,
    },
    bls::{PublicKey, SecretKey},
    custodian::Recipient,
    path::DerivationPath,
    staking::{Deposit, Network},
    store::StoreError,
};

use super::mnemonic::{MnemonicArgs, require_real_seed};
use crate::{
    context::{Context, read_signers},
    error::CommandError,
    hands::OpenArgs,
};

/// Options of every command that signs as a validator.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// The network; with --copy, that of the set
    #[arg(long, required_unless_present = "copy", value_parser = crate::cli::network)]
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
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

/// A validator's key.
pub struct SigningKey {
    pub network: Network,
    pub secret: SecretKey,
    /// What the set says of its deposit.
    pub deposit: Option<Deposit>,
}

/// The keys of validators whose indices follow each other.
pub struct SigningKeys {
    pub network: Network,
    pub keys: Vec<OpenKey>,
    /// Where they were, if not in typed words.
    pub home: Option<Home>,
}

/// The set that keys were in.
pub struct Home {
    pub copies: Vec<Copy>,
    pub set: SetId,
    /// What is secret and belongs to the set is sealed to this.
    pub files: Recipient,
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

    /// The network, without asking anybody for anything.
    pub fn network(&self) -> Result<Network, CommandError> {
        match self.network {
            Some(network) => Ok(network),
            None => Ok(self.find(&Copy::open_all(&self.copy)?, 1)?.0.network()),
        }
    }

    /// Opens the key.
    pub fn open(&self, context: &mut Context) -> Result<SigningKey, CommandError> {
        let SigningKeys { network, keys, .. } = self.open_several(1, false, context)?;
        let OpenKey { secret, deposit } = keys
            .into_iter()
            .next()
            .ok_or_else(|| CommandError::input("no set on these copies holds that key"))?;
        Ok(SigningKey { network, secret, deposit })
    }

    /// Opens `count` keys whose indices follow each other. With `to_write`, every copy must hold
    /// their set, and is locked before anybody is asked.
    pub fn open_several(
        &self,
        count: usize,
        to_write: bool,
        context: &mut Context,
    ) -> Result<SigningKeys, CommandError> {
        self.check_usage()?;
        if count > 1 && self.pubkey.is_some() {
            return Err(CommandError::usage("--pubkey names one validator, and there are several")
                .with_hint("give the index of the first with --index"));
        }
        match self.mnemonic.read(context)? {
            Some(seed) => {
                let bad = |error: String| CommandError::input(error);
                let network = self.network.ok_or_else(|| bad("no --network given".to_owned()))?;
                require_real_seed(&seed, network, self.allow_test_seed)?;
                let key = |index: u32| {
                    let secret = seed.signing_key(index).map_err(|e| bad(e.to_string()))?;
                    if self.pubkey.is_some_and(|pubkey| pubkey != secret.public_key()) {
                        let made = secret.public_key();
                        return Err(bad(format!("the mnemonic gives {made} at index {index}"))
                            .with_hint("another index, another passphrase, or another mnemonic"));
                    }
                    Ok(OpenKey { secret, deposit: None })
                };
                let keys = self.indices(count)?.into_iter().flatten().map(key);
                Ok(SigningKeys { network, keys: keys.collect::<Result<_, _>>()?, home: None })
            }
            None => self.open_from_copies(count, to_write, context),
        }
    }

    /// The index of each of `count` keys, where the first is named by its own.
    fn indices(&self, count: usize) -> Result<Vec<Option<u32>>, CommandError> {
        let place = |place: usize| match self.index {
            Some(first) => u32::try_from(place)
                .ok()
                .and_then(|place| first.checked_add(place))
                .map(Some)
                .ok_or_else(|| CommandError::usage("--index: too high")),
            None => Ok(None),
        };
        (0..count).map(place).collect()
    }

    fn open_from_copies(
        &self,
        count: usize,
        to_write: bool,
        context: &mut Context,
    ) -> Result<SigningKeys, CommandError> {
        let copies = Copy::open_all(&self.copy)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let (id, pubkeys) = self.find(&copies, count)?;
        let network = id.network();
        self.require_real(&copies, &id)?;
        if to_write {
            copies.iter().try_for_each(|copy| require_writable(copy, &id))?;
        }
        if self.network.is_some_and(|named| named != network) {
            return Err(CommandError::usage(format!("the key is in a set for {network}")));
        }
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, Some(&id), &mut progress)?;
        let set = scrubbed.sets.first().ok_or(BackupError::NoSet(id.to_string()))?;
        let mut hands = self.hands.hands(context)?;
        let opened = open_keys(
            &copies,
            set,
            &pubkeys,
            &pins,
            self.accept_unknown_origin,
            &mut hands,
            &mut context.terminal,
            &mut progress,
        )?;
        let home = Some(Home { copies, set: id, files: opened.files });
        Ok(SigningKeys { network, keys: opened.keys, home })
    }

    /// Whoever knows the words of a test has these keys as well.
    fn require_real(&self, copies: &[Copy], id: &SetId) -> Result<(), CommandError> {
        let sets = list(copies)?;
        let manifests = sets.iter().filter(|set| set.id == *id).filter_map(|s| s.manifest.as_ref());
        let is_test = manifests.into_iter().any(|manifest| manifest.test);
        match is_test && id.network().is_real_money() && !self.allow_test_seed {
            true => Err(BackupError::TestSeed {
                what: format!("set {id}"),
                network: id.network().name(),
                why: "it was made with a test seed",
            }
            .into()),
            false => Ok(()),
        }
    }

    /// The only keys that were meant, and the newest set that holds them all.
    fn find(&self, copies: &[Copy], count: usize) -> Result<(SetId, Vec<PublicKey>), CommandError> {
        let indices = self.indices(count)?;
        let sets = list(copies)?;
        let wanted = sets.iter().filter(|set| self.set.as_ref().is_none_or(|id| *id == set.id));
        let mut found: Vec<(SetId, Vec<Vec<PublicKey>>)> = Vec::new();
        for set in wanted {
            let keys = indices.iter().map(|index| self.named(set, *index));
            let keys: Vec<_> = keys.collect();
            if keys.iter().all(|named| !named.is_empty()) {
                found.push((set.id.clone(), keys));
            }
        }
        found.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        let Some((newest, keys)) = found.last() else {
            let what = if count == 1 { "that key" } else { "all of those keys" };
            return Err(CommandError::input(format!("no set on these copies holds {what}"))
                .with_hint("`stockade backup list` shows the sets"));
        };
        let one_each = keys.iter().all(|named| named.len() == 1);
        match one_each && found.iter().all(|(_, other)| other == keys) {
            true => Ok((newest.clone(), keys.concat())),
            false => Err(CommandError::usage("several keys on these copies have that index")
                .with_hint("name the validator with --pubkey, or its set with --set")),
        }
    }

    /// The keys of a set that may be meant by the public key, and by this index.
    fn named(&self, set: &ListedSet, index: Option<u32>) -> Vec<PublicKey> {
        let path = index.map(|index| DerivationPath::signing_key(index).to_string());
        let keys = set.keystores().iter().filter(|entry| {
            self.pubkey.is_none_or(|pubkey| pubkey == entry.pubkey)
                && path.as_ref().is_none_or(|path| *path == entry.path)
        });
        keys.map(|entry| entry.pubkey).collect()
    }
}

/// Whether a copy takes what belongs to `set`: it must hold that.
fn require_writable(copy: &Copy, set: &SetId) -> Result<(), CommandError> {
    if !copy.set_ids()?.0.contains(set) {
        let dir = crate::shown(copy.dir());
        return Err(CommandError::input(format!("{dir} does not hold set {set}")).with_hint(
            "leave that copy out, or bring the set there with `stockade backup repair`",
        ));
    }
    copy.lock().map_err(|error: StoreError| BackupError::from(error))?;
    Ok(room::require(std::slice::from_ref(copy), room::SMALL)?)
}
