//! Bytes as lines that a person types from paper. Each line has check characters, so that a mistyped
//! character is found, and its line named.
//!
//! A line is its number and the number of lines, 40 characters of 5 bits each, and 6 check characters:
//! the BCH code of Bech32m over all of it. It finds every error in up to four characters of a line, and
//! so every mistyped character and every swap of two neighbours.

use std::collections::BTreeMap;

use bech32::{
    Bech32m, Fe32,
    primitives::checksum::{Checksum, Engine},
};

pub use self::problem::{LinesError, Problem};
use self::problem::{Mistake, Where};

mod problem;

/// The alphabet of Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many bytes a line has.
const BYTES: usize = 25;

/// How many characters a line has for its bytes, and for the check.
const DATA: usize = 40;
const CHECK: usize = 6;

/// How many characters a group has.
const GROUP: usize = 4;

/// The most lines: their number has 10 bits.
const MAX_LINES: usize = 1023;

/// The most bytes that lines hold.
pub const MAX_BYTES: usize = MAX_LINES * BYTES;

/// The longest text that is read.
pub const MAX_TEXT: usize = 1024 * 1024;

/// `bytes` as lines.
pub fn write(bytes: &[u8]) -> Result<Vec<String>, LinesError> {
    let total = bytes.len().div_ceil(BYTES);
    if total > MAX_LINES || bytes.is_empty() {
        return Err(LinesError::TooLarge { len: bytes.len() });
    }
    let width = total.to_string().len();
    let line = |(i, chunk): (usize, &[u8])| {
        let number = i + 1;
        let data = to_symbols(chunk);
        let check = check_symbols(number, total, &data);
        let data = text(&data);
        let groups: Vec<&str> = data.as_bytes().chunks(GROUP).filter_map(as_text).collect();
        format!("{number:0width$}/{total}: {} = {}", groups.join(" "), text(&check))
    };
    Ok(bytes.chunks(BYTES).enumerate().map(line).collect())
}

/// The bytes of lines that were typed in any order, in upper or lower case. Spaces and signs between
/// the characters do not matter; O counts as 0, and I and L count as 1. Empty lines, and lines that
/// begin with `#`, are skipped.
pub fn read(typed: &str) -> Result<Vec<u8>, LinesError> {
    if typed.len() > MAX_TEXT {
        return Err(LinesError::TooLarge { len: typed.len() });
    }
    let mut found = Found::default();
    for (i, line) in typed.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            found.add(i + 1, line);
        }
    }
    found.finish()
}

/// The lines that were read so far.
#[derive(Default)]
struct Found {
    lines: BTreeMap<usize, Vec<u8>>,
    total: Option<usize>,
    problems: Vec<Problem>,
    claimed: Vec<usize>,
}

impl Found {
    fn add(&mut self, at: usize, line: &str) {
        let (number, total, rest) = match head(line) {
            Some(head) => head,
            None => return self.problems.push(Problem::NotALine { at }),
        };
        self.claimed.push(number);
        let place = Where { at, number };
        match check_line(place, total, rest) {
            Err(problem) => self.problems.push(problem),
            Ok(_) if self.total.is_some_and(|known| known != total) => {
                self.problems.push(Problem::OtherSheet { place, total });
            }
            Ok(data) => {
                self.total = Some(total);
                let earlier = self.lines.insert(number, data.clone());
                if earlier.is_some_and(|earlier| earlier != data) {
                    self.problems.push(Problem::OtherSheet { place, total });
                }
            }
        }
    }

    fn finish(mut self) -> Result<Vec<u8>, LinesError> {
        let Some(total) = self.total else {
            return Err(LinesError::of(self.problems));
        };
        let missing: Vec<_> = (1..=total)
            .filter(|number| !self.lines.contains_key(number) && !self.claimed.contains(number))
            .collect();
        if !missing.is_empty() {
            self.problems.push(Problem::Missing { numbers: missing, total });
        }
        if self.problems.is_empty() {
            Ok(self.lines.into_values().flatten().collect())
        } else {
            Err(LinesError::of(self.problems))
        }
    }
}

/// The number of a line, the number of all lines, and what follows.
fn head(line: &str) -> Option<(usize, usize, &str)> {
    let (number, rest) = line.split_once('/')?;
    let end = rest.find(|c: char| c == ':' || c.is_whitespace())?;
    let (total, rest) = rest.split_at_checked(end)?;
    let (number, total) = (decimal(number)?, decimal(total)?);
    let fits = (1..=MAX_LINES).contains(&total) && (1..=total).contains(&number);
    fits.then_some((number, total, rest))
}

/// A decimal number, in which O and I may stand for digits as in the rest of the line.
fn decimal(text: &str) -> Option<usize> {
    let text = text.trim();
    let digit =
        |c: char| symbol(c).filter(|value| *value < 10).map(|value| char::from(b'0' + value));
    let digits: String = text.chars().map(digit).collect::<Option<_>>()?;
    (1..=4).contains(&digits.len()).then(|| digits.parse().ok()).flatten()
}

/// The bytes of one line, if its check characters are right.
fn check_line(place: Where, total: usize, rest: &str) -> Result<Vec<u8>, Problem> {
    let mut symbols = Vec::new();
    for character in rest.chars().filter(|c| !is_between(*c)) {
        let group = symbols.len() / GROUP + 1;
        match symbol(character) {
            Some(value) => symbols.push(value),
            None => return Err(Problem::Character { place, group, character }),
        }
        if symbols.len() > 2 * DATA {
            break;
        }
    }
    let expected = DATA + CHECK;
    let is_last = place.number == total;
    if symbols.len() > expected || symbols.len() <= CHECK || (symbols.len() < expected && !is_last)
    {
        return Err(Problem::Length { place, found: symbols.len(), expected });
    }
    let whole = |symbols: &[u8]| is_right(place.number, total, symbols);
    if !whole(&symbols) {
        return Err(Problem::Check { place, look: Mistake::find(&mut symbols, whole) });
    }
    symbols.truncate(symbols.len() - CHECK);
    let bytes = from_symbols(&symbols);
    bytes.ok_or(Problem::Length { place, found: symbols.len() + CHECK, expected })
}

/// Signs that separate characters and mean nothing.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '=' | ':' | '.' | ',' | '|' | '_')
}

fn symbol(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET.iter().position(|letter| char::from(*letter) == c)?;
    u8::try_from(at).ok()
}

fn text(symbols: &[u8]) -> String {
    let letter = |value: &u8| ALPHABET.get(usize::from(*value)).map_or('?', |b| char::from(*b));
    symbols.iter().map(letter).collect()
}

fn as_text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The check characters of a line.
fn check_symbols(number: usize, total: usize, data: &[u8]) -> [u8; CHECK] {
    let mut engine = begun(number, total, data);
    engine.input_target_residue();
    let residue = *engine.residue();
    std::array::from_fn(|i| (residue >> (5 * (CHECK - 1 - i)) & 31) as u8)
}

fn is_right(number: usize, total: usize, symbols: &[u8]) -> bool {
    *begun(number, total, symbols).residue() == Bech32m::TARGET_RESIDUE
}

/// The state of the check after the line's number, the number of lines and `symbols`.
fn begun(number: usize, total: usize, symbols: &[u8]) -> Engine<Bech32m> {
    let mut engine = Engine::new();
    let head = [number >> 5, number, total >> 5, total].map(|value| (value & 31) as u8);
    for value in head.iter().chain(symbols) {
        // Every symbol has 5 bits.
        if let Ok(value) = Fe32::try_from(*value) {
            engine.input_fe(value);
        }
    }
    engine
}

/// Bytes as groups of 5 bits, the last one filled with zeros.
fn to_symbols(bytes: &[u8]) -> Vec<u8> {
    let (mut symbols, mut held, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            symbols.push((held >> bits & 31) as u8);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        symbols.push((held << (5 - bits) & 31) as u8);
    }
    symbols
}

/// The bytes, if no symbol is left over and the last one is filled with zeros.
fn from_symbols(symbols: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for value in symbols {
        held = held << 5 | u32::from(*value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 255) as u8);
            held &= (1 << bits) - 1;
        }
    }
    (bits < 5 && held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests;
