//! Runs many key derivations in parallel, limited by the number of cores and by memory.

use super::{DecryptionKey, Kdf, KdfError, KdfFunction, Password};
use stockade_base::parallel;

/// The default limit on memory for parallel derivations, in bytes: four at EIP-2335's full cost.
pub const MEMORY_BUDGET: u64 = 1 << 30;

/// A derivation to run.
pub type Job<'a> = (&'a Password, &'a Kdf);

/// Derives the keys of `jobs` on all cores, and returns them in order. At most `budget` bytes are in
/// use at a time, unless a single derivation needs more. `step` is called after each derivation with
/// the number that are done.
pub fn derive_all(
    jobs: &[Job<'_>],
    budget: u64,
    step: &mut dyn FnMut(usize),
) -> Vec<Result<DecryptionKey, KdfError>> {
    let largest = jobs.iter().map(|(_, kdf)| memory(kdf)).max().unwrap_or(1).max(1);
    let affordable = usize::try_from(budget / largest).unwrap_or(usize::MAX);
    let threads = parallel::cores().min(affordable);
    parallel::map_on(threads, 1, jobs, step, |(password, kdf)| DecryptionKey::derive(password, kdf))
}

/// The memory that a derivation needs, in bytes.
fn memory(kdf: &Kdf) -> u64 {
    match kdf.function() {
        KdfFunction::Scrypt { n, r, p } => {
            let blocks = n.saturating_add(u64::from(p)).saturating_mul(u64::from(r));
            blocks.saturating_mul(128)
        }
        KdfFunction::Pbkdf2 { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_gets_its_own_key_in_order_whatever_the_budget() {
        let passwords = ["a", "b"].map(|text| Password::new(text).unwrap());
        let kdfs: Vec<_> = (0..20)
            .map(|salt| match salt % 2 {
                0 => Kdf::new(KdfFunction::Scrypt { n: 16, r: 1, p: 1 }, vec![salt]).unwrap(),
                _ => Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![salt]).unwrap(),
            })
            .collect();
        let jobs: Vec<_> = kdfs.iter().zip(passwords.iter().cycle()).map(|(k, p)| (p, k)).collect();
        for budget in [0, 4096, MEMORY_BUDGET, u64::MAX] {
            let mut steps = Vec::new();
            let keys = derive_all(&jobs, budget, &mut |done| steps.push(done));
            assert_eq!(keys.len(), jobs.len());
            for (key, (password, kdf)) in keys.iter().zip(&jobs) {
                let alone = DecryptionKey::derive(password, kdf).unwrap();
                let key = key.as_ref().unwrap();
                assert_eq!((key.bytes().expose(), key.kdf()), (alone.bytes().expose(), *kdf));
            }
            assert_eq!(steps, (1..=20).collect::<Vec<_>>());
        }
        assert!(derive_all(&[], 0, &mut |_| ()).is_empty());
    }

    #[test]
    fn the_memory_of_a_derivation_is_computed() {
        assert_eq!(memory(&Kdf::full_cost([0; 32])) >> 20, 256);
        let huge = Kdf::new(KdfFunction::Scrypt { n: 1 << 20, r: 8, p: 1 }, vec![]).unwrap();
        assert_eq!(memory(&huge) >> 20, 1024);
    }
}
