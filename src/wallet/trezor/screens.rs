//! What a screen shows first, and where the rest is: measured on the vendor's emulators.

/// How many bytes of a transaction's data the first screen shows, and where all of it is.
const DATA: &[(&str, usize, &str)] = &[
    ("Trezor Model T", 27, "choose to show all of it"),
    ("Trezor Safe 3", 36, "page through all of it"),
    ("Trezor Safe 5", 24, "open the menu and choose \"View all data\""),
    ("Trezor Safe 7", 57, "open the menu and choose \"View all data\""),
];

/// A One shows this much data, a page after another, and only warns that there is more.
const MOST_DATA_OF_ONE: usize = 5 * 24;

/// The longest text that core models show whole without being asked, in characters.
const MOST_TEXT: usize = 5 * 128;

/// What to tell the person who compares `length` bytes of data on the wallet named `device`; nothing
/// where the first screen shows them all.
pub(super) fn data_note(device: &str, length: usize) -> Option<String> {
    if device == "Trezor One" {
        return (length > MOST_DATA_OF_ONE).then(|| {
            format!(
                "{device}: it shows {MOST_DATA_OF_ONE} of the {length} bytes of data, and no more: \
                 approve only what you trust this computer with"
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

/// What to tell the person who reads `text` on the wallet named `device`; nothing where it shows all
/// of it.
pub(super) fn text_note(device: &str, text: &str) -> Option<String> {
    let is_core = DATA.iter().any(|(name, ..)| *name == device);
    (is_core && text.chars().count() > MOST_TEXT).then(|| {
        format!(
            "{device}: the text is longer than its screens show at first. Choose to view all of it \
             before you approve"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_a_consolidation_is_longer_than_the_first_screen_of_every_core_model() {
        for (device, ..) in DATA {
            let note = data_note(device, 96).unwrap();
            assert!(note.starts_with(device) && note.contains("of the 96 bytes"), "{note}");
            assert_eq!(data_note(device, 4), None);
        }
        assert_eq!(data_note("Trezor One", 96), None);
        assert!(data_note("Trezor One", 121).is_some());
    }

    #[test]
    fn a_text_of_more_than_its_screens_is_announced() {
        assert!(text_note("Trezor Safe 5", &"x".repeat(641)).is_some());
        assert_eq!(text_note("Trezor Safe 5", &"x".repeat(640)), None);
        // It shows a page after another.
        assert_eq!(text_note("Trezor One", &"x".repeat(1000)), None);
    }
}
