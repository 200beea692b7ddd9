use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::Copy,
    device_secret::Scheme,
    eth::Address,
    staking::Network,
    timestamp::Timestamp,
    validator::{self, CreatedValidators, LARGE_BATCH, Request, WARN_BATCH, Withdrawal},
};

use crate::{
    CommandResult,
    commands::backup::created::{copies_json, copies_text, custodians_text, require_any_one},
    context::{Context, read_custodians},
    error::CommandError,
    output::Outcome,
};

/// Make validator keys rooted in the wallet, and back them up before anything else
///
/// Writes keystores, deposit data and everything that recovery needs as one sealed set to every
/// copy. The keys can be made again with the wallet alone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long)]
    network: Network,
    /// How many keys
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Which batch [default: the one that the copies are filling]
    #[arg(long)]
    batch: Option<u32>,
    /// The first index [default: the first that no set on the copies holds]
    #[arg(long)]
    start: Option<u32>,
    /// Make keys again that a set on the copies holds already
    #[arg(long)]
    recreate: bool,
    /// Where withdrawals go: `device` (m/44'/60'/0'/0/0 of the wallet), or an address with its
    /// checksum
    #[arg(long, default_value = "device")]
    withdrawal_address: String,
    /// 0x01 (pays out all above 32) or 0x02 (compounds up to 2048)
    #[arg(long, default_value = "0x01", value_parser = ["0x01", "0x02"])]
    credentials: String,
    /// The amount of each deposit, in ETH [default: 32; on gnosis and chiado 32 stand for 1 GNO]
    #[arg(long, default_value = "32")]
    amount: String,
    /// How the wallet makes its secrets: eip191-v1 (every wallet) or slip11-v1 (Trezor)
    #[arg(long, default_value_t)]
    scheme: Scheme,
    /// More than 1000 keys from one root
    #[arg(long)]
    allow_large_batch: bool,
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    allow_test_seed: bool,
    /// A folder to back up to: a stick, a disk, a share. Once for each copy
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// Who can open it: custodian files, or a set of this wallet [default: this wallet]
    #[arg(long, num_args = 1.., value_name = "FILE|SET")]
    custodian: Vec<PathBuf>,
    /// How many custodians it takes to open it
    #[arg(long, default_value_t = 1)]
    threshold: u8,
}

impl Args {
    /// Makes the keys and the set.
    pub fn run(self, context: &mut Context) -> CommandResult {
        require_any_one(self.threshold)?;
        let request = self.request()?;
        let custodians = read_custodians(&self.custodian)?;
        let mut copies = Copy::prepare_all(&self.copy)?;
        let mut wallet = context.open()?;
        let created = {
            // One person is asked and told: the terminal is both.
            let mut progress = context.terminal.progress();
            validator::create(
                &request,
                &custodians,
                &mut copies,
                &mut *wallet,
                Timestamp::now(),
                &mut context.terminal,
                &mut progress,
            )?
        };
        Ok(outcome(&created, &request, &copies))
    }

    fn request(&self) -> Result<Request, CommandError> {
        Ok(Request {
            network: self.network,
            count: self.count,
            batch: self.batch,
            start: self.start,
            recreate: self.recreate,
            withdrawal: withdrawal(&self.withdrawal_address)?,
            compounding: self.credentials == "0x02",
            amount: gwei(&self.amount)?,
            scheme: self.scheme,
            allow_large_batch: self.allow_large_batch,
            allow_test_seed: self.allow_test_seed,
        })
    }
}

fn withdrawal(text: &str) -> Result<Withdrawal, CommandError> {
    match text {
        "device" => Ok(Withdrawal::Device),
        text => Address::parse_checksummed(text).map(Withdrawal::To).map_err(|error| {
            CommandError::usage(format!("--withdrawal-address {text}: {error}"))
                .with_hint("copy it from where it is shown in mixed case, and compare it there")
        }),
    }
}

/// `32` or `32.5` in Gwei, exactly.
fn gwei(text: &str) -> Result<u64, CommandError> {
    let bad =
        || CommandError::usage(format!("--amount {text}: a number of ETH, such as 32 or 33.5"));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return Err(bad());
    }
    let whole: u64 = whole.parse().map_err(|_| bad())?;
    let fraction: u64 = format!("{fraction:0<9}").parse().map_err(|_| bad())?;
    let gwei = whole.checked_mul(1_000_000_000).and_then(|gwei| gwei.checked_add(fraction));
    gwei.ok_or_else(bad)
}

fn outcome(created: &CreatedValidators, request: &Request, copies: &[Copy]) -> Outcome {
    let mut text = format!(
        "Made set {}: {} keys for {}, batch {}\n",
        created.set.set_id,
        created.keys.len(),
        request.network,
        created.batch
    );
    for (pubkey, path) in &created.keys {
        text += &format!("  {pubkey}  {path}\n");
    }
    text += &format!("Withdrawals go to {}\n", created.withdrawal_address);
    text += &custodians_text(&created.custodians);
    text += &copies_text(&created.set, copies);
    let mut warnings = Vec::new();
    if created.first {
        warnings.push(
            "these copies held no key of this wallet and network: if there are other copies, name \
             them, or the same keys could be made again elsewhere"
                .to_owned(),
        );
    }
    if created.large {
        warnings.push(format!(
            "batch {} holds more than {WARN_BATCH} keys from one root ({LARGE_BATCH} at most)",
            created.batch
        ));
    }
    for warning in &warnings {
        text += &format!("note: {warning}\n");
    }
    text += "Next: stockade backup drill";
    text += &copies.iter().map(|copy| format!(" {}", copy.dir().display())).collect::<String>();
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
        "custodians": created.custodians.custodians,
        "enrolled": created.custodians.enrolled,
        "copies": copies_json(&created.set, copies),
        "warnings": warnings,
    });
    Outcome::done(text, json)
}

#[cfg(test)]
mod tests {
    use super::gwei;

    #[test]
    fn amounts_are_exact() {
        assert_eq!(gwei("32").unwrap(), 32_000_000_000);
        assert_eq!(gwei("32.5").unwrap(), 32_500_000_000);
        assert_eq!(gwei("0.000000001").unwrap(), 1);
        for bad in ["", "-1", "1e3", "1.", ".5", "1.0000000001", "99999999999999999999"] {
            assert!(gwei(bad).is_err(), "{bad}");
        }
    }
}
