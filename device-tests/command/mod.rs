//! The command as a nervous user and their scripts see it: JSON, exit codes, and what is written
//! and what is not.

mod adds_up;
mod attest;
mod audit;
mod audit_hidden;
mod backup_list;
mod before_the_press;
#[cfg(feature = "cloud")]
mod buckets;
#[cfg(feature = "cloud")]
mod buckets_and_sticks;
#[cfg(feature = "cloud")]
mod buckets_requests;
mod charon;
mod check;
mod combine;
mod copies;
mod create;
mod create_again;
mod custodian;
#[cfg(feature = "cloud")]
pub(crate) mod deliver;
#[cfg(feature = "cloud")]
mod deliver_clients;
#[cfg(feature = "cloud")]
pub(crate) mod deliver_from;
#[cfg(feature = "cloud")]
mod deliver_killed;
#[cfg(feature = "cloud")]
mod deliver_network;
#[cfg(feature = "cloud")]
mod deliver_never_two;
#[cfg(feature = "cloud")]
mod deliver_note;
#[cfg(feature = "cloud")]
mod deliver_remote;
#[cfg(feature = "cloud")]
mod deliver_removal;
#[cfg(feature = "cloud")]
mod deliver_told;
#[cfg(feature = "cloud")]
mod deliver_web3signer;
mod distributed;
mod finder;
pub(crate) mod fixture;
mod foreign;
#[cfg(feature = "cloud")]
mod foreign_web3signer;
mod foreseen;
mod guides;
#[cfg(all(target_os = "linux", target_endian = "little", target_pointer_width = "64"))]
mod hardening;
pub(crate) mod help;
mod histories;
mod hostile_copies;
mod hostile_names;
mod hostile_walk;
mod import;
mod key_shares;
#[cfg(all(feature = "cloud", unix))]
mod killed_elsewhere;
mod list;
pub(crate) mod m_of_n;
#[cfg(target_os = "linux")]
mod memory;
mod mnemonic;
mod mock_log;
mod mocks;
mod next_steps;
mod node;
mod one_prompt;
mod paper;
mod passwords;
mod plugin;
mod profile;
#[cfg(target_os = "linux")]
mod profile_terminal;
#[cfg(target_os = "linux")]
mod protection;
#[cfg(feature = "cloud")]
mod real_answers;
mod rejected;
mod report;
mod reseal;
mod restore;
mod restore_all;
mod restore_history;
mod restore_layouts;
mod restore_lost_keys;
mod restore_others;
mod restore_split;
pub(crate) mod run;
mod sealed_exits;
mod secrets;
pub(crate) mod sets;
mod shares_said;
mod split;
mod staking;
mod staking_files;
mod status;
mod status_metrics;
#[cfg(feature = "cloud")]
mod store_attested;
#[cfg(feature = "cloud")]
mod stores;
#[cfg(all(feature = "cloud", unix))]
mod stores_access;
#[cfg(feature = "cloud")]
mod stores_doubts;
#[cfg(all(feature = "cloud", unix))]
mod stores_tls;
#[cfg(feature = "cloud")]
mod stores_vault;
#[cfg(feature = "cloud")]
mod take_over;
mod test_seed;
mod told;
mod tx;
mod usage;
#[cfg(all(feature = "cloud", unix))]
mod where_keys_are;
