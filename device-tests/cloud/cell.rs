//! One cell of the table of clients, requests and answers: what a client is asked, what it answers, and
//! what it has done by then.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{
    client::{Inside, interchange_of},
    manners::{Manners, Root},
    validator_client::interchange,
};

/// What a client can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Anything,
    List,
    ListRemote,
    ImportNothing,
    Import,
    DeleteNothing,
    /// To remove keys, one of which it runs at least.
    Delete,
    /// To remove keys of which it runs none.
    DeleteAgain,
    Setting(&'static str),
    SetSetting(&'static str),
    AddRemote,
}

/// What a client has done by the time that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// What it was asked.
    AsAsked,
    Nothing,
    /// What it was asked, with the first key of the request alone.
    First,
    /// A removal: it does not run the keys any more, and their files stay.
    OutOfMemory,
    /// An import: it takes the keys up by itself, later.
    Later,
    /// An import: it took the history alone.
    HistoryAlone,
    /// A remote key: it signs with another signer than the one that it was told of.
    OtherSigner,
}

/// The history that goes with the answer to a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum History {
    /// As ever.
    Own,
    /// Without a root and without records.
    Rootless,
    /// An empty root, and no records.
    EmptyRoot,
    /// The word `null`, in the string.
    NullText,
    EmptyText,
    /// JSON's null, for the string.
    Null,
    /// No such field.
    Absent,
    /// An object, for the string.
    Object,
    /// Of another chain.
    OtherChain,
    /// With a field in its metadata that version 5 does not have.
    MoreFields,
    /// A record for each key that says nothing of it.
    EmptyRecords,
}

/// What a client answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// As recorded: the state and the request of the recording, and which of its rows is repeated for
    /// each key.
    Recorded(&'static str, &'static str, usize),
    /// The same for all keys.
    Whole(u16, &'static str),
    /// This row for each key, and a history where it was a removal.
    Each(&'static str, History),
    /// As ever, and what it answers is cut in half.
    Truncated,
    /// As ever, for one key fewer, or more.
    Fewer,
    More,
    /// As ever, after so many milliseconds.
    Slow(u64),
}

/// As ever.
pub(crate) const AS_EVER: Answer = Answer::Slow(0);

/// An answer that is given to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forced {
    pub(crate) asked: Asked,
    pub(crate) answer: Answer,
    pub(crate) effect: Effect,
    /// How many such requests go by before.
    pub(crate) after: usize,
    /// How many are answered so.
    pub(crate) times: usize,
}

/// Answers that were recorded: of Web3signer and Teku by their own code.
pub(crate) fn recordings() -> &'static [Value] {
    static ALL: OnceLock<Vec<Value>> = OnceLock::new();
    ALL.get_or_init(|| {
        serde_json::from_str(include_str!("../cells/recorded/teku-web3signer.json")).unwrap()
    })
}

pub(crate) fn recording(client: &str, state: &str, request: &str) -> Option<&'static Value> {
    recordings().iter().find(|one| {
        one["client"] == client.to_lowercase() && one["state"] == state && one["request"] == request
    })
}

impl Answer {
    /// The answer to a request about `keys`, of which a client as ever says `ordinary`.
    pub(super) fn give(
        self,
        manners: &Manners,
        inside: &Inside,
        keys: &[String],
        ordinary: (u16, String),
    ) -> (u16, String) {
        let mut value: Value = serde_json::from_str(&ordinary.1).unwrap_or_default();
        match self {
            Self::Recorded(state, request, row) => {
                let one = recording(manners.name, state, request).unwrap();
                let body = one["body"].as_str().unwrap();
                let status = u16::try_from(one["status"].as_u64().unwrap()).unwrap();
                (status, adapted(body, row, inside, keys))
            }
            Self::Whole(status, body) => (status, body.to_owned()),
            Self::Each(row, history) => {
                let row: Value = serde_json::from_str(row).unwrap();
                let mut answer = json!({"data": vec![row; keys.len()]});
                if let Some(said) = history.of(manners, inside, keys) {
                    answer["slashing_protection"] = said;
                }
                (200, answer.to_string())
            }
            Self::Truncated => {
                let cut: String = ordinary.1.chars().take(ordinary.1.chars().count() / 2).collect();
                (ordinary.0, cut)
            }
            Self::Fewer | Self::More => {
                let rows = value["data"].as_array_mut().unwrap();
                match self {
                    Self::Fewer => drop(rows.pop()),
                    _ => rows.extend(rows.first().cloned()),
                }
                (ordinary.0, value.to_string())
            }
            Self::Slow(_) => ordinary,
        }
    }
}

impl History {
    fn of(self, manners: &Manners, inside: &Inside, keys: &[String]) -> Option<Value> {
        let own = interchange_of(manners, &inside.records(keys));
        let text = |history: Value| Some(history.to_string().into());
        let with = |field: &str, value: Value| {
            let mut history = own.clone();
            history["metadata"][field] = value;
            text(history)
        };
        match self {
            Self::Own => text(own),
            Self::Rootless => {
                text(json!({"metadata": {"interchange_format_version": "5"}, "data": []}))
            }
            Self::EmptyRoot => {
                let metadata =
                    json!({"interchange_format_version": "5", "genesis_validators_root": ""});
                text(json!({"metadata": metadata, "data": []}))
            }
            Self::NullText => Some("null".into()),
            Self::EmptyText => Some("".into()),
            Self::Null => Some(Value::Null),
            Self::Absent => None,
            Self::Object => Some(own),
            Self::OtherChain => {
                with("genesis_validators_root", format!("0x{}", "4b".repeat(32)).into())
            }
            Self::EmptyRecords => {
                let mut history = own.clone();
                let empty = |key: &String| {
                    json!({
                        "pubkey": format!("0x{key}"),
                        "signed_blocks": [],
                        "signed_attestations": [],
                    })
                };
                history["data"] = keys.iter().map(empty).collect();
                text(history)
            }
            Self::MoreFields => with("interchange_format", "complete".into()),
        }
    }
}

/// A recorded body, about other keys: one row for each, and what these keys signed.
fn adapted(body: &str, row: usize, inside: &Inside, keys: &[String]) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    if let Some(rows) = value["data"].as_array().filter(|rows| !rows.is_empty()).cloned() {
        let row = &rows[row.min(rows.len() - 1)];
        let is_list = !row["validating_pubkey"].is_null();
        let memory: Vec<_> = inside.memory.keys().cloned().collect();
        let about = if is_list { &memory } else { keys };
        let of = |key: &String| {
            let mut row = row.clone();
            if is_list {
                row["validating_pubkey"] = format!("0x{key}").into();
            }
            row
        };
        value["data"] = about.iter().map(of).collect();
    }
    if let Some(history) = value["slashing_protection"].as_str() {
        let mut history: Value = serde_json::from_str(history).unwrap();
        if history["data"].as_array().is_some_and(|records| !records.is_empty()) {
            history["data"] = inside.records(keys).into();
            // The recorded chain is that of the set.
            let root = &interchange(&[])["metadata"]["genesis_validators_root"];
            assert_eq!(history["metadata"]["genesis_validators_root"], *root);
        }
        value["slashing_protection"] = serde_json::to_string_pretty(&history).unwrap().into();
    }
    value.to_string()
}

/// Whether a history of no records has no root.
pub(super) fn drops_root(manners: &Manners, records: &[Value]) -> bool {
    manners.root == Root::WithRecords && records.is_empty()
}
