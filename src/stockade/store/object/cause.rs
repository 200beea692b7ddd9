//! The chain of causes of an error, down to the one that says what happened.

use std::{error::Error as StdError, io};

use super::refusal::without_queries;
use stockade_base::json::clip;

/// How much of a service's answer is repeated.
pub(super) const MAX_MESSAGE: usize = 300;

/// The last cause, which says what happened. The others name the request.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(inner) = cause(last) {
        last = inner;
    }
    clip(&without_queries(last.to_string().trim()), MAX_MESSAGE)
}

/// The cause of an error. The `source` of an I/O error skips the error that it wraps.
pub(super) fn cause<'a>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|carried| carried as &(dyn StdError + 'static)),
        None => error.source(),
    }
}
