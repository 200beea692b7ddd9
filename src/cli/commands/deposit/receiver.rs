//! Who receives the withdrawals of a deposit, as far as copies and a wallet show.

use stockade::{
    backup::{manifest::KeystoreEntry, verdict::Reason},
    device::Show,
    path::DerivationPath,
    staking::{Deposit, WithdrawalCredentials},
};

use super::{
    answer::Answer,
    owner::{Known, KnownWallet, holders},
};
use crate::{error::CommandError, ui::Terminal};

impl Known {
    /// Who receives its withdrawals.
    pub fn withdrawal(
        &mut self,
        deposit: &Deposit,
        user: &mut Terminal,
    ) -> Result<Answer, CommandError> {
        let credentials = deposit.withdrawal_credentials();
        let pays = credentials.address();
        let shown = pays.map_or("a BLS withdrawal key".to_owned(), |to| to.to_string());
        if let Some(receiver) = self.receiver {
            return Ok(if pays == Some(receiver) {
                Answer::new(Reason::Ok, format!("pays {receiver}, as it should"))
            } else {
                let detail = format!("it pays withdrawals to {shown}, not to {receiver}");
                Answer::new(Reason::PubkeyMismatch, detail)
            });
        }
        let index = self.sets.iter().flat_map(|sets| holders(sets, deposit.pubkey()));
        let index = index.filter_map(|(_, entry)| index_of(entry)).next();
        let Some(known) = &mut self.wallet else {
            let detail = "receiver not checked (name it with --withdrawal-address, or the wallet with --device)";
            return Ok(Answer::new(Reason::NotChecked, detail));
        };
        if pays == Some(known.withdrawal) {
            return Ok(Answer::new(Reason::Ok, format!("pays this wallet's own address {shown}")));
        }
        if pays.is_none() && known.has_withdrawal_key(index, credentials, user)? {
            let detail = "its 0x00 credentials belong to this wallet's own withdrawal key";
            return Ok(Answer::new(Reason::Ok, detail));
        }
        // It may be another account of the same wallet.
        Ok(Answer::new(
            Reason::NotThisWallet,
            format!("it pays {shown}, which is not this wallet's {}", known.withdrawal),
        ))
    }
}

impl KnownWallet {
    /// Whether 0x00 credentials belong to the withdrawal key with the index of the signing key.
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

fn index_of(entry: &KeystoreEntry) -> Option<u32> {
    let path: DerivationPath = entry.path.parse().ok()?;
    path.levels().get(2).copied()
}
