//! How each validator client answers the keymanager API where nothing is out of the ordinary, as one
//! table. `client` follows it; `device-tests/cells` has what each client was seen to answer besides, and
//! of which version.

pub(crate) use super::client::{Client, Oddity};

/// What an `error` for a key that was found means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorMeans {
    /// Out of memory and of the list; the files stay, and start it again.
    BackAtTheNextStart,
    /// Nothing happened.
    StillThere,
    /// Disabled for good, and not listed.
    OffForGood,
}

/// When a history of a removal has the chain's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    Always,
    /// Only with records.
    WithRecords,
}

/// Which remote keys a client has, and where it lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remote {
    /// It has no such request: 404, HTML.
    None,
    /// In a list of their own.
    Apart,
    /// Among its keystores as well, read-only.
    ListedTwice,
}

/// How one client answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pub(crate) name: &'static str,
    /// The status for a wrong token; `None` where it has no token.
    pub(super) wrong_token: Option<u16>,
    /// It repeats a wrong token in its answer.
    pub(super) repeats_token: bool,
    pub(super) remote: Remote,
    /// What a row of its list has besides the key.
    pub(super) row: &'static str,
    /// What a status has besides the word: for an import, and for a removal.
    pub(super) beside: [&'static str; 2],
    /// The word for a key of which files are left over, and that it does not run.
    pub(super) left_over: &'static str,
    /// The word for a removed key that never signed, asked for again.
    pub(super) never_signed: &'static str,
    /// The word for a key that it never had.
    pub(super) never_had: &'static str,
    pub(super) root: Root,
    pub(crate) error_means: ErrorMeans,
    /// What it answers to an import of nothing.
    pub(super) nothing: &'static str,
    /// Whether it has fee recipient, gas limit and graffiti.
    pub(super) has_settings: bool,
}

/// What is common to most.
const MOST: Manners = Manners {
    name: "",
    wrong_token: Some(401),
    repeats_token: false,
    remote: Remote::Apart,
    row: r#"{"readonly": false}"#,
    beside: ["{}", "{}"],
    left_over: "duplicate",
    never_signed: "not_found",
    never_had: "not_found",
    root: Root::Always,
    error_means: ErrorMeans::BackAtTheNextStart,
    nothing: "[]",
    has_settings: true,
};

pub(crate) const CLIENTS: [Manners; 6] = [
    Manners {
        name: "Web3signer",
        wrong_token: None,
        remote: Remote::None,
        row: r#"{"derivation_path": "m/12381/3600/0/0/0", "readonly": false}"#,
        beside: [r#"{"message": null}"#, r#"{"message": ""}"#],
        left_over: "imported",
        has_settings: false,
        ..MOST
    },
    Manners { name: "Teku", root: Root::WithRecords, ..MOST },
    Manners {
        name: "Nimbus",
        wrong_token: Some(403),
        row: r#"{"derivation_path": "m/12381/3600/0/0/0", "readonly": false}"#,
        error_means: ErrorMeans::StillThere,
        ..MOST
    },
    Manners {
        name: "Lighthouse",
        wrong_token: Some(403),
        repeats_token: true,
        remote: Remote::ListedTwice,
        row: r#"{"derivation_path": null}"#,
        never_signed: "not_active",
        error_means: ErrorMeans::OffForGood,
        ..MOST
    },
    // 1.5.1 itself runs in CI.
    Manners {
        name: "Lodestar",
        remote: Remote::ListedTwice,
        row: r#"{"derivation_path": "", "readonly": false}"#,
        left_over: "imported",
        never_signed: "not_active",
        never_had: "not_active",
        ..MOST
    },
    Manners {
        name: "Prysm",
        wrong_token: Some(403),
        row: r#"{"derivation_path": ""}"#,
        beside: [r#"{"message": ""}"#, r#"{"message": ""}"#],
        left_over: "imported",
        error_means: ErrorMeans::OffForGood,
        nothing: "null",
        ..MOST
    },
];

/// The client of that name.
pub(crate) fn named(name: &str) -> Manners {
    *CLIENTS.iter().find(|client| client.name == name).unwrap()
}
