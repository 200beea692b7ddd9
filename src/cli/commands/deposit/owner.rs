//! Whose key a deposit is for, and whose address or key it pays: as far as copies and a wallet can
//! tell.

use stockade::{
    backup::verdict::Reason,
    backup::{BackupError, Copy, ListedSet, list, manifest::KeystoreEntry, manifest::Source},
    bls::PublicKey,
    device::{Show, Wallet},
    device_secret::check_address,
    eth::Address,
    path::DerivationPath,
    staking::{Deposit, WithdrawalCredentials},
};

use crate::{error::CommandError, ui::Terminal};

/// An answer to one question about one deposit.
#[derive(Debug, Clone)]
pub struct Answer {
    pub reason: Reason,
    pub detail: String,
}

/// What the copies and the wallet know.
pub struct Known {
    /// The sets of the copies that were named.
    sets: Option<Vec<ListedSet>>,
    /// Who else may have made them, by the user's word.
    signers: Vec<Address>,
    /// Who should be paid, by the user's word.
    pub receiver: Option<Address>,
    wallet: Option<KnownWallet>,
}

/// The attached wallet, and its two addresses.
struct KnownWallet {
    wallet: Box<dyn Wallet>,
    check_address: Address,
    withdrawal: Address,
}

impl Known {
    /// Reads the manifests of the copies.
    pub fn new(copies: &[std::path::PathBuf], signers: Vec<Address>) -> Result<Self, BackupError> {
        let sets = match copies.is_empty() {
            true => None,
            false => Some(list(&Copy::open_all(copies)?)?),
        };
        Ok(Self { sets, signers, receiver: None, wallet: None })
    }

    /// Asks the wallet for its addresses, silently.
    pub fn ask(
        &mut self,
        mut wallet: Box<dyn Wallet>,
        user: &mut Terminal,
    ) -> Result<Address, CommandError> {
        let path = DerivationPath::ethereum(0, 0)
            .map_err(|error| CommandError::usage(error.to_string()))?;
        let check_address = check_address(&mut *wallet, user)?;
        let withdrawal = wallet.address(&path, Show::Silently, user)?;
        self.wallet = Some(KnownWallet { wallet, check_address, withdrawal });
        Ok(withdrawal)
    }

    /// Whether copies were named.
    pub fn has_copies(&self) -> bool {
        self.sets.is_some()
    }

    /// Whose key it is.
    pub fn key(&self, pubkey: &PublicKey) -> Answer {
        let Some(sets) = &self.sets else {
            return Answer::new(Reason::NotChecked, "whose key it is was not asked (--copy)");
        };
        let holders: Vec<_> = holders(sets, pubkey).collect();
        let signed = |set: &ListedSet| {
            self.wallet.as_ref().is_some_and(|known| set.signer == Some(known.check_address))
        };
        let said = |set: &ListedSet| set.signer.is_some_and(|one| self.signers.contains(&one));
        let own = holders.iter().find(|(set, _)| signed(set));
        let own = own.or_else(|| holders.iter().find(|(set, _)| said(set)));
        let Some((set, entry)) = own.or(holders.first()) else {
            return Answer::new(Reason::Missing, "the copy does not hold its key");
        };
        let place = format!("{}, {}", set.id, place(entry));
        match (&self.wallet, set.signer) {
            (Some(_), _) if signed(set) => {
                Answer::new(Reason::Ok, format!("this wallet's own, in set {place}"))
            }
            (_, Some(signer)) if said(set) => Answer::new(
                Reason::Ok,
                format!("in set {place}, which {signer} signed, as you said"),
            ),
            (Some(_), Some(signer)) => Answer::new(
                Reason::OriginUnknown,
                format!("in set {place}, which {signer} signed, and not this wallet"),
            ),
            (None, Some(signer)) => Answer::new(
                Reason::OriginUnknown,
                format!(
                    "in set {place}, which {signer} signed; whose that is, the wallet shows (or --signer)"
                ),
            ),
            (_, None) => {
                Answer::new(Reason::OriginUnknown, format!("in set {place}, which nobody signed"))
            }
        }
    }

    /// Whom it pays.
    pub fn withdrawal(
        &mut self,
        deposit: &Deposit,
        user: &mut Terminal,
    ) -> Result<Answer, CommandError> {
        let credentials = deposit.withdrawal_credentials();
        let pays = credentials.address();
        let shown = pays.map_or("a BLS withdrawal key".to_owned(), |to| to.to_string());
        if let Some(receiver) = self.receiver {
            return Ok(match pays == Some(receiver) {
                true => Answer::new(Reason::Ok, format!("pays {receiver}, as it should")),
                false => Answer::new(
                    Reason::PubkeyMismatch,
                    format!("it pays withdrawals to {shown}, not to {receiver}"),
                ),
            });
        }
        let index = self.sets.iter().flat_map(|sets| holders(sets, deposit.pubkey()));
        let index = index.filter_map(|(_, entry)| index_of(entry)).next();
        let Some(known) = &mut self.wallet else {
            let detail = "whom it pays was not asked (--withdrawal-address, or the wallet)";
            return Ok(Answer::new(Reason::NotChecked, detail));
        };
        if pays == Some(known.withdrawal) {
            return Ok(Answer::new(Reason::Ok, format!("pays this wallet's own address {shown}")));
        }
        if pays.is_none() && known.has_withdrawal_key(index, credentials, user)? {
            let detail = "its 0x00 credentials are this wallet's own withdrawal key";
            return Ok(Answer::new(Reason::Ok, detail));
        }
        // Another account of the same wallet, perhaps.
        Ok(Answer::new(
            Reason::NotThisWallet,
            format!("it pays {shown}, which is not this wallet's {}", known.withdrawal),
        ))
    }
}

impl KnownWallet {
    /// Whether 0x00 credentials are of the withdrawal key that belongs to signing key `index`.
    fn has_withdrawal_key(
        &mut self,
        index: Option<u32>,
        credentials: &WithdrawalCredentials,
        user: &mut Terminal,
    ) -> Result<bool, CommandError> {
        let (Some(index), Some(keys)) = (index, self.wallet.bls_public_keys()) else {
            return Ok(false);
        };
        let path = DerivationPath::withdrawal_key(index);
        let key = keys.bls_public_key(&path, Show::Silently, user)?;
        Ok(WithdrawalCredentials::from_bls_key(&key) == *credentials)
    }
}

impl Answer {
    fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

fn holders<'a>(
    sets: &'a [ListedSet],
    pubkey: &PublicKey,
) -> impl Iterator<Item = (&'a ListedSet, &'a KeystoreEntry)> {
    let entries = sets.iter().flat_map(|set| set.keystores().iter().map(move |entry| (set, entry)));
    entries.filter(move |(_, entry)| entry.pubkey == *pubkey)
}

fn index_of(entry: &KeystoreEntry) -> Option<u32> {
    let path: DerivationPath = entry.path.parse().ok()?;
    path.levels().get(2).copied()
}

/// Where the key hangs, as its set says.
fn place(entry: &KeystoreEntry) -> String {
    match &entry.source {
        Source::Device { batch, .. } => format!("batch {batch}, {}", entry.path),
        Source::Mnemonic { .. } => format!("from a mnemonic, {}", entry.path),
        Source::Imported => "imported from a keystore made elsewhere".to_owned(),
    }
}
