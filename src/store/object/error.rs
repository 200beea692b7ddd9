//! What object stores say, in the words of every store.

use std::{error::Error as _, path::PathBuf};

use object_store::Error;

use crate::{json::clip, store::StoreError};

/// How much of what a service says is repeated.
const MAX_MESSAGE: usize = 300;

/// What `error` says of the object at `place`.
pub(super) fn store_error(place: PathBuf, error: &Error) -> StoreError {
    match error {
        Error::NotFound { .. } => StoreError::NotFound(place),
        Error::AlreadyExists { .. } => StoreError::Exists(place),
        Error::Precondition { .. } | Error::NotModified { .. } => StoreError::Changed(place),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            StoreError::Refused { path: place, why: said(error) }
        }
        _ => StoreError::Unreachable { path: place, why: said(error) },
    }
}

/// Whether a listing failed because there is no such bucket: a folder that is not there lists as empty.
pub(super) fn is_no_bucket(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) || said(error).contains("404 Not Found")
}

/// The innermost causes, which say what happened; without what stands behind a `?` in a URL, where
/// some services carry a signature that lets others in.
fn said(error: &Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        texts.push(inner.to_string());
        source = inner.source();
    }
    // Outer texts mostly repeat inner ones, and name the request; the last two say why.
    let from = texts.len().saturating_sub(2);
    let mut text = String::new();
    for part in texts.iter().skip(from).filter(|part| !part.is_empty()) {
        if !text.contains(part.as_str()) {
            text = match text.is_empty() {
                true => part.clone(),
                false => format!("{text}: {part}"),
            };
        }
    }
    clip(&without_queries(&without_markup(&text)), MAX_MESSAGE)
}

/// Of an answer in XML the code and the message that it holds.
fn without_markup(text: &str) -> String {
    let Some((before, xml)) = text.split_once("<?xml").or_else(|| text.split_once("<Error>"))
    else {
        return text.to_owned();
    };
    let between = |open: &str, close: &str| Some(xml.split_once(open)?.1.split_once(close)?.0);
    let parts = [between("<Code>", "</Code>"), between("<Message>", "</Message>")];
    let said: Vec<_> = parts.into_iter().flatten().map(str::trim).collect();
    format!(
        "{}{}",
        before.trim_end_matches(|c: char| c.is_whitespace() || c == ':'),
        match said.is_empty() {
            true => String::new(),
            false => format!(": {}", said.join(": ")),
        }
    )
}

fn without_queries(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.split_once('?') {
        Some((url, _)) if url.contains("://") => format!("{url}?.."),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_in_markup_is_read() {
        let source = "404 Not Found: <?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><Message>It \
                      does not exist</Message><RequestId>a</RequestId></Error>";
        let error = Error::Generic { store: "S3", source: source.into() };
        let said = store_error("s3://a".into(), &error).to_string();
        assert!(said.ends_with("404 Not Found: NoSuchBucket: It does not exist"), "{said}");
        assert!(is_no_bucket(&error));
    }

    #[test]
    fn a_signature_in_a_url_is_not_repeated() {
        let source = "error for url (https://a.blob.core.windows.net/c?sv=1&sig=SECRET) timed out";
        let error = Error::Generic { store: "Azure", source: source.into() };
        let said = store_error("az://c/x".into(), &error).to_string();
        assert!(!said.contains("SECRET") && said.ends_with("timed out"), "{said}");
    }
}
