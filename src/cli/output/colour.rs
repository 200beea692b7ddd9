//! Colours for what is wrong, what to be careful about, and what is done. This is the only place that
//! decides on them; `anstream` leaves them out in a pipe, and with `NO_COLOR`.

use anstyle::{AnsiColor, Style};

/// What something is wrong with.
const WRONG: [&str; 12] = [
    "error:",
    "NOT",
    "FORGED",
    "FAILED",
    "MISSING",
    "BAD",
    "contradicted",
    "PROBLEM:",
    "REJECTED",
    "LOST",
    "CANNOT",
    "SPLIT",
];

/// What to be careful about.
const WARNING: [&str; 7] =
    ["warning:", "CAREFUL:", "inconclusive", "UNKNOWN", "LEFT OUT", "To do", "Due soon"];

/// What is done.
const DONE: [&str; 7] =
    ["proven", "good", "Restored", "Made", "Wrote", "Nothing to do now.", "Every key opens"];

/// The text with the first word of each line in its colour, and marks of `status` in red. The text must be
/// harmless: these are the only control sequences in it.
pub fn painted(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(line).collect();
    lines.join("\n")
}

fn line(line: &str) -> String {
    let start = line.len() - line.trim_start().len();
    let (indent, rest) = line.split_at_checked(start).unwrap_or(("", line));
    let kinds = [(&WRONG[..], wrong()), (&WARNING[..], warning()), (&DONE[..], done())];
    let begins = |word: &&&str| {
        let after = rest.strip_prefix(**word).map(|after| after.chars().next());
        after.is_some_and(|next| !next.is_some_and(char::is_alphanumeric))
    };
    for (words, style) in kinds {
        if let Some(word) = words.iter().find(begins) {
            let rest = rest.strip_prefix(word).unwrap_or_default();
            return format!("{indent}{style}{word}{style:#}{}", marks(rest));
        }
    }
    marks(line)
}

/// The marks in a table of `status`: `never !`.
fn marks(line: &str) -> String {
    let red = wrong();
    let shown = line.replace(" ! ", &format!(" {red}!{red:#} "));
    match shown.strip_suffix(" !") {
        Some(start) => format!("{start} {red}!{red:#}"),
        None => shown,
    }
}

fn wrong() -> Style {
    AnsiColor::Red.on_default().bold()
}

fn warning() -> Style {
    AnsiColor::Yellow.on_default()
}

fn done() -> Style {
    AnsiColor::Green.on_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_have_colours_and_the_text_stays_the_same() {
        let text = "warning: x\n  FAILED here\nNOTHING\n3 proven\nproven  ab\n\n  a  never !    12 days\n  b  never !";
        let painted = painted(text);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), text);
        assert!(painted.contains("\u{1b}[33mwarning:\u{1b}[0m x\n"));
        assert!(painted.contains("  \u{1b}[1m\u{1b}[31mFAILED\u{1b}[0m here\nNOTHING\n3 proven\n"));
        assert!(painted.contains("\u{1b}[32mproven\u{1b}[0m  ab"));
        assert_eq!(painted.matches("\u{1b}[31m!").count(), 2);
    }
}
