//! Command lines that can be pasted: every word is quoted for a POSIX shell where necessary.

use std::path::{Path, PathBuf};

use stockade::backup::Copy;

/// A word, in single quotes if the shell would change it.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A path. One that begins like an option gets `./` in front.
pub fn path(path: &Path) -> String {
    let text = crate::shown(&path).to_string();
    if text.starts_with('-') { quote(&format!("./{text}")) } else { quote(&text) }
}

/// An absolute path, for commands that are pasted in any folder.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The folders of copies, each with a space in front.
pub fn copies(copies: &[Copy]) -> String {
    copies.iter().map(|copy| format!(" {}", path(copy.dir()))).collect()
}

/// A command line that is built word by word.
#[derive(Debug, Clone)]
pub struct Line(String);

impl Line {
    /// Starts with words that need no quotes.
    pub fn new(words: &str) -> Self {
        Self(words.to_owned())
    }

    /// Adds words that need no quotes.
    #[must_use]
    pub fn words(self, words: &str) -> Self {
        Self(format!("{} {words}", self.0))
    }

    /// Adds a path.
    #[must_use]
    pub fn path(self, of: &Path) -> Self {
        let word = path(of);
        self.words(&word)
    }

    /// Adds `option`, such as `--dir=` or `--keys=a:`, immediately followed by a value.
    #[must_use]
    pub fn option(self, option: &str, value: &str) -> Self {
        Self(format!("{} {option}{}", self.0, quote(value)))
    }

    /// Adds `option` with the value of a shell variable. The shell refuses the line while the variable
    /// is not set.
    #[must_use]
    pub fn variable(self, option: &str, name: &str) -> Self {
        Self(format!("{} {option}\"${{{name}:?}}\"", self.0))
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell turns a quoted word into the word itself.
    #[test]
    fn a_shell_reads_the_word_that_was_quoted() {
        for word in [
            "plain/path-1.json",
            "",
            "my stick",
            "it's",
            "''",
            "$HOME",
            "a;rm -rf b",
            "a\"b",
            "`id`",
            "*",
            "~",
            "a\\b",
            "ünï",
            "a&b",
            "(x)",
            "#no",
            "a\nb",
            "!x",
        ] {
            let command = format!("printf %s {}", quote(word));
            let said = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), word, "{command}");
        }
        assert_eq!(quote("/media/a/stockade:1"), "/media/a/stockade:1");
        assert_eq!(path(Path::new("-rf")), "./-rf");
        let line = Line::new("x").option("--to=", "a b").variable("--data=", "DATA");
        assert_eq!(String::from(line), r#"x --to='a b' --data="${DATA:?}""#);
    }
}
