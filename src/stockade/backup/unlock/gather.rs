//! Gathering a set's secret from its custodians: first those that open silently, then those that are
//! here, one after another, then wallets that are plugged in on request. Nobody is asked for
//! something that cannot suffice.

use std::collections::BTreeSet;

use super::{access::Access, error::UnlockError, unlockers::Unlockers};
use crate::backup::{
    check::{inspect::ReadManifest, scrub::ScrubbedSet},
    copy::Copy,
    set::{
        combine::combine,
        manifest::Manifest,
        secret::{MAX_LEN, SetSecret},
        set_id::SetId,
        share::{self, Share},
        verdict::Reason,
    },
};
use crate::{
    custodian::{self, AnyCustodian, Identity, OpenError, PassphraseError, PlainKind},
    device_secret::SecretError,
};
use stockade_base::eth::Address;
use stockade_wallet::interact::Interact;

/// How often a person may mistype a passphrase.
const PASSPHRASE_TRIES: usize = 3;

/// What came of asking one custodian.
type Asked = Result<(), UnlockError>;

/// Whether any unlocker is a custodian, as far as can be seen without asking.
pub(crate) fn anybody(manifest: &Manifest, unlockers: &Unlockers) -> bool {
    manifest.custodians.iter().any(|custodian| {
        let passphrase = custodian.plain().is_some_and(|p| p.kind == PlainKind::Passphrase);
        passphrase || is_here(custodian, unlockers)
    })
}

fn is_here(custodian: &AnyCustodian, unlockers: &Unlockers) -> bool {
    let wallet = |address: &Address| unlockers.wallets().any(|(_, here)| here == address);
    unlockers.opened(custodian).is_some()
        || unlockers.given(custodian).next().is_some()
        || custodian.wallet().is_some_and(|own| wallet(&own.check_address))
}

/// The secret of `set`, which `fits` it, and what a person should know of how it was found.
pub(crate) fn gather(
    set: &ScrubbedSet,
    copies: &[Copy],
    read: &ReadManifest,
    fits: &dyn Fn(&SetSecret) -> bool,
    access: &mut Access<'_>,
) -> Result<(SetSecret, Vec<String>), UnlockError> {
    let mut gathering = Gathering::new(set, copies, &read.manifest, fits);
    match gathering.run(access.unlockers, access.user)? {
        Some(secret) => Ok((secret, gathering.notes)),
        None => Err(gathering.closed(access.unlockers)),
    }
}

struct Gathering<'a> {
    set: &'a SetId,
    manifest: &'a Manifest,
    fits: &'a dyn Fn(&SetSecret) -> bool,
    /// What is sealed to each custodian, where a copy holds it whole.
    sealed: Vec<Option<Vec<u8>>>,
    /// The custodians that were tried, by their place.
    tried: BTreeSet<usize>,
    shares: Vec<Share>,
    /// Where any one custodian opens the set, and one did.
    secret: Option<SetSecret>,
    notes: Vec<String>,
    worst: Option<Reason>,
}

impl<'a> Gathering<'a> {
    fn new(
        set: &'a ScrubbedSet,
        copies: &[Copy],
        manifest: &'a Manifest,
        fits: &'a dyn Fn(&SetSecret) -> bool,
    ) -> Self {
        let mut notes = Vec::new();
        let sealed = (1..=manifest.custodians.len()).map(|x| {
            let path = share::file_of(manifest.threshold, u8::try_from(x).ok()?);
            let entry = manifest.files.iter().find(|entry| entry.path.as_str() == path);
            let found = entry.and_then(|entry| set.file(copies, &entry.path, &entry.sha256));
            let note = format!("set {}: {path} is in no copy whole", set.id);
            if found.is_none() && !notes.contains(&note) {
                notes.push(note);
            }
            found
        });
        let sealed = sealed.collect();
        let (tried, shares) = (BTreeSet::new(), Vec::new());
        let set = &set.id;
        Self { set, manifest, fits, sealed, tried, shares, secret: None, notes, worst: None }
    }

    fn run(
        &mut self,
        unlockers: &mut Unlockers,
        user: &mut dyn Interact,
    ) -> Result<Option<SetSecret>, UnlockError> {
        let silently =
            |g: &mut Self, i, h: &mut Unlockers, u: &mut dyn Interact| g.try_files(i, false, h, u);
        if let Some(secret) = self.each(silently, unlockers, user)? {
            return Ok(Some(secret));
        }
        if self.reachable(unlockers) < usize::from(self.manifest.threshold) {
            if let Some(secret) = self.each(Self::try_passphrase, unlockers, user)? {
                return Ok(Some(secret));
            }
            if self.reachable(unlockers) < usize::from(self.manifest.threshold)
                && !unlockers.expects_more()
            {
                return Ok(None);
            }
        }
        let plugins =
            |g: &mut Self, i, h: &mut Unlockers, u: &mut dyn Interact| g.try_files(i, true, h, u);
        if let Some(secret) = self.each(plugins, unlockers, user)? {
            return Ok(Some(secret));
        }
        if let Some(secret) = self.each(Self::try_wallet, unlockers, user)? {
            return Ok(Some(secret));
        }
        if let Some(secret) = self.each(Self::try_passphrase, unlockers, user)? {
            return Ok(Some(secret));
        }
        self.prompt_for_wallets(unlockers, user)
    }

    /// Tries `how` on every custodian that was not tried yet, until there is enough.
    fn each(
        &mut self,
        how: impl Fn(&mut Self, usize, &mut Unlockers, &mut dyn Interact) -> Asked,
        unlockers: &mut Unlockers,
        user: &mut dyn Interact,
    ) -> Result<Option<SetSecret>, UnlockError> {
        for i in 0..self.manifest.custodians.len() {
            if self.tried.contains(&i) || self.sealed_to(i).is_none() {
                continue;
            }
            how(self, i, unlockers, user)?;
            if let Some(secret) = self.complete() {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }

    /// Asks for the missing wallets, one after another.
    fn prompt_for_wallets(
        &mut self,
        unlockers: &mut Unlockers,
        user: &mut dyn Interact,
    ) -> Result<Option<SetSecret>, UnlockError> {
        while unlockers.expects_more() {
            let next = unlockers.next(&self.wanted(), user);
            let Some(address) =
                next.map_err(|e| UnlockError::Failed(SecretError::from(e).into()))?
            else {
                return Ok(None);
            };
            let before = self.tried.len();
            if let Some(secret) = self.each(Self::try_wallet, unlockers, user)? {
                return Ok(Some(secret));
            }
            if self.tried.len() == before {
                user.note(&format!(
                    "The wallet with the check address {address} is none of the missing custodians \
                     (another wallet, or another passphrase)."
                ));
            }
        }
        Ok(None)
    }

    /// Opens with what opened before, and with identities in files: those that open silently, or
    /// those of plugins.
    fn try_files(
        &mut self,
        i: usize,
        plugins: bool,
        unlockers: &mut Unlockers,
        user: &mut dyn Interact,
    ) -> Asked {
        let Some((custodian, sealed)) = self.sealed_to(i) else { return Ok(()) };
        if let Some(identity) = unlockers.opened(custodian) {
            let plain = identity.open(sealed, MAX_LEN);
            self.take(i, plain);
            return Ok(());
        }
        let mut failed = None;
        for given in unlockers.given(custodian).filter(|given| given.asks() == plugins) {
            match given.open(sealed, MAX_LEN, user) {
                Ok(plain) => {
                    self.take(i, Ok(plain));
                    return Ok(());
                }
                Err(error) => failed = Some((given.asks(), error)),
            }
        }
        match failed {
            // It may be the identity of another key of the same plugin.
            Some((true, error)) => {
                self.note(i, &format!("the identity given does not open it: {error}"));
            }
            Some((false, error)) => self.take(i, Err(error)),
            None => {}
        }
        Ok(())
    }

    fn try_passphrase(
        &mut self,
        i: usize,
        unlockers: &mut Unlockers,
        user: &mut dyn Interact,
    ) -> Asked {
        let Some((custodian, _)) = self.sealed_to(i) else { return Ok(()) };
        let Some(plain) = custodian.plain() else { return Ok(()) };
        if plain.kind != PlainKind::Passphrase || unlockers.was_asked(custodian) {
            return Ok(());
        }
        for _ in 0..PASSPHRASE_TRIES {
            let Some((passphrase, typed)) = unlockers.passphrase_for(custodian, user) else {
                return Ok(());
            };
            match plain.unlock(&passphrase) {
                Some(Ok(identity)) => {
                    self.open_and_remember(i, identity, unlockers);
                    return Ok(());
                }
                Some(Err(error @ PassphraseError::Wrong(_))) if typed => {
                    user.note(&format!("{error}."));
                }
                Some(Err(error)) => {
                    self.note(i, &error.to_string());
                    return Ok(());
                }
                None => return Ok(()),
            }
        }
        self.note(i, "its passphrase was mistyped");
        Ok(())
    }

    fn try_wallet(
        &mut self,
        i: usize,
        unlockers: &mut Unlockers,
        user: &mut dyn Interact,
    ) -> Asked {
        let Some((custodian, _)) = self.sealed_to(i) else { return Ok(()) };
        let Some(own) = custodian.wallet() else { return Ok(()) };
        let Some(wallet) = unlockers.wallet(&own.check_address) else { return Ok(()) };
        // Its recipient is not what the wallet signed: nothing is asked in its name.
        if own.verify().is_err() {
            return Err(UnlockError::Verdict(Reason::OriginForged, Vec::new()));
        }
        match custodian::open(wallet, own, user) {
            Ok(identity) => self.open_and_remember(i, identity, unlockers),
            Err(error @ OpenError::NotDeterministic(_)) => {
                self.fail(i, Reason::FirmwareNotDeterministic, &error.to_string());
            }
            Err(error @ OpenError::Secret(SecretError::NotThisWallet { .. })) => {
                self.fail(i, Reason::NotThisWallet, &error.to_string());
            }
            Err(error) => return Err(UnlockError::Failed(error)),
        }
        Ok(())
    }

    fn open_and_remember(&mut self, i: usize, identity: Identity, unlockers: &mut Unlockers) {
        if let Some((_, sealed)) = self.sealed_to(i) {
            let plain = identity.open(sealed, MAX_LEN);
            self.take(i, plain);
        }
        unlockers.remember(identity);
    }

    /// Takes what was sealed to the custodian at `i`: the secret, or its share.
    fn take(&mut self, i: usize, plain: Result<zeroize::Zeroizing<Vec<u8>>, age::DecryptError>) {
        let Ok(plain) = plain else {
            let why = "what is sealed for it does not open, though this is its identity";
            return self.fail(i, Reason::ShareWrong, why);
        };
        let (threshold, of) = (self.manifest.threshold, self.manifest.custodians.len());
        let x = u8::try_from(i + 1).unwrap_or(u8::MAX);
        if threshold == 1 {
            match SetSecret::from_bytes(&plain) {
                Some(secret) => self.secret = Some(secret),
                None => self.fail(i, Reason::ShareWrong, "what is sealed for it is no secret"),
            }
        } else {
            match Share::parse(&plain, self.set, x, threshold, of) {
                Ok(share) => self.shares.push(share),
                Err(why) => {
                    self.fail(i, Reason::ShareWrong, &format!("its share is wrong: {why}"));
                }
            }
        }
        self.tried.insert(i);
    }

    /// The secret, as soon as there is enough for it.
    fn complete(&mut self) -> Option<SetSecret> {
        if let Some(secret) = self.secret.take() {
            return Some(secret);
        }
        let threshold = usize::from(self.manifest.threshold);
        let combined = combine(&self.shares, threshold, self.fits)?;
        for x in combined.wrong {
            let i = usize::from(x).saturating_sub(1);
            self.note(i, "its share is wrong: it does not fit the others");
        }
        Some(combined.secret)
    }

    /// How many custodians there are answers of, or may be without another wallet.
    fn reachable(&self, unlockers: &Unlockers) -> usize {
        let untried = (0..self.manifest.custodians.len()).filter(|i| !self.tried.contains(i));
        let here = untried.filter_map(|i| self.sealed_to(i)).filter(|(c, _)| is_here(c, unlockers));
        self.shares.len() + here.count()
    }

    fn sealed_to(&self, i: usize) -> Option<(&'a AnyCustodian, &[u8])> {
        Some((self.manifest.custodians.get(i)?, self.sealed.get(i)?.as_deref()?))
    }

    fn note(&mut self, i: usize, what: &str) {
        if let Some(custodian) = self.manifest.custodians.get(i) {
            self.notes.push(format!("set {}: {custodian}: {what}", self.set));
        }
    }

    fn fail(&mut self, i: usize, reason: Reason, what: &str) {
        self.note(i, what);
        self.tried.insert(i);
        self.worst = self.worst.or(Some(reason));
    }

    /// Who could still help.
    fn untried(&self) -> Vec<&'a AnyCustodian> {
        let custodians = self.manifest.custodians.iter().enumerate();
        let untried = custodians.filter(|(i, _)| !self.tried.contains(i));
        untried.map(|(_, custodian)| custodian).collect()
    }

    /// What a person is told before the next wallet.
    fn wanted(&self) -> String {
        let missing = self.untried().into_iter().map(|custodian| format!("\n  {custodian}"));
        missing.fold(format!("{}\nStill missing:", self.needed()), |text, one| text + &one)
    }

    fn needed(&self) -> String {
        let (threshold, of) = (self.manifest.threshold, self.manifest.custodians.len());
        let needs = format!("Set {} opens with {threshold} of {of} custodians", self.set);
        format!("{needs}; {} answered.", self.shares.len())
    }

    /// Why there is no secret.
    fn closed(mut self, unlockers: &Unlockers) -> UnlockError {
        if self.shares.len() >= usize::from(self.manifest.threshold) {
            self.notes.push(format!(
                "set {}: the shares that opened give no secret that fits manifest.mac: a share is wrong, \
                 or manifest.mac was changed; one more custodian shows which share",
                self.set
            ));
            return UnlockError::Verdict(Reason::ManifestMac, self.notes);
        }
        let wallets = unlockers.wallets().count() > 0;
        let reason = match self.worst {
            Some(worst) => worst,
            None if wallets && !anybody(self.manifest, unlockers) => Reason::NotThisWallet,
            None => Reason::ShareMissing,
        };
        let untried = self.untried();
        let (here, gone): (Vec<_>, Vec<_>) =
            untried.into_iter().partition(|c| is_here(c, unlockers));
        let list = |all: &[&AnyCustodian]| {
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let mut note = self.needed();
        if !here.is_empty() {
            note += &format!(" Here, and not asked: {}.", list(&here));
        }
        if !gone.is_empty() {
            note += &format!(" Not here: {}.", list(&gone));
        }
        self.notes.push(note);
        UnlockError::Verdict(reason, self.notes)
    }
}
