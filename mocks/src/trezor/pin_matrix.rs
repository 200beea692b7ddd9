//! The One's PIN matrix: digits in nine places on the device, of which the host sends places.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::random;

/// What a One shows while it asks for the PIN. Clones show the same, so that a test, or the person
/// at the screen, can look at it while the device is elsewhere.
#[derive(Clone, Default)]
pub struct PinMatrix(Arc<Mutex<Option<[u8; 9]>>>);

impl PinMatrix {
    /// The digits '1' to '9' in the places 1 to 9, which lie as on a number pad (7 8 9 on top);
    /// `None` while the device does not ask.
    pub fn digits(&self) -> Option<[u8; 9]> {
        *self.shown()
    }

    /// What the host is to send for `pin`; `None` while the device does not ask, or where `pin`
    /// has other characters than '1' to '9'.
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

    /// The PIN whose digits are in `places`, and the matrix is gone. `None` where a place is none
    /// of the nine.
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
    fn places_are_those_of_the_digits_shown() {
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
