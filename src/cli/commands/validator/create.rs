use serde_json::json;
use stockade::{
    backup::Copy,
    custodian::AnyCustodian,
    device::{self, Wallet},
    interact::Interact as _,
    staking::{DEPOSIT_CLI_VERSION, Network, WHOLE_VALIDATOR_GWEI},
    timestamp::Timestamp,
    validator::{
        self, CreatedValidators, CredentialKind, LARGE_BATCH, Request, WARN_BATCH, Withdrawal,
    },
};

use super::before_deposit::{before_deposit, deposit_data};
use crate::{
    CommandResult,
    commands::{
        amount::{coins, gwei, version},
        backup::created::{
            self, Placed, confirm, copies_json, copies_text, custodians_text, notes, with_failed,
        },
        mnemonic::MnemonicArgs,
        sealing::Sealing,
        withdrawal,
    },
    context::Context,
    error::CommandError,
    output::Outcome,
    shell,
};

/// Make validator keys rooted in the wallet, and back them up before anything else
///
/// Writes keystores, deposit data and everything that recovery needs as one sealed set to every
/// copy. The keys can be made again with the wallet alone. With --from-mnemonic they are those that
/// deposit tools make of the same words, and no wallet is needed where --custodian names one.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sealing: Sealing,
    #[command(flatten)]
    mnemonic: MnemonicArgs,
    /// How many keys
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Which batch [default: the one that the copies are filling]
    #[arg(long, conflicts_with = "from_mnemonic")]
    batch: Option<u32>,
    /// The first index [default: the first that no set on the copies holds]
    #[arg(long)]
    start: Option<u32>,
    /// Make keys again that a set on the copies holds already
    #[arg(long)]
    recreate: bool,
    /// Where withdrawals go: `device` (m/44'/60'/0'/0/0 of the wallet), or an address with its
    /// checksum
    #[arg(long, default_value = "device", value_name = "device|0x..")]
    withdrawal_address: String,
    /// 0x01 (pays out all above 32), 0x02 (compounds up to 2048), or with --from-mnemonic 0x00
    /// (its withdrawal key; nothing is paid out until it is changed)
    #[arg(long, default_value = "0x01", value_parser = ["0x00", "0x01", "0x02"])]
    credentials: String,
    /// The amount of each deposit, in ETH, or in GNO on gnosis and chiado [default: 32 ETH, 1 GNO]
    #[arg(long, value_name = "COINS")]
    amount: Option<String>,
    /// What the deposit data says of the tool that made it: launchpads refuse old versions
    #[arg(long, value_name = "VERSION", default_value = DEPOSIT_CLI_VERSION, value_parser = version)]
    deposit_cli_version: String,
    /// More than 1000 keys from one root
    #[arg(long)]
    allow_large_batch: bool,
}

impl Args {
    /// Makes the keys and the set.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let request = self.request()?;
        let (custodians, mut copies) = self.sealing.read()?;
        self.sealing.require_room(&copies, self.count as usize)?;
        let seed = self.mnemonic.read(context)?;
        // After the words: at a question that is shown, nobody is about to type them.
        let placed = confirm(&copies, context)?;
        // A machine without a network often has no wallet either.
        let needs_wallet = seed.is_none() || !self.sealing.names_custodians();
        let mut wallet = match needs_wallet || context.any_device() {
            true => Some(context.open()?),
            false => None,
        };
        let refused = wallet.as_deref().and_then(|wallet| refused_deposit(wallet, &request));
        if let Some(warning) = &refused {
            context.terminal.note(warning);
        }
        // One person is asked and told: the terminal is both.
        let mut progress = context.terminal.progress();
        let user = &mut context.terminal;
        let now = Timestamp::now();
        let mut created = match (seed, wallet.as_deref_mut()) {
            (Some(seed), wallet) => validator::create_from_mnemonic(
                &request,
                &seed,
                &custodians,
                &mut copies,
                wallet,
                now,
                user,
                &mut progress,
            )?,
            (None, Some(wallet)) => validator::create(
                &request,
                &custodians,
                &mut copies,
                wallet,
                now,
                user,
                &mut progress,
            )?,
            (None, None) => return Err(CommandError::usage("name a wallet with --device")),
        };
        let failed = std::mem::take(&mut created.set.failed);
        Ok(with_failed(outcome(&created, &request, (&copies, &placed), refused), failed))
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
            return Err(CommandError::usage("0x00 credentials name no withdrawal address")
                .with_hint("leave --withdrawal-address out, or use --credentials 0x01 or 0x02"));
        }
        Ok(Request {
            network,
            count: self.count,
            batch: self.batch,
            start: self.start,
            recreate: self.recreate,
            withdrawal,
            credentials,
            amount: amount.unwrap_or(WHOLE_VALIDATOR_GWEI),
            deposit_cli_version: self.deposit_cli_version.clone(),
            scheme: self.sealing.scheme,
            threshold: self.sealing.threshold,
            allow_large_batch: self.allow_large_batch,
            allow_test_seed: self.sealing.allow_test_seed,
        })
    }
}

/// What its user should know before making keys whose deposit this wallet will not sign.
fn refused_deposit(wallet: &dyn Wallet, request: &Request) -> Option<String> {
    // The other networks take deposits in contracts of their own.
    if !matches!(request.network, Network::Mainnet | Network::Hoodi) {
        return None;
    }
    let credentials = match request.credentials {
        CredentialKind::Bls => 0x00,
        CredentialKind::Execution => 0x01,
        CredentialKind::Compounding => 0x02,
    };
    let refusal = wallet.preflight(&device::Request::Deposit { credentials })?;
    Some(format!("{}: {}", refusal.why, refusal.advice))
}

fn outcome(
    created: &CreatedValidators,
    request: &Request,
    (copies, placed): (&[Copy], &[Placed]),
    refused: Option<String>,
) -> Outcome {
    let root = created.batch.map_or("from the mnemonic".into(), |batch| format!("batch {batch}"));
    let mut text = format!(
        "Made set {}: {} keys for {}, {root}\n",
        created.set.set_id,
        created.keys.len(),
        request.network,
    );
    for (pubkey, path) in &created.keys {
        text += &format!("  {pubkey}  {path}\n");
    }
    text += &format!("Each deposit is {}. ", coins(request.amount, request.network));
    text += &match created.withdrawal_address {
        Some(address) => format!("Withdrawals go to {address}\n"),
        None => "Nothing is paid out until `credentials change` names an address\n".to_owned(),
    };
    text += &custodians_text(&created.custodians);
    text += &copies_text(&created.set, copies, placed);
    let mut warnings = Vec::new();
    let (first, last) = (created.keys.first(), created.keys.last());
    match created.batch {
        _ if !created.first => {}
        Some(_) => warnings.push(
            "these copies held no key of this wallet and network: if there are other copies, name \
             them, or the same keys could be made again elsewhere"
                .to_owned(),
        ),
        None => warnings.push(format!(
            "these copies held no key of this mnemonic: if any tool made keys of it before, make \
             sure that {} to {} are not among them, for a key that runs twice is slashed",
            first.map(|(_, path)| path.to_string()).unwrap_or_default(),
            last.map(|(_, path)| path.to_string()).unwrap_or_default(),
        )),
    }
    if created.large {
        let what = match created.batch {
            Some(batch) => format!("batch {batch} holds"),
            None => "the mnemonic has".to_owned(),
        };
        warnings.push(format!(
            "{what} more than {WARN_BATCH} keys from one root ({LARGE_BATCH} at most)",
        ));
    }
    let custodians = &created.custodians.custodians;
    let mut wallets = custodians.iter().filter_map(AnyCustodian::wallet);
    let by_wallet = wallets.any(|own| own.check_address == created.origin);
    if created.batch.is_none() && !by_wallet {
        warnings.push(format!(
            "the set's origin is signed by {}, which is none of its custodians: where another \
             wallet opens it, say --signer {}",
            created.origin, created.origin
        ));
    }
    warnings.extend(refused);
    warnings.extend(created::warnings(copies));
    text += &notes(&warnings);
    let deposit_data = deposit_data(&created.set.set_id, copies);
    text += &format!("Next: stockade backup drill{}\n", shell::copies(copies));
    text += &before_deposit(created, request.network, copies, deposit_data.as_deref());
    let keys = created
        .keys
        .iter()
        .map(|(pubkey, path)| json!({"pubkey": pubkey, "path": path.to_string()}));
    let json = json!({
        "set_id": created.set.set_id,
        "manifest": created.set.manifest,
        "batch": created.batch,
        "keys": keys.collect::<Vec<_>>(),
        "withdrawal_address": created.withdrawal_address,
        "amount": request.amount,
        "signer": created.origin,
        "custodians": created.custodians.custodians,
        "threshold": created.custodians.threshold,
        "enrolled": created.custodians.enrolled,
        "deposit_data": deposit_data.map(|file| crate::shown(&file).to_string()),
        "copies": copies_json(&created.set, copies, placed),
        "warnings": warnings,
    });
    Outcome::done(text, json)
}
