//! Untrusted text, made safe to display. Others choose file names, labels, the names of custodians and
//! the messages of servers: none of these may forge a line of a report, or hide part of one.

use std::{
    ffi::OsStr,
    fmt::{self, Write as _},
};

/// Untrusted text. It prints on one line; every invisible character, and every one that controls a
/// terminal, is escaped as in `\n` or `\u{202e}`.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(&'a OsStr);

/// Makes untrusted `text` (a path, a name, a message) safe to display.
pub fn shown<T: AsRef<OsStr> + ?Sized>(text: &T) -> Shown<'_> {
    Shown(text.as_ref())
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.to_string_lossy().chars() {
            if is_harmful(c) { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

/// Whether `c` can control a terminal, begin a line, reorder text, or be invisible: control
/// characters, line separators, direction marks, and characters without a width.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Untrusted `text` as HTML text, or as the value of an attribute in double quotes. What [`is_harmful`]
/// shows as U+FFFD, except newlines.
pub fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push('\n'),
            other if is_harmful(other) => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn text_cannot_begin_a_line_or_be_invisible() {
        let show = |text: &str| shown(text).to_string();
        assert_eq!(show("x\nOrigin: mine\r\u{1b}[2J"), r"x\nOrigin: mine\r\u{1b}[2J");
        assert_eq!(
            show("a\u{202e}b\u{9b}c\u{200b}d\u{2028}e"),
            r"a\u{202e}b\u{9b}c\u{200b}d\u{2028}e"
        );
        assert_eq!(show("clés/Schlüssel 鍵 🔑 \\"), "clés/Schlüssel 鍵 🔑 \\");
        assert_eq!(shown(Path::new("a\nb")).to_string(), r"a\nb");
    }
}
