//! What the first screen shows, and how to see the rest: measured on the vendor's emulators.

/// The number of bytes of a transaction's data on the first screen, and how to see all of them.
const DATA: &[(&str, usize, &str)] = &[
    ("Trezor Model T", 27, "choose to show all of it"),
    ("Trezor Safe 3", 36, "page through all of it"),
    ("Trezor Safe 5", 24, "open the menu and choose \"View all data\""),
    ("Trezor Safe 7", 57, "open the menu and choose \"View all data\""),
];

/// A One shows this many bytes of data, page by page, and only warns about the rest.
const MOST_DATA_OF_ONE: usize = 5 * 24;

/// The longest text that core models show in full by default, in characters.
const MOST_TEXT: usize = 5 * 128;

/// A note for the user who compares `length` bytes of data on the wallet named `device`; `None` if the
/// first screen shows all of them.
pub(super) fn data_note(device: &str, length: usize) -> Option<String> {
    if device == "Trezor One" {
        return (length > MOST_DATA_OF_ONE).then(|| {
            format!(
                "{device}: it shows only {MOST_DATA_OF_ONE} of the {length} bytes of data. Approve only \
                 if you trust this computer"
            )
        });
    }
    let (_, shown, how) = DATA.iter().find(|(name, ..)| *name == device)?;
    (length > *shown).then(|| {
        format!(
            "{device}: the first screen shows {shown} of the {length} bytes of data. To compare the \
             rest, {how}"
        )
    })
}

/// A note for the user who reads `text` on the wallet named `device`; `None` if it shows the whole text.
pub(super) fn text_note(device: &str, text: &str) -> Option<String> {
    let is_core = DATA.iter().any(|(name, ..)| *name == device);
    (is_core && text.chars().count() > MOST_TEXT).then(|| {
        format!(
            "{device}: it shows only the beginning of this text. Choose to view all of it before you \
             approve"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_a_consolidation_does_not_fit_on_the_first_screen_of_core_models() {
        for (device, ..) in DATA {
            let note = data_note(device, 96).unwrap();
            assert!(note.starts_with(device) && note.contains("of the 96 bytes"), "{note}");
            assert_eq!(data_note(device, 4), None);
        }
        assert_eq!(data_note("Trezor One", 96), None);
        assert!(data_note("Trezor One", 121).is_some());
    }

    #[test]
    fn a_text_that_is_not_shown_in_full_is_announced() {
        assert!(text_note("Trezor Safe 5", &"x".repeat(641)).is_some());
        assert_eq!(text_note("Trezor Safe 5", &"x".repeat(640)), None);
        // It shows all pages.
        assert_eq!(text_note("Trezor One", &"x".repeat(1000)), None);
    }
}
