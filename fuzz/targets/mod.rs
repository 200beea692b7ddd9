//! Everything that reads what others wrote, as plain functions from bytes. Under libFuzzer (`.ci/fuzz`)
//! and in `cargo test` (`device-tests/fuzz`) these are the same functions.
//!
//! A target panics if what it checks does not hold: a panic of the code under test is only one of the
//! ways to find something. Where there is a writer, what was read is written and read again. Where
//! there are two readers, they must agree. Nothing that was changed may count as proven.

mod changed_copy;
mod framing;
mod keys;
mod ledger;
mod memory;
mod places;
#[cfg(feature = "cloud")]
mod services;
mod sets;
mod simulated;
mod trezor;
mod words;

use std::sync::atomic::{AtomicUsize, Ordering};

/// One target.
pub struct Target {
    /// Its name, which is also that of its folder in `fuzz/corpus`.
    pub name: &'static str,
    /// Reads the bytes.
    pub run: fn(&[u8]),
    /// How many milliseconds one run may take beside others, about: a test spends its time by this.
    #[allow(dead_code, reason = "the fuzzer has no use for it")]
    pub cost: u32,
}

const fn target(name: &'static str, run: fn(&[u8]), cost: u32) -> Target {
    Target { name, run, cost }
}

/// All of them. A new reader of what others wrote belongs here.
pub const TARGETS: &[Target] = &[
    // What wallets answer.
    target("hid_packets", framing::hid_packets, 1),
    target("codec_v1_packets", framing::codec_v1_packets, 1),
    target("speculos_stream", framing::speculos_stream, 1),
    target("apdu_replies", ledger::apdu_replies, 10),
    target("ledger_packets", ledger::ledger_packets, 4),
    target("trezor_messages", trezor::trezor_messages, 1),
    target("trezor_packets", trezor::trezor_packets, 4),
    target("thp_packets", trezor::thp_packets, 1),
    target("thp_changed", trezor::thp_changed, 60),
    target("trezor_pairing", trezor::trezor_pairing, 1),
    // Our client and our mocks, which share no codec.
    target("ledger_both_sides", simulated::ledger_both_sides, 10),
    target("trezor_both_sides", simulated::trezor_both_sides, 4),
    target("mock_packets", simulated::mock_packets, 10),
    target("mock_script", simulated::mock_script, 1),
    // Keys, and what they sign.
    target("keystore", keys::keystore, 1),
    target("password_file", keys::password_file, 1),
    target("mnemonic", keys::mnemonic, 10),
    target("history", keys::history, 1),
    target("deposit_data", keys::deposit_data, 2),
    target("exits", keys::exits, 1),
    target("credential_changes", keys::credential_changes, 1),
    target("cluster_lock", keys::cluster_lock, 1),
    target("ssv_key_shares", keys::ssv_key_shares, 1),
    target("dirk_account", keys::dirk_account, 1),
    target("words", words::words, 1),
    // Sets, and what is stored with them.
    target("manifest", sets::manifest, 1),
    target("custodian", sets::custodian, 1),
    target("identity_file", sets::identity_file, 1),
    target("attestation", sets::attestation, 1),
    target("delivery_note", sets::delivery_note, 1),
    target("policy", sets::policy, 1),
    target("beside_a_set", sets::beside_a_set, 2),
    target("changed_copy", changed_copy::changed_copy, 4),
    // Files and folders of people and of other tools.
    target("imported_file", places::imported_file, 2),
    target("imported_folder", places::imported_folder, 2),
    target("profile", places::profile, 1),
    #[cfg(feature = "cloud")]
    target("web3signer_yaml", services::web3signer_yaml, 2),
    #[cfg(feature = "cloud")]
    target("keymanager_file", services::keymanager_file, 1),
    // Answers of services.
    #[cfg(feature = "cloud")]
    target("keymanager_answers", services::keymanager_answers, 20),
    #[cfg(feature = "cloud")]
    target("vault_answers", services::vault_answers, 20),
    #[cfg(feature = "aws")]
    target("aws_answers", services::aws_answers, 20),
    #[cfg(feature = "cloud")]
    target("node_answers", services::node_answers, 20),
    // QR codes and sheets of paper belong here.
];

/// How many inputs came past the first refusal.
static UNDERSTOOD: AtomicUsize = AtomicUsize::new(0);

/// Called where an input was understood: a target whose inputs are all refused tests little.
fn understood() {
    UNDERSTOOD.fetch_add(1, Ordering::Relaxed);
}

/// How often that happened since this was last asked.
#[allow(dead_code, reason = "the fuzzer does not ask")]
pub fn take_understood() -> usize {
    UNDERSTOOD.swap(0, Ordering::Relaxed)
}

/// Takes pieces off the front of the input.
#[allow(unused_imports, reason = "the fuzzer has no use for it")]
pub(crate) use memory::repository;

struct Pieces<'a>(&'a [u8]);

impl<'a> Pieces<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    /// At most `length` bytes: fewer at the end.
    fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Whether the two are the same; both are shown otherwise.
#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(one: T, other: T) {
    assert_eq!(one, other);
}
