//! Runs many key derivations in parallel, limited by the number of cores and by memory.

use super::{DecryptionKey, Kdf, KdfError, KdfFunction, Password};
use stockade_base::parallel::{self, Split};
use stockade_scrypt::Worker;

/// The default limit on memory for parallel derivations, in bytes: four at EIP-2335's full cost.
pub const MEMORY_BUDGET: u64 = 1 << 30;

/// A derivation to run.
pub type Job<'a> = (&'a Password, &'a Kdf);

/// Derives the keys of `jobs` on all cores, and returns them in order. At most `budget` bytes are in
/// use at a time, unless a single derivation needs more. `step` is called with the number that are done
/// after each derivation, or after several that one core ran at once.
pub fn derive_all(
    jobs: &[Job<'_>],
    budget: u64,
    step: &mut dyn FnMut(usize),
) -> Vec<Result<DecryptionKey, KdfError>> {
    let split = split(jobs, budget, parallel::cores());
    parallel::map_blocks(split, jobs, step, Worker::new, derive_block)
}

/// Two or four at a time on each core, which need the memory of two, if there are more than cores and the
/// budget allows it. Where it does not, one each on more cores is as fast as four on fewer.
fn split(jobs: &[Job<'_>], budget: u64, cores: usize) -> Split {
    let largest = jobs.iter().map(|(_, kdf)| memory(kdf)).max().unwrap_or(1).max(1);
    let affordable = usize::try_from(budget / largest).unwrap_or(usize::MAX);
    let block = if affordable / 2 < cores || jobs.len() <= cores {
        1
    } else if jobs.len() <= 2 * cores {
        2
    } else {
        4
    };
    Split { threads: cores.min(affordable), block }
}

/// Runs the derivations of one block: at once, if all are scrypt's.
fn derive_block(worker: &mut Worker, block: &[Job<'_>]) -> Vec<Result<DecryptionKey, KdfError>> {
    let is_scrypt = |(_, kdf): &Job<'_>| matches!(kdf.function(), KdfFunction::Scrypt { .. });
    if block.len() > 1 && block.iter().all(is_scrypt) {
        return DecryptionKey::derive_many(worker, block);
    }
    let mut one = |(password, kdf): &Job<'_>| DecryptionKey::derive_with(worker, password, kdf);
    block.iter().map(&mut one).collect()
}

/// The memory that a derivation needs, in bytes, but for a few blocks beside n.
fn memory(kdf: &Kdf) -> u64 {
    match kdf.function() {
        KdfFunction::Scrypt { n, r, .. } => n.saturating_mul(u64::from(r)).saturating_mul(128),
        KdfFunction::Pbkdf2 { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_gets_its_own_key_in_order_whatever_the_budget() {
        let passwords = ["a", "b"].map(|text| Password::new(text).unwrap());
        let kdfs: Vec<_> = (0..40)
            .map(|salt| match salt % 9 {
                0..=5 => Kdf::new(KdfFunction::Scrypt { n: 16, r: 1, p: 1 }, vec![salt]).unwrap(),
                6 | 7 => Kdf::new(KdfFunction::Scrypt { n: 32, r: 3, p: 3 }, vec![salt]).unwrap(),
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
            assert!(steps.is_sorted() && steps.last() == Some(&40), "{steps:?}");
        }
        assert!(derive_all(&[], 0, &mut |_| ()).is_empty());
    }

    #[test]
    fn several_a_core_run_at_once_only_within_the_budget_and_where_there_are_enough() {
        let password = Password::new("a").unwrap();
        let kdf = Kdf::full_cost([0; 32]);
        let all = vec![(&password, &kdf); 24];
        let budget_for = |count: u64| count * memory(&kdf);
        for (jobs, budget, cores, expected) in [
            (24, MEMORY_BUDGET, 2, (2, 4)),
            (24, MEMORY_BUDGET, 1, (1, 4)),
            (5, MEMORY_BUDGET, 2, (2, 4)),
            (4, MEMORY_BUDGET, 2, (2, 2)),
            (3, MEMORY_BUDGET, 2, (2, 2)),
            (2, MEMORY_BUDGET, 2, (2, 1)),
            (24, MEMORY_BUDGET, 4, (4, 1)),
            (24, MEMORY_BUDGET, 16, (4, 1)),
            (24, budget_for(3), 2, (2, 1)),
            (24, budget_for(1), 2, (1, 1)),
            (24, 0, 2, (0, 1)),
        ] {
            let Split { threads, block } = split(&all[..jobs], budget, cores);
            assert_eq!((threads, block), expected);
            let used = threads.max(1).min(jobs) * block.min(2);
            assert!(budget_for(used as u64) <= budget.max(budget_for(1)));
        }
    }

    #[test]
    fn the_memory_of_a_derivation_is_computed() {
        assert_eq!(memory(&Kdf::full_cost([0; 32])) >> 20, 256);
        let huge = Kdf::new(KdfFunction::Scrypt { n: 1 << 20, r: 8, p: 1 }, vec![]).unwrap();
        assert_eq!(memory(&huge) >> 20, 1024);
    }
}
