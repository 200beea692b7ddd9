//! Prints rows as they are found, and counts them for the end of the report.

use stockade::{
    backup::verdict::{Counts, Reason, Verdict},
    eth2_keystore::{Kind, Profile},
    store::StoreError,
};

use super::{
    document::{End, Opened},
    files::{File, Look},
    row::Row,
};
use crate::{
    commands::{listed::LISTED, passed_over, plural::count},
    error::CommandError,
    output::{Outcome, Rows},
};

/// What was found so far.
#[derive(Debug)]
pub struct Tally {
    rows: Rows,
    counts: Counts,
    pub files: usize,
    accepted: usize,
    repaired: usize,
    mendable: usize,
    /// Files without problems that were not described on a terminal.
    undescribed: usize,
    passed_over: Vec<(String, String)>,
    /// The first named file that is not a keystore, and why.
    not_a_keystore: Option<(String, String)>,
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
            undescribed: 0,
            passed_over: Vec::new(),
            not_a_keystore: None,
        }
    }

    /// The profile of a file that is a keystore. A file that is not one is reported, unless it is clearly
    /// another kind of file in a folder.
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
        let why = why.or(found).unwrap_or_else(|| "not an EIP-2335 keystore".to_owned());
        if file.named && self.not_a_keystore.is_none() {
            self.not_a_keystore = Some((place(), why.clone()));
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
        let describe = !is_well || self.files < LISTED;
        self.undescribed += usize::from(!describe);
        self.files += 1;
        self.accepted += usize::from(row.is_accepted());
        self.repaired += usize::from(row.repaired.is_some());
        self.mendable += usize::from(row.is_mendable());
        let json = || serde_json::to_value(row.document()).unwrap_or_default();
        self.rows.print(|| if describe { row.text() } else { String::new() }, json);
    }

    /// How many keystores have each verdict.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether there are files, and every client that was measured accepts all of them.
    pub fn all_accepted(&self) -> bool {
        self.files > 0 && self.accepted == self.files
    }

    /// How many open, and could be written in the form that every client accepts.
    pub fn mendable(&self) -> usize {
        self.mendable
    }

    /// How many files --repair wrote.
    pub fn repaired(&self) -> usize {
        self.repaired
    }

    /// The end of the report. `text` and `opened` are what the command adds.
    pub fn end(self, ok: bool, text: &str, opened: Option<Opened>) -> Outcome {
        let Self { files, accepted, undescribed, passed_over: skipped, .. } = self;
        let mut all = match undescribed {
            0 => String::new(),
            more => format!(
                "and {} without problems (--json lists them)\n",
                count(more, "more keystore")
            ),
        };
        all += &format!("Every measured client accepts {accepted} of {files}\n");
        all += &passed_over::text(&skipped, "passed over");
        let end = End {
            files,
            accepted,
            skipped: skipped.len(),
            passed_over: passed_over::list(&skipped),
            opened,
        };
        let mut outcome = Outcome::checked(ok, all + text, end);
        outcome.rows = true;
        outcome.error = match self.not_a_keystore {
            Some((file, why)) => Some(CommandError::input(format!("{file}: {why}"))),
            None if files == 0 => Some(CommandError::input("no keystore found there")),
            None => None,
        };
        outcome.ok &= outcome.error.is_none();
        outcome
    }
}
