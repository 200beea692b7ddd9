//! Text that cannot steer a terminal.

use std::{borrow::Cow, sync::OnceLock};

use stockade::{is_harmful, shown};

/// Escapes every character that [`is_harmful`] except newlines. The newlines are Stockade's own: text
/// from outside is put on one line by [`stockade::shown`] before it gets into a message.
pub fn harmless(text: &str) -> String {
    let text = arguments().iter().fold(Cow::Borrowed(text), |text, (given, shown)| {
        if text.contains(given) { Cow::Owned(text.replace(given, shown)) } else { text }
    });
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if must_escape(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// As [`harmless`], with all lines but the first indented, so that an error that repeats text from
/// outside cannot look like a report.
pub fn indented(text: &str) -> String {
    let indent = |line: &str| if line.starts_with("  ") { "" } else { "  " };
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    harmless(&lines.fold(first, |text, line| format!("{text}\n{}{line}", indent(line))))
}

/// The same JSON document with harmful characters escaped. Outside of strings, JSON has no such
/// character except the newline; within strings, newlines are escaped already.
pub fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if must_escape(c) {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            escaped.extend(units.map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

fn must_escape(c: char) -> bool {
    is_harmful(c) && c != '\n'
}

/// Arguments of the command line that must not be printed as they are, each with its printable form.
/// Any message may repeat a whole argument, or its value after `=`.
fn arguments() -> &'static [(String, String)] {
    static ARGUMENTS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    ARGUMENTS.get_or_init(|| {
        let all = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
        let both = all.flat_map(|whole| {
            let value = whole.split_once('=').map(|(_, value)| value.to_owned());
            [Some(whole), value].into_iter().flatten()
        });
        let harmful =
            both.filter(|given| given.chars().any(is_harmful) && !given.trim().is_empty());
        harmful.map(|given| (given.clone(), shown(&given).to_string())).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_meaning_and_steers_no_terminal() {
        let hostile = "a\u{9b}2J\u{202e}b\u{7f}\u{200b}\u{e0041}\n\"\\";
        let text = escape_json(&serde_json::to_string_pretty(&[hostile]).unwrap());
        assert!(!text.chars().any(must_escape), "{text}");
        let read: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, [hostile]);
    }

    #[test]
    fn only_newlines_are_printed_as_they_are() {
        assert_eq!(harmless("a\nb\u{202e}\u{1b}[0m\t"), "a\nb\\u{202e}\\u{1b}[0m\\t");
    }
}
