//! The paths that Ethereum messages may use; the same in both firmwares.

const HARDENED: u32 = 1 << 31;
const MOST_ACCOUNT: u32 = 100;
const MOST_INDEX: u32 = 1_000_000;

/// The coin types of Ethereum, its test networks, and other networks that firmware knows.
fn is_coin_type(level: u32) -> bool {
    [60, 1, 61, 714, 966, 9001].contains(&level)
}

fn hardened(level: u32) -> Option<u32> {
    level.checked_sub(HARDENED)
}

/// Whether `path` needs no warning.
pub(super) fn is_ethereum(path: &[u32]) -> bool {
    let Some((purpose, rest)) = path.split_first() else { return false };
    match (hardened(*purpose), rest) {
        (Some(44), [coin, account, rest @ ..]) => {
            let (Some(coin), Some(account)) = (hardened(*coin), hardened(*account)) else {
                return false;
            };
            is_coin_type(coin) && account <= MOST_ACCOUNT && is_below_account(account, rest)
        }
        (Some(45), [coin, account, change, index]) => {
            is_coin_type(*coin) && *account <= MOST_ACCOUNT && *change <= 1 && *index <= MOST_INDEX
        }
        _ => false,
    }
}

/// `path` as text.
pub(super) fn text(path: &[u32]) -> String {
    let level = |level: &u32| match hardened(*level) {
        Some(index) => format!("/{index}'"),
        None => format!("/{level}"),
    };
    path.iter().fold("m".to_owned(), |text, next| text + &level(next))
}

fn is_below_account(account: u32, rest: &[u32]) -> bool {
    match rest {
        // SEP-0005
        [] => true,
        // old versions of Ledger Live
        [index] => account == 0 && *index <= MOST_ACCOUNT,
        [change, index] => *change <= 1 && *index <= MOST_INDEX,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_and_forbidden() {
        const H: u32 = HARDENED;
        for allowed in [
            &[44 | H, 60 | H, H][..],
            &[44 | H, 60 | H, H, 5],
            &[44 | H, 60 | H, 83 | H, 0, 0],
            &[44 | H, 60 | H, 100 | H, 1, 1_000_000],
            &[45 | H, 60, 100, 0, 0],
            &[44 | H, 61 | H, H, 0, 0],
            &[44 | H, 9001 | H, H, 0, 0],
        ] {
            assert!(is_ethereum(allowed), "{allowed:?}");
        }
        for forbidden in [
            &[][..],
            &[H],
            &[44 | H, 60 | H],
            &[44 | H, 60, H],
            &[44 | H, H, H, 0, 0],
            &[44 | H, 60 | H, 101 | H, 0, 0],
            &[44 | H, 60 | H, 1 | H, 5],
            &[44 | H, 60 | H, H, 2, 0],
            &[44 | H, 60 | H, H, 0, 1_000_001],
            &[44 | H, 60 | H, H, 0, 0, 0],
            &[45 | H, 60 | H, 0, 0, 0],
            &[12381 | H, 3600 | H, H, 0],
        ] {
            assert!(!is_ethereum(forbidden), "{forbidden:?}");
        }
    }
}
