use std::path::PathBuf;

use serde_json::json;
use stockade::backup::{self, Copy, ListedSet, manifest::Source};

use crate::{CommandResult, context::Context, output::Outcome};

/// List the sets in copies, by what their manifests say
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
}

impl Args {
    /// Lists; reads no keystore.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let copies = Copy::open_all(&self.copies)?;
        let sets = backup::list(&copies)?;
        let mut text = String::new();
        for copy in &copies {
            text += &format!("{} (copy {})\n", copy.dir().display(), copy.id());
            for set in sets.iter().filter(|set| set.copy == copy.id()) {
                text += &line(set);
            }
        }
        text += "What a manifest says is not checked by this: scrub and drill do.";
        let ok = sets.iter().all(|set| set.manifest.is_some());
        let json = json!({"sets": sets.iter().map(as_json).collect::<Vec<_>>()});
        Ok(Outcome::checked(ok, text, json))
    }
}

fn line(set: &ListedSet) -> String {
    let Some(manifest) = &set.manifest else {
        return format!("  {}  its manifest cannot be read: scrub it\n", set.id);
    };
    let custodians: Vec<_> = manifest.custodians.iter().map(|c| c.id().as_str()).collect();
    format!(
        "  {}  {} keys{}, made {}, opens with custodian {}{}\n",
        set.id,
        manifest.keystores.len(),
        batches(set).iter().map(|batch| format!(", batch {batch}")).collect::<String>(),
        manifest.created,
        custodians.join(" or "),
        if manifest.test { ", TEST" } else { "" },
    )
}

fn batches(set: &ListedSet) -> Vec<u32> {
    let entries = set.manifest.iter().flat_map(|manifest| &manifest.keystores);
    let mut batches: Vec<_> = entries
        .filter_map(|entry| match entry.source {
            Source::Device { batch, .. } => Some(batch),
            _ => None,
        })
        .collect();
    batches.dedup();
    batches
}

fn as_json(set: &ListedSet) -> serde_json::Value {
    json!({
        "set_id": set.id,
        "copy": set.copy,
        "network": set.id.network(),
        "readable": set.manifest.is_some(),
        "created": set.manifest.as_ref().map(|m| &m.created),
        "test": set.manifest.as_ref().map(|m| m.test),
        "keys": set.manifest.as_ref().map(|m| m.keystores.len()),
        "batches": batches(set),
        "custodians": set.manifest.as_ref().map(|m| {
            m.custodians.iter().map(|c| c.id().as_str()).collect::<Vec<_>>()
        }),
    })
}
