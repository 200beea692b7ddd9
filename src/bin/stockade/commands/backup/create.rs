use std::path::{Path, PathBuf};

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy,
        create::{self, Created, NewKey, Plan},
        custodians::{self, Chosen, Given},
        history, holder,
        import::{self, Imported, Passwords},
        list, medium,
        origin::Signer,
        unknown,
    },
    device::Wallet,
    device_secret::check_address,
    eth2_keystore::Password,
    timestamp::Timestamp,
};

use super::created::{copies_json, copies_text, custodians_text, notes};
use crate::{
    CommandResult, commands::sealing::Sealing, context::Context, error::CommandError,
    output::Outcome,
};

/// Back up keystores that another tool made. The originals are never touched
///
/// Opens every keystore first, and writes nothing unless all of them open (or --skip-bad).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sealing: Sealing,
    /// Keystores, or folders of them
    #[arg(long, required = true, num_args = 1.., value_name = "DIR|FILE")]
    from: Vec<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
    /// The keys' slashing history (EIP-3076), kept beside the set
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Leave out keystores that do not open, and say which
    #[arg(long)]
    skip_bad: bool,
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
        let (custodians, mut copies) = self.sealing.read()?;
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
        if let Some(set) = unknown(&sets, self.sealing.network) {
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
        let history =
            history.map(|path| history::read(path, self.sealing.network, &keys)).transpose()?;
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
        let Sealing { network, threshold, scheme, allow_test_seed, .. } = self.sealing;
        custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
        let chosen =
            custodians::choose(given, threshold, copies, scheme, wallet, &address, terminal)?;
        let custodians = &chosen.custodians;
        let test =
            custodians::require_real(network, wallet, &address, custodians, allow_test_seed)?;
        let now = Timestamp::now();
        let plan = Plan {
            network,
            test,
            custodians: chosen.custodians.clone(),
            threshold: chosen.threshold,
            keys,
            deposit_data: None,
            sealed: Vec::new(),
            history: history.into_iter().map(|bytes| (now, bytes)).collect(),
            exits: Vec::new(),
        };
        let mut progress = terminal.progress();
        let signer = Signer::Wallet(wallet, address);
        let created = create::create(&plan, copies, signer, now, terminal, &mut progress)?;
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
            self.sealing.network,
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
        let warnings = medium::shared(copies);
        text += &notes(&warnings);
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
            "threshold": chosen.threshold,
            "enrolled": chosen.enrolled,
            "copies": copies_json(created, copies),
            "skipped": skipped.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
            "warnings": warnings,
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
