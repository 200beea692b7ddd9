//! What is said of the sealed exits beside a set whose keys are taken out.

use std::collections::BTreeSet;

use stockade::backup::{Copy, SetId, exits};

use crate::{error::CommandError, output::Outcome, shell};

/// Adds how many there are: they are not restored with the keys.
pub fn tell(copies: &[Copy], set: &SetId, outcome: &mut Outcome) -> Result<(), CommandError> {
    let sealed = exits::read(copies, set)?;
    let files: BTreeSet<_> = sealed.iter().map(|exit| exit.file.as_str()).collect();
    outcome.json.insert("sealed_exits".to_owned(), files.len().into());
    if !files.is_empty() {
        let dirs = shell::copies(copies);
        outcome.text += &format!(
            "\n{} sealed exits lie beside this set, and were left there: stockade exit open{dirs} \
             --out <new folder>",
            files.len()
        );
    }
    Ok(())
}
