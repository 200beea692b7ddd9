//! SHA256SUMS: sha256sum's own format, with its own digest in a comment at the end, so that a
//! flipped bit in it shows too.

use std::collections::BTreeMap;

use super::Digest;
use crate::store::StorePath;

/// The digest of every other file of a set.
pub(super) type Sums = BTreeMap<StorePath, Digest>;

/// The file's bytes.
pub(super) fn render(sums: &Sums) -> Vec<u8> {
    let mut text: String =
        sums.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    let own = Digest::of(text.as_bytes());
    text.push_str(&format!("# {own}\n"));
    text.into_bytes()
}

/// Reads the file; `None` when it is not exactly what [`render`] writes.
pub(super) fn parse(bytes: &[u8]) -> Option<Sums> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut sums = Sums::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (digest, path) = line.split_once("  ")?;
        sums.insert(path.parse().ok()?, digest.parse().ok()?);
    }
    // Whatever was changed, order and last line included, the bytes are not the same any more.
    (render(&sums) == bytes).then_some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_shows() {
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
