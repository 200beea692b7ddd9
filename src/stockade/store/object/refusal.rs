//! A service's refusal: its status, and the code and message in it. It is read where the answer
//! arrives, so that all requests are treated alike.

use std::fmt;

use object_store::HeaderMap;

use stockade_base::json::clip;

/// How much of a service's answer is repeated.
const MAX_MESSAGE: usize = 300;

/// An answer other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    /// The error code of S3, Google or Azure; may be empty.
    pub code: String,
    /// The message; may be empty.
    pub message: String,
}

/// What the refusal means, as far as the user can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The caller lacks permission, or could not authenticate.
    Denied,
    /// The bucket does not exist.
    NoBucket,
    /// There is no space left.
    Full,
    /// The same request may succeed soon.
    Busy,
    /// Another bucket or server would have to be asked.
    Elsewhere,
    /// Anything else.
    Other,
}

/// Codes that are more precise than the status. Some services send them with another status.
const CODES: [(&str, Meaning); 34] = [
    ("AccessDenied", Meaning::Denied),
    ("AccountProblem", Meaning::Denied),
    ("AllAccessDisabled", Meaning::Denied),
    ("AuthenticationFailed", Meaning::Denied),
    ("AuthorizationFailure", Meaning::Denied),
    ("AuthorizationHeaderMalformed", Meaning::Denied),
    ("AuthorizationPermissionMismatch", Meaning::Denied),
    ("ExpiredToken", Meaning::Denied),
    ("InvalidAccessKeyId", Meaning::Denied),
    ("InvalidObjectState", Meaning::Denied),
    ("InvalidSecurity", Meaning::Denied),
    ("InvalidToken", Meaning::Denied),
    ("InvalidTokenId", Meaning::Denied),
    ("RequestExpired", Meaning::Denied),
    ("RequestTimeTooSkewed", Meaning::Denied),
    ("SignatureDoesNotMatch", Meaning::Denied),
    ("TokenRefreshRequired", Meaning::Denied),
    ("ContainerNotFound", Meaning::NoBucket),
    ("InvalidBucketName", Meaning::NoBucket),
    ("NoSuchBucket", Meaning::NoBucket),
    ("QuotaExceeded", Meaning::Full),
    ("StorageQuotaExceeded", Meaning::Full),
    ("XMinioAdminBucketQuotaExceeded", Meaning::Full),
    ("XMinioStorageFull", Meaning::Full),
    ("ConditionalRequestConflict", Meaning::Busy),
    ("OperationAborted", Meaning::Busy),
    ("RequestTimeout", Meaning::Busy),
    ("ServerBusy", Meaning::Busy),
    ("ServiceUnavailable", Meaning::Busy),
    ("SlowDown", Meaning::Busy),
    ("Throttling", Meaning::Busy),
    ("MovedPermanently", Meaning::Elsewhere),
    ("PermanentRedirect", Meaning::Elsewhere),
    ("TemporaryRedirect", Meaning::Elsewhere),
];

impl Refusal {
    /// Parses an answer.
    pub(super) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let code = between(&text, "<Code>", "</Code>");
        let code =
            code.or_else(|| header("x-ms-error-code")).or_else(|| header("x-minio-error-code"));
        let message = between(&text, "<Message>", "</Message>");
        // Google's credential servers, and proxies, answer with other texts.
        let message = message.unwrap_or_else(|| {
            if text.trim_start().starts_with('<') { String::new() } else { text.trim().to_owned() }
        });
        let clean =
            |text: String| clip(without_queries(text.trim()).trim_end_matches('.'), MAX_MESSAGE);
        Self { status, code: clean(code.unwrap_or_default()), message: clean(message) }
    }

    /// What it means.
    pub(super) fn meaning(&self) -> Meaning {
        let known = CODES.iter().find(|(code, _)| *code == self.code).map(|(_, meaning)| *meaning);
        match (known, self.status) {
            // The object does not exist, whatever else the code says.
            (Some(Meaning::NoBucket), _) => Meaning::NoBucket,
            (_, 404) => Meaning::Other,
            (Some(meaning), _) => meaning,
            (None, status) => match status {
                401 | 403 => Meaning::Denied,
                300..=399 => Meaning::Elsewhere,
                507 => Meaning::Full,
                408 | 429 => Meaning::Busy,
                // A service that does not support a request will not support it later either.
                501 | 505 => Meaning::Other,
                500..=599 => Meaning::Busy,
                _ => Meaning::Other,
            },
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for part in [&self.code, &self.message].into_iter().filter(|part| !part.is_empty()) {
            write!(f, " {part}")?;
        }
        match self.meaning() {
            Meaning::Elsewhere => f.write_str(
                " (a redirect, which is never followed: are the region and the endpoint right?)",
            ),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

fn between(text: &str, open: &str, close: &str) -> Option<String> {
    Some(unescaped(text.split_once(open)?.1.split_once(close)?.0))
}

/// XML text with its entities decoded; an unknown entity stays unchanged.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let found = after.split_once(';').and_then(|(name, after)| Some((entity(name)?, after)));
        match found {
            Some((c, after)) => {
                plain.push(c);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)
        }
    }
}

/// Removes queries: some services repeat a URL with a signature after `?` that grants access.
pub(super) fn without_queries(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.split_once('?') {
        Some((url, _)) if url.contains("://") => format!("{url}?.."),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Refusal {
        let body = format!(
            "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>It says &#39;no&#39;.\n\
             </Message><RequestId>a</RequestId></Error>\n"
        );
        Refusal::read(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn statuses_and_codes_are_classified() {
        for (status, code, meaning) in [
            (403, "AccessDenied", Meaning::Denied),
            (403, "SignatureDoesNotMatch", Meaning::Denied),
            (403, "InvalidAccessKeyId", Meaning::Denied),
            (403, "InvalidTokenId", Meaning::Denied),
            (400, "ExpiredToken", Meaning::Denied),
            (400, "InvalidToken", Meaning::Denied),
            (403, "RequestTimeTooSkewed", Meaning::Denied),
            (400, "AuthorizationHeaderMalformed", Meaning::Denied),
            (403, "InvalidObjectState", Meaning::Denied),
            (401, "", Meaning::Denied),
            (403, "", Meaning::Denied),
            (404, "NoSuchBucket", Meaning::NoBucket),
            (404, "ContainerNotFound", Meaning::NoBucket),
            (400, "InvalidBucketName", Meaning::NoBucket),
            (400, "XMinioAdminBucketQuotaExceeded", Meaning::Full),
            (507, "XMinioStorageFull", Meaning::Full),
            (409, "ConditionalRequestConflict", Meaning::Busy),
            (409, "OperationAborted", Meaning::Busy),
            (409, "BlobAlreadyExists", Meaning::Other),
            (503, "SlowDown", Meaning::Busy),
            (429, "", Meaning::Busy),
            (500, "InternalError", Meaning::Busy),
            (501, "NotImplemented", Meaning::Other),
            (307, "TemporaryRedirect", Meaning::Elsewhere),
            (301, "", Meaning::Elsewhere),
            (404, "NoSuchKey", Meaning::Other),
            (404, "AccessDenied", Meaning::Other),
        ] {
            assert_eq!(answer(status, code).meaning(), meaning, "{status} {code}");
        }
    }

    #[test]
    fn a_refusal_is_shown_as_one_line_without_markup() {
        assert_eq!(answer(403, "AccessDenied").to_string(), "403 AccessDenied It says 'no'");
        let page = Refusal::read(502, &HeaderMap::new(), b"<html><body>Bad</body></html>");
        assert_eq!(page.to_string(), "502");
        let text = Refusal::read(400, &HeaderMap::new(), b"https://a.net/c?sig=SECRET is bad\n");
        assert_eq!(text.to_string(), "400 https://a.net/c?.. is bad");
    }

    #[test]
    fn entities_are_decoded() {
        assert_eq!(unescaped("a&amp;lt;&#10;&#x41;&nope;&#xd800;&"), "a&lt;\nA&nope;&#xd800;&");
    }
}
