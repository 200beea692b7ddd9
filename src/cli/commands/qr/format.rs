//! How codes are shown.

use clap::ValueEnum;

/// How codes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// On this terminal; several codes one after the other, until Ctrl-C
    Terminal,
    /// As PNG pictures
    Png,
    /// As SVG pictures
    Svg,
}
