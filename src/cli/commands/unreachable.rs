//! Copies that could not be reached, in commands that go on with the others.

use serde_json::json;
use stockade::backup::Unreachable;

use crate::{error::CommandError, output::Outcome};

/// Says it in words, a line each.
pub fn text(unreachable: &[Unreachable]) -> String {
    let line = |copy: &Unreachable| format!("NOT REACHED: {}\n", copy.error);
    unreachable.iter().map(line).collect()
}

/// Adds to an outcome which copies could not be reached. What they hold is not known.
pub fn add(outcome: &mut Outcome, unreachable: Vec<Unreachable>) {
    if unreachable.is_empty() {
        return;
    }
    let json = unreachable.into_iter().map(|copy| {
        let dir = copy.dir.to_string_lossy().into_owned();
        let error = CommandError::from(copy.error);
        json!({
            "dir": dir,
            "kind": error.kind().as_str(),
            "message": error.to_string(),
            "hint": error.hint(),
        })
    });
    outcome.json.insert("unreachable".to_owned(), json.collect());
}
