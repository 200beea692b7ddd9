//! Applies one function to many items, on all cores.

use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::channel,
    },
    thread,
};

use crate::secret::wiping_stack;

/// The number of threads that this machine runs at once.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Applies `work` to each item on all cores. The results are in the items' order.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_on(cores(), BLOCK, items, &mut |_| (), work)
}

/// Like [`map`], on `threads` threads that each take `block` items at a time. After each block, `step`
/// gets the number of items done so far.
pub fn map_on<T: Sync, R: Send>(
    threads: usize,
    block: usize,
    items: &[T],
    step: &mut dyn FnMut(usize),
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let split = Split { threads, block };
    map_blocks(split, items, step, || (), |(), block| block.iter().map(&work).collect())
}

/// How work is shared out.
#[derive(Debug, Clone, Copy)]
pub struct Split {
    /// So many threads at most.
    pub threads: usize,
    /// Each takes so many items at a time.
    pub block: usize,
}

/// Like [`map_on`], for work that does a whole block at once, with what each thread makes once for all
/// its blocks. `work` gives one result for each item.
pub fn map_blocks<T: Sync, R: Send, S>(
    Split { threads, block }: Split,
    items: &[T],
    step: &mut dyn FnMut(usize),
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &[T]) -> Vec<R> + Sync,
) -> Vec<R> {
    let blocks: Vec<&[T]> = items.chunks(block.max(1)).collect();
    let threads = threads.min(blocks.len());
    let mut results: Vec<Option<Vec<R>>> = blocks.iter().map(|_| None).collect();
    let mut count = 0;
    if threads > 1 {
        let next = AtomicUsize::new(0);
        let (done, finished) = channel();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (next, blocks, done) = (&next, &blocks, done.clone());
                let (start, work) = (&start, &work);
                let take = || {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    Some((i, *blocks.get(i)?))
                };
                let worker = move || {
                    wiping_stack(|| {
                        let mut own = start();
                        while let Some((i, block)) = take() {
                            let _ = done.send((i, work(&mut own, block)));
                        }
                    });
                };
                // If the system starts no more threads, the others do the work.
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
    let mut own = None;
    let mut all = Vec::with_capacity(items.len());
    for (block, result) in blocks.into_iter().zip(results) {
        all.extend(result.unwrap_or_else(|| {
            let result = work(own.get_or_insert_with(&start), block);
            count += result.len();
            step(count);
            result
        }));
    }
    all
}

/// The number of items for which a thread is worth starting.
const BLOCK: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items_and_every_block_is_reported() {
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
    fn each_thread_starts_once_for_all_its_blocks() {
        let items: Vec<usize> = (0..10).collect();
        for threads in [1, 2, 20] {
            let starts = AtomicUsize::new(0);
            let split = Split { threads, block: 3 };
            let start = || {
                starts.fetch_add(1, Ordering::Relaxed);
                0
            };
            let sizes = map_blocks(split, &items, &mut |_| (), start, |blocks, block| {
                *blocks += 1;
                vec![block.len(); block.len()]
            });
            assert_eq!(sizes, [3, 3, 3, 3, 3, 3, 3, 3, 3, 1]);
            assert!((1..=4).contains(&starts.load(Ordering::Relaxed)));
        }
    }

    #[test]
    fn a_panic_in_one_thread_reaches_the_caller() {
        let fails = || map_on(2, 1, &[1, 2, 3], &mut |_| (), |i| assert_ne!(*i, 2));
        assert!(std::panic::catch_unwind(fails).is_err());
    }
}
