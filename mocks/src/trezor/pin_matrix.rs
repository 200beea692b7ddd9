//! The One's PIN matrix: the device shows digits in nine places, and the host sends the places.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::random;

/// The matrix on the screen of a One. Clones share it, so that a test or a user can read it while the
/// device is in use elsewhere.
#[derive(Clone, Default)]
pub struct PinMatrix(Arc<Mutex<Option<[u8; 9]>>>);

impl PinMatrix {
    /// The digits in the places 1 to 9, in the layout of a keypad (7 8 9 at the top);
    /// `None` while the device does not ask for the PIN.
    pub fn digits(&self) -> Option<[u8; 9]> {
        *self.shown()
    }

    /// The places to send for `pin`; `None` while the device does not ask for it, or if `pin`
    /// has characters other than '1' to '9'.
    pub fn places(&self, pin: &str) -> Option<String> {
        let digits = self.digits()?;
        let place = |digit: u8| digits.iter().zip('1'..='9').find(|(d, _)| **d == digit);
        pin.bytes().map(|digit| place(digit).map(|(_, place)| place)).collect()
    }

    /// Shows the digits in a new order.
    pub(super) fn show(&self) {
        let mut keyed: Vec<([u8; 8], u8)> = (b'1'..=b'9').map(|digit| (random(), digit)).collect();
        keyed.sort_unstable();
        let mut digits = [0; 9];
        for (to, (_, digit)) in digits.iter_mut().zip(keyed) {
            *to = digit;
        }
        *self.shown() = Some(digits);
    }

    /// Hides the matrix and returns the PIN whose digits are in `places`. `None` if a place is not
    /// one of the nine.
    pub(super) fn take(&self, places: &str) -> Option<String> {
        let digits = self.shown().take()?;
        let digit = |place: char| digits.iter().zip('1'..='9').find(|(_, p)| *p == place);
        places.chars().map(|place| digit(place).map(|(digit, _)| char::from(*digit))).collect()
    }

    pub(super) fn hide(&self) {
        *self.shown() = None;
    }

    fn shown(&self) -> MutexGuard<'_, Option<[u8; 9]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_match_the_displayed_digits() {
        let matrix = PinMatrix::default();
        assert_eq!(matrix.places("12"), None);
        matrix.show();
        let digits = matrix.digits().unwrap();
        let places = matrix.places("1299").unwrap();
        let read: Vec<u8> = places.bytes().map(|place| digits[usize::from(place - b'1')]).collect();
        assert_eq!(read, b"1299");
        assert_eq!(matrix.places("0"), None);
        assert_eq!(matrix.take(&places).as_deref(), Some("1299"));
        assert_eq!(matrix.digits(), None);
    }
}
