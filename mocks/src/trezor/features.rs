//! Features: the device's description of itself. Private fields are left out while it is
//! locked.

use super::{Reply, kind, model::Hardware, protobuf::Writer, state::State};

const LANGUAGE: &str = "en-US";

const ONE_REVISION: [u8; 20] = [
    0x72, 0x5c, 0x0c, 0x01, 0x87, 0x93, 0x29, 0x90, 0x0f, 0x08, 0xfc, 0x45, 0x3d, 0x8f, 0xd0, 0xfc,
    0xb4, 0xd8, 0x60, 0x90,
];
const ONE_BOOTLOADER_HASH: [u8; 32] = [
    0x93, 0x78, 0xf2, 0xd6, 0x41, 0xbe, 0x25, 0xb1, 0xd9, 0xc6, 0x2d, 0x9c, 0x4d, 0x24, 0x9c, 0x7a,
    0x44, 0x0a, 0xd3, 0x4e, 0xff, 0x62, 0x46, 0xd9, 0xcf, 0x25, 0xd6, 0x23, 0xa7, 0x55, 0x26, 0x7b,
];
const ONE_CAPABILITIES: [u64; 7] = [1, 2, 5, 7, 10, 12, 14];

const CORE_REVISION: [u8; 20] = [
    0xdd, 0x7a, 0xfb, 0xc3, 0xdf, 0x8d, 0xa3, 0xbb, 0xfc, 0x68, 0xcc, 0xea, 0xec, 0x41, 0xef, 0x39,
    0x45, 0xfd, 0x86, 0xd9,
];
/// In the order of the recording.
const CORE_CAPABILITIES: [u64; 17] = [1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 24, 14, 15, 16, 17, 18, 19];

/// Features, with the id of the session if one was begun.
pub(super) fn reply(state: &State, session: Option<[u8; 32]>) -> Reply {
    let features = match state.model.core() {
        None => one(state, session),
        Some(hardware) => core(state, hardware, session),
    };
    (kind::FEATURES, features.finish())
}

/// The Features of a bootloader, after its source: without the user's data.
pub(super) fn of_bootloader(state: &State) -> Reply {
    let hardware = state.model.core();
    let [major, minor, patch] = if hardware.is_some() { [2, 1, 8] } else { [1, 13, 0] };
    let features = Writer::default()
        .text(1, "trezor.io")
        .number(2, major)
        .number(3, minor)
        .number(4, patch)
        .flag(5, true)
        .flag(18, true)
        .text(21, hardware.map_or("1", |hardware| hardware.name))
        .text(25, "EMULATOR")
        .when(hardware.is_some(), |w| w.text(44, hardware.map_or("", |h| h.internal_name)));
    (kind::FEATURES, features.finish())
}

/// The fields up to `initialized`, with which all Features begin.
fn beginning(state: &State, version: [u64; 3], open: bool, label: Option<&str>) -> Writer {
    let [major, minor, patch] = version;
    Writer::default()
        .text(1, "trezor.io")
        .number(2, major)
        .number(3, minor)
        .number(4, patch)
        .text(6, &state.device_id)
        .flag(7, state.pin.is_some())
        .when(open, |w| w.flag(8, state.passphrase_protection))
        .text(9, LANGUAGE)
        .when(label.is_some(), |w| w.text(10, label.unwrap_or_default()))
        .flag(12, state.mnemonic.is_some())
}

fn one(state: &State, session: Option<[u8; 32]>) -> Writer {
    let label = state.label.as_deref().filter(|label| !label.is_empty());
    beginning(state, [1, 14, 1], true, label)
        .bytes(13, &ONE_REVISION)
        .bytes(14, &ONE_BOOTLOADER_HASH)
        .when(state.unlocked && state.mnemonic.is_some(), |w| w.flag(15, true))
        .flag(16, state.unlocked)
        .number(19, 0)
        .when(state.flags != 0, |w| w.number(20, state.flags))
        .text(21, "1")
        .text(25, "EMULATOR")
        .flag(27, false)
        .flag(28, false)
        .numbers(30, &ONE_CAPABILITIES)
        .when(state.unlocked, |w| w.flag(34, false))
        .when(session.is_some(), |w| w.bytes(35, &session.unwrap_or_default()))
        .number(37, state.safety_checks)
        .when(state.unlocked, |w| w.number(38, state.auto_lock_ms))
        .flag(41, false)
}

fn core(state: &State, hardware: &Hardware, session: Option<[u8; 32]>) -> Writer {
    let open = state.unlocked;
    beginning(state, [2, 12, 5], open, state.label.as_deref())
        .bytes(13, &CORE_REVISION)
        .flag(16, open)
        .when(open, |w| w.number(19, 0).number(20, state.flags))
        .text(21, hardware.name)
        .text(25, "EMULATOR")
        .when(open, |w| w.flag(27, false).flag(28, false).number(29, 0))
        .numbers(30, CORE_CAPABILITIES.iter().chain(hardware.capabilities))
        .when(open, |w| w.number(31, 0))
        .flag(32, hardware.sd_card)
        .when(open, |w| w.flag(33, false).flag(34, false))
        .when(session.is_some(), |w| w.bytes(35, &session.unwrap_or_default()))
        .when(open, |w| core_settings(w, state))
        .flag(41, false)
        .number(42, hardware.homescreen_format)
        .when(open, |w| w.flag(43, false))
        .text(44, hardware.internal_name)
        .number(47, hardware.width)
        .number(48, hardware.height)
        .when(hardware.bootloader_locks, |w| w.flag(49, true))
        .flag(50, true)
        .when(hardware.haptic, |w| w.flag(52, true))
        .when(hardware.optiga, |w| w.number(54, 0))
        .when(hardware.battery, |w| w.number(55, 100))
        .when(hardware.battery && open, |w| w.number(57, 40_000))
        .when(hardware.battery, |w| w.number(58, 1).number(59, 0).number(60, 0))
        .number(61, 0)
        .when(hardware.battery && open, |w| w.number(63, 1))
}

fn core_settings(features: Writer, state: &State) -> Writer {
    features
        .flag(36, false)
        .number(37, state.safety_checks)
        .number(38, state.auto_lock_ms)
        .number(39, 0)
        .flag(40, false)
}
