//! Maps the errors of object stores to [`StoreError`].

use std::{
    error::Error as StdError,
    io::{self, ErrorKind},
    path::PathBuf,
};

use object_store::Error;

use super::{
    cause::MAX_MESSAGE,
    http::untrusted,
    refusal::{Meaning, Refusal, without_queries},
};
use crate::store::StoreError;
use stockade_base::json::clip;

/// The error for the object at `place`, according to the service's own answer, wherever in the
/// chain of causes it is.
pub(super) fn store_error(place: PathBuf, error: &Error) -> StoreError {
    match error {
        Error::NotFound { .. } => return StoreError::NotFound(place),
        Error::AlreadyExists { .. } => return StoreError::Exists(place),
        Error::Precondition { .. } | Error::NotModified { .. } => {
            return StoreError::Changed(place);
        }
        _ => {}
    }
    if let Some(refusal) = refusal(error) {
        let why = refusal.to_string();
        return match refusal.meaning() {
            Meaning::Denied => StoreError::Refused { path: place, why },
            Meaning::NoBucket => StoreError::NoBucket(place),
            Meaning::Full => {
                let source = io::Error::new(ErrorKind::QuotaExceeded, why);
                StoreError::Io { path: place, source }
            }
            Meaning::Busy | Meaning::Elsewhere | Meaning::Other => {
                StoreError::Unreachable { path: place, why }
            }
        };
    }
    if let Some(why) = untrusted(error) {
        return StoreError::Untrusted { path: place, why };
    }
    match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            StoreError::Refused { path: place, why: said(error) }
        }
        _ => StoreError::Unreachable { path: place, why: said(error) },
    }
}

/// Whether a listing failed because the bucket does not exist. A missing folder lists as empty.
pub(super) fn is_no_bucket(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. })
        || refusal(error).is_some_and(|refusal| refusal.meaning() == Meaning::NoBucket)
        || said(error).contains("404 Not Found")
}

fn refusal(error: &Error) -> Option<&Refusal> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return Some(refusal);
        }
        next = error.source();
    }
    None
}

/// The innermost causes, which say what happened.
fn said(error: &Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        texts.push(inner.to_string());
        source = inner.source();
    }
    // Outer texts mostly repeat inner ones and name the request. The last two say why.
    let from = texts.len().saturating_sub(2);
    let mut text = String::new();
    for part in texts.iter().skip(from).filter(|part| !part.is_empty()) {
        if !text.contains(part.as_str()) {
            text = if text.is_empty() { part.clone() } else { format!("{text}: {part}") };
        }
    }
    clip(&without_queries(text.trim()), MAX_MESSAGE)
}

#[cfg(test)]
mod tests {
    use object_store::{
        HeaderMap,
        client::{HttpError, HttpErrorKind},
    };

    use super::*;

    fn refused(status: u16, code: &str) -> StoreError {
        let body = format!("<Error><Code>{code}</Code></Error>");
        let refusal = Refusal::read(status, &HeaderMap::new(), body.as_bytes());
        let source = HttpError::new(HttpErrorKind::Unknown, refusal).into();
        store_error("s3://a".into(), &Error::Generic { store: "S3", source })
    }

    #[test]
    fn an_answer_is_found_anywhere_in_the_chain() {
        assert!(matches!(refused(403, "AccessDenied"), StoreError::Refused { .. }));
        assert!(matches!(refused(400, "ExpiredToken"), StoreError::Refused { .. }));
        assert!(matches!(refused(404, "NoSuchBucket"), StoreError::NoBucket(_)));
        assert!(matches!(refused(503, "SlowDown"), StoreError::Unreachable { .. }));
        let full = refused(400, "XMinioAdminBucketQuotaExceeded");
        let StoreError::Io { source, .. } = &full else { panic!("{full:?}") };
        assert_eq!(source.kind(), ErrorKind::QuotaExceeded);
    }

    #[test]
    fn a_signature_in_a_url_is_not_repeated() {
        let source = "error for url (https://a.blob.core.windows.net/c?sv=1&sig=SECRET) timed out";
        let error = Error::Generic { store: "Azure", source: source.into() };
        let said = store_error("az://c/x".into(), &error).to_string();
        assert!(!said.contains("SECRET") && said.ends_with("timed out"), "{said}");
    }
}
