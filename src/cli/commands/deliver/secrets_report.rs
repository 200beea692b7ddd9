//! The result of a delivery to a secret store, for people and as JSON.

use stockade::{
    backup::{
        SetId,
        verdict::{Reason, Verdict},
    },
    bls::PublicKey,
    distributed::ShareOf,
};
use stockade_services::delivery::{Put, PutEnd, SecretsReport};

use super::{
    left_out::left_out,
    secrets_document::{Document, Key},
};
use crate::{
    commands::{
        listed::{LISTED, first},
        share_rows,
        verdicts::Verdicts,
    },
    output::Outcome,
};

/// A delivery and what it was made from.
pub(super) struct Report<'a> {
    pub set: &'a SetId,
    pub place: &'a str,
    pub shares: &'a [(PublicKey, ShareOf)],
    pub left_out: &'a [(PublicKey, Reason)],
    pub delivered: &'a SecretsReport,
}

impl Report<'_> {
    /// Ok if every key of the set is there.
    pub fn outcome(&self) -> Outcome {
        let key = |(pubkey, name, put): (&PublicKey, &str, &Put)| Key {
            pubkey: *pubkey,
            verdict: put.verdict().as_str(),
            status: put.as_str(),
            message: put.message().map(str::to_owned),
            secret: name.to_owned(),
        };
        let count = |verdict| self.delivered.count(verdict);
        let document = Document {
            set_id: self.set.clone(),
            to: self.place.to_owned(),
            level: "read_back",
            verdicts: Verdicts {
                proven: count(Verdict::Proven),
                contradicted: count(Verdict::Contradicted),
                inconclusive: count(Verdict::Inconclusive),
            },
            keys: self.delivered.keys().map(key).collect(),
            shares: share_rows::rows(self.shares),
            left_out: left_out(self.left_out),
            failure: self.failure().map(str::to_owned),
            unrecorded: Vec::new(),
            note: None,
        };
        let all = document.verdicts.proven == document.keys.len();
        let ok = all && document.left_out.is_empty();
        let text = self.text(ok, document.verdicts.proven, document.keys.len());
        Outcome::checked(ok, text, document)
    }

    fn failure(&self) -> Option<&str> {
        self.delivered.end.as_ref().map(|end| match end {
            PutEnd::Failed(why) | PutEnd::NoLonger(why) => why.as_str(),
            PutEnd::Stopped => "cancelled",
        })
    }

    fn text(&self, ok: bool, there: usize, all: usize) -> String {
        let holds = if self.failure().is_some() { "is known to hold" } else { "holds" };
        let mut text =
            format!("{} {holds} {there} of {all} keys of set {}\n", self.place, self.set);
        text += &share_rows::text(self.shares);
        let those = |is: fn(&Put) -> bool| self.delivered.keys().filter(move |(_, _, put)| is(put));
        let same = those(|put| *put == Put::Same).count();
        if same > 0 {
            text += &format!("  {same} were there before, and are unchanged\n");
        }
        if let Some(failure) = self.failure() {
            text += &format!("  INTERRUPTED: {failure}\n");
        }
        let said = |(key, _, put): (&PublicKey, _, &Put)| match put {
            Put::Refused(why) | Put::Expires(why) => format!("{key}: {why}"),
            _ => key.to_string(),
        };
        text += &rows("REFUSED", those(|put| matches!(put, Put::Refused(_))).map(said));
        text += &rows("WILL BE DELETED", those(|put| matches!(put, Put::Expires(_))).map(said));
        text += &rows("NOT KNOWN", those(|put| matches!(put, Put::Unknown(_))).map(said));
        text += &rows("NOT SENT", those(|put| *put == Put::NotSent).map(said));
        let left_out = self.left_out.iter();
        text += &rows("LEFT OUT", left_out.map(|(key, why)| format!("{key}: {}", why.explain())));
        text += match (ok, &self.delivered.end) {
            (true, _) => {
                "A signer that reads this place signs with these keys. Make sure that no other machine \
                 runs them, and that the signer has their slashing history."
            }
            (false, Some(PutEnd::NoLonger(_))) => {
                "Get new credentials, and run the same command again: keys that are there are left \
                 unchanged."
            }
            (false, Some(_)) => {
                "Run the same command again: keys that are there are left unchanged."
            }
            (false, None) => "NOT all keys are there. What was there before is unchanged.",
        };
        text
    }
}

/// A line each, of which there may be thousands.
fn rows(word: &str, rows: impl Iterator<Item = String>) -> String {
    let row = |row| format!("  {word} {row}\n");
    first(rows, LISTED, row, |more| format!("  {word} {more} more\n"))
}
