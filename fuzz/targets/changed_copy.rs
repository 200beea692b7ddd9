//! A copy that was intact, with changes anywhere in it.

use stockade::{
    backup::{BackupError, Copy, origin::Pins, scrub, verdict::Report},
    store::StorePath,
};

use super::{
    Pieces,
    memory::{self, Memory},
};

/// The wallet that signed both golden sets.
pub(super) const SIGNER: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

/// Changes one file, as the input says; gives its path.
fn change(memory: &mut Memory, pieces: &mut Pieces<'_>) -> Option<String> {
    let (file, how) = (usize::from(pieces.byte()?), pieces.byte()?);
    let path = memory.0.keys().nth(file % memory.0.len())?.clone();
    let bytes = memory.0.get_mut(&path)?;
    match how % 6 {
        0 => *bytes = pieces.0.to_vec(),
        1 => {
            while let (Some(place), Some(value)) = (pieces.u16(), pieces.byte()) {
                let place = usize::from(place) % bytes.len().max(1);
                bytes.get_mut(place).map(|byte| *byte ^= value)?;
            }
        }
        2 => bytes.truncate(usize::from(pieces.u16()?)),
        3 => bytes.extend_from_slice(pieces.0),
        4 => {
            memory.0.remove(&path);
        }
        _ => {
            // Another file, with a name of the input's.
            let name = std::str::from_utf8(pieces.0).ok()?;
            let name: StorePath = format!("{}/{name}", path.rsplit_once('/')?.0).parse().ok()?;
            memory.0.insert(name.to_string(), b"{}".to_vec());
        }
    }
    Some(path)
}

fn scrubbed(copies: &[Copy], pins: &Pins) -> Result<Report, BackupError> {
    Ok(scrub::read(copies, None, &mut ())?.report(copies, pins))
}

/// No set in which a byte differs, or a file is missing, is proven: with the signer known, and
/// without.
pub(super) fn changed_copy(data: &[u8]) {
    let mut pieces = Pieces(data);
    let intact = memory::golden(pieces.byte().unwrap_or_default().into());
    let mut changed = intact.clone();
    change(&mut changed, &mut pieces);
    let set = format!("{}/", intact.set());
    let of_set = |memory: &Memory| -> Vec<_> {
        let files = memory.0.iter().filter(|(path, _)| path.starts_with(&set));
        files.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    };
    let (before, after) = (of_set(intact), of_set(&changed));
    // Files beside the listed ones are reported, and prove nothing either way.
    let is_whole = before.iter().all(|file| after.contains(file));
    let copies: Vec<_> = changed.open().into_iter().collect();
    let _ = (!is_whole).then(super::understood);
    let mut pinned = Pins::default();
    pinned.signers.extend(SIGNER.parse::<stockade::eth::Address>());
    for pins in [Pins::default(), pinned] {
        let report = scrubbed(&copies, &pins);
        let proven = report.is_ok_and(|report| report.all_proven());
        assert!(is_whole || !proven, "a changed set is proven");
    }
}
