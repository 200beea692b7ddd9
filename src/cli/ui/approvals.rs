//! The numbers of the approvals on the wallet.

use stockade::interact::Attention;

/// Counts what the user approves on the wallet during one command.
#[derive(Debug, Default)]
pub struct Approvals {
    done: usize,
    /// How many there will be, if that is known.
    total: Option<usize>,
}

impl Approvals {
    /// From now on exactly `count` follow.
    pub fn expect(&mut self, count: usize) {
        self.total = Some(self.done + count);
    }

    /// The number of the next one, ` (3 of 7)`, or ` (3)` if nobody knows how many follow. The only one
    /// has no number, and neither has what is not an approval.
    pub fn next(&mut self, attention: &Attention<'_>) -> String {
        use Attention::{OpenApp, Pairing, Passphrase, Pin};

        if matches!(attention, OpenApp(_) | Pairing | Passphrase | Pin) {
            return String::new();
        }
        self.done += 1;
        match (self.done, self.total) {
            (_, Some(1)) => String::new(),
            (done, Some(total)) if done <= total => format!(" ({done} of {total})"),
            (1, _) => String::new(),
            (done, _) => format!(" ({done})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approvals_are_numbered_and_never_beyond_what_is_known() {
        let mut unknown = Approvals::default();
        let numbers = [Attention::Message("a"), Attention::Pin, Attention::Address];
        assert_eq!(numbers.map(|one| unknown.next(&one)), ["", "", " (2)"]);

        let mut known = Approvals::default();
        known.expect(2);
        let numbers = [Attention::OpenApp("x"), Attention::Address, Attention::Message("a")];
        assert_eq!(numbers.map(|one| known.next(&one)), ["", " (1 of 2)", " (2 of 2)"]);
        assert_eq!(known.next(&Attention::Other), " (3)");

        let mut one = Approvals::default();
        one.expect(1);
        assert_eq!(one.next(&Attention::Address), "");
    }
}
