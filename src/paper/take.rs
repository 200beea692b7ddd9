//! Takes back what was shown or printed from files, and writes it.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use stockade::{
    backup::{BackupError, Copy, SetId},
    store::{self, NewFile, StoreError, private_file},
};

use crate::{
    content::{self, Consent, Kind, Refused},
    intake::{Intake, IntakeError},
    lines,
    payload::{Payload, PayloadError},
    picture,
};

/// The most files of a folder that are read.
const MAX_FILES: usize = 20_000;

/// The endings of names that are read in a folder.
const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "txt"];

/// Why nothing was taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// A file or a folder cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new copy cannot be written.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// What was read is not enough, or is wrong.
    #[error("{source}{}", also(.unread))]
    Intake {
        /// Why.
        source: IntakeError,
        /// Files that could not be read, and why.
        unread: Vec<(PathBuf, String)>,
    },
    /// It is whole, and not something that Stockade shows.
    #[error("{0}. It was not written")]
    Refused(#[from] Refused),
    /// Its digest cannot be made.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

fn also(unread: &[(PathBuf, String)]) -> String {
    let first = unread.iter().take(5);
    first.map(|(path, why)| format!("\n{}: {why}", stockade::shown(path))).collect()
}

/// What was taken back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Taken {
    /// The files.
    pub payload: Payload,
    /// What they are.
    pub kind: Kind,
    /// How many different codes were read; 0 for typed text.
    pub codes: usize,
    /// How many pictures were looked at.
    pub pictures: usize,
    /// Files that could not be read, and were not needed.
    pub unread: Vec<(PathBuf, String)>,
}

/// Reads pictures, folders of pictures, and text files; and `typed`, which was typed or piped.
pub fn take(paths: &[PathBuf], typed: Option<&str>) -> Result<Taken, TakeError> {
    let files = files(paths)?;
    let (mut intake, mut unread) = (Intake::default(), Vec::new());
    let failed = |source, unread: &[_]| TakeError::Intake { source, unread: unread.to_vec() };
    if let Some(typed) = typed {
        intake.text(typed).map_err(|error| failed(error, &unread))?;
    }
    for path in &files {
        // The rest of a film shows the same again.
        if intake.is_complete() {
            break;
        }
        let file = private_file::read(path, picture::MAX_FILE)?;
        match intake.add(&file, false) {
            Ok(()) => {}
            Err(error @ (IntakeError::Picture(_) | IntakeError::Unknown | IntakeError::Pdf)) => {
                unread.push((path.clone(), error.to_string()));
            }
            Err(error) => return Err(failed(error, &unread)),
        }
    }
    search(&files, &mut intake).map_err(|error| failed(error, &unread))?;
    let payload = intake.finish().map_err(|error| failed(error, &unread))?;
    let kind = content::recognise(&payload, Consent { signed_exits: true })?;
    Ok(Taken { payload, kind, codes: intake.codes(), pictures: intake.pictures(), unread })
}

/// Looks harder at every picture, if that is still needed.
fn search(files: &[PathBuf], intake: &mut Intake) -> Result<(), IntakeError> {
    for path in files {
        if intake.is_complete() || intake.pictures() == 0 {
            break;
        }
        let file = private_file::read(path, picture::MAX_FILE).unwrap_or_default();
        if picture::is_picture(&file) {
            // Whatever else is wrong with it was reported before.
            if let Err(error @ IntakeError::Part(_)) = intake.add(&file, true) {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// The files that are named, and those in the folders that are named, sorted by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, StoreError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|error| StoreError::io(path, error))?;
        let is_read = |path: &PathBuf| {
            let ending =
                path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
            ENDINGS.contains(&ending.as_str()) && path.is_file()
        };
        let mut found: Vec<_> =
            entries.flatten().take(MAX_FILES).map(|entry| entry.path()).filter(is_read).collect();
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

/// Where `payload` is written: at `out`, or under its own name; in `out` if that is a folder and the
/// payload is one file.
pub fn target(payload: &Payload, out: Option<&Path>) -> PathBuf {
    match (payload.only_file(), out) {
        (Some(file), Some(out)) if out.is_dir() => out.join(file.path.as_str()),
        (_, Some(out)) => out.to_owned(),
        (None, None) if payload.name.as_str().parse::<SetId>().is_ok() => {
            PathBuf::from(format!("copy-of-{}", payload.name))
        }
        (_, None) => PathBuf::from(payload.name.as_str()),
    }
}

/// Writes a whole set as a new copy, a payload of one file as that file, and any other as a new folder.
/// Nothing is overwritten.
pub fn write(taken: &Taken, target: &Path) -> Result<(), TakeError> {
    let payload = &taken.payload;
    match (payload.only_file(), payload.name.as_str().parse::<SetId>()) {
        (Some(file), _) => Ok(private_file::create(target, &file.bytes)?),
        (None, Ok(set)) if taken.kind == Kind::Set => write_set(payload, &set, target),
        _ => Ok(store::publish_folder(target, &payload.new_files()).map(|_| ())?),
    }
}

/// A copy has an id of its own.
fn write_set(payload: &Payload, set: &SetId, target: &Path) -> Result<(), TakeError> {
    let is_free = !target.exists()
        || std::fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
    if !is_free {
        return Err(StoreError::Exists(target.to_owned()).into());
    }
    let prefix = format!("stockade/{set}/");
    let inner = |file: NewFile| {
        let path = file.path.as_str().strip_prefix(&prefix).unwrap_or(file.path.as_str());
        Ok(NewFile { path: path.parse()?, bytes: file.bytes.clone() })
    };
    let files =
        payload.new_files().into_iter().map(inner).collect::<Result<Vec<_>, StoreError>>()?;
    let mut copy = Copy::prepare(target)?;
    copy.initialise()?;
    copy.publish(set, &files)?;
    Ok(())
}

/// Reads text that was typed or piped.
pub fn read_typed(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(lines::MAX_TEXT as u64).read_to_string(&mut text)?;
    Ok(text)
}
