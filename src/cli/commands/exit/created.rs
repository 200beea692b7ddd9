//! What `exit create` signed.

use std::path::Path;

use stockade::{backup::exits::NewExit, distributed::ShareOf, staking::Network};

use super::create_document::{Document, SignedExit};
use crate::{
    commands::{plural::count, signing_key::Home},
    output::Outcome,
    shell,
};

/// Signed exits, and where they went.
pub struct Created<'a> {
    pub network: Network,
    /// The exits, each with the share that signed it.
    pub signed: &'a [(NewExit, Option<ShareOf>)],
    /// Whether they were to be sealed.
    pub seal: bool,
    /// The names of the sealed files.
    pub sealed: &'a [String],
    /// The set of the keys, with its copies.
    pub home: Option<&'a Home>,
    /// The file that was written, unsealed.
    pub out: Option<&'a Path>,
}

const NOT_CHECKED: &str = "Not checked: that these keys have these validator indices. Compare them in \
    an explorer: the network refuses an exit that another key signed.\n";

/// What an exit by a share is.
fn partial(share: &ShareOf) -> String {
    format!(
        "  {share}\n  It ends nobody alone: {} of that key must sign the same exit, with the same \
         --validator-index (that of the validator) and --epoch\n",
        count(share.others_needed().into(), "more share")
    )
}

impl Created<'_> {
    /// The report.
    pub fn outcome(&self) -> Outcome {
        let Self { network, signed, sealed, home, .. } = *self;
        let copies = home.filter(|_| self.seal).map_or(&[][..], |home| &home.copies);
        let mut text = String::new();
        for (NewExit { pubkey, exit, .. }, share) in signed {
            let what = if share.is_some() { "a PARTIAL exit" } else { "the exit" };
            text += &format!(
                "Signed {what} of validator {} on {network}, from epoch {} on\n  {pubkey}\n",
                exit.message.validator_index, exit.message.epoch
            );
            text += &share.as_ref().map(partial).unwrap_or_default();
        }
        for copy in copies {
            text += &format!("Sealed {} into {}\n", sealed.len(), crate::shown(copy.dir()));
        }
        text += NOT_CHECKED;
        if self.seal {
            let dirs = shell::copies(copies);
            text += &format!("When you need them: stockade exit open{dirs} --out NEW-FOLDER\n");
        }
        if let Some(out) = self.out {
            let out = crate::shown(&out);
            let share = signed.first().and_then(|(_, share)| share.as_ref());
            text += &match share.map(ShareOf::others_needed) {
                None => format!("Anybody who has {out} can end this validator for good."),
                Some(more) => format!(
                    "{out} alone ends nobody. Anybody who has it and the exits of {} can end this \
                     validator for good.",
                    count(more.into(), "more share")
                ),
            };
        }
        let document = Document {
            network: network.name(),
            exits: signed
                .iter()
                .enumerate()
                .map(|(i, (one, share))| SignedExit::new(one, *share, sealed.get(i)))
                .collect(),
            set_id: home.map(|home| home.set.to_string()),
            sealed_in: copies.iter().map(|copy| copy.id().to_owned()).collect(),
            out: self.out.map(|out| out.to_string_lossy().into_owned()),
        };
        Outcome::done(text, document)
    }
}
