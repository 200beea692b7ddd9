use std::path::PathBuf;

use stockade::backup::{Copy, SetId};
use stockade_paper::{
    set_files::ReadSet,
    sheet::{Holding, Sheet},
};

use super::sheet::SheetArgs;
use crate::CommandResult;

/// Print a set, or its sealed secret
///
/// A small set is printed whole: with its custodians the paper brings every key back. Of a larger set the
/// paper holds the sealed secret alone, and the keystores must come from a copy. The sheet says which. It
/// needs no wallet, and holds nothing that is not sealed or public.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies that hold the set
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The set, if there are several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Print the whole set, up to 25 KB when packed, on as many pages as it takes
    #[arg(long)]
    whole: bool,
    /// Print the sealed secret alone, even of a small set
    #[arg(long, conflicts_with = "whole")]
    seal_only: bool,
    #[command(flatten)]
    sheet: SheetArgs,
}

impl Args {
    /// Reads the set, and writes its sheet.
    pub fn run(self) -> CommandResult {
        self.sheet.require_new()?;
        let copies = Copy::open_all(&self.copies)?;
        let set = ReadSet::read(&copies, self.set.as_ref())?;
        let holding = match (self.whole, self.seal_only) {
            (true, _) => Holding::Whole,
            (_, true) => Holding::Seal,
            _ => Holding::WhatFits,
        };
        self.sheet.write(&Sheet::of_set(&set, holding)?)
    }
}
