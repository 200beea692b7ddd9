//! What is wrong with typed lines.

use std::fmt;

use super::{ALPHABET, CHECK, DATA, GROUP, MAX_BYTES};

/// The most problems that are listed.
const LISTED: usize = 20;

/// Why typed lines give no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinesError {
    /// Too much, or nothing at all.
    #[error("{len} bytes: lines hold 1 to {MAX_BYTES} bytes")]
    TooLarge {
        /// The number of bytes.
        len: usize,
    },
    /// No line could be read.
    #[error("there is no line of a sheet: such a line looks like `01/12: K7QW 9XKP .. = ABCDEF`")]
    Nothing,
    /// Some lines are wrong or missing.
    #[error("{}", listed(.0))]
    Wrong(Vec<Problem>),
}

impl LinesError {
    pub(super) fn of(problems: Vec<Problem>) -> Self {
        let is_nothing = |problem: &Problem| matches!(problem, Problem::NotALine { .. });
        if problems.iter().all(is_nothing) { Self::Nothing } else { Self::Wrong(problems) }
    }

    /// The problems, if lines are wrong or missing.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Wrong(problems) => problems,
            Self::TooLarge { .. } | Self::Nothing => &[],
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let first = problems.iter().take(LISTED).map(ToString::to_string);
    let mut text = first.collect::<Vec<_>>().join("\n");
    if let Some(more @ 1..) = problems.len().checked_sub(LISTED) {
        text += &format!("\nand {more} more");
    }
    text
}

/// Where a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Where {
    /// Its place in the typed text, counted from 1.
    pub at: usize,
    /// The number that it has on the sheet.
    pub number: usize,
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.number)?;
        if self.at == self.number { Ok(()) } else { write!(f, " (line {} of the text)", self.at) }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Text that is not a line of a sheet.
    NotALine {
        /// Its place in the text.
        at: usize,
    },
    /// A character that no sheet has.
    Character {
        /// The line.
        place: Where,
        /// The group that it is in, counted from 1.
        group: usize,
        /// The character.
        character: char,
    },
    /// A character is missing, or there is one too many.
    Length {
        /// The line.
        place: Where,
        /// How many characters were typed, the check characters included.
        found: usize,
        /// How many a whole line has.
        expected: usize,
    },
    /// The check characters do not match: something is mistyped.
    Check {
        /// The line.
        place: Where,
        /// Where the mistake probably is.
        look: Option<Mistake>,
    },
    /// A line that is right, but does not belong to the others.
    OtherSheet {
        /// The line.
        place: Where,
        /// The number of lines that its sheet has.
        total: usize,
    },
    /// Lines that were not typed.
    Missing {
        /// Their numbers.
        numbers: Vec<usize>,
        /// The number of lines that the sheet has.
        total: usize,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALine { at } => write!(f, "line {at} of the text is not a line of a sheet"),
            Self::Character { place, group, character } => write!(
                f,
                "{place}: `{}` in {} is not a character that sheets have",
                stockade::shown(&character.to_string()),
                group_name(*group)
            ),
            Self::Length { place, found, expected } => {
                write!(f, "{place} has {found} characters, and a whole line has {expected}")
            }
            Self::Check { place, look: None } => {
                write!(f, "{place} is mistyped: compare it with the sheet")
            }
            Self::Check { place, look: Some(look) } => {
                write!(f, "{place} is mistyped: compare {look} with the sheet")
            }
            Self::OtherSheet { place, total } => {
                write!(f, "{place} is from another sheet, or was typed twice ({total} lines)")
            }
            Self::Missing { numbers, total } => {
                let named = numbers.iter().take(LISTED).map(ToString::to_string);
                let named = named.collect::<Vec<_>>().join(", ");
                let more = if numbers.len() > LISTED { " and more" } else { "" };
                write!(f, "{} of {total} lines are missing: {named}{more}", numbers.len())
            }
        }
    }
}

fn group_name(group: usize) -> String {
    match group {
        1..=10 => format!("group {group}"),
        _ => "the check characters".to_owned(),
    }
}

/// Where a mistake probably is: the one place at which a single change makes the line right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// The group, counted from 1, if it is not among the check characters.
    pub group: Option<usize>,
}

impl Mistake {
    /// Tries every other character at every place, then every swap of neighbours.
    pub(super) fn find(symbols: &mut [u8], is_right: impl Fn(&[u8]) -> bool) -> Option<Self> {
        let data = symbols.len().saturating_sub(CHECK);
        let found = mistyped(symbols, &is_right).or_else(|| swapped(symbols, &is_right))?;
        Some(Self { group: (found < data).then_some(found / GROUP + 1) })
    }
}

fn mistyped(symbols: &mut [u8], is_right: &impl Fn(&[u8]) -> bool) -> Option<usize> {
    for at in 0..symbols.len() {
        let was = *symbols.get(at)?;
        for value in 0..ALPHABET.len() {
            *symbols.get_mut(at)? = u8::try_from(value).ok()?;
            if is_right(symbols) {
                return Some(at);
            }
        }
        *symbols.get_mut(at)? = was;
    }
    None
}

fn swapped(symbols: &mut [u8], is_right: &impl Fn(&[u8]) -> bool) -> Option<usize> {
    for at in 1..symbols.len() {
        symbols.swap(at - 1, at);
        if is_right(symbols) {
            return Some(at - 1);
        }
        symbols.swap(at - 1, at);
    }
    None
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            Some(group) => write!(f, "group {group} of {}", DATA / GROUP),
            None => write!(f, "the {CHECK} check characters after ="),
        }
    }
}
