//! The host's commands.

use super::answer::Status;

/// A command: `class | instruction | P1 | P2 | Lc | data`, or only the first four.
pub(super) struct Command<'a> {
    pub(super) class: u8,
    pub(super) instruction: u8,
    pub(super) p1: u8,
    pub(super) p2: u8,
    pub(super) data: &'a [u8],
}

impl<'a> Command<'a> {
    /// `None` if Lc is not the length of the data.
    pub(super) fn parse(apdu: &'a [u8]) -> Option<Self> {
        let (&[class, instruction, p1, p2], rest) = apdu.split_first_chunk::<4>()?;
        let data = match rest.split_first() {
            None => rest,
            Some((lc, data)) if usize::from(*lc) == data.len() => data,
            Some(_) => return None,
        };
        Some(Self { class, instruction, p1, p2, data })
    }

    /// Whether the device must show its answer: P1 is 00 or 01.
    pub(super) fn shows(&self) -> Result<bool, Status> {
        flag(self.p1)
    }

    /// P2, which must be 00 or 01.
    pub(super) fn p2_flag(&self) -> Result<bool, Status> {
        flag(self.p2)
    }

    /// The path at the front of the data, and the rest.
    pub(super) fn path(&self) -> Result<(Vec<u32>, &'a [u8]), Status> {
        read_path(self.data).ok_or(Status::INCORRECT_DATA)
    }
}

fn flag(parameter: u8) -> Result<bool, Status> {
    match parameter {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Status::WRONG_P1_P2),
    }
}

/// Reads `count (1) | count * level (4)` with 1 to 10 levels.
fn read_path(data: &[u8]) -> Option<(Vec<u32>, &[u8])> {
    let (count, rest) = data.split_first()?;
    let (levels, rest) = rest.split_at_checked(4 * usize::from(*count))?;
    let (levels, _) = levels.as_chunks::<4>();
    let path: Vec<u32> = levels.iter().map(|level| u32::from_be_bytes(*level)).collect();
    (1..=10).contains(&path.len()).then_some((path, rest))
}
