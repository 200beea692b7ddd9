use std::path::{Path, PathBuf};

use serde_json::{Map, json};
use stockade::{
    backup::{
        import,
        verdict::{Level, Reason},
    },
    eth2_keystore::{Diagnosis, Examiner, Keystore, NewPassword, Profile},
    secret::SecretText,
    store::private_file,
};
use zeroize::Zeroizing;

use super::{
    files::{File, Files},
    repair::Writer,
    row::Row,
    tally::Tally,
};
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// The longest password file.
const MAX_PASSWORD: u64 = 4096;

/// Open keystores, and find out why one does not open or a client refuses it
///
/// Tells a wrong password from a damaged file and from a wrong public key, as far as anybody can.
/// What is wrong with a password (a byte-order mark, a space at its end, another normal form) is
/// found by trying, and only reported: nothing is taken for opened that the password itself does
/// not open. Exit code 0: everything opens, and every client that was measured takes every file.
/// The files are never touched; with --repair, new ones are written beside them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keystores, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Write every keystore that opens to this new folder, in the form that every client takes:
    /// the same key, path and description, and the same password unless another is given
    #[arg(long, value_name = "OUT")]
    repair: Option<PathBuf>,
    /// The password of what --repair writes, in a file: printable ASCII, which all programs read
    /// alike [default: the same password]
    #[arg(long, value_name = "FILE", requires = "repair")]
    new_password_file: Option<PathBuf>,
}

/// Where the password comes from; asked for when nothing is said.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct PasswordArgs {
    /// The password of all of them, in a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A folder with a password file for each: NAME.txt, or 0x<pubkey>
    #[arg(long, value_name = "DIR", conflicts_with = "repair")]
    password_dir: Option<PathBuf>,
    /// The password of all of them, read from this file descriptor
    #[arg(long, value_name = "N")]
    password_fd: Option<u32>,
}

impl PasswordArgs {
    /// The password as it is in the file: what is wrong with it must not be lost.
    fn read(&self, context: &mut Context) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let fd = self.password_fd.map(|fd| PathBuf::from(format!("/dev/fd/{fd}")));
        match self.password_file.as_ref().or(fd.as_ref()) {
            Some(file) => read(file),
            None => {
                let typed = context.terminal.password("Password of the keystores");
                let typed = typed.ok_or_else(|| {
                    CommandError::usage("no password given, and nobody here to ask")
                        .with_hint("use --password-file or --password-fd")
                })?;
                Ok(Zeroizing::new(typed.expose().as_bytes().to_vec()))
            }
        }
    }
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    Ok(Zeroizing::new(private_file::read(file, MAX_PASSWORD)?))
}

fn examiner_of(password: &[u8]) -> Result<Examiner, CommandError> {
    Examiner::new(password).map_err(|error| CommandError::input(error.to_string()))
}

/// The password to write under. What every program reads alike is the only one that it may be.
fn new_password(content: &[u8]) -> Result<NewPassword, CommandError> {
    let text = std::str::from_utf8(content).map_err(|_| {
        CommandError::input("the password file is not UTF-8 text")
            .with_hint("save it as UTF-8 first: no client takes it as it is")
    })?;
    let text = SecretText::new(text.trim_end_matches(['\r', '\n']).to_owned());
    let password =
        NewPassword::chosen(text).map_err(|error| CommandError::input(error.to_string()))?;
    let names: Vec<_> = password.misread_by().iter().map(|reader| reader.name()).collect();
    match names.is_empty() {
        true => Ok(password),
        false => Err(CommandError::input(format!(
            "these programs cannot open keystores under this password: {}",
            names.join(", ")
        ))
        .with_hint(
            "have --repair write under another one, of printable ASCII: --new-password-file FILE",
        )),
    }
}

/// What opens the keystores.
enum Passwords {
    /// One password for all.
    One(Examiner),
    /// A folder with one for each.
    Folder(PathBuf),
}

impl Passwords {
    /// Opens a keystore, or says why it was not even tried.
    fn examine(&mut self, file: &Path, keystore: &Keystore) -> Result<Diagnosis, String> {
        let mut own;
        let examiner = match self {
            Self::One(examiner) => examiner,
            Self::Folder(folder) => {
                let path = import::password_file(file, keystore.pubkey(), folder)?;
                let password = read(&path).map_err(|error| error.to_string())?;
                own = examiner_of(&password)
                    .map_err(|error| format!("{}: {error}", crate::shown(&path)))?;
                &mut own
            }
        };
        examiner.examine(keystore).map_err(|error| error.to_string())
    }
}

impl Args {
    /// Opens one file after another.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let files = Files::new(self.files)?;
        let mut writer = None;
        let mut passwords = match &self.password.password_dir {
            Some(folder) => Passwords::Folder(folder.clone()),
            None => {
                let password = self.password.read(context)?;
                if let Some(out) = self.repair {
                    let new = self.new_password_file.as_deref().map(read).transpose()?;
                    let writes_as_it_is = new.is_none();
                    let new = new_password(new.as_deref().unwrap_or(&password))?;
                    writer = Some(Writer::new(out, &new, writes_as_it_is)?);
                }
                Passwords::One(examiner_of(&password)?)
            }
        };
        let mut tally = Tally::begin(context.json);
        for file in files {
            let Some(profile) = tally.keystore(&file) else { continue };
            let row = examine(&file, profile, &mut passwords, writer.as_mut());
            let is_well = row.reason == Reason::Ok && row.is_accepted();
            tally.print(row, is_well);
        }
        Ok(end(tally, writer.as_ref().map(Writer::folder)))
    }
}

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
    let all_written = repaired_to.is_none() || tally.repaired() == tally.files();
    let ok = all_open && tally.all_accepted() && all_written;
    let mut text = format!(
        "{} proven, {} contradicted, {} inconclusive\n",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    if let Some(folder) = repaired_to {
        text += &format!("{} written to {}\n", tally.repaired(), crate::shown(&folder));
    }
    text += match ok {
        true => {
            "Every keystore opens to the key that it names, and every measured client takes it."
        }
        false => "NOT everything is as it should be. The files were not touched.",
    };
    if repaired_to.is_none() && tally.mendable() > 0 {
        text += &format!(
            "\nWith --repair <new folder>, {} of them are written as every client takes them.",
            tally.mendable()
        );
    }
    let fields = Map::from_iter([
        ("level".to_owned(), Level::Opened.as_str().into()),
        (
            "verdicts".to_owned(),
            json!({
                "proven": counts.proven,
                "contradicted": counts.contradicted,
                "inconclusive": counts.inconclusive,
            }),
        ),
        ("repaired".to_owned(), tally.repaired().into()),
    ]);
    tally.end(ok, &text, fields)
}
