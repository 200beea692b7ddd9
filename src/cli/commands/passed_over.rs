//! Names the files in a folder that hold no keys, so that somebody notices a key among them.

use serde_json::{Value, json};

/// The most files that are listed on a terminal.
const LISTED: usize = 20;

/// A line for each file; `word` says what was not done with it.
pub fn text(skipped: &[(String, String)], word: &str) -> String {
    let line = |(file, what): &(String, String)| format!("{word}: {file} ({what})\n");
    let mut text: String = skipped.iter().take(LISTED).map(line).collect();
    if let Some(more @ 1..) = skipped.len().checked_sub(LISTED) {
        text += &format!("{word}: {more} more files without keys (--json names them)\n");
    }
    text
}

/// Each file, and what it is.
pub fn json(skipped: &[(String, String)]) -> Value {
    skipped.iter().map(|(file, what)| json!({"file": file, "what": what})).collect()
}
