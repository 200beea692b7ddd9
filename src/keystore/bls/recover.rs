//! Which of several parts (shares, or signatures by shares) belong together: if one is wrong, and there
//! are more than needed, the wrong one can be named.

/// The most groups that are tried. Ten parts, up to five of them wrong, need 637.
const MAX_TRIES: usize = 2000;

/// Which parts belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// All of them.
    All,
    /// All except those at these positions.
    Without(Vec<usize>),
    /// No group of them that was tried.
    None,
}

/// Finds the largest group of `parts` that `fits`, down to groups of `least`. Combining more parts than
/// the threshold gives the same result if all of them are right, so `fits` need not know the threshold.
pub fn fit<P>(parts: &[P], least: usize, mut fits: impl FnMut(&[&P]) -> bool) -> Fit {
    let mut tries = 0;
    for count in 0..=parts.len().saturating_sub(least.max(1)) {
        let mut found = None;
        let mut test = |left_out: &[usize]| {
            tries += 1;
            let positions = parts.iter().enumerate().filter(|(i, _)| !left_out.contains(i));
            let group: Vec<_> = positions.map(|(_, part)| part).collect();
            if tries <= MAX_TRIES && fits(&group) {
                found = Some(left_out.to_vec());
            }
            found.is_some() || tries > MAX_TRIES
        };
        choose(0..parts.len(), count, &mut Vec::new(), &mut test);
        match found {
            Some(left_out) if left_out.is_empty() => return Fit::All,
            Some(left_out) => return Fit::Without(left_out),
            None if tries > MAX_TRIES => return Fit::None,
            None => {}
        }
    }
    Fit::None
}

/// Calls `done` with every choice of `count` of `positions`, until it returns true.
fn choose(
    positions: std::ops::Range<usize>,
    count: usize,
    chosen: &mut Vec<usize>,
    done: &mut dyn FnMut(&[usize]) -> bool,
) -> bool {
    if count == 0 {
        return done(chosen);
    }
    let end = positions.end;
    for position in positions {
        chosen.push(position);
        if choose(position + 1..end, count - 1, chosen, done) {
            return true;
        }
        chosen.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::{SecretKey, combine_public_keys, split};

    #[test]
    fn wrong_shares_are_named_as_long_as_enough_are_right() {
        let key = SecretKey::derive_master(&[1; 32]).unwrap();
        let wrong_key = SecretKey::derive_master(&[2; 32]).unwrap().public_key();
        let shares = split(&key, 7, 5).unwrap();
        let right: Vec<_> = shares.iter().map(|s| (s.x, s.secret.public_key())).collect();
        let find = |wrong: &[usize]| {
            let mut parts = right.clone();
            wrong.iter().for_each(|i| parts[*i].1 = wrong_key);
            fit(&parts, 2, |group| {
                let group: Vec<_> = group.iter().map(|part| **part).collect();
                combine_public_keys(&group).is_ok_and(|made| made == key.public_key())
            })
        };
        assert_eq!(find(&[]), Fit::All);
        assert_eq!(find(&[0]), Fit::Without(vec![0]));
        assert_eq!(find(&[6]), Fit::Without(vec![6]));
        assert_eq!(find(&[2, 5]), Fit::Without(vec![2, 5]));
        assert_eq!(find(&[1, 2, 5]), Fit::None, "four right shares are too few");
    }

    #[test]
    fn the_search_ends() {
        let mut tries = 0;
        let found = fit(&[0; 100], 2, |_| {
            tries += 1;
            false
        });
        assert_eq!((found, tries), (Fit::None, MAX_TRIES));
        assert_eq!(fit(&[0; 3], 3, |group| group.len() == 3), Fit::All);
        assert_eq!(fit::<u8>(&[], 2, |_| true), Fit::All);
    }
}
