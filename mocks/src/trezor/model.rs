//! The models and their hardware.

/// A Trezor model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Trezor One (T1B1), firmware 1.14.1: checked against recordings.
    One,
    /// Trezor Model T (T2T1), core firmware 2.12.5-dev. Its Features are read from the source, and
    /// its screens are the Safe 5's.
    T,
    /// Trezor Safe 3 (T3B1), core firmware 2.12.5-dev. Its Features are read from the source, and
    /// its screens are the Safe 5's, except that "no" on a text goes back to the address.
    Safe3,
    /// Trezor Safe 5 (T3T1), core firmware 2.12.5-dev: checked against recordings.
    Safe5,
    /// Trezor Safe 7 (T3W1), core firmware 2.12.5-dev, which speaks THP. The texts of its screens are
    /// the Safe 5's.
    Safe7,
}

/// The hardware that a core model reports.
pub(super) struct Hardware {
    pub(super) name: &'static str,
    pub(super) internal_name: &'static str,
    pub(super) width: u64,
    pub(super) height: u64,
    /// 2 JPEG, 3 grey.
    pub(super) homescreen_format: u64,
    /// Capabilities beyond those of every core model.
    pub(super) capabilities: &'static [u64],
    /// The emulators of models with a slot have a card in it.
    pub(super) sd_card: bool,
    pub(super) bootloader_locks: bool,
    pub(super) haptic: bool,
    pub(super) optiga: bool,
    /// It has a battery.
    pub(super) battery: bool,
}

const T: Hardware = Hardware {
    name: "T",
    internal_name: "T2T1",
    width: 240,
    height: 240,
    homescreen_format: 2,
    capabilities: &[10, 6, 20],
    sd_card: true,
    bootloader_locks: false,
    haptic: false,
    optiga: false,
    battery: false,
};

const SAFE_3: Hardware = Hardware {
    name: "Safe 3",
    internal_name: "T3B1",
    width: 128,
    height: 64,
    homescreen_format: 3,
    capabilities: &[],
    sd_card: false,
    bootloader_locks: true,
    haptic: false,
    optiga: true,
    battery: false,
};

const SAFE_5: Hardware = Hardware {
    name: "Safe 5",
    internal_name: "T3T1",
    width: 240,
    height: 240,
    homescreen_format: 2,
    capabilities: &[21, 20],
    sd_card: true,
    bootloader_locks: true,
    haptic: true,
    optiga: true,
    battery: false,
};

const SAFE_7: Hardware = Hardware {
    name: "Safe 7",
    internal_name: "T3W1",
    width: 380,
    height: 520,
    homescreen_format: 2,
    capabilities: &[21, 26, 20, 22, 23],
    sd_card: false,
    bootloader_locks: true,
    haptic: true,
    optiga: true,
    battery: true,
};

impl Model {
    /// The hardware of a core model; `None` for the One.
    pub(super) fn core(self) -> Option<&'static Hardware> {
        match self {
            Self::One => None,
            Self::T => Some(&T),
            Self::Safe3 => Some(&SAFE_3),
            Self::Safe5 => Some(&SAFE_5),
            Self::Safe7 => Some(&SAFE_7),
        }
    }
}
