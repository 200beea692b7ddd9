//! The same work on many things, on several cores at once.

use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::channel,
    },
    thread,
};

use crate::secret::wiping_stack;

/// How many threads run at once here.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What `work` makes of each item, in the items' order: on all cores.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_on(cores(), BLOCK, items, &mut |_| (), work)
}

/// As [`map`], on `threads` threads, each of which takes `block` items at a time. `step` is told
/// after each block how many items are done.
pub fn map_on<T: Sync, R: Send>(
    threads: usize,
    block: usize,
    items: &[T],
    step: &mut dyn FnMut(usize),
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let blocks: Vec<&[T]> = items.chunks(block.max(1)).collect();
    let threads = threads.min(blocks.len());
    let do_block = |block: &[T]| block.iter().map(&work).collect::<Vec<R>>();
    let mut results: Vec<Option<Vec<R>>> = blocks.iter().map(|_| None).collect();
    let mut count = 0;
    if threads > 1 {
        let next = AtomicUsize::new(0);
        let (done, finished) = channel();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (next, blocks, do_block, done) = (&next, &blocks, &do_block, done.clone());
                let take = || {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    Some((i, *blocks.get(i)?))
                };
                let worker = move || {
                    wiping_stack(|| {
                        while let Some((i, block)) = take() {
                            let _ = done.send((i, do_block(block)));
                        }
                    });
                };
                // Where the system starts no more threads, the others do it all.
                let _ = thread::Builder::new().spawn_scoped(scope, worker);
            }
            drop(done);
            for (i, result) in finished {
                count += result.len();
                step(count);
                if let Some(place) = results.get_mut(i) {
                    *place = Some(result);
                }
            }
        });
    }
    let mut all = Vec::with_capacity(items.len());
    for (block, result) in blocks.into_iter().zip(results) {
        all.extend(result.unwrap_or_else(|| {
            let result = do_block(block);
            count += result.len();
            step(count);
            result
        }));
    }
    all
}

/// So many items are worth a thread's while.
const BLOCK: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_result_stands_in_its_item_s_place_and_every_block_is_told_of() {
        let items: Vec<u64> = (0..1000).collect();
        let squares: Vec<u64> = items.iter().map(|i| i * i).collect();
        for (threads, block) in [(0, 0), (1, 7), (2, 1), (3, 7), (8, 999), (8, 2000)] {
            let mut steps = Vec::new();
            let results = map_on(threads, block, &items, &mut |done| steps.push(done), |i| {
                // The first blocks end last.
                if *i < 10 {
                    thread::yield_now();
                }
                i * i
            });
            assert_eq!(results, squares, "{threads} threads, blocks of {block}");
            assert_eq!(steps.len(), items.len().div_ceil(block.max(1)));
            assert!(steps.is_sorted() && steps.last() == Some(&1000), "{steps:?}");
        }
        assert!(map(&[], |i: &u64| *i).is_empty());
    }

    #[test]
    fn what_fails_in_one_thread_is_not_lost() {
        let fails = || map_on(2, 1, &[1, 2, 3], &mut |_| (), |i| assert_ne!(*i, 2));
        assert!(std::panic::catch_unwind(fails).is_err());
    }
}
