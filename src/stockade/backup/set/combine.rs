//! Combines shares of which some may be wrong.

use super::{secret::SetSecret, share::Share};
use crate::custodian::shamir;

/// The most combinations of shares that are tried: all of 10 out of 20, but never hours of work.
const MAX_TRIES: usize = 200_000;

/// A secret, and the positions of the shares that do not belong to it.
pub(crate) struct Combined {
    pub secret: SetSecret,
    pub wrong: Vec<u8>,
}

/// The secret that `fits`, from any `threshold` of `shares` that include the last one. Combinations
/// without the last one were tried before it was added.
pub(crate) fn combine(
    shares: &[Share],
    threshold: usize,
    fits: &dyn Fn(&SetSecret) -> bool,
) -> Option<Combined> {
    let newest = shares.len().checked_sub(1)?;
    let shares: Vec<_> = shares.iter().map(|share| (share.x, &share.value)).collect();
    let others = Subsets::new(newest, threshold.checked_sub(1)?);
    let found = others.take(MAX_TRIES).find_map(|mut chosen| {
        chosen.push(newest);
        let subset: Vec<_> = chosen.iter().filter_map(|i| shares.get(*i).copied()).collect();
        let secret = SetSecret::combine(&subset)?;
        (subset.len() == threshold && fits(&secret)).then_some((secret, subset))
    });
    let (secret, subset) = found?;
    let wrong = shares.iter().filter(|(x, value)| {
        let expected = shamir::interpolate(&subset, *x);
        expected.is_none_or(|expected| expected.expose() != value.expose())
    });
    Some(Combined { secret, wrong: wrong.map(|(x, _)| *x).collect() })
}

/// The subsets of 0..`n` with `k` elements, in order.
struct Subsets {
    n: usize,
    next: Option<Vec<usize>>,
}

impl Subsets {
    fn new(n: usize, k: usize) -> Self {
        Self { n, next: (k <= n).then(|| (0..k).collect()) }
    }
}

impl Iterator for Subsets {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let current = self.next.take()?;
        let k = current.len();
        // Increments the last element that can still grow; those after it follow directly.
        let grows = |(i, at): &(usize, &usize)| **at + (k - i) < self.n;
        if let Some((i, at)) = current.iter().enumerate().rev().find(grows) {
            let kept = current.iter().copied().take(i);
            self.next = Some(kept.chain((0..k - i).map(|step| at + 1 + step)).collect());
        }
        Some(current)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_subset_is_returned_once() {
        for (n, k, count) in [(0, 0, 1), (3, 0, 1), (3, 1, 3), (5, 3, 10), (4, 4, 1), (2, 3, 0)] {
            let all: Vec<_> = Subsets::new(n, k).collect();
            assert_eq!(all.len(), count, "{n} {k}");
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), count);
            assert!(all.iter().all(|s| s.len() == k && s.iter().all(|i| *i < n)));
        }
    }
}
