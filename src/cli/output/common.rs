//! The fields that documents of all commands have in common.

use std::io::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};
use stockade::{shown, store::Notices};

use crate::error::CommandError;

/// Fields of every command's document.
#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
#[derive(Serialize, schemars::JsonSchema)]
pub struct Common {
    /// Whether everything is done or proven: true if and only if the exit code is 0.
    ok: bool,
    /// Why the command failed. A document with an error may lack the fields of its command.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFields>,
    /// The servers of the buckets that were used, if any were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<Host>,
    /// Warnings, for people. A command that has no warnings of its own has this field only if there is
    /// a warning about a bucket.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// The profile's copies that are not here, so that the command did not look at them. Only if the
    /// command line named no copies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_here: Vec<AbsentCopy>,
}

/// A copy of the profile that is not here.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AbsentCopy {
    /// The id of the copy.
    pub copy: String,
    /// Its label in the profile; empty if it has none.
    pub label: String,
    /// Where it was last.
    pub place: String,
    /// Whether the profile says that it is usually not connected.
    pub away: bool,
}

/// An error, as documents show it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorFields {
    /// The kind of error: see the list of kinds.
    kind: &'static str,
    /// What failed, and why, for people.
    message: String,
    /// What to do about it, for people.
    hint: Option<String>,
}

impl From<&CommandError> for ErrorFields {
    fn from(error: &CommandError) -> Self {
        Self {
            kind: error.kind().as_str(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
        }
    }
}

/// Where a bucket is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Host {
    /// The bucket's address, such as `s3://BUCKET`.
    bucket: String,
    /// The host name of the server.
    host: String,
}

/// A warning with a word for what it is about.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Warning {
    /// What it is about, one of a fixed list of words.
    pub kind: &'static str,
    /// The warning, for people.
    pub text: String,
}

/// Adds what there is to say about buckets to the fields of a document. With `kind`, each warning is
/// a [`Warning`] of that kind instead of a text.
pub fn add_notices(fields: &mut Map<String, Value>, notices: &Notices, kind: Option<&'static str>) {
    let host = |(bucket, host): (&str, &str)| Host { bucket: bucket.into(), host: host.into() };
    let hosts: Vec<_> = notices.hosts().map(host).collect();
    if !hosts.is_empty() {
        fields.insert("hosts".to_owned(), value(hosts));
    }
    let warning = |text: &str| match kind {
        Some(kind) => value(Warning { kind, text: text.to_owned() }),
        None => Value::from(text),
    };
    let mut warnings = notices.warnings().map(warning).peekable();
    if warnings.peek().is_some()
        && let Value::Array(all) =
            fields.entry("warnings").or_insert_with(|| Value::Array(Vec::new()))
    {
        all.extend(warnings);
    }
}

/// Prints what there is to say about buckets, for people.
pub fn print_notices(notices: &Notices) {
    let mut stderr = anstream::stderr().lock();
    for (bucket, host) in notices.hosts() {
        let _ = writeln!(stderr, "{} is at {}", shown(bucket), shown(host));
    }
    for warning in notices.warnings() {
        let _ = writeln!(stderr, "warning: {}", shown(warning));
    }
}

/// The fields of a document.
pub fn fields(json: impl Serialize) -> Map<String, Value> {
    match value(json) {
        Value::Object(fields) => fields,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}

/// A part of a document as JSON. All documents are structs of texts, numbers and lists, which always
/// serialise.
pub fn value(json: impl Serialize) -> Value {
    serde_json::to_value(json).unwrap_or_else(|error| {
        Value::from_iter([("unwritable".to_owned(), Value::from(error.to_string()))])
    })
}
