//! The set that is delivered, and the custodians that open it.

use std::path::PathBuf;

use stockade::{
    backup::{
        Access, BackupError, Copy, SetId, Trust,
        inspect::ReadManifest,
        origin::{OriginVerdict, Pins},
        restore::{LostKeys, Restorable},
        scrub::{self, ScrubbedSet},
        unlockers::Unlockers,
        verdict::Reason,
    },
    bls::PublicKey,
    distributed::ShareOf,
};

use crate::{
    commands::shares::SharesArgs,
    context::{Context, read_signers},
    error::CommandError,
    unlockers::OpenArgs,
};

/// The set, and the custodians that open it.
#[derive(Debug, clap::Args)]
pub struct ChosenArgs {
    /// Copies of the set. A file that is damaged in one copy is read from another
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The set to deliver, if the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Leave out keys that are lost in these copies, and name them
    #[arg(long)]
    skip_bad: bool,
    /// Also accept a set made by this signer: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Deliver the set even if neither this wallet nor a --signer made it
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    shares: SharesArgs,
    #[command(flatten)]
    open: OpenArgs,
}

/// The chosen set, read but not opened.
pub struct Chosen {
    /// Every named copy.
    pub copies: Vec<Copy>,
    /// The set.
    pub set: ScrubbedSet,
    trust: Trust,
    lost: LostKeys,
}

impl ChosenArgs {
    /// Reads the copies. Asks the user if shares of a key may run, and no wallet for anything.
    pub fn read(&self, context: &mut Context) -> Result<Chosen, CommandError> {
        let copies = Copy::open_all(&self.copies)?;
        let signers = read_signers(&self.signer)?;
        let mut progress = context.terminal.progress();
        let mut sets = scrub::read_to_open(&copies, self.set.as_ref(), &mut progress)?.sets;
        let set = match (sets.pop(), sets.len()) {
            (Some(set), 0) => set,
            (_, others) => return Err(BackupError::SeveralSets(others + 1).into()),
        };
        let trust = Trust {
            pins: Pins { wallets: Vec::new(), signers },
            accept_unknown_origin: self.accept_unknown_origin,
        };
        let lost = if self.skip_bad { LostKeys::LeaveOut } else { LostKeys::Refuse };
        self.shares.settle(context, &copies, &set.id, &set.public_keys())?;
        Ok(Chosen { copies, set, trust, lost })
    }

    /// The unlockers that are available.
    pub fn unlockers(&self, context: &mut Context) -> Result<Unlockers, CommandError> {
        self.open.unlockers(context)
    }

    /// The unlockers, if any are named: for a command that opens nothing, and only needs to know whose
    /// set it is.
    pub fn unlockers_if_named(&self, context: &mut Context) -> Result<Unlockers, CommandError> {
        if context.any_device() || self.open.names_somebody() {
            self.open.unlockers(context)
        } else {
            Ok(Unlockers::new())
        }
    }
}

impl Chosen {
    /// The set's id.
    pub fn id(&self) -> &SetId {
        &self.set.id
    }

    /// The keys that any of the set's manifests lists.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.set.public_keys()
    }

    /// Its keys that are shares of validators' keys.
    pub fn shares(&self) -> Vec<(PublicKey, ShareOf)> {
        let read = self.set.manifest(&self.trust.pins);
        read.map(|read| read.manifest.shares().collect()).unwrap_or_default()
    }

    /// Opens the set: custodians are asked, and a wallet asks for approval.
    pub fn open(
        &self,
        context: &mut Context,
        unlockers: &mut Unlockers,
    ) -> Result<Restorable, CommandError> {
        let mut progress = context.terminal.progress();
        let terminal = &mut context.terminal;
        let mut access = Access::new(unlockers, &self.trust, terminal, &mut progress);
        Ok(Restorable::open(&self.copies, &self.set, self.lost, &mut access)?)
    }

    /// The manifest that counts for these unlockers.
    pub fn manifest(&self, unlockers: &Unlockers) -> Option<&ReadManifest> {
        self.set.manifest(&unlockers.pins(&self.trust.pins))
    }

    /// The same, if the set was made by this wallet or a known signer: a stranger's set is not passed
    /// on as one's own.
    pub fn own_manifest(&self, unlockers: &Unlockers) -> Result<&ReadManifest, CommandError> {
        let refuse = |reason: Reason| {
            let reason = reason.explain().to_owned();
            BackupError::NotRestorable { set: self.set.id.clone(), reason }.into()
        };
        let Some(read) = self.manifest(unlockers) else { return Err(refuse(Reason::Malformed)) };
        match self.set.origin_of(read, &unlockers.pins(&self.trust.pins)) {
            OriginVerdict::ThisWallet | OriginVerdict::Signer => Ok(read),
            OriginVerdict::Unknown if self.trust.accept_unknown_origin => Ok(read),
            OriginVerdict::Unknown => Err(refuse(Reason::OriginUnknown)),
            OriginVerdict::Forged => Err(refuse(Reason::OriginForged)),
        }
    }
}
