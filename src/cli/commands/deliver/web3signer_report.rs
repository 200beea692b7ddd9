//! The plan and the result of writing Web3signer's key configuration.

use std::path::Path;

use serde::Serialize;
use stockade::{
    backup::{Layout, SetId, history::HistoryDecision, verdict::Reason},
    bls::PublicKey,
    distributed::ShareOf,
};

use super::{
    approval,
    key_type::KeyType,
    left_out::{LeftOut, left_out, left_out_text},
    note,
};
use crate::{
    commands::{
        backup::next_steps::{NextSteps, Step},
        share_rows::{self, ShareRow},
    },
    output::Outcome,
};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The set's id.
    #[cfg_attr(test, schemars(with = "String"))]
    set_id: SetId,
    /// The new folder.
    to: String,
    /// Where Web3signer finds the keys: file-keystore, hashicorp or aws-secret.
    r#type: &'static str,
    /// The keys, each with its configuration in keys/0x<pubkey>.yaml.
    keys: Vec<Key>,
    /// Those of the keys that are shares of validators' keys.
    shares: Vec<ShareRow>,
    /// Keys of the set that are lost in these copies and were left out.
    left_out: Vec<LeftOut>,
    /// Whether a token or access key is written in clear into each configuration.
    secret_in_clear: bool,
    /// The slashing history in the folder: restored, never_attested or lost.
    history: &'static str,
    /// The ids of the copies in which a given history is stored.
    history_kept: Vec<String>,
    /// What to do next, in this order.
    next: Vec<Step>,
    /// The folders of copies in which the delivery could not be recorded.
    unrecorded: Vec<String>,
    /// The signed delivery note; null if none was made.
    note: Option<note::Document>,
}

/// A key that was written.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key, in hex without 0x.
    #[cfg_attr(test, schemars(with = "String"))]
    pubkey: PublicKey,
}

/// Something to do.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[allow(dead_code, reason = "describes what NextSteps gives")]
struct NextStep {
    /// What it is for, and what to know first.
    note: String,
    /// Commands for a shell. Each is to run only if the one before it succeeded.
    commands: Vec<String>,
}

/// What is written, and where.
pub(super) struct Report<'a> {
    /// The new folder.
    pub dir: &'a Path,
    pub kind: KeyType,
    pub set: &'a SetId,
    pub keys: &'a [PublicKey],
    pub shares: &'a [(PublicKey, ShareOf)],
    pub left_out: &'a [(PublicKey, Reason)],
    pub decision: &'a HistoryDecision,
    /// A secret is written in clear.
    pub clear: bool,
}

impl Report<'_> {
    /// Everything that the user should know before approving.
    pub fn plan(&self) -> String {
        format!(
            "To {}, readable only by you (mode 0600), as a whole or not at all:\n  {} keys of set {}, \
             {}\n{}  slashing history: {}\n{}{}",
            crate::shown(&self.dir),
            self.keys.len(),
            self.set,
            self.kind.word(),
            share_rows::text(self.shares),
            self.decision.describe(),
            approval::keys(self.keys),
            left_out_text(self.left_out)
        )
    }

    /// Ok if every key of the set was written. `history_kept`: the copies that store the history.
    pub fn outcome(&self, history_kept: Vec<String>) -> Outcome {
        let Self { dir, kind, set, keys, decision, .. } = self;
        let shown = crate::shown(dir).to_string();
        let mut text = format!("Wrote {} keys to {shown}: keys/0x<pubkey>.yaml\n", keys.len());
        text += &share_rows::text(self.shares);
        text += &left_out_text(self.left_out);
        if self.clear {
            text += "  WARNING: each of these files contains a secret in clear\n";
        }
        let next = NextSteps {
            layout: Layout::Web3signer,
            to: dir,
            network: set.network(),
            with_history: decision.history().is_some(),
            lost: matches!(decision, HistoryDecision::Lost(_)),
        };
        text += &next.text();
        text += "Make sure that no other machine runs these keys.";
        let document = Document {
            set_id: (*set).clone(),
            to: shown,
            r#type: kind.word(),
            keys: keys.iter().map(|pubkey| Key { pubkey: *pubkey }).collect(),
            shares: share_rows::rows(self.shares),
            left_out: left_out(self.left_out),
            secret_in_clear: self.clear,
            history: decision.as_str(),
            history_kept,
            next: next.steps(),
            unrecorded: Vec::new(),
            note: None,
        };
        Outcome::checked(self.left_out.is_empty(), text, document)
    }
}
