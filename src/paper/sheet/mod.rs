//! A sheet for paper: one HTML file that needs no network, printed by any browser on A4 or Letter.

mod custodian;
mod script;
mod set;
mod style;

use std::fmt::Write as _;

use stockade::{attest::Attestation, html as escape, store::StorePath};

use crate::{
    content::{self, Consent, Refused},
    lines::{self, LinesError},
    parts::{Frames, PartError, bytes_for},
    payload::{Payload, PayloadError},
    qr_code::{DrawError, Level, QrCode, capacity},
    set_files::{CUSTODIAN, SetError},
};

use self::style::STYLE;
pub use self::{script::SCRIPT, set::Holding};

/// The largest code: at 84 mm, a module is 0.87 mm wide, and scanned at 150 dots an inch, 5 dots.
const VERSION: u8 = 18;

/// The most public keys that are printed.
const KEYS: usize = 12;

/// The size of the paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// 210 x 297 mm.
    #[default]
    A4,
    /// 8.5 x 11 inches.
    Letter,
}

impl Size {
    /// Its name in CSS.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A4 => "A4",
            Self::Letter => "letter",
        }
    }
}

/// Why there is no sheet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The set cannot be printed.
    #[error(transparent)]
    Set(#[from] SetError),
    /// It cannot be packed.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// Its codes cannot be made.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Its codes cannot be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// It has more text than anybody types.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// It may not be shown.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The file is not what the sheet is about.
    #[error("{0}")]
    NotThis(String),
    /// The whole set was asked for, and is too large.
    #[error(
        "the whole set has {len} bytes when packed, and paper holds at most {}: print its sealed secret \
         alone, which needs the keystores from a copy",
        lines::MAX_BYTES
    )]
    TooLarge {
        /// The number of bytes.
        len: usize,
    },
}

/// What is printed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sheet {
    /// What it is, as a heading.
    pub title: String,
    /// What is in its payload.
    pub payload: Payload,
    /// The kind of the payload.
    pub kind: content::Kind,
    what: Vec<String>,
    facts: Vec<(&'static str, String)>,
    keys: Vec<String>,
    steps: Vec<Step>,
    packed: Vec<u8>,
}

/// A step of the recovery: what to do, and a command if there is one.
#[derive(Debug)]
struct Step {
    text: String,
    command: Option<String>,
}

fn step(text: impl Into<String>, command: impl Into<Option<String>>) -> Step {
    Step { text: text.into(), command: command.into() }
}

/// How many codes and lines a sheet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Printed {
    /// QR codes.
    pub codes: usize,
    /// Lines of text.
    pub lines: usize,
}

impl Sheet {
    /// A sheet of an attestation.
    pub fn of_attestation(name: &str, file: Vec<u8>) -> Result<Self, SheetError> {
        let attestation = Attestation::parse(&file)
            .map_err(|error| SheetError::NotThis(format!("not an attestation: {error}")))?;
        let signed = if attestation.is_signed() {
            "The signature matches the address."
        } else {
            "The signature does NOT match the address: this attestation proves nothing."
        };
        Self::new(Payload::file(name, file)?, |sheet| {
            sheet.title = "Attestation".to_owned();
            sheet.what = vec![
                "This paper holds an attestation: what a check of a backup found, signed by a wallet. \
                 It opens nothing, and holds nothing secret."
                    .to_owned(),
                signed.to_owned(),
            ];
            sheet.facts = vec![
                ("Statement", attestation.statement.clone()),
                ("Signed by", attestation.address.to_string()),
            ];
            sheet.steps = vec![
                taking_back("attestation.json"),
                step(
                    "Verify it. ADDRESS is the attesting address that you trust:",
                    "stockade attest verify attestation.json --signer ADDRESS".to_owned(),
                ),
            ];
        })
    }

    fn new(payload: Payload, fill: impl FnOnce(&mut Self)) -> Result<Self, SheetError> {
        let packed = payload.pack()?;
        if packed.len() > lines::MAX_BYTES {
            return Err(SheetError::TooLarge { len: packed.len() });
        }
        let kind = content::recognise(&payload, Consent::default())?;
        let mut sheet = Self {
            title: String::new(),
            payload,
            kind,
            what: Vec::new(),
            facts: Vec::new(),
            keys: Vec::new(),
            steps: Vec::new(),
            packed,
        };
        fill(&mut sheet);
        Ok(sheet)
    }

    /// The page, and how much is on it.
    pub fn html(&self, size: Size) -> Result<(String, Printed), SheetError> {
        let (codes, number) = self.codes()?;
        let lines = lines::write(&self.packed)?;
        let enough = match number {
            1 => "One code holds everything.",
            _ => "Read them in any order. There are a few more than are needed.",
        };
        let mut body = format!("<h1>{}</h1>\n", escape(&self.title));
        body +=
            &self.what.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect::<String>();
        body += &self.facts();
        body += &self.keys();
        body += &self.steps();
        let _ = write!(
            body,
            "<h2>QR codes ({number})</h2>\n<p>{enough} They are parts of a UR (BCR-2020-005, \
             <code>ur:bytes</code>).</p>\n<div class=\"codes\">\n{codes}</div>\n\
             <h2>Text ({} lines)</h2>\n<p>The same content, to be typed if the codes cannot be read. \
             Upper and lower case are the same, and so are O and 0, and I, L and 1. Type each line with \
             its number. The six characters after = check the line.</p>\n<pre class=\"lines\">{}\n</pre>\n",
            lines.len(),
            lines.join("\n"),
        );
        let _ = write!(
            body,
            "<h2>Without Stockade</h2>\n<p>Type the lines into a file, and this program too (Python 3). \
             <code>python3 read_paper.py &lt; lines.txt</code> checks every line, and writes the files \
             into the current folder.</p>\n<pre class=\"script\">{}</pre>\n",
            escape(SCRIPT)
        );
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
             'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{}</title>\n<style>\n@page {{ size: {}; }}\n{STYLE}</style>\n<main>\n{body}</main>\n",
            escape(&self.title),
            size.as_str()
        );
        Ok((page, Printed { codes: number, lines: lines.len() }))
    }

    /// The codes. If there are several, there are some more than are needed.
    fn codes(&self) -> Result<(String, usize), SheetError> {
        let frames = Frames::new(&self.packed, bytes_for(capacity(VERSION, Level::Medium)))?;
        let needed = frames.needed();
        let number = if needed == 1 { 1 } else { needed + needed.div_ceil(4) };
        let mut html = String::new();
        for (i, part) in frames.take(number).enumerate() {
            let svg = QrCode::new(&part, Level::Medium)?.to_svg();
            let _ = writeln!(
                html,
                "<figure>{svg}<figcaption>code {} of {number}</figcaption></figure>",
                i + 1
            );
        }
        Ok((html, number))
    }

    fn facts(&self) -> String {
        let row = |(name, value): &(&str, String)| {
            format!("<tr><th>{}<td>{}\n", escape(name), escape(value))
        };
        format!("<table>\n{}</table>\n", self.facts.iter().map(row).collect::<String>())
    }

    fn keys(&self) -> String {
        if self.keys.is_empty() {
            return String::new();
        }
        let rows = self.keys.iter().take(KEYS).map(|key| format!("0x{key}"));
        let rows = rows.collect::<Vec<_>>().join("\n");
        let more = match self.keys.len().checked_sub(KEYS) {
            Some(more @ 1..) => format!("<p>and {more} more</p>\n"),
            _ => String::new(),
        };
        let count = self.keys.len();
        format!(
            "<h2>Public keys ({count})</h2>\n<pre class=\"keys\">{}</pre>\n{more}",
            escape(&rows)
        )
    }

    fn steps(&self) -> String {
        let item = |step: &Step| {
            let command = step.command.as_ref();
            let command = command.map(|text| format!("<pre>{}</pre>", escape(text)));
            format!("<li>{}{}\n", escape(&step.text), command.unwrap_or_default())
        };
        format!(
            "<h2>Recovery</h2>\n<ol>\n{}</ol>\n",
            self.steps.iter().map(item).collect::<String>()
        )
    }
}

/// The first step of every recovery.
fn taking_back(out: &str) -> Step {
    step(
        "Scan the pages at 150 dots an inch or more, as PNG or JPEG, and name the pictures. Or type the \
         lines of text below into a file, and name it instead:",
        format!("stockade paper read page-1.png page-2.png --out {out}"),
    )
}

/// The path of a custodian file in a payload.
fn custodian_path(id: &str) -> Result<StorePath, PayloadError> {
    Ok(format!("{CUSTODIAN}{id}.json").parse()?)
}
