//! Screens, the user's answers, and the ButtonRequests that announce them.

use super::{
    Reply,
    failure::{CANCELLED, Failure},
    kind,
    model::Model,
    protobuf::Writer,
};

/// Codes of ButtonRequest (messages-common.proto, `ButtonRequestType`).
pub(super) mod code {
    pub(in super::super) const OTHER: u64 = 1;
    pub(in super::super) const WIPE_DEVICE: u64 = 6;
    pub(in super::super) const PROTECT_CALL: u64 = 7;
    pub(in super::super) const SIGN_TX: u64 = 8;
    pub(in super::super) const ADDRESS: u64 = 10;
    pub(in super::super) const PUBLIC_KEY: u64 = 11;
    pub(in super::super) const UNKNOWN_PATH: u64 = 15;
    pub(in super::super) const SUCCESS: u64 = 17;
    pub(in super::super) const PASSPHRASE_ENTRY: u64 = 19;
    pub(in super::super) const PIN_ENTRY: u64 = 20;
}

/// The effect of "no".
#[derive(Debug, Clone)]
pub(super) enum No {
    /// The request fails.
    Fails,
    /// The device asks again: the One turns from an address to its QR code and back.
    AsksAgain,
    /// The device goes back to the previous screen.
    GoesBack(Box<Screen>),
}

/// A screen that waits for its user.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    code: u64,
    /// Core firmware: the number of pages.
    pages: u64,
    /// Core firmware: its name.
    name: &'static str,
    /// The text for the user.
    pub(super) shown: String,
    /// The failure if the user rejects, or the host cancels.
    pub(super) refused: Failure,
    pub(super) no: No,
}

impl Screen {
    /// A screen with one page, which core firmware names `name`.
    pub(super) fn new(code: u64, name: &'static str, shown: impl Into<String>) -> Self {
        Self { code, pages: 1, name, shown: shown.into(), refused: CANCELLED, no: No::Fails }
    }

    pub(super) fn pages(self, pages: u64) -> Self {
        Self { pages, ..self }
    }

    /// Sets the One's source line of the rejection.
    pub(super) fn at(self, place: &'static str) -> Self {
        Self { refused: CANCELLED.at(place), ..self }
    }

    /// Sets the failure of the rejection.
    pub(super) fn refused(self, refused: Failure) -> Self {
        Self { refused, ..self }
    }

    /// Sets the effect of "no".
    pub(super) fn no(self, no: No) -> Self {
        Self { no, ..self }
    }

    /// The ButtonRequest that announces it.
    pub(super) fn request(&self, model: Model) -> Reply {
        // All recorded screens of the Safe 7 have one page.
        let pages = if model == Model::Safe7 { 1 } else { self.pages };
        let request = Writer::default().number(1, self.code);
        let request = request
            .when(model != Model::One, |request| request.number(2, pages).text(4, self.name));
        (kind::BUTTON_REQUEST, request.finish())
    }
}

/// The pages on which the One shows a message: four rows of 18 characters, or of 8 bytes in hex
/// if the message is not printable ASCII.
pub(super) fn pages_of_one(message: &[u8]) -> Vec<String> {
    let printable = message.iter().all(|byte| (b' '..=b'~').contains(byte));
    let size = if printable { 4 * 18 } else { 4 * 8 };
    let page = |bytes: &[u8]| {
        if printable { String::from_utf8_lossy(bytes).into_owned() } else { hex(bytes) }
    };
    match message {
        [] => vec![String::new()],
        _ => message.chunks(size).map(page).collect(),
    }
}

/// A message on the screen of core firmware: text, or hex if it is not UTF-8.
pub(super) fn text_of_core(message: &[u8]) -> String {
    match std::str::from_utf8(message) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("hex({})", hex(message)),
    }
}

/// The number of pages of the Safe 5 for `text`, including the last, which confirms. The firmware
/// uses the widths of the letters; in the recordings 126 characters fit on a page and 280 need three,
/// and according to the firmware 255 need two.
pub(super) fn pages_of_core(text: &str) -> u64 {
    text.chars().count().div_ceil(128).max(1) as u64 + 1
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
