use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use stockade::{
    backup::verdict::{Level, Reason},
    eth2_keystore::Profile,
};

use super::{
    document::Opened,
    files::{File, Files},
    passwords::{PasswordArgs, Passwords, new_password, read},
    repair::Writer,
    row::Row,
    tally::Tally,
};
use crate::{CommandResult, commands::verdicts::Verdicts, context::Context, output::Outcome};

/// Open keystores, and find out why one does not open or a client refuses it
///
/// Distinguishes a wrong password from a damaged file and from a wrong public key, as far as that is
/// possible. What is wrong with a password (a byte-order mark, a trailing space, another normal form) is
/// found by trying, and only reported: a keystore counts as opened only if the password itself opens it.
/// Exit code 0: everything opens, and every client that was measured accepts every file. The files are
/// never changed; --repair writes new ones to another folder.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keystores, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Write every keystore that opens to this new folder, in the form that every client accepts:
    /// with the same key, path and description, and the same password unless another is given
    #[arg(long, value_name = "OUT")]
    repair: Option<PathBuf>,
    /// A file with the password for what --repair writes: printable ASCII, which all programs read
    /// the same way [default: the same password]
    #[arg(long, value_name = "FILE", requires = "repair")]
    new_password_file: Option<PathBuf>,
}

impl Args {
    /// Opens the files in order, with the key derivations of several at a time.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let files = Files::new(self.files)?;
        let mut writer = None;
        let mut passwords = match &self.password.password_dir {
            Some(folder) => Passwords::Folder(folder.clone(), BTreeMap::new()),
            None => {
                let password = self.password.read(context)?;
                if let Some(out) = self.repair {
                    let new = self.new_password_file.as_deref().map(read).transpose()?;
                    let writes_as_it_is = new.is_none();
                    let new = new_password(new.as_deref().unwrap_or(&password))?;
                    writer = Some(Writer::new(out, &new, writes_as_it_is)?);
                }
                Passwords::one(&password)?
            }
        };
        let mut tally = Tally::begin(context.json);
        let mut files = files.peekable();
        while files.peek().is_some() {
            let next: Vec<_> = files.by_ref().take(TOGETHER).collect();
            passwords.derive_ahead(&next);
            for file in next {
                let Some(profile) = tally.keystore(&file) else { continue };
                let row = examine(&file, profile, &mut passwords, writer.as_mut());
                let is_well = row.reason == Reason::Ok && row.is_accepted();
                tally.print(row, is_well);
            }
        }
        Ok(end(tally, writer.as_ref().map(Writer::folder)))
    }
}

/// So many files are read before they are opened.
const TOGETHER: usize = 16;

fn examine(
    file: &File,
    profile: Profile,
    passwords: &mut Passwords,
    writer: Option<&mut Writer>,
) -> Row {
    let Ok(keystore) = &profile.keystore else { return Row::closed(&file.path, profile) };
    let diagnosis = match passwords.examine(&file.path, keystore) {
        Ok(diagnosis) => diagnosis,
        Err(why) => return Row { detail: why, ..Row::closed(&file.path, profile) },
    };
    let keystore = writer.is_some().then(|| keystore.clone());
    let mut row = Row::examined(&file.path, profile, &diagnosis);
    if let (Some(writer), Some(keystore)) = (writer, keystore) {
        writer.write(file, &keystore, &diagnosis, &mut row);
    }
    row
}

fn end(tally: Tally, repaired_to: Option<&Path>) -> Outcome {
    let counts = tally.counts();
    let all_open = counts.contradicted == 0 && counts.inconclusive == 0;
    let all_written = repaired_to.is_none() || tally.repaired() == tally.files;
    let ok = all_open && tally.all_accepted() && all_written;
    let verdicts = Verdicts::from(counts);
    let mut text = format!("{verdicts}\n");
    if let Some(folder) = repaired_to {
        text += &format!("{} written to {}\n", tally.repaired(), crate::shown(&folder));
    }
    text += if ok {
        "Every keystore opens to the key that it states, and every measured client accepts it."
    } else {
        "NOT everything is as it should be. The files were not changed."
    };
    if repaired_to.is_none() && tally.mendable() > 0 {
        text += &format!(
            "\n{} of them can be written in the form that every client accepts: --repair NEW-FOLDER",
            tally.mendable()
        );
    }
    let opened = Opened { level: Level::Opened.as_str(), verdicts, repaired: tally.repaired() };
    tally.end(ok, &text, Some(opened))
}
