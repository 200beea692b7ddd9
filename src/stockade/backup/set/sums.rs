//! SHA256SUMS: the format of `sha256sum`, followed by its own digest in a comment, so that a
//! flipped bit in the file itself shows as well.

use std::collections::BTreeMap;

use super::digest::Digest;
use crate::store::StorePath;

/// The digest of every other file of a set.
pub(crate) type Sums = BTreeMap<StorePath, Digest>;

/// The file's bytes.
pub(crate) fn render(sums: &Sums) -> Vec<u8> {
    let mut text: String =
        sums.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    let own = Digest::of(text.as_bytes());
    text.push_str(&format!("# {own}\n"));
    text.into_bytes()
}

/// The longest file that is read, and the most files that it lists: as many as the largest set has.
pub(crate) const MAX_LEN: u64 = 24 * 1024 * 1024;
const MAX_LINES: usize = 2 * crate::backup::set::manifest::MAX_FILES;

/// About how much memory a line takes.
const MEMORY: usize = 256;

/// About how much memory the findings about each file take if there is no manifest.
pub(crate) fn memory_of_all(sums: &Sums) -> usize {
    sums.len().saturating_mul(2048)
}

/// About how much memory the parsed file takes.
pub(crate) fn memory(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count().saturating_mul(MEMORY)
}

/// Reads the file; `None` if it is not exactly what [`render`] writes.
pub(crate) fn parse(bytes: &[u8]) -> Option<Sums> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let last = text.rfind('\n').map_or(0, |end| end + 1);
    let (listed, own) = text.split_at_checked(last)?;
    // Any change, including one of the order or the last line, changes the bytes.
    if own.strip_prefix("# ")? != Digest::of(listed.as_bytes()).to_string() {
        return None;
    }
    let mut sums = Sums::new();
    for line in listed.split_terminator('\n') {
        let (digest, path) = line.split_once("  ")?;
        let (path, digest) = (path.parse::<StorePath>().ok()?, digest.parse::<Digest>().ok()?);
        let is_next = sums.last_key_value().is_none_or(|(last, _)| *last < path);
        if !is_next || sums.len() == MAX_LINES || format!("{digest}  {path}") != line {
            return None;
        }
        sums.insert(path, digest);
    }
    Some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_detected() {
        let sums = Sums::from([
            ("manifest.json".parse().unwrap(), Digest::of(b"1")),
            ("keystores/a.json".parse().unwrap(), Digest::of(b"2")),
        ]);
        let bytes = render(&sums);
        assert_eq!(parse(&bytes), Some(sums));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&damaged), None, "bit {bit}");
        }
    }
}
