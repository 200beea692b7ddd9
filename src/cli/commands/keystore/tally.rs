//! Prints rows as they are found, and counts them for the end of the report.

use serde_json::{Map, Value, json};
use stockade::{
    backup::verdict::{Counts, Reason, Verdict},
    eth2_keystore::{Kind, Profile},
    store::StoreError,
};

use super::{
    files::{File, Look},
    row::Row,
};
use crate::{
    commands::passed_over,
    error::CommandError,
    output::{Outcome, Rows},
};

/// The most files that are described on a terminal when all is well with them.
const DESCRIBED: usize = 20;

/// What was found so far.
#[derive(Debug)]
pub struct Tally {
    rows: Rows,
    counts: Counts,
    files: usize,
    accepted: usize,
    repaired: usize,
    mendable: usize,
    passed_over: Vec<(String, String)>,
    /// The first of the files named that are no keystores, and why.
    no_keystore: Option<(String, String)>,
}

impl Tally {
    /// Begins the report.
    pub fn begin(json: bool) -> Self {
        Self {
            rows: Rows::begin(json, "keys"),
            counts: Counts::default(),
            files: 0,
            accepted: 0,
            repaired: 0,
            mendable: 0,
            passed_over: Vec::new(),
            no_keystore: None,
        }
    }

    /// The profile of a file that is a keystore. Of one that is not, the report says so, unless
    /// it is clearly another file in a folder.
    pub fn keystore(&mut self, file: &File) -> Option<Profile> {
        let place = || crate::shown(&file.path).to_string();
        let why = match &file.look {
            Look::Other(what) if !file.named => {
                self.passed_over.push((place(), what.clone()));
                return None;
            }
            Look::NotOpened(why) => {
                self.print(Row::bad(&file.path, Reason::NotChecked, why.clone()), false);
                return None;
            }
            Look::Other(what) => Some(format!("not an EIP-2335 keystore: {what}")),
            Look::Bad(why) => Some(why.clone()),
            Look::Keystore => None,
        };
        let found = match &file.content {
            Ok(content) => match Profile::read(content) {
                profile if profile.kind == Kind::Keystore => return Some(profile),
                profile => profile.keystore.err().map(|error| error.to_string()),
            },
            Err(error @ StoreError::TooLong { .. }) => Some(error.to_string()),
            Err(error) => {
                self.print(Row::bad(&file.path, Reason::Unreadable, error.to_string()), false);
                return None;
            }
        };
        let why = why.or(found).unwrap_or_else(|| "it is no EIP-2335 keystore".to_owned());
        if file.named && self.no_keystore.is_none() {
            self.no_keystore = Some((place(), why.clone()));
        }
        self.print(Row::bad(&file.path, Reason::Malformed, why), false);
        None
    }

    /// Prints and counts a row.
    pub fn print(&mut self, row: Row, is_well: bool) {
        match row.verdict {
            Verdict::Proven => self.counts.proven += 1,
            Verdict::Contradicted => self.counts.contradicted += 1,
            Verdict::Inconclusive => self.counts.inconclusive += 1,
        }
        let describe = !is_well || self.files < DESCRIBED;
        self.files += 1;
        self.accepted += usize::from(row.is_accepted());
        self.repaired += usize::from(row.repaired.is_some());
        self.mendable += usize::from(row.is_mendable());
        self.rows.print(|| if describe { row.text() } else { String::new() }, || row.json());
    }

    /// How many keys are at which verdict.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether there are files, and all clients that were measured take all of them.
    pub fn all_accepted(&self) -> bool {
        self.files > 0 && self.accepted == self.files
    }

    /// How many files were looked at.
    pub fn files(&self) -> usize {
        self.files
    }

    /// How many open, and could be written as every client takes them.
    pub fn mendable(&self) -> usize {
        self.mendable
    }

    /// How many files were written anew.
    pub fn repaired(&self) -> usize {
        self.repaired
    }

    /// The end of the report. `text` and `fields` are what the command has to add.
    pub fn end(self, ok: bool, text: &str, fields: Map<String, Value>) -> Outcome {
        let Self { files, accepted, passed_over: skipped, .. } = self;
        let mut all = format!("Every measured client takes {accepted} of {files}\n");
        all += &passed_over::text(&skipped, "passed over");
        let mut json = json!({
            "files": files,
            "accepted": accepted,
            "skipped": skipped.len(),
            "passed_over": passed_over::json(&skipped),
        });
        if let Some(object) = json.as_object_mut() {
            object.extend(fields);
        }
        let mut outcome = Outcome::checked(ok, all + text, json);
        outcome.rows = true;
        outcome.error = match self.no_keystore {
            Some((file, why)) => Some(CommandError::input(format!("{file}: {why}"))),
            None if files == 0 => Some(CommandError::input("no keystore there")),
            None => None,
        };
        outcome.ok &= outcome.error.is_none();
        outcome
    }
}
