mod report;
mod warnings;

use stockade::{
    interact::Interact as _,
    staking::DEPOSIT_CLI_VERSION,
    validator::{self, CredentialKind, KeyPaths, Request, Withdrawal},
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::report::Document;
use crate::{
    CommandResult,
    commands::{
        amount::{gwei, version},
        backup::created::confirm,
        mnemonic::MnemonicArgs,
        sealing::Sealing,
        withdrawal,
    },
    context::Context,
    error::CommandError,
};

/// Create validator keys that the wallet can derive again, and back them up before anything else
///
/// Writes keystores, deposit data and everything that recovery needs as one sealed set to every copy.
/// With --from-mnemonic the keys are those that deposit tools derive from the same mnemonic, and no
/// wallet is needed if --custodian names a custodian.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sealing: Sealing,
    #[command(flatten)]
    mnemonic: MnemonicArgs,
    /// The keys of accounts of ethdo's hierarchical wallets, m/12381/3600/I/0. Deposit tools use that path
    /// for withdrawal keys
    #[arg(long, requires = "from_mnemonic")]
    ethdo_accounts: bool,
    /// The number of keys
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// The batch [default: the one that the copies are filling]
    #[arg(long, conflicts_with = "from_mnemonic")]
    batch: Option<u32>,
    /// The first index [default: the first one that no set on the copies holds]
    #[arg(long)]
    start: Option<u32>,
    /// Allow keys that a set on the copies holds already
    #[arg(long)]
    recreate: bool,
    /// Where withdrawals go: `device` (m/44'/60'/0'/0/0 of the wallet), or an address with its
    /// checksum
    #[arg(long, default_value = "device", value_name = "device|0x..")]
    withdrawal_address: String,
    /// 0x01 (pays out what exceeds 32 ETH), 0x02 (compounds up to 2048 ETH), or with --from-mnemonic
    /// 0x00 (a BLS withdrawal key: pays out nothing until `stockade credentials change` names an
    /// address)
    #[arg(long, default_value = "0x01", value_parser = ["0x00", "0x01", "0x02"])]
    credentials: String,
    /// The amount of each deposit in ETH, or in GNO on gnosis and chiado [default: 32 ETH, 1 GNO]
    #[arg(long, value_name = "COINS")]
    amount: Option<String>,
    /// The tool version that the deposit data names: launchpads refuse old versions
    #[arg(long, value_name = "VERSION", default_value = DEPOSIT_CLI_VERSION, value_parser = version)]
    deposit_cli_version: String,
    /// Allow more than 1000 keys from one batch or mnemonic
    #[arg(long)]
    allow_large_batch: bool,
}

impl Args {
    /// Creates the keys and writes the set.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let mut request = self.request()?;
        let (custodians, mut copies) = self.sealing.read()?;
        request.custodians = custodians;
        self.sealing.require_room(&copies, self.count as usize)?;
        let seed = self.mnemonic.read(context)?;
        // Asked after the mnemonic, so that nobody types words at a question that shows them.
        let placed = confirm(&copies, context)?;
        // A machine without a network often has no wallet either.
        let needs_wallet = seed.is_none() || !self.sealing.names_custodians();
        let mut wallet =
            if needs_wallet || context.any_device() { Some(context.open()?) } else { None };
        let refused =
            wallet.as_deref().and_then(|wallet| warnings::refused_deposit(wallet, &request));
        if let Some(warning) = &refused {
            context.terminal.note(warning);
        }
        let mut progress = context.terminal.progress();
        let user = &mut context.terminal;
        let mut created = match (seed, wallet.as_deref_mut()) {
            (Some(seed), wallet) => validator::create_from_mnemonic(
                &request,
                seed,
                &mut copies,
                wallet,
                user,
                &mut progress,
            )?,
            (None, Some(wallet)) => {
                validator::create(&request, &mut copies, wallet, user, &mut progress)?
            }
            (None, None) => return Err(CommandError::usage("name a wallet with --device")),
        };
        let failed = std::mem::take(&mut created.set.failed).into();
        Ok(report::outcome(&created, &request, (&copies, &placed), refused, failed))
    }

    fn request(&self) -> Result<Request, CommandError> {
        let network = self.sealing.network;
        let amount = self.amount.as_ref().map(|text| gwei(text, network)).transpose()?;
        let credentials = match self.credentials.as_str() {
            "0x00" => CredentialKind::Bls,
            "0x02" => CredentialKind::Compounding,
            _ => CredentialKind::Execution,
        };
        let withdrawal = withdrawal::parse(&self.withdrawal_address)?;
        if credentials == CredentialKind::Bls && withdrawal != Withdrawal::Device {
            return Err(CommandError::usage("0x00 credentials have no withdrawal address")
                .with_hint("leave out --withdrawal-address, or use --credentials 0x01 or 0x02"));
        }
        let mut request = Request::new(network, self.count, withdrawal);
        request.batch = self.batch;
        request.start = self.start;
        if self.ethdo_accounts {
            request.paths = KeyPaths::Ethdo;
        }
        request.recreate = self.recreate;
        request.credentials = credentials;
        request.amount = amount.unwrap_or(request.amount);
        request.deposit_cli_version.clone_from(&self.deposit_cli_version);
        request.scheme = self.sealing.scheme;
        request.threshold = self.sealing.threshold;
        request.allow_large_batch = self.allow_large_batch;
        request.allow_test_seed = self.sealing.allow_test_seed;
        Ok(request)
    }
}
