//! Errors of creating, checking and splitting keys.

use stockade::{
    bls::ShareError,
    validator::{ValidatorError, combine::CombineError},
};

use super::{CommandError, Kind};

impl From<ValidatorError> for CommandError {
    fn from(error: ValidatorError) -> Self {
        let (kind, hint) = match error {
            ValidatorError::Backup(error) => return error.into(),
            ValidatorError::Device(error) => return error.into(),
            ValidatorError::Secret(error) => return error.into(),
            ValidatorError::LargeBatch { .. } => {
                (Kind::Input, "start another batch with --batch, or use --allow-large-batch")
            }
            ValidatorError::LargeMnemonic { .. } => {
                (Kind::Input, "use another mnemonic for them, or --allow-large-batch")
            }
            ValidatorError::EthdoCredentials => (Kind::Input, "use --credentials 0x01 or 0x02"),
            ValidatorError::BlsCredentials => (Kind::Input, "use --credentials 0x01 or 0x02"),
            ValidatorError::NoWithdrawalAddress => (
                Kind::Input,
                "give --withdrawal-address 0x.. (with its checksum), or plug the wallet in and name it \
                 with --device",
            ),
            ValidatorError::UnknownKeys { .. } => (
                Kind::Input,
                "scrub the copies and repair the set. To ignore the set, name the keys with \
                 --recreate, --batch and --start",
            ),
            ValidatorError::Exists { .. } => (
                Kind::Input,
                "leave out --batch and --start to get the next free ones; --recreate derives the same \
                 key again",
            ),
            ValidatorError::Quorum { .. } => {
                (Kind::Usage, "use a --threshold of more than half of the --shares")
            }
            ValidatorError::WithdrawalAddress { .. } => (
                Kind::Protocol,
                "stop here: something between you and the wallet changes its answers",
            ),
            ValidatorError::Share(ShareError::Numbers { .. } | ShareError::Places) => {
                (Kind::Usage, "")
            }
            ValidatorError::Root(_) => (Kind::Protocol, ""),
            ValidatorError::SharesWrong(_) => (Kind::Internal, ""),
            _ => (Kind::Input, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}

impl From<CombineError> for CommandError {
    fn from(error: CombineError) -> Self {
        let hint = match error {
            CombineError::Backup(error) => return error.into(),
            CombineError::NoWallet => "name it with --device",
            CombineError::NoShares(_) => {
                "name the folders of nodes with --from, or copies that hold shares"
            }
            CombineError::NotShares(_) => {
                "name the node's folder, with its cluster-lock.json; leave out keys that are not shares"
            }
            CombineError::TooFew { .. } => "name the folders or copies of more nodes",
            CombineError::TwoClusters { .. } => {
                "name shares of one cluster: after a change of its keys, the old shares are worth nothing"
            }
            CombineError::TwoSplits { .. } => "name shares of one split",
            CombineError::Wrong { .. } => "leave these out: the others are enough",
            CombineError::NoFit(_) => {
                "name the folders or copies of more nodes: with one more share than needed, a wrong one is \
                 found"
            }
            _ => "",
        };
        Self::hinted(Kind::Input, &error, hint)
    }
}
