//! How many of the things that were checked have each verdict.

use std::fmt;

use serde::Serialize;
use stockade::backup::verdict::{Counts, Reason};

/// How many of the things that were checked have each verdict.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Verdicts {
    /// How many are as they should be.
    pub proven: usize,
    /// How many are not as they should be.
    pub contradicted: usize,
    /// How many could not be checked.
    pub inconclusive: usize,
}

impl From<Counts> for Verdicts {
    fn from(counts: Counts) -> Self {
        let Counts { proven, contradicted, inconclusive } = counts;
        Self { proven, contradicted, inconclusive }
    }
}

impl Verdicts {
    /// Counts the verdicts that these reasons lead to.
    pub fn of(reasons: impl IntoIterator<Item = Reason>) -> Self {
        Counts::of(reasons).into()
    }

    /// Whether something was checked, and all of it is proven.
    pub fn all_proven(&self) -> bool {
        self.proven > 0 && self.contradicted == 0 && self.inconclusive == 0
    }

    /// Whether anything is contradicted.
    pub fn any_contradicted(&self) -> bool {
        self.contradicted > 0
    }
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proven, contradicted, inconclusive } = self;
        write!(f, "{proven} proven, {contradicted} contradicted, {inconclusive} inconclusive")
    }
}
