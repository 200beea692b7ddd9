use std::path::{Path, PathBuf};

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy,
        create::{self, Created, NewKey, Plan},
        custodians::{self, Chosen, Given},
        history, holder,
        import::{self, Imported, Passwords},
        list, unknown,
    },
    device::Wallet,
    device_secret::{Scheme, check_address},
    eth2_keystore::Password,
    staking::Network,
    timestamp::Timestamp,
};

use super::created::{copies_json, copies_text, custodians_text, require_any_one};
use crate::{
    CommandResult,
    context::{Context, read_custodians},
    error::CommandError,
    output::Outcome,
};

/// Back up keystores that another tool made. The originals are never touched
///
/// Opens every keystore first, and writes nothing unless all of them open (or --skip-bad).
#[derive(Debug, clap::Args)]
pub struct Args {
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long)]
    network: Network,
    /// Keystores, or folders of them
    #[arg(long, required = true, num_args = 1.., value_name = "DIR|FILE")]
    from: Vec<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
    /// A folder to back up to: a stick, a disk, a share. Once for each copy
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// Who can open it: custodian files, or a set of this wallet [default: this wallet]
    #[arg(long, num_args = 1.., value_name = "FILE|SET")]
    custodian: Vec<PathBuf>,
    /// How many custodians it takes to open it
    #[arg(long, default_value_t = 1)]
    threshold: u8,
    /// The keys' slashing history (EIP-3076), kept beside the set
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Leave out keystores that do not open, and say which
    #[arg(long)]
    skip_bad: bool,
    /// How the wallet makes its secret where it is enrolled now
    #[arg(long, default_value_t)]
    scheme: Scheme,
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

/// Where the passwords come from; asked for when nothing is said.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct PasswordArgs {
    /// One password for all, in a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A folder with a password file for each: NAME.txt, or 0x<pubkey>
    #[arg(long, value_name = "DIR")]
    password_dir: Option<PathBuf>,
    /// One password for all, read from this file descriptor
    #[arg(long, value_name = "N")]
    password_fd: Option<u32>,
}

impl PasswordArgs {
    fn read(&self, context: &mut Context) -> Result<Passwords, CommandError> {
        if let Some(folder) = &self.password_dir {
            return Ok(Passwords::Folder(folder.clone()));
        }
        if let Some(file) = &self.password_file {
            return Ok(Passwords::One(import::read_password(file)?));
        }
        if let Some(fd) = self.password_fd {
            let file = format!("/dev/fd/{fd}");
            return Ok(Passwords::One(import::read_password(Path::new(&file))?));
        }
        let typed = context.terminal.password("Password of the keystores").ok_or_else(|| {
            CommandError::usage("no password given, and nobody here to ask")
                .with_hint("use --password-file, --password-dir or --password-fd")
        })?;
        let password = Password::new(typed.expose());
        password.map(Passwords::One).map_err(|error| CommandError::input(error.to_string()))
    }
}

impl Args {
    /// Opens everything, then makes the set.
    pub fn run(self, context: &mut Context) -> CommandResult {
        require_any_one(self.threshold)?;
        let custodians = read_custodians(&self.custodian)?;
        let mut copies = Copy::prepare_all(&self.copy)?;
        copies.iter().try_for_each(Copy::lock)?;
        let passwords = self.password.read(context)?;
        let mut progress = context.terminal.progress();
        let Imported { keys, bad, skipped } =
            import::open_all(&self.from, &passwords, &mut progress)?;
        self.require_keys(&keys, &bad)?;
        self.require_new(&keys, &copies)?;
        let history = self.read_history(&keys)?;
        let mut wallet = context.open()?;
        let made = self.make(keys, history, &custodians, &mut copies, &mut *wallet, context)?;
        Ok(self.outcome(&made, &copies, &bad, &skipped))
    }

    fn require_keys(&self, keys: &[NewKey], bad: &[(PathBuf, String)]) -> Result<(), CommandError> {
        if !bad.is_empty() && !self.skip_bad {
            let total = keys.len() + bad.len();
            return Err(BackupError::Unopened { bad: bad.to_vec(), total }.into());
        }
        if keys.is_empty() {
            let names: Vec<_> = self.from.iter().map(|path| path.display().to_string()).collect();
            return Err(BackupError::NoKeystores(names.join(", ")).into());
        }
        Ok(())
    }

    /// A key that lies in a set already would be counted, and delivered, twice.
    fn require_new(&self, keys: &[NewKey], copies: &[Copy]) -> Result<(), CommandError> {
        let sets = list(copies)?;
        if let Some(set) = unknown(&sets, self.network) {
            let reason = "no copy has a manifest of it that a wallet signed".to_owned();
            return Err(BackupError::DamagedSet { set: set.id.clone(), reason }.into());
        }
        let keys: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        match holder(&sets, &keys) {
            Some((set, pubkey)) => {
                let pubkey = pubkey.to_string();
                Err(BackupError::KeyExists { pubkey, set: set.clone() }.into())
            }
            None => Ok(()),
        }
    }

    fn read_history(&self, keys: &[NewKey]) -> Result<Option<Vec<u8>>, CommandError> {
        let keys: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        let history = self.history.as_ref();
        let history = history.map(|path| history::read(path, self.network, &keys)).transpose()?;
        Ok(history.map(|history| history.bytes))
    }

    fn make(
        &self,
        keys: Vec<NewKey>,
        history: Option<Vec<u8>>,
        given: &[Given],
        copies: &mut [Copy],
        wallet: &mut dyn Wallet,
        context: &mut Context,
    ) -> Result<Made, CommandError> {
        let terminal = &mut context.terminal;
        let address = check_address(wallet, terminal)?;
        let allow = self.allow_test_seed;
        custodians::require_real(self.network, wallet, &address, &[], allow)?;
        let chosen = custodians::choose(given, copies, self.scheme, wallet, &address, terminal)?;
        let test =
            custodians::require_real(self.network, wallet, &address, &chosen.custodians, allow)?;
        let plan = Plan {
            network: self.network,
            test,
            custodians: chosen.custodians.clone(),
            keys,
            deposit_data: None,
            history,
        };
        let mut progress = terminal.progress();
        let now = Timestamp::now();
        let created =
            create::create(&plan, copies, wallet, &address, now, terminal, &mut progress)?;
        Ok(Made { created, chosen, plan })
    }

    fn outcome(
        &self,
        made: &Made,
        copies: &[Copy],
        bad: &[(PathBuf, String)],
        skipped: &[PathBuf],
    ) -> Outcome {
        let Made { created, chosen, plan } = made;
        let mut text = format!(
            "Backed up {} keystores for {} as set {}\n",
            plan.keys.len(),
            self.network,
            created.set_id
        );
        text += &custodians_text(chosen);
        text += &copies_text(created, copies);
        for (path, why) in bad {
            text += &format!("LEFT OUT {}: {why}\n", path.display());
        }
        for path in skipped {
            text += &format!("not a keystore: {}\n", path.display());
        }
        text += "The originals were not touched. Next: stockade backup drill";
        text += &copies.iter().map(|copy| format!(" {}", copy.dir().display())).collect::<String>();
        let keys = plan
            .keys
            .iter()
            .map(|key| json!({"pubkey": key.secret.public_key(), "path": key.path}));
        let left_out =
            bad.iter().map(|(path, why)| json!({"file": path.display().to_string(), "why": why}));
        let json = json!({
            "set_id": created.set_id,
            "manifest": created.manifest,
            "keys": keys.collect::<Vec<_>>(),
            "custodians": chosen.custodians,
            "enrolled": chosen.enrolled,
            "copies": copies_json(created, copies),
            "skipped": skipped.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
        });
        // Something that was asked for is not in the set: read what.
        Outcome::checked(bad.is_empty(), text, json)
    }
}

/// A set that was made, of what, and for whom.
struct Made {
    created: Created,
    chosen: Chosen,
    plan: Plan,
}
